-- Report waiting times: the rules of `domain.decide`, applied to a list of one provider in one call.

-- records: [{location, product, referenceDate, state, knownAt}]; without product and state: all is still correct there;
-- knownAt: of an import only.
-- One row per record: its place in the list, the outcome, why it was refused, how many reports a confirmation made.
create or replace function report_waiting_times(reporter text, records jsonb, traceparent text)
returns table (ordinal bigint, outcome text, refusals text[], confirmed int) language plpgsql as $$
#variable_conflict use_column
declare
    decided jsonb;
    events jsonb;
begin
    -- One lock for all reports of a provider, since "still correct" is about all of a location.
    perform pg_advisory_xact_lock(hashtext('report'), hashtext(reporter));

    with given as materialized (
        select r.ordinality as ordinal, r.location, r.product, r."referenceDate" as reference_date, r.state, r."knownAt" as known_at,
               row_number() over (partition by r.location, r.product, r."referenceDate" order by r.ordinality) > 1 as again
        from rows from (jsonb_to_recordset(records) as (location text, product text, "referenceDate" date, state jsonb,
                                                          "knownAt" timestamptz))
             with ordinality as r (location, product, "referenceDate", state, "knownAt", ordinality)
    ), placed as materialized (
        select g.*, array_remove(array[
            case when again then 'named-twice' end,
            -- Where nothing was heard of the provider itself yet, its locations cannot be known.
            case when not exists (select from offer o where o.provider = reporter and o.location = g.location)
                  and exists (select from offer o where o.provider = reporter and o.provider_name is not null)
                 then 'unknown-location' end,
            case when state is not null and not is_contracted(reporter, g.product, g.reference_date)
                 then 'no-agreement' end], null) as refusals
        from given g
    ), asserted as (
        select ordinal, location, product, reference_date, known_at, state from placed
        where state is not null and refusals = '{}'
        union all
        select p.ordinal, p.location, last.product, p.reference_date, p.known_at,
               last.state || jsonb_build_object('referenceDate', p.reference_date, 'until',
                   case when (last.state ->> 'until')::date >= p.reference_date then last.state -> 'until' end)
        from placed p cross join lateral (
            select distinct on (r.product) r.product, r.state from report r
            where r.provider = reporter and r.location = p.location and r.reference_date <= p.reference_date
            order by r.product, r.reference_date desc
        ) last
        where p.state is null and p.refusals = '{}'
          and is_contracted(reporter, last.product, p.reference_date)
          and (p.location, last.product, p.reference_date) not in (
              select location, product, reference_date from given where product is not null)
    ), compared as materialized (
        select a.*, r.id is null as fresh, r.state is distinct from a.state
               and not (a.known_at is not null and was_imported(r.id, a.known_at, a.state)) as differs
        from asserted a
        -- Looked up row by row (`limit 1`): a list has no statistics, and a hash of the whole table would be planned for it.
        left join lateral (
            select * from report
            where report.provider = reporter and report.location = a.location and report.product = a.product
              and report.reference_date = a.reference_date limit 1
        ) r on true
    ), written as (
        insert into report (id, provider, location, product, reference_date, state, version, recorded_at)
        select uuidv7(), reporter, location, product, reference_date, state, 1, moment() from compared where differs
        on conflict (provider, location, product, reference_date) do update
        set state = excluded.state, version = report.version + 1, recorded_at = excluded.recorded_at
        returning report.*
    ), counting as (
        insert into waiting_time (provider, location, product, reference_date, intake_weeks, start_weeks, places, admission,
                                  reason, until, recorded_at)
        select distinct on (location, product)
               provider, location, product, reference_date, (state ->> 'intakeWeeks')::int, (state ->> 'startWeeks')::int,
               (state ->> 'places')::int, state ->> 'admission', state ->> 'reason', (state ->> 'until')::date, recorded_at
        from written order by location, product, reference_date desc
        on conflict (provider, location, product) do update
        set reference_date = excluded.reference_date, intake_weeks = excluded.intake_weeks,
            start_weeks = excluded.start_weeks, places = excluded.places, admission = excluded.admission,
            reason = excluded.reason, until = excluded.until, recorded_at = excluded.recorded_at
        where waiting_time.reference_date <= excluded.reference_date
    ), made as (
        select ordinal, count(*) as about, count(*) filter (where differs) as changed, bool_or(fresh) as fresh
        from compared group by ordinal
    ), outcomes as (
        select p.ordinal,
            case when p.refusals <> '{}' or m.about is null then 'refused'
                 when m.changed = 0 then 'unchanged'
                 when p.state is null then 'confirmed'
                 when m.fresh then 'created'
                 else 'changed' end as outcome,
            case when p.refusals = '{}' and m.about is null then array['nothing-reported'] else p.refusals end as refusals,
            case when p.state is null then coalesce(m.changed, 0) else 0 end as confirmed
        from placed p left join made m using (ordinal)
    )
    select (select jsonb_agg(to_jsonb(outcomes)) from outcomes),
           (select jsonb_agg(jsonb_build_object(
                'aggregateType', 'report', 'aggregateId', w.id, 'version', w.version, 'payload', w.state,
                'knownAt', c.known_at, 'organisations', jsonb_build_array(w.provider, 'contract-manager'))
                order by w.location, w.product, w.reference_date)
            from written w join compared c on c.differs
             and (c.location, c.product, c.reference_date) = (w.location, w.product, w.reference_date))
    into decided, events;

    if events is not null then
        perform record_events(events, traceparent);
    end if;

    return query
    select d.ordinal, d.outcome, d.refusals, d.confirmed
    from jsonb_to_recordset(decided) as d (ordinal bigint, outcome text, refusals text[], confirmed int);
end $$;

-- Whether a provider is contracted for a product on a day, as far as is known here.
create or replace function is_contracted(provider text, product text, day date) returns boolean language sql stable as $$
    select exists (
        select from offer o
        where o.provider = is_contracted.provider and o.product = is_contracted.product
          and o.valid_from <= day and (o.valid_to is null or o.valid_to >= day))
$$;

-- Put and withdraw agreements: the rule of `domain.decide`, applied to a list in one call.

-- records: [{provider, product, from, state, knownAt}], each key at most once; without a state: withdraw; knownAt: of an
-- import only.
-- One row per record: its place in the list, the outcome, what is in the way, and the agreement as it is now.
create or replace function change_agreements(records jsonb, traceparent text)
returns table (ordinal bigint, outcome text, unknown text[], other_from date, other_to date, current jsonb)
language plpgsql as $$
#variable_conflict use_column
declare
    decided jsonb;
    events jsonb;
begin
    -- One for all that may overlap.
    perform lock_states('agreement', array(
        select r.provider || '/' || r.product from jsonb_to_recordset(records) as r (provider text, product text)));

    with given as materialized (
        select r.ordinality as ordinal, r.provider, r.product, r."from" as valid_from, a.state as before,
               p.number as provider_number, q.number as product_number, r."knownAt" as known_at,
               a.id, nullif(r.state, 'null') as given_state,
               coalesce(nullif(r.state, 'null'), a.state || '{"withdrawn": true}') as state,
               array_remove(array[case when q.id is null then 'product' end, case when p.id is null then 'provider' end],
                            null) as unknown
        from rows from (jsonb_to_recordset(records) as (provider text, product text, "from" date, state jsonb,
                                                          "knownAt" timestamptz))
             with ordinality as r (provider, product, "from", state, "knownAt", ordinality)
        left join provider p on p.agb = r.provider
        left join product q on q.code = r.product
        left join agreement a on (a.provider, a.product, a.valid_from) = (r.provider, r.product, r."from")
    ), alone as materialized (
        select g.*, case
            when state is null then 'unknown'
            when unknown <> '{}' then 'unknown-party'
            when before is null then 'created'
            when before = state then 'unchanged'
            when known_at is not null and was_imported(id, known_at, coalesce(given_state, '{"withdrawn": true}'))
                then 'unchanged'
            else 'applied' end as outcome
        from given g
    ), changing as materialized (
        select * from alone where outcome in ('created', 'applied')
    ), afterwards as (
        select provider, product, valid_from, (state ->> 'to')::date as valid_to from changing
        where not (state -> 'withdrawn')::boolean
        union all
        select a.provider, a.product, a.valid_from, a.valid_to from agreement a
        where not a.withdrawn
          and (a.provider, a.product) in (select provider, product from changing)
          and (a.provider, a.product, a.valid_from) not in (select provider, product, valid_from from changing)
    ), neighbours as (
        select a.*, lead(valid_from) over next as next_from, lead(valid_to) over next as next_to from afterwards a
        window next as (partition by provider, product order by valid_from)
    ), overlapping as (
        select distinct on (provider, product) * from neighbours
        where next_from <= coalesce(valid_to, 'infinity') order by provider, product, valid_from
    ), written as (
        insert into agreement (id, provider, product, provider_number, product_number, valid_from, valid_to, withdrawn,
                               state, version, recorded_at)
        select uuidv7(), provider, product, provider_number, product_number, valid_from, (state ->> 'to')::date,
               (state -> 'withdrawn')::boolean, state, 1, moment()
        from changing where (provider, product) not in (select provider, product from overlapping)
        on conflict (provider, product, valid_from) do update
        set valid_to = excluded.valid_to, withdrawn = excluded.withdrawn, state = excluded.state,
            version = agreement.version + 1, recorded_at = excluded.recorded_at
        returning agreement.*
    ), outcomes as (
        select a.ordinal, a.provider, a.product, a.valid_from as "from", a.unknown,
               case when o.provider is null then a.outcome else 'overlaps' end as outcome,
               case when o.valid_from = a.valid_from then o.next_from else o.valid_from end as other_from,
               case when o.valid_from = a.valid_from then o.next_to else o.valid_to end as other_to
        from alone a
        left join overlapping o on (o.provider, o.product) = (a.provider, a.product) and a.outcome in ('created', 'applied')
    )
    select (select jsonb_agg(to_jsonb(outcomes)) from outcomes),
           (select jsonb_agg(jsonb_build_object(
                'aggregateType', 'agreement', 'aggregateId', w.id, 'version', w.version, 'payload', w.state,
                'knownAt', c.known_at, 'organisations', jsonb_build_array(w.provider, 'contract-manager'))
                order by w.provider, w.product, w.valid_from)
            from written w
            join changing c on (c.provider, c.product, c.valid_from) = (w.provider, w.product, w.valid_from))
    into decided, events;

    if events is not null then
        perform record_events(events, traceparent);
    end if;

    return query
    select d.ordinal, d.outcome, case d.outcome when 'unknown-party' then d.unknown else '{}' end, d.other_from, d.other_to,
           case when a.id is not null then shown(a.id, a.version, a.recorded_at, a.state) end
    from jsonb_to_recordset(decided) as d (ordinal bigint, outcome text, unknown text[], provider text, product text,
                                           "from" date, other_from date, other_to date)
    left join agreement a on (a.provider, a.product, a.valid_from) = (d.provider, d.product, d."from");
end $$;

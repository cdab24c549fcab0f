-- Record versions of indications: the rules of `domain.py`, applied to a list in one call.

-- What the first accepted version fixes; the same as `domain.FIXED`.
create or replace function fixed_fields(client uuid, content jsonb) returns jsonb language sql immutable as $$
    select jsonb_build_object(
        'bsn', client, 'product', content -> 'product', 'provider', content -> 'provider', 'from', content -> 'from',
        'birthYear', content -> 'birthYear', 'agreedTariffCents', content -> 'agreedTariffCents',
        'unit', content -> 'unit', 'frequency', content -> 'frequency',
        'volume', case when content ->> 'frequency' = '6' then null else content -> 'volume' end)
$$;

-- What is published: only what a named reader needs (docs/privacy.md).
create or replace function indication_state(
    municipality text, assignment_number int, decided_at timestamptz, client uuid, content jsonb, withdrawn boolean)
returns jsonb language sql immutable as $$
    select jsonb_build_object(
        'clientId', client, 'municipality', municipality, 'product', content -> 'product', 'provider', content -> 'provider',
        'from', content -> 'from', 'to', content -> 'to', 'volume', content -> 'volume', 'unit', content -> 'unit',
        'frequency', content -> 'frequency', 'budgetCents', content -> 'budgetCents',
        'agreedTariffCents', content -> 'agreedTariffCents', 'referrer', content #> '{referrer,type}', 'withdrawn', withdrawn,
        'assignmentNumber', assignment_number, 'decidedAt', decided_at)
$$;

-- records: [{ordinal, municipality, assignmentNumber, decidedAt, sentAt, withdrawal, reason, content,
--            bsnIndex, bsnSealed (hex), keyVersion}], each number at most once; log: the processing-log entry.
-- One row per record: its outcome, the fields that a refusal is about, and the indication as it is now.
create or replace function record_indications(records jsonb, log jsonb)
returns table (ordinal int, outcome text, fields text[], current jsonb) language plpgsql as $$
#variable_conflict use_column
declare decided jsonb;
begin
    -- Locks first and sorted: a lock taken between writes, or in another order, ends in a deadlock.
    perform pg_advisory_xact_lock(hashtext('indication'), k.key) from (
        select distinct hashtext(r.municipality || '/' || r."assignmentNumber") as key
        from jsonb_to_recordset(records) as r (municipality text, "assignmentNumber" int) order by key
    ) k;

    with given as materialized (
        select r.*, c.id as client
        from jsonb_to_recordset(records) as r (
            ordinal int, municipality text, "assignmentNumber" int, "decidedAt" timestamptz, "sentAt" timestamptz,
            withdrawal boolean, reason text, content jsonb, "bsnIndex" text)
        left join identify_clients(
            array(select decode(b ->> 'bsnIndex', 'hex') from jsonb_array_elements(records) b where b ? 'bsnIndex' order by b ->> 'bsnIndex'),
            array(select decode(b ->> 'bsnSealed', 'hex') from jsonb_array_elements(records) b where b ? 'bsnIndex' order by b ->> 'bsnIndex'),
            coalesce((select max((b ->> 'keyVersion')::int) from jsonb_array_elements(records) b), 0)
        ) c on c.bsn_index = decode(r."bsnIndex", 'hex')
    ), compared as (
        select g.*, i.id, i.version, i.withdrawn, i.client as current_client, i.content as current_content,
            (g."decidedAt", g."sentAt") > (i.decided_at, i.sent_at) as newer,
            twin.indication is not null as taken,
            twin.withdrawal = g.withdrawal and twin.reason is not distinct from g.reason
                and (g.withdrawal or (twin.client = g.client and twin.content = g.content)) as same,
            in_force.client as basis_client, in_force.content as basis,
            array(select f.key from jsonb_each(fixed_fields(g.client, g.content)) f
                  where f.value is distinct from fixed_fields(in_force.client, in_force.content) -> f.key order by f.key) as differing
        from given g
        -- Looked up row by row (`limit 1`): a list has no statistics, and a hash of the whole table would be planned for it.
        left join lateral (
            select * from indication
            where indication.municipality = g.municipality and assignment_number = g."assignmentNumber" limit 1
        ) i on true
        left join lateral (
            select * from indication_history h
            where h.indication = i.id and h.decided_at = g."decidedAt" and h.sent_at = g."sentAt" limit 1
        ) twin on true
        -- The version in force at the given moments: the newest that is not newer, else the oldest of all.
        left join lateral (
            (select h.client, h.content, 0 as rank from indication_history h
             where h.indication = i.id and (h.decided_at, h.sent_at) <= (g."decidedAt", g."sentAt")
             order by h.decided_at desc, h.sent_at desc limit 1)
            union all
            (select h.client, h.content, 1 from indication_history h
             where h.indication = i.id order by h.decided_at, h.sent_at limit 1)
            order by rank limit 1
        ) in_force on true
    ), judged as (
        select c.*, case
            when id is null and withdrawal then 'unknown'
            when id is null then 'created'
            when taken and same then 'unchanged'
            when taken then 'moments-taken'
            when newer and withdrawn then 'withdrawn'
            when not withdrawal and differing <> '{}' and not content ? 'administrativeReason' then 'fixed'
            when newer then 'applied'
            else 'superseded' end as outcome
        from compared c
    )
    select jsonb_agg(jsonb_build_object(
        'ordinal', ordinal, 'outcome', outcome, 'id', coalesce(id, uuidv7()), 'municipality', municipality,
        'assignmentNumber', "assignmentNumber", 'decidedAt', "decidedAt", 'sentAt', "sentAt", 'withdrawal', withdrawal, 'reason', reason,
        'client', case when withdrawal then basis_client else client end,
        'content', case when withdrawal then basis else content end,
        'version', case outcome when 'created' then 1 when 'applied' then version + 1 else version end,
        'fields', case when outcome = 'fixed' then differing else '{}' end))
    into decided from judged;

    insert into indication (id, municipality, assignment_number, client, provider, product, valid_from, valid_to, content,
                            decided_at, sent_at, withdrawn, version, recorded_at)
    select d.id, d.municipality, d."assignmentNumber", d.client, d.content ->> 'provider', d.content ->> 'product',
           (d.content ->> 'from')::date, (d.content ->> 'to')::date, d.content,
           d."decidedAt", d."sentAt", d.withdrawal, d.version, moment()
    from decided_indications(decided) d where d.outcome in ('created', 'applied')
    on conflict (municipality, assignment_number) do update set
        client = excluded.client, provider = excluded.provider, product = excluded.product, valid_from = excluded.valid_from,
        valid_to = excluded.valid_to, content = excluded.content, decided_at = excluded.decided_at, sent_at = excluded.sent_at,
        withdrawn = excluded.withdrawn, version = excluded.version, recorded_at = excluded.recorded_at;

    insert into indication_history (indication, decided_at, sent_at, municipality, provider, client, content, withdrawal, reason,
                                    outcome, version, recorded_at)
    select d.id, d."decidedAt", d."sentAt", d.municipality, d.content ->> 'provider', d.client, d.content, d.withdrawal, d.reason,
           d.outcome, case when d.outcome = 'superseded' then null else d.version end, moment()
    from decided_indications(decided) d where d.outcome in ('created', 'applied', 'superseded');

    perform record_events(jsonb_agg(jsonb_build_object(
        'aggregateType', 'indication', 'aggregateId', d.id, 'version', d.version,
        'payload', indication_state(d.municipality, d."assignmentNumber", d."decidedAt", d.client, d.content, d.withdrawal),
        'organisations', jsonb_build_array(d.municipality, d.content ->> 'provider')) order by d.ordinal), log ->> 'traceparent')
    from decided_indications(decided) d where d.outcome in ('created', 'applied')
    having count(*) > 0;

    -- Care that was started before its indication was known; under the locks that are held already.
    perform settle_waiting_care(jsonb_agg(jsonb_build_object(
        'municipality', d.municipality, 'assignmentNumber', d."assignmentNumber")), log ->> 'traceparent')
    from decided_indications(decided) d where d.outcome = 'created'
    having count(*) > 0;

    perform log_processing(array(select d.client from decided_indications(decided) d where d.client is not null), log);

    return query
    select d.ordinal, d.outcome, d.fields, (
        select shown_indication(i) from indication i
        where i.municipality = d.municipality and i.assignment_number = d."assignmentNumber")
    from decided_indications(decided) d;
end $$;

create or replace function decided_indications(decided jsonb)
returns table (ordinal int, outcome text, id uuid, municipality text, "assignmentNumber" int, "decidedAt" timestamptz,
               "sentAt" timestamptz, withdrawal boolean, reason text, client uuid, content jsonb, version int, fields text[])
language sql immutable as $$
    select * from jsonb_to_recordset(decided) as d (
        ordinal int, outcome text, id uuid, municipality text, "assignmentNumber" int, "decidedAt" timestamptz,
        "sentAt" timestamptz, withdrawal boolean, reason text, client uuid, content jsonb, version int, fields text[])
$$;

-- An indication as the API shows it: what was sent, without the BSN, and what the platform adds.
create or replace function shown_indication(i indication) returns jsonb language sql stable as $$
    select case when i.id is null then null else i.content || jsonb_build_object(
        'id', i.id, 'municipality', i.municipality, 'assignmentNumber', i.assignment_number, 'clientId', i.client,
        'decidedAt', i.decided_at, 'sentAt', i.sent_at, 'withdrawn', i.withdrawn, 'version', i.version,
        'recordedAt', i.recorded_at) end
$$;

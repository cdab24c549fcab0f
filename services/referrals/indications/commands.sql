-- Record versions of indications: the rules of `domain.py`, applied to a list in one call.

-- Which fields differ of those that the first accepted version fixes, by name; the same as `domain.FIXED`.
create or replace function differing_fields(client uuid, content jsonb, fixed_client uuid, fixed jsonb) returns text[]
language sql immutable as $$
    select array_remove(array[
        case when content -> 'agreedTariffCents' is distinct from fixed -> 'agreedTariffCents' then 'agreedTariffCents' end,
        case when content -> 'birthYear' is distinct from fixed -> 'birthYear' then 'birthYear' end,
        case when client is distinct from fixed_client then 'bsn' end,
        case when content -> 'frequency' is distinct from fixed -> 'frequency' then 'frequency' end,
        case when content -> 'from' is distinct from fixed -> 'from' then 'from' end,
        case when content -> 'product' is distinct from fixed -> 'product' then 'product' end,
        case when content -> 'provider' is distinct from fixed -> 'provider' then 'provider' end,
        case when content -> 'unit' is distinct from fixed -> 'unit' then 'unit' end,
        case when case when content ->> 'frequency' is distinct from '6' then content -> 'volume' end
            is distinct from case when fixed ->> 'frequency' is distinct from '6' then fixed -> 'volume' end then 'volume' end
    ], null)
$$;

-- What is published: only what a named reader needs (docs/privacy.md).
create or replace function indication_event(i indication, known_at timestamptz) returns jsonb language sql stable as $$
    select jsonb_build_object(
        'aggregateType', 'indication', 'aggregateId', i.id, 'version', i.version, 'knownAt', known_at,
        'organisations', jsonb_build_array(i.municipality, i.provider),
        'payload', jsonb_build_object(
            'clientId', i.client, 'municipality', i.municipality, 'product', i.content -> 'product',
            'provider', i.content -> 'provider', 'from', i.content -> 'from', 'to', i.content -> 'to',
            'volume', i.content -> 'volume', 'unit', i.content -> 'unit', 'frequency', i.content -> 'frequency',
            'budgetCents', i.content -> 'budgetCents', 'agreedTariffCents', i.content -> 'agreedTariffCents',
            'referrer', i.content #> '{referrer,type}', 'withdrawn', i.withdrawn,
            'assignmentNumber', i.assignment_number, 'decidedAt', i.decided_at))
$$;

-- records: [{ordinal, municipality, assignmentNumber, decidedAt, sentAt, withdrawal, reason, content, bsnIndex, bsnSealed (hex),
--            keyVersion, knownAt}], each number at most once; log: the processing-log entry; shown: whether anybody reads the
-- indications. One row per record: its outcome, the fields that a refusal is about, and the indication as it is now.
create or replace function record_indications(records jsonb, log jsonb, shown boolean default true)
returns table (ordinal int, outcome text, fields text[], current jsonb) language plpgsql as $$
#variable_conflict use_column
declare
    event jsonb;
    events jsonb[] := '{}';
    number jsonb;
    numbers jsonb[] := '{}';
    subject uuid;
    subjects uuid[] := '{}';
begin
    -- Locks first and sorted: a lock taken between writes, or in another order, ends in a deadlock.
    perform pg_advisory_xact_lock(hashtext('indication'), k.key) from (
        select distinct hashtext(r.municipality || '/' || r."assignmentNumber") as key
        from jsonb_to_recordset(records) as r (municipality text, "assignmentNumber" int) order by key
    ) k;

    for ordinal, outcome, fields, current, event, number, subject in
        with arriving as materialized (
            select r.*, decode(r."bsnIndex", 'hex') as bsn_index
            from jsonb_to_recordset(records) as r (
                ordinal int, municipality text, "assignmentNumber" int, "decidedAt" timestamptz, "sentAt" timestamptz,
                withdrawal boolean, reason text, content jsonb, "bsnIndex" text, "bsnSealed" text, "keyVersion" int,
                "knownAt" timestamptz)
        ), identified as materialized (
            select c.* from (
                select array_agg(bsn_index) as indexes, array_agg(decode("bsnSealed", 'hex')) as sealed, max("keyVersion") as key_version
                from arriving where bsn_index is not null having count(*) > 0
            ) b cross join lateral identify_clients(b.indexes, b.sealed, b.key_version) c
        ), compared as (
            select a.*, c.id as client, i.kept, (i.kept).id as kept_id, (i.kept).withdrawn,
                (a."decidedAt", a."sentAt") > ((i.kept).decided_at, (i.kept).sent_at) as newer,
                twin.indication is not null as taken,
                twin.withdrawal = a.withdrawal and twin.reason is not distinct from a.reason
                    and (a.withdrawal or (twin.client = c.id and twin.content = a.content)) as same,
                in_force.client as basis_client, in_force.content as basis
            from arriving a
            left join identified c on c.bsn_index = a.bsn_index
            -- Looked up row by row (`limit 1`): a list has no statistics, and a hash of the whole table would be planned for it.
            left join lateral (
                select i as kept from indication i
                where i.municipality = a.municipality and i.assignment_number = a."assignmentNumber" limit 1
            ) i on true
            left join lateral (
                select * from indication_history h
                where h.indication = (i.kept).id and h.decided_at = a."decidedAt" and h.sent_at = a."sentAt" limit 1
            ) twin on true
            -- The version in force at the given moments: the newest that is not newer, else the oldest of all.
            left join lateral (
                (select h.client, h.content, 0 as rank from indication_history h
                 where h.indication = (i.kept).id and (h.decided_at, h.sent_at) <= (a."decidedAt", a."sentAt")
                 order by h.decided_at desc, h.sent_at desc limit 1)
                union all
                (select h.client, h.content, 1 from indication_history h
                 where h.indication = (i.kept).id order by h.decided_at, h.sent_at limit 1)
                order by rank limit 1
            ) in_force on true
        ), judged as materialized (
            select c.*, case
                when kept_id is null and withdrawal then 'unknown'
                when kept_id is null then 'created'
                when taken and same then 'unchanged'
                when taken then 'moments-taken'
                when newer and withdrawn then 'withdrawn'
                when not withdrawal and not content ? 'administrativeReason'
                    and differing_fields(client, content, basis_client, basis) <> '{}' then 'fixed'
                when newer then 'applied'
                else 'superseded' end as outcome, moment() as at
            from compared c
        ), decided as materialized (
            select ordinal, outcome, municipality, "assignmentNumber", "decidedAt", "sentAt", withdrawal, reason, at, "knownAt", kept,
                coalesce(kept_id, uuidv7()) as id,
                case when withdrawal then basis_client else client end as client,
                case when withdrawal then basis else content end as content,
                case when outcome = 'fixed' then differing_fields(client, content, basis_client, basis) else '{}' end as fields
            from judged
        ), becoming as materialized (
            select d.*, case when outcome in ('created', 'applied') then row(
                id, municipality, "assignmentNumber", client, content ->> 'provider', content ->> 'product',
                (content ->> 'from')::date, (content ->> 'to')::date, content, "decidedAt", "sentAt", withdrawal,
                coalesce((kept).version, 0) + 1, at)::indication else kept end as now
            from decided d
        ), saved as (
            insert into indication select (b.now).* from becoming b where outcome in ('created', 'applied')
            on conflict (municipality, assignment_number) do update set
                client = excluded.client, provider = excluded.provider, product = excluded.product, valid_from = excluded.valid_from,
                valid_to = excluded.valid_to, content = excluded.content, decided_at = excluded.decided_at,
                sent_at = excluded.sent_at, withdrawn = excluded.withdrawn, version = excluded.version,
                recorded_at = excluded.recorded_at
        ), noted as (
            insert into indication_history (indication, decided_at, sent_at, municipality, provider, client, content, withdrawal,
                                            reason, outcome, version, recorded_at)
            select id, "decidedAt", "sentAt", municipality, content ->> 'provider', client, content, withdrawal, reason, outcome,
                   case when outcome <> 'superseded' then (now).version end, at
            from becoming where outcome in ('created', 'applied', 'superseded')
        )
        select b.ordinal, b.outcome, b.fields, case when shown then shown_indication(b.now) end,
            case when b.outcome in ('created', 'applied') then indication_event(b.now, "knownAt") end,
            case when b.outcome = 'created' then jsonb_build_object(
                'municipality', municipality, 'assignmentNumber', "assignmentNumber", 'knownAt', "knownAt") end,
            b.client
        from becoming b order by b.ordinal
    loop
        if event is not null then
            events := events || event;
        end if;
        if number is not null then
            numbers := numbers || number;
        end if;
        if subject is not null then
            subjects := subjects || subject;
        end if;
        return next;
    end loop;

    if events <> '{}' then
        perform record_events(to_jsonb(events), log ->> 'traceparent');
    end if;
    -- Care that was started before its indication was known; under the locks that are held already.
    if numbers <> '{}' then
        perform settle_waiting_care(to_jsonb(numbers), log ->> 'traceparent');
    end if;
    if subjects <> '{}' then
        perform log_processing(subjects, log);
    end if;
end $$;

-- An indication as the API shows it: what was sent, without the BSN, and what the platform adds.
create or replace function shown_indication(i indication) returns jsonb language sql stable as $$
    select case when i.id is null then null else i.content || jsonb_build_object(
        'id', i.id, 'municipality', i.municipality, 'assignmentNumber', i.assignment_number, 'clientId', i.client,
        'decidedAt', i.decided_at, 'sentAt', i.sent_at, 'withdrawn', i.withdrawn, 'version', i.version,
        'recordedAt', i.recorded_at) end
$$;

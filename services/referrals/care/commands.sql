-- Record periods of care: the rules of `domain.py`, applied to a list in one call; and decide those that waited.

-- Where periods stand, in the order given: the indication that their number names, and the first other period of it that counts
-- and has a day of theirs, of whichever provider. Past row-level security (the owner has a policy for what api and worker call as
-- its owner): a provider cannot see that a number is another's, and would wait for it.
create or replace function places_of_care(given care_period[])
returns table (place bigint, indication uuid, client uuid, provider text, valid_from date, valid_to date, withdrawn boolean,
               other_from date, other_to date)
language sql stable security definer rows 500 set search_path = referrals, pg_temp as $$
    select g.ordinality, i.id, i.client, i.provider, i.valid_from, i.valid_to, i.withdrawn, o.valid_from, o.valid_to
    from unnest(given) with ordinality g
    -- Looked up row by row (`limit 1`): a list has no statistics.
    left join lateral (
        select * from indication i
        where i.municipality = g.municipality and i.assignment_number = g.assignment_number limit 1
    ) i on true
    left join lateral (
        select c.valid_from, c.valid_to from care_period c
        where c.indication = i.id and c.id <> g.id and c.status = 'accepted' and not c.withdrawn
          and c.valid_from <= coalesce(g.valid_to, 'infinity') and g.valid_from <= coalesce(c.valid_to, 'infinity')
        order by c.valid_from limit 1
    ) o on true
$$;

-- What is in the way of `given` in its place, beside what is kept of the same period: the same as `domain._is_anothers` and
-- `domain._placed`. Null: nothing.
create or replace function care_refusal(
    kept care_period, given care_period, indication uuid, provider text, first_day date, last_day date, withdrawn boolean,
    other_from date)
returns text language sql immutable as $$
    select case
        when indication is null then null
        when provider <> given.provider and kept.status is distinct from 'accepted' then 'not-yours'
        when given.withdrawn then null
        -- What was accepted has happened, however short the indication was made afterwards.
        when kept.status = 'accepted' and not kept.withdrawn then case
            when given.valid_to is distinct from kept.valid_to
                and not given.valid_to between first_day and coalesce(last_day, 'infinity') then 'to-outside'
            when other_from is not null then 'overlaps' end
        when withdrawn then 'indication-withdrawn'
        when not given.valid_from between first_day and coalesce(last_day, 'infinity') then 'from-outside'
        when not given.valid_to between first_day and coalesce(last_day, 'infinity') then 'to-outside'
        when other_from is not null then 'overlaps' end
$$;

-- What is published: only of periods that count. `known_at`: when it became known, of history that is delivered later.
create or replace function care_event(c care_period, known_at timestamptz) returns jsonb language sql stable as $$
    select jsonb_build_object(
        'aggregateType', 'care', 'aggregateId', c.id, 'version', c.version, 'knownAt', known_at,
        'organisations', jsonb_build_array(c.municipality, c.provider),
        'payload', jsonb_build_object(
            'indication', c.indication, 'clientId', c.client, 'municipality', c.municipality, 'provider', c.provider,
            'from', c.valid_from, 'to', c.valid_to, 'reasonOfEnding', c.reason_of_ending, 'withdrawn', c.withdrawn))
$$;

-- A list in rounds: of each assignment number one record at a time. Whether a period may stand depends on those before it under
-- its number, and on no other.
create or replace function rounds_of_care(records jsonb) returns jsonb[] language sql stable as $$
    select array_agg(records order by round) from (
        select round, jsonb_agg(record order by place) as records from (
            select record, place, row_number() over (
                partition by record -> 'municipality', record -> 'assignmentNumber' order by place) as round
            from jsonb_array_elements(records) with ordinality as r (record, place)
        ) numbered group by round
    ) rounds
$$;

-- records: [{ordinal, municipality, assignmentNumber, from, provider, sentAt, to, reasonOfEnding, withdrawal, reason, knownAt}];
-- log: the processing-log entry; shown: whether anybody reads the periods. One row per record: its outcome, what it was refused
-- for, and the period as it is then.
create or replace function record_care_periods(records jsonb, log jsonb, shown boolean default true)
returns table (ordinal int, outcome text, refusal text, indication_from date, indication_to date, other_from date, other_to date,
               current jsonb) language plpgsql as $$
#variable_conflict use_column
declare
    rounds jsonb[];
    round jsonb;
    event jsonb;
    events jsonb[] := '{}';
    subject uuid;
    subjects uuid[] := '{}';
    waits uuid;
    waiting uuid[] := '{}';
begin
    -- The locks of the indications, first and sorted: who records an indication decides under the same lock about what
    -- waits for it.
    perform pg_advisory_xact_lock(hashtext('indication'), k.key) from (
        select distinct hashtext(r.municipality || '/' || r."assignmentNumber") as key
        from jsonb_to_recordset(records) as r (municipality text, "assignmentNumber" int) order by key
    ) k;

    rounds := case when jsonb_array_length(records) = 1 then array[records] else rounds_of_care(records) end;
    foreach round in array rounds loop
        for ordinal, outcome, refusal, indication_from, indication_to, other_from, other_to, current, event, subject, waits in
            with arriving as materialized (
                select r.*, c.kept, coalesce((c.kept).id, uuidv7()) as id
                from jsonb_to_recordset(round) as r (
                    ordinal int, municipality text, "assignmentNumber" int, "from" date, provider text, "sentAt" timestamptz,
                    "to" date, "reasonOfEnding" text, withdrawal boolean, reason text, "knownAt" timestamptz)
                left join lateral (
                    select c as kept from care_period c
                    where c.municipality = r.municipality and c.assignment_number = r."assignmentNumber"
                      and c.valid_from = r."from" and c.provider = r.provider limit 1
                ) c on true
            ), given as materialized (
                select a.*, row_number() over () as place, row(
                    a.id, a.municipality, a."assignmentNumber", a."from", a.provider, a."to", a."reasonOfEnding", a.withdrawal,
                    a."sentAt", null, null, null, null, null, null, null)::care_period as given
                from arriving a
            ), judged as materialized (
                select g.*, p.indication, p.client, p.valid_from as first_day, p.valid_to as last_day, p.other_from, p.other_to,
                    care_refusal(g.kept, g.given, p.indication, p.provider, p.valid_from, p.valid_to, p.withdrawn, p.other_from)
                        as refusal, twin.care_period is not null as taken,
                    (twin.valid_to, twin.reason_of_ending, twin.withdrawal, twin.reason)
                        is not distinct from (g."to", g."reasonOfEnding", g.withdrawal, g.reason) as same
                from given g
                join places_of_care((select array_agg(given order by place) from given)) p on p.place = g.place
                left join lateral (
                    select * from care_period_history h
                    where h.care_period = (g.kept).id and h.sent_at = g."sentAt" and not h.decision limit 1
                ) twin on true
            ), decided as materialized (
                select j.*, moment() as at, (kept).version as kept_version, case
                    when refusal = 'not-yours' then 'refused'
                    when withdrawal and ((kept).id is null or (kept).status = 'refused') then 'unknown'
                    when taken and same then 'unchanged'
                    when taken then 'moment-taken'
                    when "sentAt" < (kept).sent_at then 'superseded'
                    when withdrawal and (kept).valid_to is not null then 'stopped'
                    when refusal is not null then 'refused'
                    when (kept).id is null then 'created'
                    else 'applied' end as outcome
                from judged j
            ), becoming as materialized (
                select d.*, case when outcome in ('created', 'applied') then row(
                    id, municipality, "assignmentNumber", "from", provider, "to", "reasonOfEnding", withdrawal, "sentAt",
                    case when indication is null then 'waiting' else 'accepted' end, null,
                    case when indication is null then coalesce((kept).waiting_since, at) end, indication, client,
                    coalesce(kept_version, 0) + (indication is not null)::int, at)::care_period else kept end as now
                from decided d
            ), saved as (
                insert into care_period select (b.now).* from becoming b where outcome in ('created', 'applied')
                on conflict (id) do update set
                    valid_to = excluded.valid_to, reason_of_ending = excluded.reason_of_ending, withdrawn = excluded.withdrawn,
                    sent_at = excluded.sent_at, status = excluded.status, refusal = excluded.refusal,
                    waiting_since = excluded.waiting_since, indication = excluded.indication, client = excluded.client,
                    version = excluded.version, recorded_at = excluded.recorded_at
            ), noted as (
                insert into care_period_history (care_period, sent_at, decision, municipality, provider, valid_to,
                                                 reason_of_ending, withdrawal, reason, outcome, version, recorded_at, known_at)
                select id, "sentAt", false, municipality, provider, "to", "reasonOfEnding", withdrawal, reason, outcome,
                       case when outcome <> 'superseded' and indication is not null then (now).version end, at, "knownAt"
                from becoming where outcome in ('created', 'applied', 'superseded')
            )
            select b.ordinal, b.outcome, case when b.outcome = 'refused' then b.refusal end as refusal, first_day, last_day,
                b.other_from, b.other_to,
                case when shown then shown_care_period(b.now) end as current,
                case when b.outcome in ('created', 'applied') and b.indication is not null then care_event(b.now, "knownAt") end
                    as event,
                case when b.outcome <> 'unknown' and b.refusal is distinct from 'not-yours' then b.client end as subject,
                case when (b.now).status = 'waiting' then b.id end as waiting
            from becoming b order by b.ordinal
        loop
            if event is not null then
                events := events || event;
            end if;
            if subject is not null then
                subjects := subjects || subject;
            end if;
            if waits is not null then
                waiting := waiting || waits;
            end if;
            return next;
        end loop;
    end loop;

    if events <> '{}' then
        perform record_events(to_jsonb(events), log ->> 'traceparent');
    end if;
    if subjects <> '{}' then
        perform log_processing(subjects, log);
    end if;
    if waiting <> '{}' then
        perform log_waiting_care(waiting, log);
    end if;
end $$;

-- Decide the periods that waited for indications which now are known, in the transaction in which they became known and under
-- its locks; of one number the period that was sent first comes first.
-- numbers: [{municipality, assignmentNumber, knownAt}], each number at most once; knownAt: of the indication.
create or replace function settle_waiting_care(numbers jsonb, traceparent text) returns void language plpgsql as $$
#variable_conflict use_column
declare
    due jsonb;
    last_round int;
    settled care_period[];
    ids uuid[];
    clients uuid[];
    periods uuid[] := '{}';
    subjects uuid[] := '{}';
    told jsonb[];
    events jsonb[] := '{}';
begin
    select jsonb_agg(w), max(w.round) into due, last_round from (
        select w.id, n."knownAt", row_number() over (
            partition by w.municipality, w.assignment_number order by w.sent_at, w.valid_from, w.provider) as round
        from jsonb_to_recordset(numbers) as n (municipality text, "assignmentNumber" int, "knownAt" timestamptz)
        -- Looked up row by row (`offset 0`): a list has no statistics.
        cross join lateral (
            select * from care_period c
            where c.status = 'waiting' and c.municipality = n.municipality and c.assignment_number = n."assignmentNumber" offset 0
        ) w
    ) w;
    if due is null then
        return;
    end if;

    -- One after the other: a period may be in the way of the next.
    for this_round in 1..last_round loop
        with waiting as materialized (
            select c.period, h.sent_at, h.valid_to, h.reason_of_ending, h.withdrawal, h.sent_at = (c.period).sent_at as newest,
                -- Known when both were known; what came live is known from now on.
                case when r."knownAt" is not null and h.known_at is not null then greatest(r."knownAt", h.known_at) end as known_at
            from jsonb_to_recordset(due) as r (id uuid, round int, "knownAt" timestamptz)
            cross join lateral (select c as period from care_period c where c.id = r.id limit 1) c
            cross join lateral (
                select * from care_period_history h where h.care_period = r.id and not h.decision offset 0
            ) h
            where r.round = this_round
        ), given as materialized (
            -- Beside the newest version those that were known before all that were sent after them.
            select w.*, row_number() over () as place, row(
                (period).id, (period).municipality, (period).assignment_number, (period).valid_from, (period).provider, valid_to,
                reason_of_ending, withdrawal, sent_at, null, null, null, null, null, null, null)::care_period as given
            from (
                select w.*, min(coalesce(known_at, 'infinity')) over (
                    partition by (period).id order by sent_at desc rows between unbounded preceding and 1 preceding) as later
                from waiting w
            ) w where newest or known_at < later
        ), judged as materialized (
            select g.*, p.indication, p.client,
                care_refusal(null::care_period, g.given, p.indication, p.provider, p.valid_from, p.valid_to, p.withdrawn, p.other_from) as refusal
            from given g join places_of_care((select array_agg(given order by place) from given)) p on p.place = g.place
        ), counted as materialized (
            select j.*, moment() as at, bool_and(refusal is null) filter (where newest) over (partition by (period).id) as accepted,
                count(*) filter (where refusal is null) over (partition by (period).id order by sent_at) as nth
            from judged j
        ), becoming as (
            select c.*, row(
                (period).id, (period).municipality, (period).assignment_number, (period).valid_from, (period).provider, valid_to,
                reason_of_ending, withdrawal, sent_at, case when refusal is null then 'accepted' else 'refused' end, refusal, null,
                -- Another's indication is not linked: who waited in error would read whose child it is.
                case when refusal is distinct from 'not-yours' then indication end,
                case when refusal is distinct from 'not-yours' then client end,
                (period).version + case when accepted then nth::int else 0 end, at)::care_period as now
            from counted c
        )
        select array_agg(b.now) filter (where newest), array_agg((period).id) filter (where newest),
            array_agg(client) filter (where newest),
            array_agg(care_event(b.now, known_at) order by sent_at) filter (where accepted and refusal is null)
        into settled, ids, clients, told from becoming b;
        perform conclude_care_periods(settled);
        periods := periods || ids;
        subjects := subjects || clients;
        events := events || told;
    end loop;

    if events <> '{}' then
        perform record_events(to_jsonb(events), traceparent);
    end if;
    perform log_waited_care(periods, subjects);
end $$;

-- Write the end of their waiting, each with its line in the history.
create or replace function conclude_care_periods(decided care_period[]) returns void language plpgsql as $$
declare
    one care_period;
begin
    -- One by one: joined to a list, the table would be read by its policy's conditions and not by its key.
    foreach one in array decided loop
        update care_period c set
            status = one.status, refusal = one.refusal, waiting_since = null, indication = one.indication, client = one.client,
            version = one.version, recorded_at = one.recorded_at
        where c.id = one.id;
    end loop;
    insert into care_period_history (care_period, sent_at, decision, municipality, provider, valid_to, reason_of_ending, withdrawal,
                                     outcome, refusal, version, recorded_at)
    select d.id, d.sent_at, true, d.municipality, d.provider, d.valid_to, d.reason_of_ending, d.withdrawn, d.status, d.refusal,
           nullif(d.version, 0), d.recorded_at
    from unnest(decided) d;
end $$;

-- Refuse what has waited too long, at most a thousand at a time; the worker's. Gives how many there were.
create or replace function refuse_long_waiting_care(days int) returns int language plpgsql as $$
declare
    due uuid[];
    refused care_period[];
begin
    due := array(select id from care_period where status = 'waiting' and waiting_since < moment() - make_interval(days => days)
                 order by waiting_since limit 1000);
    perform pg_advisory_xact_lock(hashtext('indication'), k.key) from (
        select distinct hashtext(c.municipality || '/' || c.assignment_number) as key
        from care_period c where c.id = any (due) order by key
    ) k;
    -- Read again under the locks: its indication may have arrived meanwhile.
    refused := array(
        select jsonb_populate_record(c, jsonb_build_object(
            'status', 'refused', 'refusal', 'number-unknown', 'recorded_at', moment()))
        from care_period c where c.id = any (due) and c.status = 'waiting');
    perform conclude_care_periods(refused);
    -- A reader that did not see the decision yet may have left a record after it.
    perform log_waited_care(array_agg(c.id), array_agg(i.client)) from care_period c
    join indication i on i.municipality = c.municipality and i.assignment_number = c.assignment_number
    where c.status <> 'waiting' and c.id in (select p.care_period from care_period_processing p where p.record <> '{}');
    delete from care_period_processing p using care_period c
    where c.id = p.care_period and c.status <> 'waiting' and (p.record = '{}' or c.refusal = 'number-unknown');
    return cardinality(refused);
end $$;

-- Keep a record of the processing log until the client of these periods is known.
create or replace function log_waiting_care(ids uuid[], log jsonb) returns void language sql as $$
    insert into care_period_processing (care_period, municipality, provider, record, recorded_at)
    select c.id, c.municipality, c.provider, log, moment() from care_period c where c.id = any (ids) and c.status = 'waiting'
$$;

-- Write the records that were kept for the clients of these periods, each once: it is empty afterwards.
create or replace function log_waited_care(periods uuid[], clients uuid[]) returns void language plpgsql as $$
declare
    kept jsonb;
    records jsonb[] := '{}';
    subjects uuid[] := '{}';
begin
    for place in 1..coalesce(cardinality(periods), 0) loop
        for kept in
            update care_period_processing p set record = '{}'
            where p.care_period = periods[place] and p.record <> '{}' returning old.record
        loop
            records := records || kept;
            subjects := subjects || clients[place];
        end loop;
    end loop;
    perform log_processing(array_agg(subject), record) from (
        select subject, record, row_number() over (partition by subject, record) as nth
        from unnest(subjects, records) as due (subject, record)
    ) numbered group by record, nth;
end $$;

-- Write the processing log for these periods; of those that wait it is kept.
create or replace function log_care_periods(ids uuid[], log jsonb) returns void language sql as $$
    select log_processing(array(select c.client from care_period c where c.id = any (ids) and c.client is not null), log),
           log_waiting_care(ids, log)
$$;

-- A period as the API shows it.
create or replace function shown_care_period(c care_period) returns jsonb language sql stable as $$
    select case when c.id is null then null else jsonb_build_object(
        'id', c.id, 'municipality', c.municipality, 'assignmentNumber', c.assignment_number, 'from', c.valid_from, 'to', c.valid_to,
        'provider', c.provider, 'reasonOfEnding', c.reason_of_ending, 'withdrawn', c.withdrawn, 'sentAt', c.sent_at,
        'status', c.status, 'refusal', c.refusal, 'indication', c.indication, 'clientId', c.client, 'version', c.version,
        'recordedAt', c.recorded_at) end
$$;

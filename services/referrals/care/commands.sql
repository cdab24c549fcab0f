-- Record periods of care: the rules of `domain.py`, applied to a list in one call; and decide those that waited.

-- What a period needs to know of the indication that its number names. Past row-level security (the owner has a
-- policy for what api and worker call as its owner): a provider cannot see that a number is another's, and would wait for it.
create or replace function indication_for_care(municipality text, assignment_number int)
returns table (id uuid, client uuid, provider text, valid_from date, valid_to date, withdrawn boolean)
language sql stable security definer set search_path = referrals, pg_temp as $$
    select i.id, i.client, i.provider, i.valid_from, i.valid_to, i.withdrawn from indication i
    where i.municipality = indication_for_care.municipality and i.assignment_number = indication_for_care.assignment_number
$$;

-- The first other period of an indication that counts and has a day of these; of whichever provider.
create or replace function overlapping_care(indication uuid, period uuid, first_day date, last_day date)
returns table (valid_from date, valid_to date)
language sql stable security definer set search_path = referrals, pg_temp as $$
    select c.valid_from, c.valid_to from care_period c
    where c.indication = overlapping_care.indication and c.id <> period and c.status = 'accepted' and not c.withdrawn
      and c.valid_from <= coalesce(last_day, 'infinity') and first_day <= coalesce(c.valid_to, 'infinity')
    order by c.valid_from limit 1
$$;

-- The indication of a period, and what is in the way of `given` there, beside what is kept of the same period:
-- the same as `domain._is_anothers` and `domain._placed`.
create or replace function judge_care_period(kept care_period, given care_period)
returns table (refusal text, indication uuid, client uuid, indication_from date, indication_to date, other_from date, other_to date)
language sql stable as $$
    select case
        when i.id is null then null
        when i.provider <> given.provider and kept.status is distinct from 'accepted' then 'not-yours'
        when given.withdrawn then null
        when starts and i.withdrawn then 'indication-withdrawn'
        when starts and not given.valid_from between i.valid_from and coalesce(i.valid_to, 'infinity') then 'from-outside'
        -- What was accepted has happened, however short the indication was made afterwards.
        when (starts or given.valid_to is distinct from kept.valid_to)
            and not given.valid_to between i.valid_from and coalesce(i.valid_to, 'infinity') then 'to-outside'
        when o.valid_from is not null then 'overlaps' end,
        i.id, i.client, i.valid_from, i.valid_to, o.valid_from, o.valid_to
    from (select kept.status is distinct from 'accepted' or kept.withdrawn as starts) s
    left join lateral indication_for_care(given.municipality, given.assignment_number) i on true
    left join lateral overlapping_care(i.id, given.id, given.valid_from, given.valid_to) o on true
$$;

-- What is published: only of periods that count.
create or replace function care_event(c care_period) returns jsonb language sql immutable as $$
    select jsonb_build_object(
        'aggregateType', 'care', 'aggregateId', c.id, 'version', c.version,
        'organisations', jsonb_build_array(c.municipality, c.provider),
        'payload', jsonb_build_object(
            'indication', c.indication, 'clientId', c.client, 'municipality', c.municipality, 'provider', c.provider,
            'from', c.valid_from, 'to', c.valid_to, 'reasonOfEnding', c.reason_of_ending, 'withdrawn', c.withdrawn))
$$;

-- records: [{ordinal, municipality, assignmentNumber, from, provider, sentAt, to, reasonOfEnding, withdrawal, reason}];
-- log: the processing-log entry. One row per record: its outcome, what it was refused for, and the period as it is now.
create or replace function record_care_periods(records jsonb, log jsonb)
returns table (ordinal int, outcome text, refusal text, indication_from date, indication_to date, other_from date, other_to date,
               current jsonb) language plpgsql as $$
#variable_conflict use_column
declare
    g record;
    j record;
    kept care_period;
    given care_period;
    twin care_period_history;
    events jsonb[] := '{}';
    subjects uuid[] := '{}';
    touched uuid[] := '{}';
begin
    -- The locks of the indications, first and sorted: who records an indication decides under the same lock about what
    -- waits for it.
    perform pg_advisory_xact_lock(hashtext('indication'), k.key) from (
        select distinct hashtext(r.municipality || '/' || r."assignmentNumber") as key
        from jsonb_to_recordset(records) as r (municipality text, "assignmentNumber" int) order by key
    ) k;

    -- One after the other: whether one period may stand depends on those before it in the list.
    for g in select * from jsonb_to_recordset(records) as r (
        ordinal int, municipality text, "assignmentNumber" int, "from" date, provider text, "sentAt" timestamptz,
        "to" date, "reasonOfEnding" text, withdrawal boolean, reason text) order by r.ordinal
    loop
        select * into kept from care_period c
        where c.municipality = g.municipality and c.assignment_number = g."assignmentNumber" and c.valid_from = g."from"
          and c.provider = g.provider;
        select * into twin from care_period_history h
        where h.care_period = kept.id and h.sent_at = g."sentAt" and not h.decision;
        given := jsonb_populate_record(kept, jsonb_build_object(
            'id', coalesce(kept.id, uuidv7()), 'municipality', g.municipality, 'assignment_number', g."assignmentNumber",
            'valid_from', g."from", 'provider', g.provider, 'valid_to', g."to", 'reason_of_ending', g."reasonOfEnding",
            'withdrawn', g.withdrawal, 'sent_at', g."sentAt"));
        select * into j from judge_care_period(kept, given);
        refusal := null;
        if j.refusal = 'not-yours' then
            outcome := 'refused';
        elsif g.withdrawal and (kept.id is null or kept.status = 'refused') then
            outcome := 'unknown';
        elsif twin.care_period is not null then
            outcome := case
                when (twin.valid_to, twin.reason_of_ending, twin.withdrawal, twin.reason)
                    is not distinct from (g."to", g."reasonOfEnding", g.withdrawal, g.reason) then 'unchanged'
                else 'moment-taken' end;
        elsif g."sentAt" < kept.sent_at then
            outcome := 'superseded';
        elsif g.withdrawal and kept.valid_to is not null then
            outcome := 'stopped';
        elsif j.refusal is not null then
            outcome := 'refused';
        else
            outcome := case when kept.id is null then 'created' else 'applied' end;
        end if;

        if outcome in ('created', 'applied') then
            given.indication := j.indication;
            given.client := j.client;
            given.refusal := null;
            given.status := case when j.indication is null then 'waiting' else 'accepted' end;
            given.waiting_since := case when j.indication is null then coalesce(kept.waiting_since, moment()) end;
            given.version := coalesce(kept.version, 0) + (j.indication is not null)::int;
            given.recorded_at := moment();
            perform save_care_period(given);
            if j.indication is not null then
                events := events || care_event(given);
            end if;
        end if;
        if outcome in ('created', 'applied', 'superseded') then
            insert into care_period_history (care_period, sent_at, decision, municipality, provider, valid_to, reason_of_ending,
                                             withdrawal, reason, outcome, version, recorded_at)
            values (given.id, g."sentAt", false, g.municipality, g.provider, g."to", g."reasonOfEnding", g.withdrawal, g.reason,
                    outcome, case when outcome <> 'superseded' and j.indication is not null then given.version end, moment());
        end if;
        if outcome = 'refused' then
            refusal := j.refusal;
        end if;
        if outcome <> 'unknown' and j.client is not null and j.refusal is distinct from 'not-yours' then
            subjects := subjects || j.client;
        end if;
        touched := touched || given.id;

        ordinal := g.ordinal;
        indication_from := j.indication_from;
        indication_to := j.indication_to;
        other_from := j.other_from;
        other_to := j.other_to;
        select shown_care_period(c) into current from care_period c where c.id = given.id;
        return next;
    end loop;

    if events <> '{}' then
        perform record_events(to_jsonb(events), log ->> 'traceparent');
    end if;
    perform log_processing(subjects, log), log_waiting_care(touched, log);
end $$;

create or replace function save_care_period(given care_period) returns void language sql as $$
    insert into care_period select given.*
    on conflict (id) do update set
        valid_to = excluded.valid_to, reason_of_ending = excluded.reason_of_ending, withdrawn = excluded.withdrawn,
        sent_at = excluded.sent_at, status = excluded.status, refusal = excluded.refusal, waiting_since = excluded.waiting_since,
        indication = excluded.indication, client = excluded.client, version = excluded.version, recorded_at = excluded.recorded_at
$$;

-- Decide the periods that waited for indications which now are known, in the transaction in which they became known and under
-- its locks; the one that was sent first comes first. numbers: [{municipality, assignmentNumber}].
create or replace function settle_waiting_care(numbers jsonb, traceparent text) returns void language plpgsql as $$
declare
    waiting care_period;
    j record;
    events jsonb[] := '{}';
begin
    for waiting in
        select w.* from jsonb_to_recordset(numbers) as n (municipality text, "assignmentNumber" int)
        -- Looked up row by row (`offset 0`): a list has no statistics.
        cross join lateral (
            select * from care_period c
            where c.status = 'waiting' and c.municipality = n.municipality and c.assignment_number = n."assignmentNumber" offset 0
        ) w
        order by w.sent_at, w.valid_from, w.provider
    loop
        select * into j from judge_care_period(waiting, waiting);
        -- Another's indication is not linked: who waited in error would read whose child it is.
        if j.refusal is distinct from 'not-yours' then
            waiting.indication := j.indication;
            waiting.client := j.client;
        end if;
        waiting.refusal := j.refusal;
        waiting.status := case when j.refusal is null then 'accepted' else 'refused' end;
        waiting.version := waiting.version + (j.refusal is null)::int;
        perform conclude_care_period(waiting);
        if j.refusal is null then
            events := events || care_event(waiting);
        end if;
        perform log_waited_care(waiting.id, j.client);
    end loop;
    if events <> '{}' then
        perform record_events(to_jsonb(events), traceparent);
    end if;
end $$;

-- Write the end of a waiting, with its line in the history.
create or replace function conclude_care_period(decided care_period) returns void language sql as $$
    update care_period c set
        status = decided.status, refusal = decided.refusal, waiting_since = null, indication = decided.indication,
        client = decided.client, version = decided.version, recorded_at = moment()
    where c.id = decided.id;
    insert into care_period_history (care_period, sent_at, decision, municipality, provider, valid_to, reason_of_ending, withdrawal,
                                     outcome, refusal, version, recorded_at)
    select decided.id, decided.sent_at, true, decided.municipality, decided.provider, decided.valid_to, decided.reason_of_ending,
           decided.withdrawn, decided.status, decided.refusal, nullif(decided.version, 0), moment()
$$;

-- Refuse what has waited too long, at most a thousand at a time; the worker's. Gives how many there were.
create or replace function refuse_long_waiting_care(days int) returns int language plpgsql as $$
declare
    due uuid[];
    waiting care_period;
    refused int := 0;
begin
    due := array(select id from care_period where status = 'waiting' and waiting_since < moment() - make_interval(days => days)
                 order by waiting_since limit 1000);
    perform pg_advisory_xact_lock(hashtext('indication'), k.key) from (
        select distinct hashtext(c.municipality || '/' || c.assignment_number) as key
        from care_period c where c.id = any (due) order by key
    ) k;
    -- Read again under the locks: its indication may have arrived meanwhile.
    for waiting in select * from care_period c where c.id = any (due) and c.status = 'waiting' order by c.id loop
        waiting.status := 'refused';
        waiting.refusal := 'number-unknown';
        perform conclude_care_period(waiting);
        refused := refused + 1;
    end loop;
    -- A reader that did not see the decision yet may have left a record after it.
    perform log_waited_care(c.id, i.client) from care_period c
    join indication i on i.municipality = c.municipality and i.assignment_number = c.assignment_number
    where c.status <> 'waiting' and c.id in (select p.care_period from care_period_processing p where p.record <> '{}');
    delete from care_period_processing p using care_period c
    where c.id = p.care_period and c.status <> 'waiting' and (p.record = '{}' or c.refusal = 'number-unknown');
    return refused;
end $$;

-- Keep a record of the processing log until the client of these periods is known.
create or replace function log_waiting_care(ids uuid[], log jsonb) returns void language sql as $$
    insert into care_period_processing (care_period, municipality, provider, record, recorded_at)
    select c.id, c.municipality, c.provider, log, moment() from care_period c where c.id = any (ids) and c.status = 'waiting'
$$;

-- Write the records that were kept for the client of a period, each once: it is empty afterwards.
create or replace function log_waited_care(period uuid, client uuid) returns void language sql as $$
    with due as (
        update care_period_processing p set record = '{}' where p.care_period = period and p.record <> '{}' returning old.record
    )
    select log_processing(array[client], due.record) from due
$$;

-- Write the processing log for these periods; of those that wait it is kept.
create or replace function log_care_periods(ids uuid[], log jsonb) returns void language sql as $$
    select log_processing(array(select c.client from care_period c where c.id = any (ids) and c.client is not null), log),
           log_waiting_care(ids, log)
$$;

-- A period as the API shows it.
create or replace function shown_care_period(c care_period) returns jsonb language sql immutable as $$
    select case when c.id is null then null else jsonb_build_object(
        'id', c.id, 'municipality', c.municipality, 'assignmentNumber', c.assignment_number, 'from', c.valid_from, 'to', c.valid_to,
        'provider', c.provider, 'reasonOfEnding', c.reason_of_ending, 'withdrawn', c.withdrawn, 'sentAt', c.sent_at,
        'status', c.status, 'refusal', c.refusal, 'indication', c.indication, 'clientId', c.client, 'version', c.version,
        'recordedAt', c.recorded_at) end
$$;

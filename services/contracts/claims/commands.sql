-- Claims: the rules of `domain.py`, applied in the database.

-- Why a claim cannot be accepted ('accepted': it can), with the facts of the refusal; the same as `domain.judge`.
-- `indication` and `client` are null when the number is not known, or is another provider's: which is the same.
create or replace function judge_claim(
    claimant text, under_reference text, place text, number int, first_day date, last_day date, amount bigint)
returns table (verdict text, facts jsonb, indication uuid, client uuid) language sql stable as $$
    with in_force as materialized (
        select reference, valid_from, valid_to, cents from claim
        where status = 'accepted' and municipality = place and assignment_number = number and provider = claimant
          and reference <> under_reference
    ), known as (
        select i.*, i.granted_cents - (select coalesce(sum(cents), 0) from in_force) as cents_left,
               (select reference from in_force where (valid_from, valid_to) = (first_day, last_day)) as twin
        from claimable i where i.municipality = place and i.assignment_number = number and i.provider = claimant
        order by i.indication desc limit 1
    ), judged as (
        select case
            when k.indication is null then 'claim-number-not-known'
            when k.withdrawn then 'claim-indication-withdrawn'
            when first_day < k.valid_from or last_day > coalesce(k.valid_to, 'infinity') then 'claim-outside-indication'
            when k.twin is not null then 'claim-double'
            when amount > k.cents_left then 'claim-above-granted'
            else 'accepted' end as verdict, k.*
        from (select) one left join known k on true
    )
    select verdict, case verdict
        when 'claim-outside-indication' then jsonb_build_object('indicationFrom', valid_from, 'indicationTo', valid_to)
        when 'claim-double' then jsonb_build_object('otherReference', twin)
        when 'claim-above-granted' then jsonb_build_object('centsLeft', greatest(cents_left, 0))
        else '{}' end, indication, client
    from judged
$$;

-- Keep a claim as it now stands, its version, and what is published of it: what was accepted, and that it was taken back.
create or replace function write_claim(given claim, refusal jsonb, traceparent text) returns claim language plpgsql as $$
begin
    given.version := coalesce(given.version, 0) + 1;
    given.recorded_at := moment();
    given.state := jsonb_build_object(
        'provider', given.provider, 'reference', given.reference, 'municipality', given.municipality,
        'assignmentNumber', given.assignment_number, 'from', given.valid_from, 'to', given.valid_to, 'cents', given.cents,
        'status', given.status, 'refusal', refusal);
    insert into claim select given.* on conflict (id) do update set
        municipality = excluded.municipality, assignment_number = excluded.assignment_number,
        valid_from = excluded.valid_from, valid_to = excluded.valid_to, cents = excluded.cents, status = excluded.status,
        indication = excluded.indication, processing = excluded.processing, state = excluded.state,
        version = excluded.version, recorded_at = excluded.recorded_at;
    insert into claim_history (claim, version, provider, municipality, state, recorded_at)
    values (given.id, given.version, given.provider, given.municipality, given.state, given.recorded_at);
    if given.indication is not null then
        perform record_events(jsonb_build_array(jsonb_build_object(
            'aggregateType', 'claim', 'aggregateId', given.id, 'version', given.version,
            'payload', jsonb_build_object(
                'indication', given.indication, 'municipality', given.municipality, 'provider', given.provider,
                'from', given.valid_from, 'to', given.valid_to, 'cents', given.cents,
                'withdrawn', given.status = 'credited'),
            'organisations', jsonb_build_array(given.municipality, given.provider, 'contract-manager'))), traceparent);
    end if;
    return given;
end $$;

-- Whose care a claim is for. Nobody has a right to that table: who claims has found the client's random id, who reads a claim
-- has the reading logged by `log_claims` without seeing it.
create or replace function note_client(claim uuid, client uuid) returns void
language sql security definer set search_path = contracts, pg_temp as $$
    insert into claim_client (claim, client) values (note_client.claim, note_client.client) on conflict do nothing
$$;

-- Write into the processing log that these claims were read or changed: a row for every client whose care they are for.
create or replace function log_claims(claims uuid[], record jsonb) returns void
language sql security definer set search_path = contracts, pg_temp as $$
    select log_processing(array(select client from claim_client where claim = any (claims)), record)
$$;

-- The same for the events of claims and valuations, which name no client; a valuation is an aggregate by its indication's id.
create or replace function log_events_read(aggregates uuid[], record jsonb) returns void
language plpgsql security definer set search_path = contracts, pg_temp as $$
begin
    perform log_processing(array(
        select client from claim_client where claim = any (aggregates)
        union
        select (state ->> 'clientId')::uuid from referrals_indication where aggregate = any (aggregates)), record);
end $$;

revoke all on function note_client, log_claims, log_events_read from public;

-- Locks first and sorted, numbers before claims, in every function: so that of two claims for the last euro one sees the
-- other, and no claim is left waiting for a number that arrives meanwhile.
create or replace function lock_claims(numbers text[], keys text[]) returns void language plpgsql as $$
begin
    perform pg_advisory_xact_lock(hashtext('claimed number'), n.hash) from (
        select distinct hashtext(n) as hash from unnest(numbers) n order by hash) n;
    perform pg_advisory_xact_lock(hashtext('claim'), k.hash) from (
        select distinct hashtext(k) as hash from unnest(keys) k order by hash) k;
end $$;

-- records: [{provider, reference, municipality, assignmentNumber, from, to, cents}], each reference at most once; without
-- cents: take it back. log: the processing-log entry.
-- One row per record: its place in the list, the outcome, the facts of a refusal, and the claim as it is now.
create or replace function record_claims(records jsonb, log jsonb)
returns table (ordinal bigint, outcome text, facts jsonb, current jsonb) language plpgsql as $$
#variable_conflict use_column
declare
    given record;
    kept claim;
    judged record;
    touched uuid[] := '{}';
begin
    perform lock_claims(
        array(select (r ->> 'municipality') || '/' || (r ->> 'assignmentNumber') from jsonb_array_elements(records) r where r ? 'cents'),
        array(select (r ->> 'provider') || '/' || (r ->> 'reference') from jsonb_array_elements(records) r));

    -- One after the other: whether a claim is accepted depends on those before it in the list.
    for given in
        select r.* from rows from (jsonb_to_recordset(records) as (
            provider text, reference text, municipality text, "assignmentNumber" int, "from" date, "to" date, cents bigint))
        with ordinality as r (provider, reference, municipality, number, first_day, last_day, cents, ordinal)
    loop
        select * into kept from claim c where c.provider = given.provider and c.reference = given.reference;
        ordinal := given.ordinal;
        facts := '{}';
        outcome := case
            when given.cents is null and kept.id is null then 'unknown'
            when given.cents is null and kept.status = 'credited' then 'unchanged'
            when given.cents is null then 'applied'
            when kept.status = 'credited' then 'claim-credited'
            when kept.status in ('waiting', 'accepted')
             and (kept.municipality, kept.assignment_number, kept.valid_from, kept.valid_to, kept.cents)
               = (given.municipality, given.number, given.first_day, given.last_day, given.cents) then 'unchanged'
            when kept.status = 'accepted'
             and (kept.municipality, kept.assignment_number) <> (given.municipality, given.number) then 'claim-number-fixed'
            when kept.id is null then 'created'
            else 'applied' end;

        if given.cents is null and outcome = 'applied' then
            kept.status := 'credited';
            kept.processing := null;
            kept := write_claim(kept, null, log ->> 'traceparent');
        elsif outcome in ('created', 'applied') then
            select * into judged from judge_claim(
                given.provider, given.reference, given.municipality, given.number, given.first_day, given.last_day, given.cents);
            facts := judged.facts;
            if judged.verdict = 'accepted' or judged.verdict = 'claim-number-not-known' and kept.status is distinct from 'accepted' then
                kept.id := coalesce(kept.id, uuidv7());
                kept.provider := given.provider;
                kept.reference := given.reference;
                kept.municipality := given.municipality;
                kept.assignment_number := given.number;
                kept.valid_from := given.first_day;
                kept.valid_to := given.last_day;
                kept.cents := given.cents;
                kept.status := case judged.verdict when 'accepted' then 'accepted' else 'waiting' end;
                kept.indication := judged.indication;
                kept.processing := case when judged.client is null then log end;
                kept := write_claim(kept, null, log ->> 'traceparent');
                if judged.client is not null then
                    perform note_client(kept.id, judged.client);
                end if;
            else
                outcome := judged.verdict;
            end if;
        end if;

        touched := touched || kept.id;
        current := case when kept.id is not null then shown(kept.id, kept.version, kept.recorded_at, kept.state) end;
        return next;
    end loop;

    perform log_claims(touched, log);
end $$;

-- Keep what can be claimed under these indications, of which or of whose value something is new; and decide the claims that
-- waited for them, in order of arrival. The worker's alone, after the values were recorded in the same transaction.
create or replace function settle_claims(indications uuid[]) returns void language plpgsql as $$
declare
    changed jsonb;
    waited claim;
    judged record;
    traceparent text;
begin
    with derived as materialized (
        select given.id as indication, i.state ->> 'municipality' as municipality,
               (i.state ->> 'assignmentNumber')::int as assignment_number, i.state ->> 'provider' as provider,
               (i.state ->> 'clientId')::uuid as client, (i.state ->> 'from')::date as valid_from,
               (i.state ->> 'to')::date as valid_to, (i.state -> 'withdrawn')::boolean as withdrawn,
               case when not jsonb_path_exists(v.entry, '$.stretches[*] ? (@.valued == false)') then (
                   select coalesce(sum(c::bigint), 0) from jsonb_path_query(v.entry, '$.stretches[*].cents[*]') c
               ) end::bigint as granted_cents
        from unnest(indications) as given (id)
        cross join lateral (
            select state from referrals_indication r where r.aggregate = given.id order by r.version desc limit 1
        ) i
        cross join lateral (
            select j.payload #> '{line,-1}' as entry from journal j
            where j.aggregateid = given.id and j.aggregatetype = 'valuation' order by j.version desc limit 1
        ) v
        -- Events of before claims were made carry no number: nothing can be claimed under them.
        where i.state ->> 'assignmentNumber' is not null and v.entry is not null
    ), differing as (
        select given.id as indication, d.municipality || '/' || d.assignment_number as number,
               c.municipality || '/' || c.assignment_number as earlier, to_jsonb(d) as row
        from unnest(indications) as given (id)
        left join derived d on d.indication = given.id
        left join lateral (select * from claimable where claimable.indication = given.id limit 1) c on true
        where (d.municipality, d.assignment_number, d.provider, d.client, d.valid_from, d.valid_to, d.granted_cents, d.withdrawn)
            is distinct from
              (c.municipality, c.assignment_number, c.provider, c.client, c.valid_from, c.valid_to, c.granted_cents, c.withdrawn)
    )
    select jsonb_agg(to_jsonb(d)) into changed from differing d;
    if changed is null then
        return;
    end if;

    perform lock_claims(
        array(select n from jsonb_array_elements(changed) c cross join lateral (values (c ->> 'number'), (c ->> 'earlier')) as v (n)
              where n is not null), '{}');
    delete from claimable where indication in (
        select (c ->> 'indication')::uuid from jsonb_array_elements(changed) c where c -> 'row' = 'null');
    insert into claimable
    select r.* from jsonb_array_elements(changed) c
    cross join lateral jsonb_populate_record(null::claimable, c -> 'row') r where c -> 'row' <> 'null'
    on conflict (indication) do update set
        municipality = excluded.municipality, assignment_number = excluded.assignment_number, provider = excluded.provider,
        client = excluded.client, valid_from = excluded.valid_from, valid_to = excluded.valid_to,
        granted_cents = excluded.granted_cents, withdrawn = excluded.withdrawn;

    perform lock_claims('{}', array(
        select w.provider || '/' || w.reference from jsonb_array_elements(changed) c
        join claim w on w.status = 'waiting' and w.municipality = c #>> '{row,municipality}'
         and w.assignment_number = (c #>> '{row,assignment_number}')::int));
    for waited in
        select w.* from claim w
        where w.status = 'waiting' and (w.municipality, w.assignment_number) in (
            select c #>> '{row,municipality}', (c #>> '{row,assignment_number}')::int from jsonb_array_elements(changed) c)
        order by w.recorded_at, w.id
    loop
        select * into judged from judge_claim(
            waited.provider, waited.reference, waited.municipality, waited.assignment_number, waited.valid_from, waited.valid_to,
            waited.cents);
        if judged.verdict <> 'claim-number-not-known' then
            -- Only now it is known whose data the request was about that made the claim.
            perform note_client(waited.id, judged.client);
            perform log_claims(array[waited.id], waited.processing);
            traceparent := waited.processing ->> 'traceparent';
            waited.processing := null;
            waited.status := case judged.verdict when 'accepted' then 'accepted' else 'refused' end;
            waited.indication := case judged.verdict when 'accepted' then judged.indication end;
            perform write_claim(waited, case when judged.verdict <> 'accepted' then
                jsonb_build_object('reason', judged.verdict, 'facts', judged.facts) end, traceparent);
        end if;
    end loop;
end $$;

-- Refuse the claims that have waited too long for their number; the worker's alone. Gives how many it refused.
create or replace function refuse_late_claims(waits interval) returns int language plpgsql as $$
declare
    late text[] := array(
        select provider || '/' || reference from claim
        where status = 'waiting' and recorded_at < moment() - waits order by recorded_at limit 1000);
    waited claim;
    refused int := 0;
begin
    perform lock_claims('{}', late);
    -- Read again: until it was locked, a claim may have been decided, corrected or taken back.
    for waited in
        select * from claim where status = 'waiting' and provider || '/' || reference = any (late) and recorded_at < moment() - waits
    loop
        waited.processing := null;
        waited.status := 'refused';
        perform write_claim(waited, '{"reason": "claim-number-not-known", "facts": {}}', null);
        refused := refused + 1;
    end loop;
    return refused;
end $$;

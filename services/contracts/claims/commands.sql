-- Claims are decided by whole lists, and one after the other where claims of a list decide about each other.

-- Keep claims as they now stand, their versions, and what is published of them: what was accepted, and that it was taken back.
-- given: [{id, version, provider, reference, municipality, assignmentNumber, from, to, cents, status, indication, processing,
-- refusal, knownAt}], each once; version: the one before.
create or replace function write_claims(given jsonb, traceparent text) returns void language plpgsql as $$
declare events jsonb;
begin
    with written as (
        insert into claim (id, provider, reference, municipality, assignment_number, valid_from, valid_to, cents, status,
                           indication, processing, known_at, version, recorded_at, state)
        select r.id, r.provider, r.reference, r.municipality, r."assignmentNumber", r."from", r."to", r.cents, r.status,
               r.indication, r.processing, r."knownAt", r.version + 1, moment(), jsonb_build_object(
                   'provider', r.provider, 'reference', r.reference, 'municipality', r.municipality,
                   'assignmentNumber', r."assignmentNumber", 'from', r."from", 'to', r."to", 'cents', r.cents,
                   'status', r.status, 'refusal', r.refusal)
        from jsonb_to_recordset(given) as r (
            id uuid, version int, provider text, reference text, municipality text, "assignmentNumber" int, "from" date,
            "to" date, cents bigint, status text, indication uuid, processing jsonb, refusal jsonb, "knownAt" timestamptz)
        on conflict (id) do update set
            municipality = excluded.municipality, assignment_number = excluded.assignment_number,
            valid_from = excluded.valid_from, valid_to = excluded.valid_to, cents = excluded.cents, status = excluded.status,
            indication = excluded.indication, processing = excluded.processing, known_at = excluded.known_at,
            version = excluded.version, recorded_at = excluded.recorded_at, state = excluded.state
        returning *
    ), kept as (
        insert into claim_history (claim, version, provider, municipality, state, recorded_at)
        select id, version, provider, municipality, state, recorded_at from written
    )
    select jsonb_agg(jsonb_build_object(
        'aggregateType', 'claim', 'aggregateId', w.id, 'version', w.version, 'payload', jsonb_build_object(
            'indication', w.indication, 'municipality', w.municipality, 'provider', w.provider, 'from', w.valid_from,
            'to', w.valid_to, 'cents', w.cents, 'withdrawn', w.status = 'credited'),
        -- Nobody could know it before there was anything to claim under.
        'knownAt', case when w.known_at is not null then greatest(w.known_at, (
            select known_from from claimable k where k.indication = w.indication)) end,
        'organisations', jsonb_build_array(w.municipality, w.provider, 'contract-manager')))
    into events from written w where w.indication is not null;

    if events is not null then
        perform record_events(events, traceparent);
    end if;
end $$;

-- Whose care claims are for. Nobody has a right to that table: who claims has found the client's random id, who reads a claim
-- has the reading logged by `log_claims` without seeing it.
create or replace function note_clients(claims uuid[], clients uuid[]) returns void
language sql security definer set search_path = contracts, pg_temp as $$
    insert into claim_client (claim, client) select * from unnest(claims, clients) on conflict do nothing
$$;

revoke all on function note_clients from public;

-- Locks first and sorted, claims before numbers, in every function: so that of two claims for the last euro one sees the
-- other, and no claim is left waiting for a number that arrives meanwhile. Whoever changes a claim holds its number too, also
-- the one that it had: so numbers alone are enough for what decides all that waits.
create or replace function lock_each(kind text, names text[]) returns void language plpgsql as $$
begin
    perform pg_advisory_xact_lock(hashtext(kind), n.hash) from (
        select distinct hashtext(n) as hash from unnest(names) n order by hash) n;
end $$;

-- Decide about claims and keep what becomes of them: all at once but for those that decide about each other. Gives verdict and
-- facts of each: [{ordinal, verdict, facts}].
-- given: as for `judge_claims` and `write_claims`, in the order in which they count, with `waited`: whether it waited until now
-- (then a refusal is kept, and `processing` says what the log is to say); log: of who asks now.
create or replace function decide_claims(given jsonb, log jsonb) returns jsonb language plpgsql as $$
declare
    judged jsonb;
    decided jsonb;
    one jsonb;
begin
    if given is null then
        return '[]';
    end if;
    select jsonb_agg(to_jsonb(j)) into judged from judge_claims(given) j;
    if not jsonb_path_exists(judged, '$[*] ? (@.together == true)') then
        perform keep_claims(given, judged, log);
        return judged;
    end if;

    select coalesce(jsonb_agg(to_jsonb(j)), '[]') into decided from jsonb_array_elements(judged) j
    where not (j -> 'together')::boolean;
    perform keep_claims(given, decided, log);
    for one in
        select g from jsonb_array_elements(given) g
        join jsonb_to_recordset(judged) as j (ordinal bigint, together boolean) on j.ordinal = (g -> 'ordinal')::bigint
        where j.together order by j.ordinal
    loop
        select jsonb_agg(to_jsonb(j)) into judged from judge_claims(jsonb_build_array(one)) j;
        perform keep_claims(jsonb_build_array(one), judged, log);
        decided := decided || judged;
    end loop;
    return decided;
end $$;

-- Keep what was decided of these claims.
create or replace function keep_claims(given jsonb, judged jsonb, log jsonb) returns void language plpgsql as $$
declare batch record;
begin
    for batch in
        -- What waited was asked for by others: their request is logged now that it is known whose data it was about.
        select case when g.waited then g.processing end as asked, array_agg(g.id) as claims, array_agg(j.client) as clients,
            jsonb_agg(jsonb_build_object(
                'id', g.id, 'version', g.version, 'provider', g.provider, 'reference', g.reference,
                'municipality', g.municipality, 'assignmentNumber', g."assignmentNumber", 'from', g."from", 'to', g."to",
                'cents', g.cents, 'knownAt', g."knownAt",
                'status', case
                    when g.status = 'credited' then 'credited'
                    when j.verdict = 'accepted' then 'accepted'
                    when g.waited then 'refused'
                    else 'waiting' end,
                'indication', case when g.status = 'credited' then g.indication when j.verdict = 'accepted' then j.indication end,
                'processing', case when j.verdict = 'claim-number-not-known' then log end,
                'refusal', case when g.waited and j.verdict <> 'accepted' then
                    jsonb_build_object('reason', j.verdict, 'facts', j.facts) end)) as rows
        from jsonb_to_recordset(judged) as j (ordinal bigint, verdict text, facts jsonb, indication uuid, client uuid)
        join jsonb_to_recordset(given) as g (
            ordinal bigint, id uuid, version int, provider text, reference text, municipality text, "assignmentNumber" int,
            "from" date, "to" date, cents bigint, status text, standing bigint, indication uuid, waited boolean,
            processing jsonb, "knownAt" timestamptz) using (ordinal)
        where g.status = 'credited' or j.verdict = 'accepted'
           or case when g.waited then j.verdict <> 'claim-number-not-known'
                   else j.verdict = 'claim-number-not-known' and g.standing is null end
        group by 1
    loop
        perform write_claims(batch.rows, coalesce(batch.asked, log) ->> 'traceparent');
        perform note_clients(
            array(select c.claim from unnest(batch.claims, batch.clients) as c (claim, client) where client is not null),
            array_remove(batch.clients, null));
        if batch.asked is not null then
            perform log_claims(batch.claims, batch.asked);
        end if;
    end loop;
end $$;

-- records: [{provider, reference, municipality, assignmentNumber, from, to, cents, knownAt}], each reference at most once;
-- without cents: take it back; knownAt: of an import only. log: the processing-log entry.
-- One row per record: its place in the list, the outcome, the facts of a refusal, and the claim as it is now.
create or replace function record_claims(records jsonb, log jsonb)
returns table (ordinal bigint, outcome text, facts jsonb, current jsonb) language plpgsql as $$
#variable_conflict use_column
declare
    arrived jsonb;
    decided jsonb;
begin
    perform lock_each('claim', array(
        select (r ->> 'provider') || '/' || (r ->> 'reference') from jsonb_array_elements(records) r));
    perform lock_each('claimed number', array(
        select (r ->> 'municipality') || '/' || (r ->> 'assignmentNumber') from jsonb_array_elements(records) r where r ? 'cents'
        union all
        select c.municipality || '/' || c.assignment_number
        from jsonb_to_recordset(records) as r (provider text, reference text) cross join lateral (
            select * from claim where claim.provider = r.provider and claim.reference = r.reference limit 1) c));

    select jsonb_agg(jsonb_build_object(
        'ordinal', g.ordinal, 'id', coalesce(c.id, uuidv7()), 'version', coalesce(c.version, 0), 'provider', g.provider,
        'reference', g.reference, 'municipality', coalesce(g.municipality, c.municipality),
        'assignmentNumber', coalesce(g.number, c.assignment_number), 'from', coalesce(g.first_day, c.valid_from),
        'to', coalesce(g.last_day, c.valid_to), 'cents', coalesce(g.cents, c.cents), 'knownAt', g.known_at,
        'status', case when g.cents is null then 'credited' end, 'indication', c.indication,
        'standing', case when c.status = 'accepted' then c.cents end, 'waited', false, 'known', c.id is not null,
        'outcome', case
            when g.cents is null and c.id is null then 'unknown'
            when g.cents is null and c.status = 'credited' then 'unchanged'
            when g.cents is null then 'applied'
            -- History that came before: what it said then is a version by now, whatever came after it.
            when g.known_at <= c.known_at and exists (
                select from claim_history h where h.claim = c.id and h.state @> jsonb_build_object(
                    'municipality', g.municipality, 'assignmentNumber', g.number, 'from', g.first_day, 'to', g.last_day,
                    'cents', g.cents)) then 'unchanged'
            when c.status = 'credited' then 'claim-credited'
            when c.status in ('waiting', 'accepted')
             and (c.municipality, c.assignment_number, c.valid_from, c.valid_to, c.cents)
               = (g.municipality, g.number, g.first_day, g.last_day, g.cents) then 'unchanged'
            when c.status = 'accepted' and (c.municipality, c.assignment_number) <> (g.municipality, g.number)
                then 'claim-number-fixed'
            when c.id is null then 'created'
            else 'applied' end))
    into arrived
    from rows from (jsonb_to_recordset(records) as (
        provider text, reference text, municipality text, "assignmentNumber" int, "from" date, "to" date, cents bigint,
        "knownAt" timestamptz))
    with ordinality as g (provider, reference, municipality, number, first_day, last_day, cents, known_at, ordinal)
    left join lateral (
        select * from claim where claim.provider = g.provider and claim.reference = g.reference limit 1
    ) c on true;

    decided := decide_claims((
        select jsonb_agg(a order by (a -> 'ordinal')::bigint) from jsonb_array_elements(arrived) a
        where a ->> 'outcome' in ('created', 'applied')), log);
    perform log_claims(array(
        select (a ->> 'id')::uuid from jsonb_array_elements(arrived) a
        where (a -> 'known')::boolean or a ->> 'outcome' in ('created', 'applied')), log);

    return query
    select a.ordinal, case
               when d.ordinal is null or d.verdict is null or d.verdict = 'accepted'
                 or d.verdict = 'claim-number-not-known' and a.standing is null then a.outcome
               else d.verdict end,
           coalesce(d.facts, '{}'), case when c.id is not null then shown(c.id, c.version, c.recorded_at, c.state) end
    from jsonb_to_recordset(arrived) as a (ordinal bigint, id uuid, outcome text, standing bigint)
    left join jsonb_to_recordset(coalesce(decided, '[]')) as d (ordinal bigint, verdict text, facts jsonb) using (ordinal)
    left join lateral (select * from claim where claim.id = a.id limit 1) c on true
    order by a.ordinal;
end $$;

-- Keep what can be claimed under these indications, of which or of whose value something is new; and decide the claims that
-- waited for them, in order of arrival. The worker's alone, after the values were recorded in the same transaction.
create or replace function settle_claims(indications uuid[]) returns void language plpgsql as $$
declare changed jsonb;
begin
    with derived as materialized (
        select given.id as indication, i.state ->> 'municipality' as municipality,
               (i.state ->> 'assignmentNumber')::int as assignment_number, i.state ->> 'provider' as provider,
               (i.state ->> 'clientId')::uuid as client, (i.state ->> 'from')::date as valid_from,
               (i.state ->> 'to')::date as valid_to, (i.state -> 'withdrawn')::boolean as withdrawn,
               case when not jsonb_path_exists(v.entry, '$.stretches[*] ? (@.valued == false)') then (
                   select coalesce(sum(c::bigint), 0) from jsonb_path_query(v.entry, '$.stretches[*].cents[*]') c
               ) end::bigint as granted_cents,
               (select min(r.known_at) from referrals_indication r where r.aggregate = given.id) as known_from
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
        where (d.municipality, d.assignment_number, d.provider, d.client, d.valid_from, d.valid_to, d.granted_cents, d.withdrawn,
               d.known_from)
            is distinct from
              (c.municipality, c.assignment_number, c.provider, c.client, c.valid_from, c.valid_to, c.granted_cents, c.withdrawn,
               c.known_from)
    )
    select jsonb_agg(to_jsonb(d)) into changed from differing d;
    if changed is null then
        return;
    end if;

    perform lock_each('claimed number', array(
        select n from jsonb_array_elements(changed) c cross join lateral (values (c ->> 'number'), (c ->> 'earlier')) as v (n)
        where n is not null));
    delete from claimable where indication in (
        select (c ->> 'indication')::uuid from jsonb_array_elements(changed) c where c -> 'row' = 'null');
    insert into claimable
    select r.* from jsonb_array_elements(changed) c
    cross join lateral jsonb_populate_record(null::claimable, c -> 'row') r where c -> 'row' <> 'null'
    on conflict (indication) do update set
        municipality = excluded.municipality, assignment_number = excluded.assignment_number, provider = excluded.provider,
        client = excluded.client, valid_from = excluded.valid_from, valid_to = excluded.valid_to,
        granted_cents = excluded.granted_cents, withdrawn = excluded.withdrawn, known_from = excluded.known_from;

    perform decide_claims((
        select jsonb_agg(jsonb_build_object(
            'ordinal', w.ordinal, 'id', w.id, 'version', w.version, 'provider', w.provider, 'reference', w.reference,
            'municipality', w.municipality, 'assignmentNumber', w.assignment_number, 'from', w.valid_from, 'to', w.valid_to,
            'cents', w.cents, 'knownAt', w.known_at, 'waited', true, 'processing', w.processing) order by w.ordinal)
        from (
            select w.*, row_number() over (order by w.recorded_at, w.id) as ordinal
            from (
                select distinct c #>> '{row,municipality}' as municipality, (c #>> '{row,assignment_number}')::int as number
                from jsonb_array_elements(changed) c where c -> 'row' <> 'null'
            ) n
            cross join lateral (
                select * from claim
                where claim.status = 'waiting' and claim.municipality = n.municipality and claim.assignment_number = n.number
            ) w
        ) w), null);
end $$;

-- Refuse the claims that have waited too long for their number; the worker's alone. Gives how many it refused.
create or replace function refuse_late_claims(waits interval) returns int language plpgsql as $$
declare
    late text[] := array(
        select provider || '/' || reference from claim
        where status = 'waiting' and recorded_at < moment() - waits order by recorded_at limit 1000);
    refused jsonb;
begin
    perform lock_each('claim', late);
    perform lock_each('claimed number', array(
        select municipality || '/' || assignment_number from claim
        where status = 'waiting' and provider || '/' || reference = any (late)));
    -- Read again: until it was locked, a claim may have been decided, corrected or taken back.
    select jsonb_agg(jsonb_build_object(
        'id', id, 'version', version, 'provider', provider, 'reference', reference, 'municipality', municipality,
        'assignmentNumber', assignment_number, 'from', valid_from, 'to', valid_to, 'cents', cents, 'status', 'refused',
        'knownAt', known_at, 'refusal', jsonb_build_object('reason', 'claim-number-not-known', 'facts', '{}'::jsonb)))
    into refused from claim
    where status = 'waiting' and provider || '/' || reference = any (late) and recorded_at < moment() - waits;
    perform write_claims(refused, null);
    return coalesce(jsonb_array_length(refused), 0);
end $$;

-- Put the states of products or of providers: the rule of `domain.decide`, applied to a list in one call.

-- Locks, sorted: taken between writes, or in another order, they end in a deadlock.
create or replace function lock_states(noun text, keys text[]) returns void language plpgsql as $$
begin
    perform pg_advisory_xact_lock(hashtext(noun), k.hash) from (
        select distinct hashtext(k) as hash from unnest(keys) k order by hash
    ) k;
end $$;

-- noun: their table, and the type of their events; key: the column, and the member of a state, by which they are known.
-- records: [{state, knownAt}], a state as in shared/events/contracts.py, each key at most once; knownAt: of an import only.
-- One row per record: its place in the list, the outcome, and what it is now.
create or replace function put_states(noun text, key text, records jsonb, traceparent text)
returns table (ordinal bigint, outcome text, current jsonb) language plpgsql as $$
declare changed jsonb;
begin
    perform lock_states(noun, array(select r -> 'state' ->> key from jsonb_array_elements(records) r));

    -- Looked at before writing: an upsert that changes nothing would still lock and flush.
    execute format($upsert$
        with given as (
            select r.state, r."knownAt" as known_at, r.state ->> %2$L as known_by
            from jsonb_to_recordset($1) as r (state jsonb, "knownAt" timestamptz)
        ), written as (
            insert into %1$I as kept (id, %2$I, state, version, recorded_at)
            select uuidv7(), known_by, state, 1, moment() from given g
            where not exists (
                select from %1$I k where k.%2$I = g.known_by
                and (k.state = g.state or g.known_at is not null and was_imported(k.id, g.known_at, g.state)))
            on conflict (%2$I) do update
            set state = excluded.state, version = kept.version + 1, recorded_at = excluded.recorded_at
            returning kept.*
        )
        select jsonb_agg(jsonb_build_object(
            'aggregateType', %1$L, 'aggregateId', id, 'version', version, 'payload', w.state, 'knownAt', g.known_at,
            'organisations', readers(%1$L, %2$I)) order by %2$I)
        from written w join given g on g.known_by = w.%2$I
    $upsert$, noun, key) into changed using records;

    if changed is not null then
        perform record_events(changed, traceparent);
    end if;

    return query execute format($outcomes$
        select r.ordinality,
               case when c.version is null then 'unchanged' when c.version = 1 then 'created' else 'applied' end,
               shown(k.id, k.version, k.recorded_at, k.state)
        from jsonb_array_elements($1) with ordinality r
        join %1$I k on k.%2$I = r.value -> 'state' ->> %2$L
        left join jsonb_to_recordset($2) as c ("aggregateId" uuid, version int) on c."aggregateId" = k.id
    $outcomes$, noun, key) using records, coalesce(changed, '[]');
end $$;

-- Who may read the events of a product or provider: the same as may read it, in the words of `may_see`.
create or replace function readers(noun text, key text) returns jsonb language sql immutable as $$
    select jsonb_build_array('contract-manager', case noun when 'product' then 'provider' else key end)
$$;

-- A product, provider or agreement as the API shows it: its state, and what the platform adds.
create or replace function shown(id uuid, version int, recorded_at timestamptz, state jsonb)
returns jsonb language sql stable as $$
    select state || jsonb_build_object('id', id, 'version', version, 'recordedAt', recorded_at)
$$;

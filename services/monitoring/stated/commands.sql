-- Take the next moment of the service's own statements, and hold the clock to the end of the transaction: later than every
-- promise and every earlier stamp, whatever the clock of the machine does.
create or replace function stated_moment() returns timestamptz language sql volatile as $$
    update stated_clock set known_through = greatest(moment(), known_through + interval '1 microsecond')
    returning known_through
$$;

-- Promise: all that was stated up to this moment can be read. Who is still writing is waited for.
create or replace function promise_stated(named text) returns timestamptz language plpgsql as $$
declare promised timestamptz := stated_moment();
begin
    insert into recompute_through as kept (topic, known_through, parked) values (named, promised, 0)
    on conflict (topic) do update set known_through = excluded.known_through;
    return promised;
end $$;

-- Record statements of one kind: the rule of `domain.decide`, applied to a list of different keys in one call.
-- records: key, organisation, state (with `statedOn`), and the number in it for figures (or null).
-- One row per record: its place in the list, the outcome, and what counts now.
create or replace function record_stated(stated_kind text, records jsonb)
returns table (ordinal bigint, outcome text, current jsonb) language plpgsql as $$
declare
    each record;
    newest stated;
    stamp timestamptz;
    counts boolean;
begin
    perform from stated_clock for update;
    for each in
        select r.ordinality, r.value ->> 'key' as key, r.value ->> 'organisation' as organisation,
               r.value -> 'state' as state, (r.value -> 'state' ->> 'statedOn')::date as stated_on,
               nullif(r.value -> 'number', 'null') as number
        from jsonb_array_elements(records) with ordinality r
    loop
        select * into newest from stated s
        where s.kind = stated_kind and s.key = each.key and s.known_to = 'infinity';
        counts := newest.kind is null or each.stated_on >= newest.stated_on;
        ordinal := each.ordinality;
        if newest.state = each.state or (not counts and exists (
            select from stated s where s.kind = stated_kind and s.key = each.key and s.state = each.state
        )) then
            outcome := 'unchanged';
        else
            outcome := case when newest.kind is null then 'created' when counts then 'applied' else 'superseded' end;
            stamp := stated_moment();
            if counts then
                update stated s set known_to = stamp
                where s.kind = stated_kind and s.key = each.key and s.known_to = 'infinity';
                update stated_number n set known_to = stamp
                where n.kind = stated_kind and n.key = each.key and n.known_to = 'infinity';
                insert into stated_number
                select (jsonb_populate_record(null::stated_number, each.number || jsonb_build_object(
                    'kind', stated_kind, 'key', each.key, 'known_from', stamp, 'known_to', 'infinity'))).*
                where each.number is not null;
            end if;
            insert into stated
            select stated_kind, each.key, coalesce(max(s.version), 0) + 1, each.organisation, each.stated_on, each.state,
                   stamp, case when counts then 'infinity' else stamp end
            from stated s where s.kind = stated_kind and s.key = each.key;
        end if;
        select shown_stated(s) into current from stated s
        where s.kind = stated_kind and s.key = each.key and s.known_to = 'infinity';
        return next;
    end loop;
end $$;

-- A statement as the API shows it: what was stated, and what the platform adds.
create or replace function shown_stated(one stated) returns jsonb language sql stable as $$
    select one.state || jsonb_build_object('version', one.version, 'knownAt', one.known_from)
$$;

-- Watermarks of a service that reads others' topics. The copy of topic `a.b` is the table `a_b`.

drop function if exists note_progress(text, int, bigint[], bigint[], bigint, timestamptz, bigint);

-- Take note of what an owner promises. A new generation sends this reader back to where that generation begins.
create or replace function note_progress(
    p_topic text, p_generation int, p_begins bigint[], p_ends bigint[], p_count bigint, p_through timestamptz, p_parked bigint,
    p_importing boolean
) returns void language plpgsql as $$
declare w watermark;
begin
    insert into watermark (topic, generation) values (p_topic, 0) on conflict do nothing;
    select * into w from watermark where topic = p_topic for update;
    if p_generation < w.generation then
        return;
    end if;
    if p_generation > w.generation then
        update watermark set target_through = null, target_ends = null, target_count = null, target_importing = null
        where topic = p_topic;
        insert into consumed (topic, partition, generation, next_offset)
        select p_topic, b.ordinality - 1, p_generation, b.begin
        from unnest(p_begins) with ordinality as b (begin, ordinality) order by b.ordinality
        on conflict (topic, partition) do update set generation = excluded.generation, next_offset = excluded.next_offset;
    end if;
    update watermark set generation = p_generation, parked_upstream = p_parked,
        latest_through = p_through, latest_ends = p_ends, latest_count = p_count,
        latest_importing = p_importing, importing = importing or p_importing
    where topic = p_topic;
    perform reach_watermark(p_topic);
end $$;

-- Move a topic's watermark to the promise held, when all up to its ends has been applied; then hold the newest promise.
-- One promise is held until it is reached: the newest one alone would run ahead for ever under load.
create or replace function reach_watermark(p_topic text) returns void language plpgsql as $$
declare w watermark;
begin
    for i in 1..2 loop
        select * into w from watermark where topic = p_topic for update;
        if w.target_through is null then
            if w.latest_through is null or
               (w.latest_through is not distinct from w.known_through and w.complete_generation = w.generation
                and w.latest_importing is not distinct from w.importing) then
                return;
            end if;
            update watermark set target_through = latest_through, target_ends = latest_ends, target_count = latest_count,
                target_importing = latest_importing
            where topic = p_topic returning * into w;
        end if;
        if exists (select from consumed c where c.topic = p_topic and c.next_offset < w.target_ends[c.partition + 1]) then
            return;
        end if;
        if w.complete_generation < w.generation and not complete_generation(w) then
            return;
        end if;
        update watermark set known_through = greatest(known_through, target_through), complete_generation = generation,
            importing = coalesce(target_importing, false) or coalesce(latest_importing, false),
            target_through = null, target_ends = null, target_count = null, target_importing = null
        where topic = p_topic;
    end loop;
end $$;

-- The first promise of a generation is reached: what the generation did not bring back was lost by its owner and goes,
-- unless fewer versions came than were sent; then something is missing here, and nothing may be promised.
create or replace function complete_generation(w watermark) returns boolean language plpgsql as $$
declare
    copy text := quote_ident(replace(w.topic, '.', '_'));
    arrived bigint;
begin
    execute format('select count(*) from %s where generation = $1', copy) into arrived using w.generation;
    select arrived + count(*) into arrived from parked where topic = w.topic and generation = w.generation;
    if arrived < w.target_count then
        return false;
    end if;
    execute format(
        'with gone as (delete from %s where generation < $1 returning aggregate)
         insert into dirty (kind, aggregate) select distinct $2, aggregate from gone', copy
    ) using w.generation, w.topic;
    delete from parked where topic = w.topic and partition >= 0 and generation < w.generation;
    return true;
end $$;

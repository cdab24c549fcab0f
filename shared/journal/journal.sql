-- Functions of a service that publishes.

-- Whose rights an event row falls under: the caller's organisation, its role, or everyone who is somebody.
create or replace function may_see(organisations text[]) returns boolean language sql stable as $$
    select coalesce(current_setting('app.organisation', true), '') <> ''
       and organisations && array[current_setting('app.organisation', true), current_setting('app.role', true), 'everyone']
$$;

-- Record events: one row each in the journal, its id in journal_pending (the sequencer gives it a position).
-- events: [{aggregateType, aggregateId, version, payload, organisations}]
create or replace function record_events(events jsonb, traceparent text) returns void language plpgsql as $$
begin
    with recorded as (
        insert into journal (aggregatetype, aggregateid, version, payload, organisations, recorded_at, traceparent)
        select e."aggregateType", e."aggregateId", e.version, e.payload, e.organisations, moment(), record_events.traceparent
        from jsonb_to_recordset(events)
          as e("aggregateType" text, "aggregateId" uuid, version int, payload jsonb, organisations text[])
        returning id
    )
    insert into journal_pending select id from recorded;
end $$;

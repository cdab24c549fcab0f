-- Functions of a service that publishes.

-- Whose rights an event row falls under: the caller's organisation, its role, or everyone who is somebody.
create or replace function may_see(organisations text[]) returns boolean language sql stable as $$
    select coalesce(current_setting('app.organisation', true), '') <> ''
       and organisations && array[current_setting('app.organisation', true), current_setting('app.role', true), 'everyone']
$$;

-- Whether history may be coming in, or has not its positions yet: until then answers about the past may change.
create or replace function importing() returns boolean language sql stable as $$
    select exists (select from import_window where closed_at is null)
        or exists (select from journal_pending where imported_known_at is not null)
$$;

-- Whether an import brought this state of an aggregate before: a version by now, whatever came after it.
create or replace function was_imported(id uuid, known_at timestamptz, state jsonb) returns boolean language sql stable as $$
    select exists (
        select from journal j where j.aggregateid = was_imported.id and j.imported_known_at = was_imported.known_at
        and j.payload @> was_imported.state)
$$;

-- Record events: one row each in the journal, its id in journal_pending (the sequencer gives it a position).
-- events: [{aggregateType, aggregateId, version, payload, organisations, knownAt}]; knownAt only of what was known before it
-- was recorded, by an import.
create or replace function record_events(events jsonb, traceparent text) returns void language plpgsql as $$
begin
    with recorded as (
        insert into journal (aggregatetype, aggregateid, version, payload, organisations, recorded_at, traceparent, imported_known_at)
        select e."aggregateType", e."aggregateId", e.version, e.payload, e.organisations, moment(), record_events.traceparent,
               e."knownAt"
        from jsonb_to_recordset(events)
          as e("aggregateType" text, "aggregateId" uuid, version int, payload jsonb, organisations text[], "knownAt" timestamptz)
        returning id, imported_known_at
    )
    insert into journal_pending (id, imported_known_at) select id, imported_known_at from recorded;
end $$;

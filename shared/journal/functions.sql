-- Functions that every service has; applied again by each `migrate`, in the service's own schema.

-- The only reader of the clock: tests replace it. Clock and not statement time, because a promise
-- (known_through) must lie after every write that it covers.
create or replace function moment() returns timestamptz language sql volatile as $$ select clock_timestamp() $$;

-- Log that events of these aggregates were read which do not name whose data they carry. A service that knows it all the same
-- replaces this one by a function of its own.
create or replace function log_events_read(aggregates uuid[], record jsonb) returns void language plpgsql as $$
begin
end $$;

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

revoke all on function log_claims, log_events_read from public;

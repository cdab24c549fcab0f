-- The client vault. Nobody has a right to its table: the api role gets a client's random id through this function,
-- for a BSN that it knows already.

-- Find clients by the keyed hash of their BSN, and take in those that are new.
-- Sorted, so that two lists that bring the same new clients wait for each other instead of deadlocking.
create or replace function identify_clients(indexes bytea[], sealed bytea[], key_version int)
returns table (bsn_index bytea, id uuid) language plpgsql security definer set search_path = referrals, pg_temp as $$
#variable_conflict use_column
begin
    insert into client (bsn_index, bsn_sealed, key_version, recorded_at)
    select distinct on (given.index) given.index, given.seal, identify_clients.key_version, moment()
    from unnest(indexes, sealed) as given (index, seal)
    where not exists (select from client c where c.bsn_index = given.index)
    order by given.index
    on conflict (bsn_index) do nothing;
    return query select c.bsn_index, c.id from client c where c.bsn_index = any (indexes);
end $$;

-- Find a client without taking it in; null when nobody is known under that BSN.
create or replace function find_client(index bytea) returns uuid
language sql stable security definer set search_path = referrals, pg_temp as $$
    select id from client where bsn_index = index
$$;

revoke all on function identify_clients, find_client from public;

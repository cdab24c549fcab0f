-- Kilometres between two places as the crow flies (haversine), in tenths: what is shown is also what is compared and
-- ordered by, so that no page depends on the last bit of a sine. NULL when a place is not known.
create or replace function distance_tenths(
    latitude float8, longitude float8, other_latitude float8, other_longitude float8)
returns int language sql immutable parallel safe as $$
    -- `least` keeps a rounded-up 1 within what asin takes, and passes over NULL: hence the question before it.
    select case when latitude + longitude + other_latitude + other_longitude is not null then
        round(10 * 2 * 6371.0088 * asin(least(1, sqrt(
            sin(radians(other_latitude - latitude) / 2) ^ 2
            + cos(radians(latitude)) * cos(radians(other_latitude)) * sin(radians(other_longitude - longitude) / 2) ^ 2
        ))))::int end
$$;

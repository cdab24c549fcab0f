-- The rules of claims, as in `domain.py`, for lists.

-- Why claims cannot be accepted ('accepted': they can) beside what stands now, with the facts of a refusal; as `domain.judge`.
-- given: [{ordinal, id, provider, municipality, assignmentNumber, from, to, cents, status, standing}]; status 'credited': it is
-- taken back, and has no verdict; standing: the cents of what is in force under the same reference.
-- `indication` and `client` are null when the number is not known, or is another provider's: which is the same.
-- `together`: this verdict holds beside what stands, and another claim of the list may change it.
create or replace function judge_claims(given jsonb)
returns table (ordinal bigint, verdict text, facts jsonb, indication uuid, client uuid, together boolean)
language sql stable as $$
    with claimed as materialized (
        select r.ordinal, r.id, r.provider, r.municipality, r."assignmentNumber" as number, r."from" as first_day,
               r."to" as last_day, r.cents, r.status, r.standing
        from jsonb_to_recordset(given) as r (
            ordinal bigint, id uuid, provider text, municipality text, "assignmentNumber" int, "from" date, "to" date,
            cents bigint, status text, standing bigint)
    ), numbered as materialized (
        select n.*, k.indication, k.client, k.valid_from, k.valid_to, k.withdrawn, k.granted_cents - (
                   select coalesce(sum(c.cents), 0) from claim c
                   where c.status = 'accepted' and c.municipality = n.municipality and c.assignment_number = n.number
                     and c.provider = n.provider) as cents_left
        from (select distinct provider, municipality, number from claimed) n
        left join lateral (
            select * from claimable i
            where i.municipality = n.municipality and i.assignment_number = n.number and i.provider = n.provider
            order by i.indication desc limit 1
        ) k on true
    ), beside as (
        select c.*, k.indication, k.client, k.valid_from, k.valid_to, k.withdrawn, twin.reference as twin,
               k.cents_left + coalesce(c.standing, 0) as cents_left,
               count(*) over (partition by provider, municipality, number, first_day, last_day) > 1 as again
        from claimed c join numbered k using (provider, municipality, number)
        left join lateral (
            select o.reference from claim o
            where o.status = 'accepted' and o.municipality = c.municipality and o.assignment_number = c.number
              and o.provider = c.provider and o.valid_from = c.first_day and o.valid_to = c.last_day and o.id <> c.id
            limit 1
        ) twin on true
    ), judged as (
        select b.*, case
            when status = 'credited' then null
            when indication is null then 'claim-number-not-known'
            when withdrawn then 'claim-indication-withdrawn'
            when first_day < valid_from or last_day > coalesce(valid_to, 'infinity') then 'claim-outside-indication'
            when twin is not null then 'claim-double'
            when cents > cents_left then 'claim-above-granted'
            else 'accepted' end as verdict
        from beside b
    )
    select ordinal, verdict, case verdict
            when 'claim-outside-indication' then jsonb_build_object('indicationFrom', valid_from, 'indicationTo', valid_to)
            when 'claim-double' then jsonb_build_object('otherReference', twin)
            when 'claim-above-granted' then jsonb_build_object('centsLeft', greatest(cents_left, 0))
            else '{}' end,
        indication, client,
        count(*) over of_number > 1 and (
            bool_or(again or standing is not null or verdict is not distinct from 'claim-above-granted') over of_number
            or coalesce(sum(cents) filter (where verdict = 'accepted') over of_number > max(cents_left) over of_number, false))
    from judged window of_number as (partition by provider, municipality, number)
$$;

-- Do the enforcements keep what their contract promises, and how many do not?
--
-- reads   enforcements   the store's table: versions of enforcements, with known_from, known_to and load_id
--         loads          the store's table: one row per load
--         as_of          hole: the instant up to which things are known
-- gives   test, level (fail or warn, where broken), broken, looked_at   numbers of enforcements, of rows read for `accepted`

with known as (
    select * from enforcements where known_from <= as_of and as_of < known_to
),

loaded as (
    select known.enforced_at, known.informed_at, known.reversed_at, loads.loaded_at
    from known join loads on known.load_id = loads.load_id
),

active as (
    select decision_group_id, restriction_class, count(*) as restrictions
    from known
    where decision_group_id is not null and reversed_at is null and (effective_until is null or effective_until > as_of)
    group by decision_group_id, restriction_class
),

policies as (
    select policy, count(distinct policy_group) as policy_groups, count(*) as enforcements
    from known
    where policy <> '(blank)' and policy_group <> '(blank)'
    group by policy
),

tests as (
    select 1 as place, 'key_once' as test, 'fail' as level,
        count(*) - count(distinct enforcement_id) as broken, count(*) as looked_at
    from known
    union all
    select 2, 'reversed_in_order', 'fail',
        count(case when informed_at < enforced_at or reversed_at < enforced_at then 1 end), count(*)
    from known
    union all
    select 3, 'not_in_future', 'fail',
        count(case when greatest(
            coalesce(enforced_at, loaded_at), coalesce(informed_at, loaded_at), coalesce(reversed_at, loaded_at)
        ) > loaded_at then 1 end), count(*)
    from loaded
    union all
    select 4, 'one_active', 'fail', coalesce(sum(case when restrictions > 1 then restrictions end), 0),
        coalesce(sum(restrictions), 0)
    from active
    union all
    select 5, 'rolls_up', 'warn', coalesce(sum(case when policy_groups > 1 then enforcements end), 0),
        coalesce(sum(enforcements), 0)
    from policies
    union all
    select 6, 'in_time', 'warn',
        count(case when known_from > coalesce(reversed_at, enforced_at) + interval '7' day then 1 end), count(*)
    from known
    union all
    select 7, 'accepted', 'warn', coalesce(sum(rows_rejected), 0), coalesce(sum(rows_read), 0)
    from loads
    where fact = 'enforcements' and loaded_at <= as_of
)

select test, level, cast(broken as bigint) as broken, cast(looked_at as bigint) as looked_at
from tests
order by place

-- Do the appeals keep what their contract promises, and how many do not?
--
-- reads   appeals   the store's table: versions of appeals, with known_from, known_to and load_id
--         loads     the store's table: one row per load
--         as_of     hole: the instant up to which things are known
-- gives   test, level (fail or warn, where broken), broken, looked_at   numbers of appeals, of rows read for `accepted`

with known as (
    select * from appeals where known_from <= as_of and as_of < known_to
),

decided_first as (
    select enforcement_id, min(decided_at) as first_decided_at
    from known
    where enforcement_id is not null
    group by enforcement_id
),

later_rounds as (
    select known.received_at, decided_first.first_decided_at
    from known left join decided_first on known.enforcement_id = decided_first.enforcement_id
    where known.enforcement_id is not null and known.appeal_round not in ('1', '(blank)')
),

loaded as (
    select known.enforced_at, known.received_at, known.decided_at, loads.loaded_at
    from known join loads on known.load_id = loads.load_id
),

policies as (
    select policy, count(distinct policy_group) as policy_groups, count(*) as appeals
    from known
    where policy <> '(blank)' and policy_group <> '(blank)'
    group by policy
),

tests as (
    select 1 as place, 'key_once' as test, 'fail' as level,
        count(*) - count(distinct appeal_id) as broken, count(*) as looked_at
    from known
    union all
    select 2, 'outcome_iff_decided', 'fail',
        count(case when (outcome is null) <> (decided_at is null) then 1 end), count(*)
    from known
    union all
    select 3, 'in_order', 'fail',
        count(case when decided_at < received_at or received_at < enforced_at or decided_at < enforced_at then 1 end), count(*)
    from known
    union all
    select 4, 'not_in_future', 'fail',
        count(case when greatest(
            coalesce(enforced_at, loaded_at), coalesce(received_at, loaded_at), coalesce(decided_at, loaded_at)
        ) > loaded_at then 1 end), count(*)
    from loaded
    union all
    select 5, 'in_window', 'warn',
        count(case when received_at > enforced_at + interval '6' month then 1 end), count(enforced_at)
    from known
    union all
    select 6, 'round_has_earlier', 'warn',
        count(case when first_decided_at is null or first_decided_at > received_at then 1 end), count(*)
    from later_rounds
    union all
    -- not to act on a notice is no enforcement
    select 7, 'linked', 'warn',
        count(case when enforcement_id is null and complaint_type not in ('art16_no_action', 'art16_no_action_tf') then 1 end),
        case when count(enforcement_id) > 0 then count(*) else 0 end
    from known
    union all
    select 8, 'rolls_up', 'warn', coalesce(sum(case when policy_groups > 1 then appeals end), 0), coalesce(sum(appeals), 0)
    from policies
    union all
    select 9, 'in_time', 'warn',
        count(case when known_from > coalesce(decided_at, received_at) + interval '7' day then 1 end), count(*)
    from known
    union all
    select 10, 'accepted', 'warn', coalesce(sum(rows_rejected), 0), coalesce(sum(rows_read), 0)
    from loads
    where fact = 'appeals' and loaded_at <= as_of
)

select test, level, cast(broken as bigint) as broken, cast(looked_at as bigint) as looked_at
from tests
order by place

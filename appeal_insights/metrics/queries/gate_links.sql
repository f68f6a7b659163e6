-- Do appeals and the enforcements that they name agree, and how many do not?
--
-- reads   appeals, enforcements   the store's tables: versions, with known_from and known_to
--         as_of                   hole: the instant up to which things are known
-- gives   test, level (fail or warn, where broken), broken, looked_at   numbers of appeals or enforcements

with appealed as (
    select
        enforcement_id, received_at, decided_at, outcome in ('decision_reversed', 'decision_partially_reversed') as won
    from appeals
    where known_from <= as_of and as_of < known_to and enforcement_id is not null
),

enforced as (
    select enforcement_id, informed_at, reversed_at, reversal_reason
    from enforcements
    where known_from <= as_of and as_of < known_to
),

won as (
    select enforcement_id, min(decided_at) as won_at from appealed where won group by enforcement_id
),

matched as (
    select appealed.received_at, appealed.enforcement_id, enforced.enforcement_id as found, enforced.informed_at
    from appealed left join enforced on appealed.enforcement_id = enforced.enforcement_id
),

reversals as (
    select enforced.reversal_reason, enforced.reversed_at, won.won_at
    from enforced left join won on enforced.enforcement_id = won.enforcement_id
),

tests as (
    select 1 as place, 'enforcement_is_there' as test, 'warn' as level,
        count(*) - count(found) as broken, count(*) as looked_at
    from matched
    union all
    select 2, 'informed_within_window', 'warn',
        count(case when received_at > informed_at + interval '6' month then 1 end), count(informed_at)
    from matched
    union all
    select 3, 'reversal_by_appeal', 'fail', count(case when won_at is null then 1 end), count(*)
    from reversals
    where reversal_reason = 'appeal'
    union all
    select 4, 'won_is_reversed', 'warn', count(case when reversed_at is null then 1 end), count(*)
    from reversals
    where won_at is not null
)

select test, level, cast(broken as bigint) as broken, cast(looked_at as bigint) as looked_at
from tests
order by place

-- Is there one target at a time for the same records, does each follow on the one before, and do they agree?
--
-- reads   targets   the store's table: versions of targets, with known_from and known_to
--         as_of     hole: the instant up to which things are known
-- gives   test, level (fail or warn, where broken), broken, looked_at   numbers of targets
--
-- Two targets are of the same records where metric, scope and period are the same. Two versions of a definition may
-- have a target each at the same time. Two of one metric contradict each other (targets_agree) where their scopes
-- differ but fix as many dimensions, share a value in each dimension that both fix, so that they meet in one segment,
-- and both are in force on some day with different values: market=DE and queue=live. Targets of counts are meant for
-- exactly their scope and never meet.

with known as (
    select
        target_id, metric, scope_key, coalesce(per, '') as per, definition_version, value,
        valid_from_on, coalesce(valid_to_on, cast('9999-12-31' as date)) as valid_to_on
    from targets
    where known_from <= as_of and as_of < known_to
),

beside as (
    select one.target_id, other.target_id as other_id, one.scope_key = other.scope_key as same_scope,
        one.value <> other.value and one.per = '' as at_odds
    from known as one
    join known as other
        on one.metric = other.metric and one.per = other.per
        and one.target_id <> other.target_id
        and one.valid_from_on < other.valid_to_on and other.valid_from_on < one.valid_to_on
        and coalesce(one.definition_version, other.definition_version, 0)
            = coalesce(other.definition_version, one.definition_version, 0)
),

overlapping as (
    select distinct target_id from beside where same_scope
),

parts as (
    select target_id, unnest(string_split(scope_key, '; ')) as part from known
),

fixed as (
    select target_id, split_part(part, '=', 1) as dimension, part from parts where part <> ''
),

dimensions as (
    select target_id, count(distinct dimension) as fixed from fixed group by target_id
),

shared as (
    select
        beside.target_id, beside.other_id,
        count(distinct one.dimension) as both_fix,
        count(distinct case when one.part = other.part then one.dimension end) as both_hold
    from beside
    left join fixed as one on beside.target_id = one.target_id
    left join fixed as other on beside.other_id = other.target_id and one.dimension = other.dimension
    where beside.at_odds and not beside.same_scope and other.dimension is not null
    group by beside.target_id, beside.other_id
),

contradicting as (
    select distinct beside.target_id
    from beside
    join dimensions as one on beside.target_id = one.target_id
    join dimensions as other on beside.other_id = other.target_id and one.fixed = other.fixed
    left join shared on beside.target_id = shared.target_id and beside.other_id = shared.other_id
    where beside.at_odds and not beside.same_scope and coalesce(shared.both_fix, 0) = coalesce(shared.both_hold, 0)
),

followed as (
    select
        max(valid_to_on) over until_then as reached,
        lead(valid_from_on) over in_order as next_from_on
    from known
    window
        in_order as (partition by metric, scope_key, per order by valid_from_on, target_id),
        until_then as (
            partition by metric, scope_key, per order by valid_from_on, target_id
            rows between unbounded preceding and current row
        )
),

tests as (
    select 1 as place, 'targets_apart' as test, 'warn' as level,
        (select count(*) from overlapping) as broken, count(*) as looked_at
    from known
    union all
    select 2, 'targets_agree', 'warn', (select count(*) from contradicting), count(*)
    from known
    union all
    select 3, 'targets_follow', 'warn', count(case when next_from_on > reached then 1 end), count(next_from_on)
    from followed
)

select test, level, cast(broken as bigint) as broken, cast(looked_at as bigint) as looked_at
from tests
order by place

-- Is there one target at a time for the same records, and does each follow on the one before?
--
-- reads   targets   the store's table: versions of targets, with known_from and known_to
--         as_of     hole: the instant up to which things are known
-- gives   test, level (fail or warn, where broken), broken, looked_at   numbers of targets
--
-- Two targets are of the same records where metric, scope and period are the same. Two versions of a definition may
-- have a target each at the same time.

with known as (
    select
        target_id, metric, scope_key, coalesce(per, '') as per, definition_version,
        valid_from_on, coalesce(valid_to_on, cast('9999-12-31' as date)) as valid_to_on
    from targets
    where known_from <= as_of and as_of < known_to
),

overlapping as (
    select distinct one.target_id
    from known as one
    join known as other
        on one.metric = other.metric and one.scope_key = other.scope_key and one.per = other.per
        and one.target_id <> other.target_id
        and one.valid_from_on < other.valid_to_on and other.valid_from_on < one.valid_to_on
        and coalesce(one.definition_version, other.definition_version, 0)
            = coalesce(other.definition_version, one.definition_version, 0)
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
    select 2, 'targets_follow', 'warn', count(case when next_from_on > reached then 1 end), count(next_from_on)
    from followed
)

select test, level, cast(broken as bigint) as broken, cast(looked_at as bigint) as looked_at
from tests
order by place

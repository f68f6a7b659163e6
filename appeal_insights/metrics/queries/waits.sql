-- How long had the records of the last eight weeks waited when they were stopped, or up to now if they are open?
--
-- reads   clocks    the store's table: versions, with known_from and known_to
--         as_of     hole: the instant up to which things are known
--         in_scope  hole: which records
-- gives   subject_type, clock, severity
--         seconds        bigint   calendar time since the start, to the minute
--         closed, open   bigint   records that were stopped after so long, and those that had not been by then
-- What closed without a decision, as when it was withdrawn, is counted as open up to then: it never came to an end.

with known as (
    select
        subject_type, clock, severity, started_at,
        case when stopped_at <= as_of then stopped_at end as stopped_at,
        case when stopped_at <= as_of then void end as void
    from clocks
    where known_from <= as_of and as_of < known_to and in_scope
        and started_at <= as_of and started_at > as_of - interval 56 days
)

select
    subject_type, clock, severity,
    cast((epoch_us(coalesce(stopped_at, as_of)) - epoch_us(started_at)) // 60000000 * 60 as bigint) as seconds,
    cast(count(case when stopped_at is not null and void = 'false' then 1 end) as bigint) as closed,
    cast(count(case when stopped_at is null or void = 'true' then 1 end) as bigint) as open
from known
group by subject_type, clock, severity, seconds
order by subject_type, clock, severity, seconds

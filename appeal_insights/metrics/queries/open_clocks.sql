-- Which promises are open, and when does each fall due?
--
-- reads   clocks    the store's table: versions, with known_from and known_to
--         as_of     hole: the instant up to which things are known
--         in_scope  hole: which records
-- gives   subject_type, clock, record_id, sla_policy, calendar, market, severity, appellant, complaint_type,
--         policy_group, category, content_language, queue, site, paused ('true' where it has ever stood still)
--         started_at, due_at   instants; due_at is empty while the clock stands still, or where nobody knows its calendar
--         promised_seconds     bigint   seconds of its calendar that the policy allows
--         open_seconds         bigint   calendar seconds since it started
--         left_seconds         bigint   until it is due; below 0 where it is overdue

select
    subject_type, clock, record_id, sla_policy, calendar, market, severity, appellant, complaint_type, policy_group,
    category, content_language, queue, site, paused, started_at, due_at, promised_seconds,
    cast(epoch_us(as_of) // 1000000 - epoch_us(started_at) // 1000000 as bigint) as open_seconds,
    cast(due_second - epoch_us(as_of) // 1000000 as bigint) as left_seconds
from clocks
where known_from <= as_of and as_of < known_to and started_at <= as_of
    and (stopped_at is null or stopped_at > as_of) and in_scope
order by due_at nulls last, subject_type, clock, record_id

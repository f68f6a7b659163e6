-- What was known of the pauses of each clock, and from when to when was just that known?
--
-- reads   paused_clocks   place, subject_type, record_id, pauses ('waiting_appellant' or 'waiting'), stopped_at,
--                         known_from, known_to
--         status_log      the store's table, or an empty one: subject_type, subject_id, status, happened_at, versions
-- gives   of_clocks       the steps of these records, once per clock; waits: whether its clock stands still from there
--         clock_stages    stage (0, 1, ...), place, known_from, known_to   one row per clock and state of knowledge
--         stage_steps     stage, happened_at, waits                        the steps known then, in order
--
-- Clocks whose record never waited have one stage and no step. What was promised happening ends a pause, also where the
-- log does not say so, and nothing after it is one. No step is known before it happened.

create temp table of_clocks as
select
    paused_clocks.place, status_log.happened_at, status_log.source_row,
    greatest(status_log.known_from, status_log.happened_at) as known_from, status_log.known_to,
    coalesce(status_log.status = 'waiting_appellant', false)
        or coalesce(paused_clocks.pauses = 'waiting' and status_log.status = 'waiting_internal', false) as waits
from paused_clocks
join status_log
    on paused_clocks.record_id = status_log.subject_id
    and paused_clocks.subject_type = cast(status_log.subject_type as varchar)
where paused_clocks.stopped_at is null or status_log.happened_at < paused_clocks.stopped_at
union all
select place, stopped_at as happened_at, 0 as source_row, stopped_at as known_from, timestamp '9999-12-31 00:00:00' as known_to, false as waits
from paused_clocks
where stopped_at is not null;

create temp table clock_stages as
with waiting as (
    select distinct place from of_clocks where waits
),

changes as (
    select place, known_from as since from of_clocks semi join waiting using (place)
    union
    select place, known_to from of_clocks semi join waiting using (place)
    union
    select place, timestamp '0001-01-01 00:00:00' from paused_clocks
),

spans as (
    select place, since, coalesce(lead(since) over (partition by place order by since), timestamp '9999-12-31 00:00:00') as until
    from changes
)

select
    row_number() over (order by paused_clocks.place, spans.since) - 1 as stage,
    paused_clocks.place,
    greatest(spans.since, paused_clocks.known_from) as known_from,
    least(spans.until, paused_clocks.known_to) as known_to
from paused_clocks
join spans on paused_clocks.place = spans.place
where greatest(spans.since, paused_clocks.known_from) < least(spans.until, paused_clocks.known_to);

create temp table stage_steps as
select clock_stages.stage, of_clocks.happened_at, of_clocks.waits
from clock_stages
join of_clocks
    on clock_stages.place = of_clocks.place
    and of_clocks.known_from <= clock_stages.known_from and clock_stages.known_from < of_clocks.known_to
order by clock_stages.stage, of_clocks.happened_at, of_clocks.source_row;

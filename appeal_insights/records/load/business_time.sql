-- How long was the calendar of each clock open between its start and its end?
--
-- reads   clocks          place bigint, calendar, started_at, ended_at   instants in UTC; parts of a second are dropped
--         open_intervals  calendar, opens, closes, before bigint   apart; one opens with the calendar, if empty
--         covered         calendar, starts, ends                   the time that the intervals know of
-- gives   place           as read
--         open_seconds    bigint   whole seconds, less than 0 where the end is the earlier; null where an instant is
--                         missing or not covered
--         outside         boolean  an instant is there and not covered, or nobody knows the calendar: not to be
--                         passed over

with instants as (
    select
        place,
        calendar,
        date_trunc('second', started_at) as started_at,
        date_trunc('second', ended_at) as ended_at
    from clocks
),

looked_up as (
    select
        instants.*,
        case
            when instants.started_at <= covered.ends
                then at_start.before + epoch(least(instants.started_at, at_start.closes) - at_start.opens)
        end as before_start,
        case
            when instants.ended_at <= covered.ends
                then at_end.before + epoch(least(instants.ended_at, at_end.closes) - at_end.opens)
        end as before_end
    from instants
    left join covered
        on instants.calendar = covered.calendar
    asof left join open_intervals as at_start
        on instants.calendar = at_start.calendar and instants.started_at >= at_start.opens
    asof left join open_intervals as at_end
        on instants.calendar = at_end.calendar and instants.ended_at >= at_end.opens
)

select
    place,
    cast(before_end - before_start as bigint) as open_seconds,
    (started_at is not null and before_start is null) or (ended_at is not null and before_end is null) as outside
from looked_up
order by place

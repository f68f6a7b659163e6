-- When is a promise of so many seconds of business time due?
--
-- reads   promises        place bigint, calendar, started_at, seconds bigint   an instant in UTC; 0 seconds or more
--         open_intervals  calendar, opens, closes, before, reached bigint   open seconds before it and at its end
--         covered         calendar, starts, ends                            the time that the intervals know of
-- gives   place           as read
--         due_at          timestamp  the first instant by which it was open so long; the start itself for 0 seconds;
--                         null where something is missing or not covered
--         outside         boolean    the start is not covered, or so much business time is not: not to be passed over

with started as (
    select place, calendar, date_trunc('second', started_at) as at, seconds from promises
),

aimed as (
    select
        started.*,
        open_intervals.before
            + cast(epoch(least(started.at, open_intervals.closes) - open_intervals.opens) as bigint)
            + started.seconds as target
    from started
    asof join open_intervals
        on started.calendar = open_intervals.calendar and started.at >= open_intervals.opens
    join covered
        on started.calendar = covered.calendar and started.at <= covered.ends
),

reached as (
    select
        aimed.place,
        case
            when aimed.seconds = 0 then aimed.at
            else open_intervals.closes - to_seconds(open_intervals.reached - aimed.target)
        end as due_at
    from aimed
    asof join open_intervals
        on aimed.calendar = open_intervals.calendar and aimed.target <= open_intervals.reached
)

select
    promises.place,
    reached.due_at,
    promises.started_at is not null and promises.seconds is not null and reached.due_at is null as outside
from promises
left join reached on promises.place = reached.place
order by promises.place

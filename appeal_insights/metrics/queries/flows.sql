-- What came in, what went out, and does the backlog follow from it?
--
-- reads   measures          metric, period, <dimensions>, numerator: open at the end of each period
--         at_start          the same at its start
--         opened, closed    the same: what came in and went out within it
--         periods           period (first day), ends_on, period_label
-- gives   metric, period, ends_on (day after the last), period_label, <dimensions>
--         open_at_start, opened, closed, open_at_end bigint   records
--         unexplained bigint   open_at_end - (open_at_start + opened - closed): 0, or records are lost

with moves as (
    select metric, period, dimensions, numerator as at_start, 0 as came, 0 as went, 0 as at_end from at_start
    union all
    select metric, period, dimensions, 0 as at_start, numerator as came, 0 as went, 0 as at_end from opened
    union all
    select metric, period, dimensions, 0 as at_start, 0 as came, numerator as went, 0 as at_end from closed
    union all
    select metric, period, dimensions, 0 as at_start, 0 as came, 0 as went, numerator as at_end from measures
),

segments as (
    select distinct metric, dimensions from moves
),

spine as (
    select periods.period, periods.ends_on, periods.period_label, segments.*
    from periods cross join segments
),

summed as (
    select
        metric, period, dimensions,
        sum(at_start) as at_start, sum(came) as came, sum(went) as went, sum(at_end) as at_end
    from moves
    group by metric, period, dimensions
)

select
    metric, period, ends_on, period_label, dimensions,
    cast(coalesce(at_start, 0) as bigint) as open_at_start,
    cast(coalesce(came, 0) as bigint) as opened,
    cast(coalesce(went, 0) as bigint) as closed,
    cast(coalesce(at_end, 0) as bigint) as open_at_end,
    cast(coalesce(at_end - (at_start + came - went), 0) as bigint) as unexplained
from spine left join summed using (metric, period, dimensions)
order by metric, dimensions, period

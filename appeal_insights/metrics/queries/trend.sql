-- How has the metric moved, period by period?
--
-- reads   measures    metric, period, <dimensions>, numerator, denominator   integers
--         periods     period (first day), ends_on, period_label
-- gives   metric, period, ends_on (day after the last), period_label, <dimensions>
--         numerator, denominator bigint   0 where a period has nothing
--         rate          double   share 0..1, null where the denominator is 0
--         recent_rate   double   share over this period and the three before it

with segments as (
    select distinct metric, dimensions from measures
),

spine as (
    select periods.period, periods.ends_on, periods.period_label, segments.*
    from periods cross join segments
),

counted as (
    select
        metric, period, ends_on, period_label, dimensions,
        coalesce(measures.numerator, 0) as numerator,
        coalesce(measures.denominator, 0) as denominator
    from spine left join measures using (metric, period, dimensions)
)

select
    metric, period, ends_on, period_label, dimensions, numerator, denominator,
    cast(numerator as double) / nullif(denominator, 0) as rate,
    cast(sum(numerator) over recent as double) / nullif(sum(denominator) over recent, 0) as recent_rate
from counted
window recent as (
    partition by metric, dimensions order by period
    rows between 3 preceding and current row
)
order by metric, dimensions, period

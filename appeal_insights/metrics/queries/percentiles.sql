-- How long did half of the records take at most, and how long all but the slowest?
--
-- reads   durations   metric, period, <dimensions>, seconds   one row per record
--         periods     period (first day), ends_on, period_label
-- gives   metric, period, ends_on (day after the last), period_label, <dimensions>
--         records         bigint
--         p50, p90, p95   double   seconds; between two records in proportion (type 7 of Hyndman and Fan)
-- Never average percentiles: ask for the longer period.

with spread as (
    select
        metric, period, dimensions,
        count(*) as records,
        quantile_cont(seconds, [0.5, 0.9, 0.95]) as points
    from durations
    group by metric, period, dimensions
)

select
    spread.metric, spread.period, periods.ends_on, periods.period_label, dimensions,
    cast(records as bigint) as records,
    cast(points[1] as double) as p50,
    cast(points[2] as double) as p90,
    cast(points[3] as double) as p95
from spread join periods on spread.period = periods.period
order by spread.metric, dimensions, spread.period

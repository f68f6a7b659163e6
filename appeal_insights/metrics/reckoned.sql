-- A rate counted anew from the rates that it follows from, as measures: what it would be by one definition throughout.
--
-- reads   measures    metric, period, <finest dimensions>, numerator, denominator   integers, of the metric and the others
-- gives   metric, period (first day), <dimensions>, bucket, numerator, denominator   all counts are integers
--
-- The holes: metric_name; finest, the dimensions at which rates are compared; dimensions, those that are asked for;
-- other_rates, one column for each of the others; reckoned_rate, what the metric says it equals. A segment without the
-- other rates stays as it was counted.

with rates as (
    select
        period,
        finest,
        cast(sum(case when metric = metric_name then numerator end) as bigint) as counted,
        cast(sum(case when metric = metric_name then denominator end) as bigint) as records,
        other_rates
    from measures
    group by period, finest
),

alike as (
    select period, finest, counted, records, round(reckoned_rate * records) as reckoned
    from rates
)

select
    metric_name as metric,
    period,
    dimensions,
    cast(null as integer) as bucket,
    cast(sum(coalesce(cast(reckoned as bigint), counted)) as bigint) as numerator,
    cast(sum(records) as bigint) as denominator
from alike
group by period, dimensions

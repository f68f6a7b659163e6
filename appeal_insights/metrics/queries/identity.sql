-- Does a rate agree with the other rates that it follows from?
--
-- reads   measures    metric, period, <dimensions>, numerator, denominator   integers, of the metric and of the others
--         periods     period (first day), ends_on, period_label
-- gives   period, ends_on, period_label, <dimensions>
--         numerator, denominator   bigint   of the metric
--         rate                     double   share 0..1, as counted
--         reckoned                 double   what the other rates say it is, 0..1
--
-- The holes: metric_name; other_rates, one column for each of the others; reckoned, what the metric says it equals.

with rates as (
    select
        period,
        dimensions,
        cast(sum(case when metric = metric_name then numerator end) as bigint) as numerator,
        cast(sum(case when metric = metric_name then denominator end) as bigint) as denominator,
        other_rates
    from measures
    group by period, dimensions
)

select
    periods.period, periods.ends_on, periods.period_label, dimensions,
    numerator, denominator,
    cast(numerator as double) / nullif(denominator, 0) as rate,
    reckoned_rate as reckoned
from rates join periods on rates.period = periods.period
order by periods.period, dimensions

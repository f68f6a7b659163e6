-- Numbers that somebody else counted, as measures: where every query over figures starts.
--
-- reads   figures   metric, starts_on, ends_on, <dimensions>, numerator, denominator, known_from, known_to
-- gives   metric, period (first day), <dimensions>, bucket, numerator, denominator   all counts are integers

with known as (
    select *
    from figures
    where known_from <= as_of and as_of < known_to and metric = metric_name
)

select
    metric,
    period_start as period,
    dimensions,
    cast(null as integer) as bucket,
    cast(sum(numerator) as bigint) as numerator,
    cast(sum(denominator) as bigint) as denominator
from known
where in_periods and in_scope
group by metric, period_start, dimensions

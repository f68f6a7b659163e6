-- Records reduced to counts: where every query over records starts.
--
-- reads   fact      the versions of one fact's records, with known_from and known_to
-- gives   metric, period (first day), <dimensions>, bucket, numerator, denominator   all counts are integers
--
-- The holes are filled in the syntax tree: metric_name, masked_columns (each column, empty where its event lies after
-- as_of), as_of, event_day, event_at, period_start, in_periods, in_scope, dimensions, numerator_holds, denominator_holds.

with known as (
    select masked_columns
    from fact
    where known_from <= as_of and as_of < known_to
),

counted as (
    select
        dimensions,
        period_start as period,
        coalesce(denominator_holds, false) as in_denominator,
        coalesce(denominator_holds, false) and coalesce(numerator_holds, false) as in_numerator
    from known
    where event_at is not null and in_periods and in_scope
)

select
    metric_name as metric,
    period,
    dimensions,
    cast(null as integer) as bucket,
    cast(sum(case when in_numerator then 1 else 0 end) as bigint) as numerator,
    cast(sum(case when in_denominator then 1 else 0 end) as bigint) as denominator
from counted
group by period, dimensions

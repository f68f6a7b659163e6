-- Records reduced to counts: where every query over a share of records starts.
--
-- reads   fact      the versions of one fact's records, with known_from and known_to
-- gives   metric, period (first day), <dimensions>, bucket, numerator, denominator   all counts are integers
--
-- The holes are filled in the syntax tree: metric_name, masked_columns (each column, empty where its event lies after
-- as_of), as_of, event_at, period_start, in_periods, in_scope, dimensions, numerator_holds, denominator_holds, weight
-- (how many records a row stands for), its_bucket (an age in days, an integer band of a duration, or nothing).

with known as (
    select masked_columns
    from fact
    where known_from <= as_of and as_of < known_to
),

counted as (
    select
        dimensions,
        period_start as period,
        its_bucket as bucket,
        case when coalesce(denominator_holds, false) then weight else 0 end as in_denominator,
        case when coalesce(denominator_holds, false) and coalesce(numerator_holds, false) then weight else 0 end
            as in_numerator
    from known
    where event_at is not null and in_periods and in_scope
)

select
    metric_name as metric,
    period,
    dimensions,
    cast(bucket as integer) as bucket,
    cast(sum(in_numerator) as bigint) as numerator,
    cast(sum(in_denominator) as bigint) as denominator
from counted
group by period, dimensions, bucket

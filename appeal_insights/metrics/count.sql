-- Records counted, or an integer column of theirs added up: one side of a ratio, or a number for itself.
--
-- reads   fact      the versions of one fact's records, with known_from and known_to
-- gives   metric, period (first day), <dimensions>, bucket, numerator; bucket and denominator are empty   integers
--
-- The holes are those of measures.sql; `holds` says which records count, `adds` for how much each of them does.

with known as (
    select masked_columns
    from fact
    where known_from <= as_of and as_of < known_to
),

days as (
    select dimensions, its_day as day, cast(sum(adds) as bigint) as amount
    from known
    where in_periods and in_scope and coalesce(holds, false)
    group by dimensions, day
),

counted as (
    select dimensions, period_start as period, amount from days
)

select
    metric_name as metric,
    period,
    dimensions,
    cast(null as integer) as bucket,
    cast(sum(amount) as bigint) as numerator,
    cast(null as bigint) as denominator
from counted
group by period, dimensions

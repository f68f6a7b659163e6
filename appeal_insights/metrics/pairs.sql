-- The sums of squares over clusters, where those of few records are counted two by two.
--
-- reads   counted   what clusters.sql gives; there the records of such a cluster are counted as if each were alone
--         pairs     any two records of such a cluster that were known together: the columns of the one, those of the other
--                   as other_..., and known_from and known_to of both together
-- gives   metric, period (first day), <dimensions>, bucket, numerator, denominator and the sums of clusters.sql   integers
--
-- In the square of a sum each record stands once with itself, and any two stand twice. Only two of the same period and the
-- same values add anything (`alike`), to the sums over days only two of the same day. The holes are those of measures.sql,
-- for the one record and, with other_ before them, for the other.

with known as (
    select masked_columns, other_masked_columns
    from pairs
    where known_from <= as_of and as_of < known_to
),

kinds as (
    select
        dimensions,
        its_day as day,
        on_one_day as same_day,
        its_columns,
        other_its_columns,
        count(*) as pairs
    from known
    where in_periods and other_in_periods and in_scope and other_in_scope and alike
    group by day, dimensions, same_day, names, other_names
),

asked as (
    select
        dimensions,
        period_start as period,
        same_day,
        pairs,
        coalesce(denominator_holds, false) as n,
        coalesce(denominator_holds, false) and coalesce(numerator_holds, false) as x,
        coalesce(other_denominator_holds, false) as other_n,
        coalesce(other_denominator_holds, false) and coalesce(other_numerator_holds, false) as other_x
    from kinds
),

twice as (
    select
        dimensions, period, same_day,
        case when x and other_x then 2 * pairs else 0 end as xx,
        case when x and other_n then pairs else 0 end + case when n and other_x then pairs else 0 end as xn,
        case when n and other_n then 2 * pairs else 0 end as nn
    from asked
),

summed as (
    select
        dimensions, period, bucket, numerator, denominator,
        sum_xx, sum_xn, sum_nn, day_xx, day_xn, day_nn
    from counted
    union all
    select
        dimensions, period, cast(null as integer) as bucket, 0 as numerator, 0 as denominator,
        xx as sum_xx, xn as sum_xn, nn as sum_nn,
        case when same_day then xx else 0 end as day_xx,
        case when same_day then xn else 0 end as day_xn,
        case when same_day then nn else 0 end as day_nn
    from twice
)

select
    metric_name as metric,
    period,
    dimensions,
    bucket,
    cast(sum(numerator) as bigint) as numerator,
    cast(sum(denominator) as bigint) as denominator,
    cast(sum(sum_xx) as bigint) as sum_xx,
    cast(sum(sum_xn) as bigint) as sum_xn,
    cast(sum(sum_nn) as bigint) as sum_nn,
    cast(sum(day_xx) as bigint) as day_xx,
    cast(sum(day_xn) as bigint) as day_xn,
    cast(sum(day_nn) as bigint) as day_nn
from summed
group by period, dimensions, bucket

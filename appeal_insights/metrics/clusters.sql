-- Records reduced to counts, with the sums that tell how much the records of one cluster move together.
--
-- reads   fact      the versions of one fact's records, with known_from and known_to
-- gives   metric, period (first day), <dimensions>, bucket, numerator, denominator   those of measures.sql
--         sum_xx, sum_xn, sum_nn   over clusters: numerator squared, numerator by denominator, denominator squared
--         day_xx, day_xn, day_nn   the same where the records of one cluster on two days are two clusters
--         all are integers and add up over anything that no cluster is in twice
--
-- The holes are those of measures.sql, and cluster (what groups the records, such as the enforcement that is appealed),
-- record_key (a record without a cluster is one of its own) and on_day (the local day of the event). A row that is alone
-- in its cluster and stands for several records stands for as many clusters.

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
        cluster as grouped_by,
        case when cluster is null then record_key end as alone,
        on_day as counted_on,
        case when coalesce(denominator_holds, false) then weight else 0 end as in_denominator,
        case when coalesce(denominator_holds, false) and coalesce(numerator_holds, false) then weight else 0 end
            as in_numerator
    from known
    where in_periods and in_scope
),

cluster_days as (
    select
        dimensions, period, bucket, grouped_by, alone, counted_on,
        cast(sum(in_numerator) as bigint) as x,
        cast(sum(in_denominator) as bigint) as n,
        count(case when in_denominator > 0 then 1 end) as together
    from counted
    group by dimensions, period, bucket, grouped_by, alone, counted_on
),

clusters as (
    select
        dimensions, period, bucket, grouped_by, alone,
        cast(sum(x) as bigint) as x,
        cast(sum(n) as bigint) as n,
        cast(sum(together) as bigint) as together,
        sum(case when together > 1 then x * x else x end) as day_xx,
        sum(case when together > 1 then x * n else x end) as day_xn,
        sum(case when together > 1 then n * n else n end) as day_nn
    from cluster_days
    group by dimensions, period, bucket, grouped_by, alone
)

select
    metric_name as metric,
    period,
    dimensions,
    cast(bucket as integer) as bucket,
    cast(sum(x) as bigint) as numerator,
    cast(sum(n) as bigint) as denominator,
    cast(sum(case when together > 1 then x * x else x end) as bigint) as sum_xx,
    cast(sum(case when together > 1 then x * n else x end) as bigint) as sum_xn,
    cast(sum(case when together > 1 then n * n else n end) as bigint) as sum_nn,
    cast(sum(day_xx) as bigint) as day_xx,
    cast(sum(day_xn) as bigint) as day_xn,
    cast(sum(day_nn) as bigint) as day_nn
from clusters
group by period, dimensions, bucket

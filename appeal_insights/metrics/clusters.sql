-- Records reduced to counts, with the sums that tell how much the records of one cluster move together.
--
-- reads   fact      the versions of one fact's records, with known_from and known_to
-- gives   metric, period (first day), <dimensions>, bucket, numerator, denominator   those of measures.sql
--         sum_xx, sum_xn, sum_nn   over clusters: numerator squared, numerator by denominator, denominator squared
--         day_xx, day_xn, day_nn   the same where the records of one cluster on two days are two clusters
--         all are integers and add up over anything that no cluster is in twice
--
-- The holes are those of measures.sql, and cluster (the number of what a record shares its luck with, such as the
-- enforcement that is appealed; empty where it is alone), counted_in_denominator and counted_in_numerator (the two
-- questions), record_period and record_bucket, asked of a record. Most records are alone: they are counted as measures.sql
-- does, and each is its own square, as is each record that a row stands for. Only the others are brought together.

with known as not materialized (
    select masked_columns
    from fact
    where known_from <= as_of and as_of < known_to
),

kinds as (
    select
        dimensions,
        its_day as day,
        its_columns,
        cast(sum(weight) as bigint) as records
    from known
    where in_periods and in_scope and cluster is null
    group by day, dimensions, names
),

alone as (
    select
        dimensions,
        period_start as period,
        its_bucket as bucket,
        case when coalesce(numerator_holds, false) and coalesce(denominator_holds, false) then records else 0 end as x,
        case when coalesce(denominator_holds, false) then records else 0 end as n
    from kinds
),

clusters as (
    select
        dimensions,
        record_period as period,
        record_bucket as bucket,
        cluster as grouped_by,
        count(case when counted_in_denominator and counted_in_numerator then 1 end) as x,
        count(case when counted_in_denominator then 1 end) as n
    from known
    where in_periods and in_scope and cluster is not null
    group by dimensions, period, bucket, grouped_by
),

cluster_days as (
    select
        dimensions,
        record_period as period,
        record_bucket as bucket,
        cluster as grouped_by,
        on_day as day,
        count(case when counted_in_denominator and counted_in_numerator then 1 end) as x,
        count(case when counted_in_denominator then 1 end) as n
    from known
    where in_periods and in_scope and cluster is not null
    group by dimensions, period, bucket, grouped_by, day
),

summed as (
    select
        dimensions, period, bucket, x, n,
        x as sum_xx, x as sum_xn, n as sum_nn, x as day_xx, x as day_xn, n as day_nn
    from alone
    union all
    select
        dimensions, period, bucket, x, n,
        x * x as sum_xx, x * n as sum_xn, n * n as sum_nn, 0 as day_xx, 0 as day_xn, 0 as day_nn
    from clusters
    union all
    select
        dimensions, period, bucket, 0 as x, 0 as n,
        0 as sum_xx, 0 as sum_xn, 0 as sum_nn, x * x as day_xx, x * n as day_xn, n * n as day_nn
    from cluster_days
)

select
    metric_name as metric,
    period,
    dimensions,
    cast(bucket as integer) as bucket,
    cast(sum(x) as bigint) as numerator,
    cast(sum(n) as bigint) as denominator,
    cast(sum(sum_xx) as bigint) as sum_xx,
    cast(sum(sum_xn) as bigint) as sum_xn,
    cast(sum(sum_nn) as bigint) as sum_nn,
    cast(sum(day_xx) as bigint) as day_xx,
    cast(sum(day_xn) as bigint) as day_xn,
    cast(sum(day_nn) as bigint) as day_nn
from summed
group by period, dimensions, bucket

-- Records reduced to counts: where every query over a share of records starts.
--
-- reads   fact      the versions of one fact's records, with known_from and known_to
-- gives   metric, period (first day), <dimensions>, bucket, numerator, denominator   all counts are integers
--         records   for cohorts only: how many there are, in the denominator or not
--
-- Records that are alike in all that the question names are counted first; then it is asked of the few kinds there are.
-- The holes are filled in the syntax tree: metric_name, masked_columns (each column, empty where its event lies after
-- as_of), as_of, its_day, in_periods, in_scope, dimensions, its_columns and their names (the codes that the two questions
-- name, or their answers; an age in days or an integer band of a duration), how_many (records, or all that rows stand for),
-- period_start, its_bucket (that age or band, or nothing), numerator_holds, denominator_holds, all_records (their sum, or no
-- column at all).
-- A record that has not happened has no day, so it is in no period.

with known as (
    select masked_columns
    from fact
    where known_from <= as_of and as_of < known_to
),

kinds as (
    select
        dimensions,
        its_day as day,
        its_columns,
        how_many as records
    from known
    where in_periods and in_scope
    group by day, dimensions, names
),

asked as (
    select
        dimensions,
        period_start as period,
        its_bucket as bucket,
        records,
        case when coalesce(denominator_holds, false) then records else 0 end as in_denominator,
        case when coalesce(denominator_holds, false) and coalesce(numerator_holds, false) then records else 0 end
            as in_numerator
    from kinds
)

select
    metric_name as metric,
    period,
    dimensions,
    bucket,
    cast(sum(in_numerator) as bigint) as numerator,
    cast(sum(in_denominator) as bigint) as denominator,
    all_records
from asked
group by period, dimensions, bucket

-- The durations of the records of a distribution, one by one.
--
-- reads   fact      the versions of one fact's records, with known_from and known_to
-- gives   metric, period (first day), <dimensions>, seconds   integers
--
-- The holes are those of measures.sql; `duration` is the column that holds the seconds.

with known as (
    select masked_columns
    from fact
    where known_from <= as_of and as_of < known_to
)

select
    metric_name as metric,
    period_start as period,
    dimensions,
    duration as seconds
from known
where in_periods and in_scope and coalesce(denominator_holds, false)

-- A ratio of two sums, each over its own records and by its own instant: two tables of counts below one another.
--
-- reads   numerators, denominators   see count.sql
-- gives   metric, period (first day), <dimensions>, bucket, numerator, denominator   all are integers; may exceed 1

with sides as (
    select metric, period, dimensions, bucket, numerator, cast(0 as bigint) as denominator from numerators
    union all
    select metric, period, dimensions, bucket, cast(0 as bigint) as numerator, numerator as denominator from denominators
)

select
    metric, period, dimensions, bucket,
    cast(sum(numerator) as bigint) as numerator,
    cast(sum(denominator) as bigint) as denominator
from sides
group by metric, period, dimensions, bucket

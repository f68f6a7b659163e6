-- What did each segment count in two periods, one before and one after?
--
-- reads   measures    metric, period, <dimensions>, numerator, denominator   integers
--         periods     period (first day), ends_on, period_label   two rows: the first is before, the second after
-- gives   metric, <dimensions>
--         numerator_before, denominator_before, numerator_after, denominator_after bigint   0 where a side has nothing
--         rate_before, rate_after   double   share 0..1, null where the denominator is 0

with ordered as (
    select period, row_number() over (order by place) as side from periods
),

sides as (
    select
        metric, dimensions,
        cast(sum(case when side = 1 then numerator else 0 end) as bigint) as numerator_before,
        cast(sum(case when side = 1 then denominator else 0 end) as bigint) as denominator_before,
        cast(sum(case when side = 2 then numerator else 0 end) as bigint) as numerator_after,
        cast(sum(case when side = 2 then denominator else 0 end) as bigint) as denominator_after
    from measures join ordered on measures.period = ordered.period
    group by metric, dimensions
)

select
    metric, dimensions,
    numerator_before, denominator_before, numerator_after, denominator_after,
    cast(numerator_before as double) / nullif(denominator_before, 0) as rate_before,
    cast(numerator_after as double) / nullif(denominator_after, 0) as rate_after
from sides
order by metric, denominator_after desc, dimensions

-- What was the metric of each segment in one period?
--
-- reads   measures    metric, period, <dimensions>, numerator, denominator   integers
--         periods     period (first day), ends_on, period_label   one row
-- gives   metric, period_label, <dimensions>
--         numerator, denominator bigint
--         rate      double   share 0..1, null where the denominator is 0
--         share     double   of all records counted in that period; of a count, of what was counted

select
    measures.metric, periods.period_label, dimensions,
    measures.numerator, measures.denominator,
    cast(measures.numerator as double) / nullif(measures.denominator, 0) as rate,
    cast(coalesce(measures.denominator, measures.numerator) as double)
        / nullif(sum(coalesce(measures.denominator, measures.numerator)) over (partition by measures.metric), 0) as share
from measures join periods on measures.period = periods.period
order by measures.metric, coalesce(measures.denominator, measures.numerator) desc, dimensions

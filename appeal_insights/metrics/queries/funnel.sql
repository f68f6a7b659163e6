-- How far do enforcements get: told, appealed, decided, told of the decision, overturned, reinstated?
--
-- reads   measures    stage (its place), metric (its name), period, <dimensions>, numerator, denominator   integers
--         periods     period (first day), ends_on, period_label   of the enforcement
-- gives   metric, period, ends_on (day after the last), period_label, <dimensions>
--         place                    integer   of the stage, from 1
--         stage                    text      its name
--         numerator, denominator   bigint    enforcements that got there, and all of the cohort
--         rate                     double    of the cohort, 0..1
--         share_of_former          double    of those of the stage before, 0..1; a stage may be skipped, so it can exceed 1

select
    measures.metric, measures.period, periods.ends_on, periods.period_label, dimensions,
    measures.place, measures.metric as stage, measures.numerator, measures.denominator,
    cast(measures.numerator as double) / nullif(measures.denominator, 0) as rate,
    cast(measures.numerator as double) / nullif(
        lag(measures.numerator) over (partition by measures.period, dimensions order by measures.place), 0
    ) as share_of_former
from measures join periods on measures.period = periods.period
order by dimensions, measures.period, measures.place

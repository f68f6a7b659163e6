-- Which segment stood apart from the whole in which period?
--
-- reads   measures    metric, period, <dimensions>, numerator, denominator   integers
--         periods     period (first day), ends_on, period_label
-- gives   metric, period, ends_on (day after the last), period_label, <dimensions>
--         numerator, denominator bigint
--         rate            double   share 0..1, null where the denominator is 0
--         rest_rate       double   of everything else in the same period
--         against_rest    double   rate less rest_rate, in share

with totals as (
    select metric, period, sum(numerator) as numerator, sum(denominator) as denominator
    from measures
    group by metric, period
),

rests as (
    select
        measures.metric, measures.period, dimensions, measures.numerator, measures.denominator,
        totals.numerator - measures.numerator as rest_numerator,
        totals.denominator - measures.denominator as rest_denominator
    from measures
    join totals on measures.metric = totals.metric and measures.period = totals.period
)

select
    rests.metric, rests.period, periods.ends_on, periods.period_label, dimensions, numerator, denominator,
    cast(numerator as double) / nullif(denominator, 0) as rate,
    cast(rest_numerator as double) / nullif(rest_denominator, 0) as rest_rate,
    cast(numerator as double) / nullif(denominator, 0)
        - cast(rest_numerator as double) / nullif(rest_denominator, 0) as against_rest
from rests join periods on rests.period = periods.period
order by rests.metric, dimensions, rests.period

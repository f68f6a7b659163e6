-- What was counted in each period, and how much the records of one cluster move together?
--
-- reads   measures    metric, period, <dimensions>, numerator, denominator and the sums below   integers
--         periods     period (first day), ends_on, period_label
-- gives   metric, period, period_label, <dimensions>, numerator, denominator
--         sum_xx, sum_xn, sum_nn bigint   over clusters: numerator squared, numerator by denominator, denominator squared
--         day_xx, day_xn, day_nn bigint   the same where the records of one cluster on two days are two clusters

select
    measures.metric, measures.period, periods.period_label, dimensions,
    measures.numerator, measures.denominator, measures.sum_xx, measures.sum_xn, measures.sum_nn,
    measures.day_xx, measures.day_xn, measures.day_nn
from measures join periods on measures.period = periods.period
order by dimensions, measures.period

-- How old is what lies open at the end of each period?
--
-- reads   measures    metric, period, <dimensions>, bucket (first day of an age band), numerator: open   integers
--         periods     period (first day), ends_on, period_label
-- gives   metric, period, ends_on (day after the last), period_label, <dimensions>
--         days     integer   open for at least so many days; bands begin at 0, 1, 3, 7, 14 and 28 days
--         open     bigint    records
--         share    double    of all open in that period and segment, 0..1

select
    measures.metric, measures.period, periods.ends_on, periods.period_label, dimensions,
    measures.bucket as days,
    measures.numerator as open,
    cast(measures.numerator as double)
        / nullif(sum(measures.numerator) over (partition by measures.metric, measures.period, dimensions), 0) as share
from measures join periods on measures.period = periods.period
order by measures.metric, dimensions, measures.period, days

-- What has become of the records that started in one period, by the days it took them?
--
-- reads   measures    metric, period (of the start), <dimensions>, bucket (days until a record counts), numerator,
--                     denominator, records   integers; bucket is empty where it has not come to count
--         from_start  hole: whether it is known of a record from the start on that it is in the denominator
--         periods     period (first day), ends_on, period_label
-- gives   metric, period, ends_on (day after the last), period_label, <dimensions>
--         days                     integer   since the start; one row for each in which something came to count
--         size                     bigint    records that started in the period
--         numerator                bigint    that counted within so many days
--         denominator              bigint    that it is a share of by then: of enforcements those not appealed yet too, of
--                                            appeals only those decided
--         rate                     double    numerator over denominator, 0..1
--         share                    double    numerator over size: the cumulative incidence, 0..1

with summed as (
    select
        metric, period, dimensions,
        bucket as days,
        cast(sum(records) over cohort as bigint) as size,
        cast(sum(numerator) over until_then as bigint) as numerator,
        cast(case when from_start then sum(denominator) over cohort else sum(denominator) over until_then end as bigint)
            as denominator
    from measures
    window cohort as (partition by period, dimensions),
    until_then as (
        partition by period, dimensions order by bucket nulls last
        rows between unbounded preceding and current row
    )
)

select
    summed.metric, summed.period, periods.ends_on, periods.period_label, dimensions,
    days, size, numerator, denominator,
    cast(numerator as double) / nullif(denominator, 0) as rate,
    cast(numerator as double) / nullif(size, 0) as share
from summed join periods on summed.period = periods.period
where days is not null
order by dimensions, summed.period, days

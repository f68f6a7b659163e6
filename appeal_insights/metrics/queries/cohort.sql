-- What has become of the records that started in one period, by the days it took them?
--
-- reads   measures    metric, period (of the start), <dimensions>, bucket (days until a record counts), numerator,
--                     denominator   integers; bucket is empty where it has not come to count
--         sizes       metric, period, <dimensions>, numerator: all records that started   integers
--         from_start  the same of those in the denominator from the start on; none where it takes what completes them
--         periods     period (first day), ends_on, period_label
-- gives   metric, period, ends_on (day after the last), period_label, <dimensions>
--         days                     integer   since the start; one row for each in which something came to count
--         size                     bigint    records that started in the period
--         numerator                bigint    that counted within so many days
--         denominator              bigint    that it is a share of by then: of enforcements those not appealed yet too, of
--                                            appeals only those decided
--         rate                     double    numerator over denominator, 0..1
--         share                    double    numerator over size: the cumulative incidence, 0..1

with aged as (
    select metric, period, dimensions, bucket as days, numerator, denominator
    from measures
    where bucket is not null
),

summed as (
    select
        metric, period, dimensions, days,
        sum(numerator) over until_then as numerator,
        sum(denominator) over until_then as denominator
    from aged
    window until_then as (
        partition by metric, period, dimensions order by days
        rows between unbounded preceding and current row
    )
),

whole as (
    select
        metric, period, dimensions, days,
        cast(sizes.numerator as bigint) as size,
        cast(summed.numerator as bigint) as numerator,
        cast(coalesce(from_start.numerator, summed.denominator) as bigint) as denominator
    from summed
    join sizes using (metric, period, dimensions)
    left join from_start using (metric, period, dimensions)
)

select
    whole.metric, whole.period, periods.ends_on, periods.period_label, dimensions,
    days, size, numerator, denominator,
    cast(numerator as double) / nullif(denominator, 0) as rate,
    cast(numerator as double) / nullif(size, 0) as share
from whole join periods on whole.period = periods.period
order by whole.metric, dimensions, whole.period, days

-- How are the durations of a period spread?
--
-- reads   measures    metric, period, <dimensions>, bucket (band of seconds), numerator (late), denominator   integers
--         periods     period (first day), ends_on, period_label
-- gives   metric, period, ends_on (day after the last), period_label, <dimensions>
--         bucket             integer   number of the band; band n ends at 1.0408163265306123 to the power of n seconds
--         seconds            double    the end of the band
--         records, late      bigint    in the band, and of them those beyond the threshold asked about
--         share_until        double    of the segment's records, those up to the end of the band, 0..1
--         share_late         double    of the segment's records, those beyond the threshold, 0..1

with counted as (
    select
        measures.metric, measures.period, periods.ends_on, periods.period_label, dimensions,
        measures.bucket, measures.numerator as late, measures.denominator as records
    from measures join periods on measures.period = periods.period
    where measures.denominator > 0
)

select
    metric, period, ends_on, period_label, dimensions, bucket,
    power(cast('1.0408163265306123' as double), bucket) as seconds,
    records, late,
    cast(sum(records) over until_then as double) / nullif(sum(records) over segment, 0) as share_until,
    cast(sum(late) over segment as double) / nullif(sum(records) over segment, 0) as share_late
from counted
window
    segment as (partition by metric, period, dimensions),
    until_then as (
        partition by metric, period, dimensions order by bucket
        rows between unbounded preceding and current row
    )
order by metric, dimensions, period, bucket

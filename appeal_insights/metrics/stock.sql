-- How many records are open at the end of each period, by the days that they have been open for?
--
-- reads   fact         the versions of one fact's records, with known_from and known_to
--         its_periods  period (first day), ends_on (day after the last), aged_on (that day, or the one after as_of)
-- gives   metric, period (first day), <dimensions>, bucket, numerator; denominator is empty
--         bucket      first day of the age band: 0, 1, 3, 7, 14, 28 days
--         numerator   open when the period ended, or at as_of where that is earlier; never to be added up over periods
--
-- Records are first reduced to pairs of days (opened, closed) with their count: pairs are few, and only pairs are held
-- against the ends of periods. What is not known at as_of is masked, so nothing more is cut off there: on a clock ahead
-- of UTC the day after may have begun. The holes are those of measures.sql; opened_on and closed_on are local days;
-- its_bucket is the age band, or nothing.

with known as (
    select masked_columns
    from fact
    where known_from <= as_of and as_of < known_to
),

pairs as (
    select dimensions, opened_on as first_on, closed_on as last_on, sum(weight) as records
    from known
    where opened_on is not null and in_scope and coalesce(holds, false)
    group by dimensions, opened_on, closed_on
),

ages as (
    select
        its_periods.period, dimensions, pairs.records,
        date_diff('day', pairs.first_on, its_periods.aged_on) - 1 as days
    from pairs join its_periods
        on pairs.first_on < its_periods.ends_on
        and (pairs.last_on is null or pairs.last_on >= its_periods.ends_on)
),

banded as (
    select
        *,
        case
            when days < 1 then 0 when days < 3 then 1 when days < 7 then 3
            when days < 14 then 7 when days < 28 then 14 else 28
        end as band
    from ages
),

bucketed as (
    select period, dimensions, records, its_bucket as bucket from banded
)

select
    metric_name as metric,
    period,
    dimensions,
    cast(bucket as integer) as bucket,
    cast(sum(records) as bigint) as numerator,
    cast(null as bigint) as denominator
from bucketed
group by period, dimensions, bucket

-- Which segments brought most of a change from one period to the next?
--
-- reads   measures    metric, period, <dimensions>, numerator, denominator   integers
--         periods     period (first day), ends_on, period_label   two rows: the first is before, the second after
-- gives   metric, <dimensions>
--         numerator_before, denominator_before, numerator_after, denominator_after bigint   0 where a side has nothing
--         rate_before, rate_after      double   share 0..1, null where the denominator is 0
--         mix_effect, rate_effect      double   what the segment brought, in share; a segment of one period is all mix
--         effect                       double   both; over all segments they add up to the change of the whole
-- Those that moved the whole most come first. The split is symmetric (midpoint), with nothing left over.

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
),

shared as (
    select
        sides.*,
        cast(numerator_before as double) / nullif(denominator_before, 0) as rate_before,
        cast(numerator_after as double) / nullif(denominator_after, 0) as rate_after,
        cast(denominator_before as double) / nullif(sum(denominator_before) over whole, 0) as share_before,
        cast(denominator_after as double) / nullif(sum(denominator_after) over whole, 0) as share_after,
        cast(sum(numerator_before) over whole as double) / nullif(sum(denominator_before) over whole, 0) as whole_before,
        cast(sum(numerator_after) over whole as double) / nullif(sum(denominator_after) over whole, 0) as whole_after
    from sides
    window whole as (partition by metric)
),

rated as (
    select
        shared.*,
        (whole_before + whole_after) / 2 as middle,
        coalesce(rate_before, rate_after) as rate_0,
        coalesce(rate_after, rate_before) as rate_1
    from shared
),

split as (
    select
        rated.*,
        coalesce((share_after - share_before) * ((rate_0 + rate_1) / 2 - middle), 0) as mix_effect,
        coalesce((share_before + share_after) / 2 * (rate_1 - rate_0), 0) as rate_effect
    from rated
)

select
    metric, dimensions,
    numerator_before, denominator_before, numerator_after, denominator_after,
    rate_before, rate_after, mix_effect, rate_effect, mix_effect + rate_effect as effect
from split
order by metric, abs(mix_effect + rate_effect) desc, dimensions

-- How many records are there in each period, by one dimension?
--
-- reads   fact         the store's table of one fact, or of counted figures: versions, with known_from and known_to
--         as_of        hole: the instant up to which things are known
--         its_period   hole: the first day of the period of a record, by the day that it came in; of a figure, its own
--         its_value    hole: the dimension
--         weight       hole: what a row counts for: 1, or the denominator of a figure
--         counted      hole: which rows count: all, or the figures of one metric
-- gives   period (first day), value, records bigint

select
    its_period as period,
    cast(its_value as varchar) as value,
    cast(sum(weight) as bigint) as records
from fact
where known_from <= as_of and as_of < known_to and counted
group by its_period, its_value
order by period, value

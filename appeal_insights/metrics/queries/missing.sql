-- How many records have no value in a column, period by period?
--
-- reads   fact         the store's table of one fact, or of counted figures: versions, with known_from and known_to
--         as_of, its_period, weight, counted   holes, as in coverage
--         its_name, is_missing                 holes: a column, and whether it is empty or (blank)
-- gives   name (of the column), period (first day), records bigint, missing bigint
--
-- The step `cells` stands there once for each column. What is known at the decision alone is not asked for: it is empty
-- while a case is open.

with cells as (
    select
        its_name as name,
        its_period as period,
        sum(weight) as records,
        sum(case when is_missing then weight else 0 end) as missing
    from fact
    where known_from <= as_of and as_of < known_to and counted
    group by its_period
)

select name, period, cast(records as bigint) as records, cast(missing as bigint) as missing
from cells
order by name, period

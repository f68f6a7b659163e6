-- Which values does a dimension have, those of most records first?
--
-- reads   fact         the store's table of one fact, or of counted figures: versions, with known_from and known_to
--         as_of, weight, counted   holes, as in coverage
--         its_value    hole: the dimension
--         its_text     hole: a text in lower case that a value has to hold; empty for all of them
--         most         hole: how many are wanted
-- gives   value, records bigint
--         found        bigint   how many values there are in all that hold the text

with held as (
    select cast(its_value as varchar) as value, sum(weight) as records
    from fact
    where known_from <= as_of and as_of < known_to and counted
    group by its_value
),

placed as (
    select value, records, count(*) over () as found, row_number() over (order by records desc, value) as place
    from held
    where contains(lower(value), its_text)
)

select value, cast(records as bigint) as records, cast(found as bigint) as found
from placed
where place <= most
order by place

-- Which values of the dimensions are new, and which are gone?
--
-- reads   fact         the store's table of one fact, or of counted figures: versions, with known_from and known_to
--         as_of, weight, counted   holes, as in coverage
--         its_name, its_value      holes: a dimension, as text and as a column
--         its_day                  hole: the day that a record came in; of a figure, its first day
--         earlier_at, until_day    holes: earlier is what was known at that instant, of days before that day
--         since_day                hole: recent is what is known at `as_of`, of that day and later ones
-- gives   dimension, value, earlier bigint, recent bigint   records; one of the two is 0, the other is not
--
-- The step `cells` stands there once for each dimension. Between two loads both days are out of the way; of a single
-- load the instants are one, and the two days also.

with cells as (
    select
        its_name as dimension,
        cast(its_value as varchar) as value,
        sum(case
            when known_from <= earlier_at and earlier_at < known_to and its_day < until_day then weight else 0
        end) as earlier,
        sum(case
            when known_from <= as_of and as_of < known_to and its_day >= since_day then weight else 0
        end) as recent
    from fact
    where counted
    group by its_value
)

select dimension, value, cast(earlier as bigint) as earlier, cast(recent as bigint) as recent
from cells
where (earlier = 0) <> (recent = 0)
order by dimension, earlier + recent desc, value

-- Records drawn to be read one by one: of each value of the dimensions the first few, in an order that a salt shuffles.
--
-- reads   behind   record, cluster, period (first day), <dimensions>, in_numerator   the records behind a share
-- gives   record (its id), cluster (what it shares its luck with), <dimensions>
--         drawn   text   what the order goes by: the first n rows are a random sample of n, as long as n is no more than
--                 what is kept of each value
--
-- tells says whether records in the numerator are wanted or those outside it; most is how many of each value.

with shuffled as (
    select behind.record, behind.cluster, dimensions, md5(concat(salt, behind.record)) as drawn
    from behind
    where behind.in_numerator = tells
),

placed as (
    select record, cluster, dimensions, drawn, row_number() over (partition by dimensions order by drawn, record) as place
    from shuffled
)

select record, cluster, dimensions, drawn
from placed
where place <= most
order by drawn, record

-- Records behind a number one by one: the newest first, or in an order that a salt shuffles.
--
-- reads   behind   record, cluster, happened_at (UTC), <dimensions>, in_numerator   the records behind a share
-- gives   record (its id), cluster (what it shares its luck with), happened_at, <dimensions>, in_numerator boolean
--
-- tells says which of the two are wanted, those in the numerator and those outside it; shuffled whether the order is
-- that of the salt; a limit is put on the text. The first n of a longer list are the list of n.

with wanted as (
    select behind.record, behind.cluster, behind.happened_at, dimensions, behind.in_numerator
    from behind
    where tells
)

select record, cluster, happened_at, dimensions, in_numerator
from wanted
order by case when shuffled then md5(concat(salt, record)) end, happened_at desc, record

-- Which appeals share an enforcement? Most share it with none, and then nothing has to be brought together.
--
-- reads   appeals   the store's table: versions, with known_from and known_to
-- gives   appeals   the same rows, with a number for each enforcement that more than one of them names
--
-- Two versions of one appeal count as two: such an enforcement has a number that it could do without.

create temp table shared as
select enforcement_id, row_number() over (order by enforcement_id) as number
from appeals
where enforcement_id is not null
group by enforcement_id
having count(*) > 1;

update appeals
set cluster_number = shared.number
from shared
where appeals.enforcement_id = shared.enforcement_id;

drop table shared;

-- Which appeals share an enforcement? Most share it with none, and then nothing has to be brought together.
--
-- reads   appeals          the store's table: versions, with known_from and known_to
-- gives   appeals          the same rows, with a number for each enforcement that more than one of them names
--         paired_appeals   any two versions that share an enforcement and were known together: the columns of the one,
--                          without texts, those of the other as other_..., known_from and known_to of both together
--
-- Two versions of one appeal count as two: such an enforcement has a number that it could do without. Of an enforcement
-- that more than eight versions share there would be many pairs: it has its number as a large one instead.

create temp table shared as
select
    enforcement_id,
    row_number() over (order by enforcement_id) as number,
    count(*) > 8 as is_large
from appeals
where enforcement_id is not null
group by enforcement_id
having count(*) > 1;

update appeals
set cluster_number = shared.number
from shared
where appeals.enforcement_id = shared.enforcement_id;

update appeals
set large_cluster_number = shared.number
from shared
where appeals.enforcement_id = shared.enforcement_id and shared.is_large;

drop table shared;
drop table if exists paired_appeals;

create table paired_appeals as
with few as (
    select * exclude (appeal_id, enforcement_id, large_cluster_number, load_id, source_row, row_hash), rowid as place
    from appeals
    where cluster_number is not null and large_cluster_number is null
),

others as (
    select columns(*) as 'other_\0' from few
)

select
    few.* exclude (cluster_number, place, known_from, known_to),
    others.* exclude (other_cluster_number, other_place, other_known_from, other_known_to),
    greatest(known_from, other_known_from) as known_from,
    least(known_to, other_known_to) as known_to
from few
join others on cluster_number = other_cluster_number and place < other_place
where known_from < other_known_to and other_known_from < known_to;

-- A correction or late decision closes the version we had and opens a new one; nothing is overwritten.
--
-- reads   kept       the versions of the store so far, with record_key
--         arriving   the rows of this load, with record_key, row_hash, known_from
-- gives   next       every version: the old ones, closed where they changed, then the new ones

insert into next by name
with changed as (
    select arriving.record_key, arriving.known_from
    from arriving
    join kept on kept.record_key = arriving.record_key and kept.known_to = timestamp '9999-12-31 00:00:00'
    where kept.row_hash <> arriving.row_hash
)

select
    kept.* exclude (record_key, known_to),
    case
        when kept.known_to = timestamp '9999-12-31 00:00:00' and changed.record_key is not null then changed.known_from
        else kept.known_to
    end as known_to
from kept
left join changed using (record_key);

insert into next by name
select
    arriving.* exclude (record_key),
    timestamp '9999-12-31 00:00:00' as known_to
from arriving
left join kept on kept.record_key = arriving.record_key and kept.known_to = timestamp '9999-12-31 00:00:00'
where kept.record_key is null or kept.row_hash <> arriving.row_hash
order by arriving.source_row;

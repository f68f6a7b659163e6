-- The first load of a fact: every row is a new version, in the order of the file.
--
-- reads   arriving   the rows of this load, with record_key, row_hash, known_from
-- gives   next       the same rows, open

insert into next by name
select
    arriving.* exclude (record_key),
    timestamp '9999-12-31 00:00:00' as known_to
from arriving;

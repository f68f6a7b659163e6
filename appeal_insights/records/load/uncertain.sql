-- The rows of a CSV that are not good beyond doubt, a stretch of the file at a time.
--
-- reads   taken      see taken.sql
--         $1, $2     the first row of the stretch and the one after its last, counted from 0
-- gives   source_row, cells, in order

select rowid + 1 as source_row, cells
from taken
where cells is not null and rowid >= $1 and rowid < $2
order by source_row

-- What was taken in, when, and what became of the rows?
--
-- reads   loads   the store's table
-- gives   one row per load: rows_read = rows_new + rows_changed + rows_unchanged + rows_rejected

select load_id, fact, source, loaded_at, rows_read, rows_new, rows_changed, rows_unchanged, rows_rejected
from loads
order by load_id

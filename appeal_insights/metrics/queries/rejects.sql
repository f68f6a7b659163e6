-- Which rows were not taken in, and why?
--
-- reads   rejects   the store's table: one row per problem of a rejected row
-- gives   source, source_row (1 is the first below the header), source_column, value, reason

select fact, source, source_row, source_column, value, reason
from rejects
order by load_id, source_row, source_column

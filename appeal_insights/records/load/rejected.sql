-- The rejected rows of a load, each once.
--
-- reads   rejects   one row per problem of a rejected row
-- gives   source_row, columns, reasons, in order of the rows

select
    source_row,
    string_agg(source_column, '; ') as columns,
    string_agg(reason, '; ') as reasons
from rejects
where load_id = $1
group by source_row
order by source_row

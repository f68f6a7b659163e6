-- A CSV in one reading: the rows that are good beyond doubt as they are kept, of the others the cells as they came.
--
-- reads   $1, $2, $3     the file, its delimiter, its columns, each as text
-- holes   made           our columns, out of theirs; null where a row is not certain
--         certain        whether the row is good beyond doubt
--         their_cells    their columns
-- gives   taken          in the file's order, so that rowid + 1 is the row's number; cells is null for certain rows

create temp table taken as
select
    made,
    case when coalesce(certain, false) then null else [their_cells] end as cells
from read_csv(
    $1,
    auto_detect = false, header = true, delim = $2, quote = '"', escape = '"', columns = $3,
    strict_mode = true, null_padding = false, max_line_size = 20000000, buffer_size = 32000000
)

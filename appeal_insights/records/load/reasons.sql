-- Why rows of a load were set aside, most frequent first.
--
-- reads   rejects   one row per problem of a rejected row
-- gives   column, reason, rows (with that problem), example (value in the first of them), first_row

select
    source_column as "column",
    reason,
    count(distinct source_row) as "rows",
    arg_min(value, source_row) as example,
    min(source_row) as first_row
from rejects
where load_id = $1
group by source_column, reason
order by "rows" desc, first_row, "column", reason

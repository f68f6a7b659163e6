-- Why were rows not taken in, load by load?
--
-- reads   rejects   the store's table: one row per problem of a rejected row
--         loads     the store's table: one row per load
--         as_of     hole: the instant up to which things are known
-- gives   load_id, fact, source_column, reason (up to its first semicolon), rows_rejected (with that problem)
--         first_row, example (the value in that row)

with told as (
    select
        rejects.load_id, rejects.fact, rejects.source_column, rejects.source_row, rejects.value,
        split_part(rejects.reason, ';', 1) as reason
    from rejects join loads on rejects.load_id = loads.load_id
    where loads.loaded_at <= as_of
)

select
    load_id, fact, source_column, reason,
    cast(count(distinct source_row) as bigint) as rows_rejected,
    cast(min(source_row) as bigint) as first_row,
    min_by(value, source_row) as example
from told
group by load_id, fact, source_column, reason
order by load_id, rows_rejected desc, first_row, source_column, reason

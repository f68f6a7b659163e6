-- Counted numbers as they are kept: one row per metric, period and combination of dimensions.
--
-- reads   incoming   metric, starts_on, ends_on, <dimensions>, numerator, denominator, figure_key, source_row
--         load       one row: load_id, loaded_at, backfilled
-- gives   arriving   the same rows with a hash of their content and the instant they are known from

create temp table arriving as
with hashed as (
    select
        md5(cast(to_json(contents) as varchar)) as row_hash,
        contents.*
    from (select * exclude (source_row) from incoming) as contents
),

numbered as (
    select figure_key as record_key, source_row from incoming
)

select
    hashed.*,
    numbered.record_key,
    case
        when load.backfilled then least(cast(hashed.ends_on as timestamp), load.loaded_at)
        else load.loaded_at
    end as known_from,
    load.load_id,
    numbered.source_row
from hashed
join numbered on hashed.figure_key = numbered.record_key
cross join load

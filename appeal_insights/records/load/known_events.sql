-- What follows from the columns of a known event, reckoned once when it is taken in.
--
-- reads   incoming   the checked rows of one file: the contract's columns, instants in UTC
--         load       one row: load_id, loaded_at, backfilled
-- gives   arriving   the same rows with their first day, a hash of their content and the instant they are known from

create temp table arriving as
with hashed as (
    select
        md5(cast(to_json(contents) as varchar)) as row_hash,
        contents.*
    from (select * exclude (source_row, known_from) from incoming) as contents
),

extracted as (
    select event_id, source_row, known_from from incoming
)

select
    hashed.* exclude (zone),
    event_id as record_key,
    cast(starts_at as date) as starts_on,
    case
        when load.backfilled then least(coalesce(extracted.known_from, starts_at, load.loaded_at), load.loaded_at)
        else load.loaded_at
    end as known_from,
    load.load_id,
    extracted.source_row
from hashed
join extracted using (event_id)
cross join load

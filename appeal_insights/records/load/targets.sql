-- What follows from the columns of a target, reckoned once when it is taken in.
--
-- reads   incoming   the checked rows of one file: the contract's columns, instants in UTC, zone of the file;
--                    said has all that the row says as one text
--         load       one row: load_id, loaded_at, backfilled
-- gives   arriving   the same rows with their days, their scope in order, a hash of their content and the instant they
--                    are known from

create temp view arriving as
with parts as (
    select source_row, unnest(string_split(scope, ';')) as part from incoming
),

pairs as (
    select
        source_row,
        trim(split_part(part, '=', 1)) as name,
        trim(unnest(string_split(substr(part, strpos(part, '=') + 1), ','))) as one
    from parts
    where trim(part) <> ''
),

keys as (
    select source_row, string_agg(distinct name || '=' || one, '; ' order by name || '=' || one) as scope_key
    from pairs
    where one <> ''
    group by source_row
)

select
    incoming.* exclude (said, zone, known_from),
    md5(said) as row_hash,
    target_id as record_key,
    cast(timezone(zone, make_timestamptz(epoch_us(valid_from))) as date) as valid_from_on,
    cast(timezone(zone, make_timestamptz(epoch_us(valid_to))) as date) as valid_to_on,
    coalesce(keys.scope_key, '') as scope_key,
    case
        when load.backfilled then least(coalesce(incoming.known_from, valid_from, load.loaded_at), load.loaded_at)
        else load.loaded_at
    end as known_from,
    load.load_id
from incoming
left join keys on incoming.source_row = keys.source_row
cross join load

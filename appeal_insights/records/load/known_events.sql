-- What follows from the columns of a known event, reckoned once when it is taken in.
--
-- reads   incoming   the checked rows of one file: the contract's columns, instants in UTC;
--                    said has all that the row says as one text
--         load       one row: load_id, loaded_at, backfilled
-- gives   arriving   the same rows with their first day, a hash of their content and the instant they are known from

create temp view arriving as
select
    incoming.* exclude (said, zone, known_from),
    md5(said) as row_hash,
    event_id as record_key,
    cast(starts_at as date) as starts_on,
    case
        when load.backfilled then least(coalesce(incoming.known_from, starts_at, load.loaded_at), load.loaded_at)
        else load.loaded_at
    end as known_from,
    load.load_id
from incoming
cross join load

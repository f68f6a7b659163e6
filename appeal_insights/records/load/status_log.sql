-- What follows from the columns of a step, reckoned once when it is taken in.
--
-- reads   incoming   the checked rows of one file: the contract's columns, instants in UTC, zone of the file;
--                    said has all that the row says as one text
--         load       one row: load_id, loaded_at, backfilled
-- gives   arriving   the same rows with what follows, a hash of their content and the instant they are known from

create temp view arriving as
select
    incoming.* exclude (said, zone, known_from),
    md5(said) as row_hash,
    step_id as record_key,
    cast(timezone(zone, make_timestamptz(epoch_us(happened_at))) as date) as happened_on,
    case
        when load.backfilled then least(coalesce(incoming.known_from, happened_at, load.loaded_at), load.loaded_at)
        else load.loaded_at
    end as known_from,
    load.load_id
from incoming
cross join load

-- What follows from the columns of an enforcement, reckoned once when it is taken in.
--
-- reads   incoming   the checked rows of one file: the contract's columns, instants in UTC, zone of the market;
--                    said has all that the row says as one text
--         load       one row: load_id, loaded_at, backfilled
-- gives   arriving   the same rows with local days, a hash of their content and the instant they are known from

create temp view arriving as
select
    incoming.* exclude (said, zone, known_from),
    md5(said) as row_hash,
    enforcement_id as record_key,
    cast(timezone(zone, make_timestamptz(epoch_us(enforced_at))) as date) as enforced_on,
    cast(timezone(zone, make_timestamptz(epoch_us(informed_at))) as date) as informed_on,
    cast(timezone(zone, make_timestamptz(epoch_us(reversed_at))) as date) as reversed_on,
    case
        when load.backfilled then least(coalesce(incoming.known_from, enforced_at, load.loaded_at), load.loaded_at)
        else load.loaded_at
    end as known_from,
    load.load_id
from incoming
cross join load

-- What follows from the columns of an appeal, reckoned once when it is taken in.
--
-- reads   incoming   the checked rows of one file: the contract's columns, instants in UTC, zone of the market;
--                    said has all that the row says as one text
--         load       one row: load_id, loaded_at, backfilled
-- gives   arriving   the same rows with local days, durations, a hash of their content and the instant they are known from

create temp view arriving as
select
    incoming.* exclude (said, zone, known_from),
    md5(said) as row_hash,
    appeal_id as record_key,
    cast(timezone(zone, make_timestamptz(epoch_us(enforced_at))) as date) as enforced_on,
    cast(timezone(zone, make_timestamptz(epoch_us(received_at))) as date) as received_on,
    cast(timezone(zone, make_timestamptz(epoch_us(decided_at))) as date) as decided_on,
    cast(date_trunc('week', decided_on) as date) as decided_week,
    (epoch_us(decided_at) - epoch_us(received_at)) // 1000000 as turnaround_seconds,
    cast(ceil(ln(greatest(turnaround_seconds, 1)) / 0.0400053346137) as integer) as turnaround_bucket,
    (epoch_us(reinstated_at) - epoch_us(decided_at)) // 1000000 as reinstate_seconds,
    cast(ceil(ln(greatest(reinstate_seconds, 1)) / 0.0400053346137) as integer) as reinstate_bucket,
    case
        when load.backfilled then least(coalesce(incoming.known_from, received_at, decided_at, load.loaded_at), load.loaded_at)
        else load.loaded_at
    end as known_from,
    load.load_id
from incoming
cross join load

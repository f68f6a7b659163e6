-- What follows from the columns of a ticket, reckoned once when it is taken in.
--
-- reads   incoming   the checked rows of one file: the contract's columns, instants in UTC, zone of the market;
--                    said has all that the row says as one text
--         load       one row: load_id, loaded_at, backfilled
-- gives   arriving   the same rows with what follows, a hash of their content and the instant they are known from

create temp view arriving as
select
    incoming.* exclude (said, zone, known_from),
    md5(said) as row_hash,
    ticket_id as record_key,
    cast(timezone(zone, make_timestamptz(epoch_us(created_at))) as date) as created_on,
    cast(timezone(zone, make_timestamptz(epoch_us(acked_at))) as date) as acked_on,
    cast(timezone(zone, make_timestamptz(epoch_us(resolved_at))) as date) as resolved_on,
    strftime(timezone(zone, make_timestamptz(epoch_us(created_at))), '%H') as created_hour,
    cast(isodow(created_on) as varchar) as created_weekday,
    case when created_hour >= '06' and created_hour < '14' then 'early' when created_hour >= '14' and created_hour < '22' then 'late'
        else 'night' end as shift,
    case when repeat_of is null then 'false' else 'true' end as repeated,
    case when ack_mode is distinct from 'auto' then (epoch_us(acked_at) - epoch_us(created_at)) // 1000000 end as ack_seconds,
    cast(ceil(ln(greatest(ack_seconds, 1)) / 0.0400053346137) as integer) as ack_bucket,
    (epoch_us(resolved_at) - epoch_us(created_at)) // 1000000 as resolve_seconds,
    cast(ceil(ln(greatest(resolve_seconds, 1)) / 0.0400053346137) as integer) as resolve_bucket,
    case
        when load.backfilled then least(coalesce(incoming.known_from, created_at, resolved_at, load.loaded_at), load.loaded_at)
        else load.loaded_at
    end as known_from,
    load.load_id
from incoming
cross join load

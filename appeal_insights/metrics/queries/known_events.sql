-- Which events were known, and when did they start?
--
-- reads   known_events   the store's table: versions of events, with known_from and known_to
--         as_of          hole: the instant up to which things are known
-- gives   event_id, event_type, title_en, title_zh, starts_at, starts_on, ends_at, scope, expected, source

select event_id, event_type, title_en, title_zh, starts_at, starts_on, ends_at, scope, expected, source
from known_events
where known_from <= as_of and as_of < known_to
order by starts_at, event_id

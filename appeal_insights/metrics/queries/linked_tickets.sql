-- Which incidents did tickets belong to?
--
-- reads   tickets   the store's table: versions, with known_from and known_to
--         as_of     hole: the instant up to which things are known
--         in_scope  hole: which records
-- gives   linked_event_id
--         first_at  timestamp   when the first of its tickets was created
--         tickets, open_tickets, repeats   bigint

select
    linked_event_id,
    min(created_at) as first_at,
    cast(count(*) as bigint) as tickets,
    cast(count(case when resolved_at is null or resolved_at > as_of then 1 end) as bigint) as open_tickets,
    cast(count(case when repeated = 'true' then 1 end) as bigint) as repeats
from tickets
where known_from <= as_of and as_of < known_to and created_at <= as_of and linked_event_id is not null and in_scope
group by linked_event_id
order by first_at desc, linked_event_id

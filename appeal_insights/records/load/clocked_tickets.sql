-- Which clocks run for a ticket, from when, and when did what was promised happen?
--
-- reads   tickets      the store's table: versions, with known_from and known_to
--         log_states   what the status log says of each case, as states: taken_on_at, reopened_at,
--                      handed_over_at
--         zones        market, zone: whose clock decides on which day something happened; an empty market is all others
-- gives   clocked      one row per version and clock
--
-- An automatic receipt acknowledges nothing; then the first step that somebody took does, at the latest the resolution.

insert into clocked by name
with versions as (
    select
        tickets.* exclude (known_from, known_to),
        case when ack_mode is distinct from 'auto' then acked_at else log_states.taken_on_at end as answered_at,
        log_states.reopened_at,
        -- Who took it over after its end had no part in the time that it took.
        coalesce(
            len(list_filter(log_states.handed_over_at, lambda step: step < coalesce(tickets.resolved_at, timestamp 'infinity'))), 0
        ) as hand_overs,
        coalesce(zones.zone, (select zone from zones where market = '')) as zone,
        greatest(tickets.known_from, log_states.known_from) as known_from,
        least(tickets.known_to, log_states.known_to) as known_to
    from tickets
    left join log_states
        on log_states.subject_type = 'ticket'
        and tickets.ticket_id = log_states.subject_id
        and log_states.known_from < tickets.known_to and tickets.known_from < log_states.known_to
    left join zones on cast(tickets.market as varchar) = zones.market
),

clocks as (
    select 'acknowledge' as clock, created_at as started_at, least(answered_at, resolved_at) as stopped_at, * from versions
    union all by name
    select 'resolve' as clock, created_at as started_at, resolved_at as stopped_at, * from versions
)

select
    'ticket' as subject_type, clock, ticket_id as record_id, market, severity, category, queue, site,
    started_at, stopped_at, 'false' as void,
    case when clock = 'resolve' then reopened_at end as reopened_at,
    case when clock = 'resolve' then hand_overs end as hand_overs,
    zone, known_from, known_to, load_id, source_row
from clocks
where started_at is not null;

-- Which clocks run for a ticket, from when, and when did what was promised happen?
--
-- reads   tickets   the store's table: versions, with known_from and known_to
--         steps     the status log as it is now: subject_type, subject_id, status, happened_at
--         zones     market, zone: whose clock decides on which day something happened; an empty market is all others
-- gives   clocked   one row per version and clock
--
-- An automatic receipt acknowledges nothing; then the first step that somebody took does, at the latest the resolution.

insert into clocked by name
with of_log as (
    select
        subject_id,
        min(case when status in ('acknowledged', 'in_review') then happened_at end) as taken_on_at,
        min(case when status = 'reopened' then happened_at end) as reopened_at,
        count(case when status = 'handed_over' then 1 end) as hand_overs
    from steps
    where subject_type = 'ticket'
    group by subject_id
),

versions as (
    select
        tickets.*,
        case when ack_mode is distinct from 'auto' then acked_at else of_log.taken_on_at end as answered_at,
        of_log.reopened_at,
        coalesce(of_log.hand_overs, 0) as hand_overs,
        coalesce(zones.zone, (select zone from zones where market = '')) as zone
    from tickets
    left join of_log on tickets.ticket_id = of_log.subject_id
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

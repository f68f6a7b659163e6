-- Which clocks run for an appeal, from when, and when did what was promised happen?
--
-- reads   appeals      the store's table: versions, with known_from and known_to
--         log_states   what the status log says of each case, as states: taken_on_at, reopened_at,
--                      handed_over_at
--         zones        market, zone: whose clock decides on which day something happened; an empty market is all others
-- gives   clocked      one row per version and clock; started_at is empty while a clock has not started
--
-- An appeal is acknowledged by the first step of the log that somebody took on it, at the latest by its decision. One
-- that was closed without a decision is void, but its receipt only where nobody had acknowledged it by then.

insert into clocked by name
with versions as (
    select
        appeals.* exclude (known_from, known_to),
        log_states.taken_on_at as acked_at,
        log_states.reopened_at,
        -- Who took it over after its end had no part in the time that it took.
        coalesce(
            len(list_filter(log_states.handed_over_at, lambda step: step < coalesce(appeals.decided_at, timestamp 'infinity'))), 0
        ) as hand_overs,
        coalesce(zones.zone, (select zone from zones where market = '')) as zone,
        appeals.outcome in ('decision_reversed', 'decision_partially_reversed') as overturned,
        greatest(appeals.known_from, log_states.known_from) as known_from,
        least(appeals.known_to, log_states.known_to) as known_to
    from appeals
    left join log_states
        on log_states.subject_type = 'appeal'
        and appeals.appeal_id = log_states.subject_id
        and log_states.known_from < appeals.known_to and appeals.known_from < log_states.known_to
    left join zones on cast(appeals.market as varchar) = zones.market
),

clocks as (
    select 'acknowledge' as clock, received_at as started_at, least(acked_at, decided_at) as stopped_at, * from versions
    union all by name
    select 'decide' as clock, received_at as started_at, decided_at as stopped_at, * from versions
    union all by name
    select 'notify' as clock, decided_at as started_at, notified_at as stopped_at, * from versions
    union all by name
    select 'reinstate' as clock, decided_at as started_at, reinstated_at as stopped_at, * from versions where overturned
)

select
    'appeal' as subject_type, clock, appeal_id as record_id, market, appellant, complaint_type, policy_group,
    content_language, queue, site, started_at, stopped_at,
    case
        when outcome is distinct from 'decision_omitted' then 'false'
        when clock = 'decide' then 'true'
        when clock = 'acknowledge' and coalesce(acked_at >= decided_at, true) then 'true'
        else 'false'
    end as void,
    case when clock = 'decide' then reopened_at end as reopened_at,
    case when clock = 'decide' then hand_overs end as hand_overs,
    zone, known_from, known_to, load_id, source_row
from clocks
where started_at is not null;

-- Which clocks run for an appeal, from when, and when did what was promised happen?
--
-- reads   appeals   the store's table: versions, with known_from and known_to
--         steps     the status log as it is now: subject_type, subject_id, status, happened_at
--         zones     market, zone: whose clock decides on which day something happened; an empty market is all others
-- gives   clocked   one row per version and clock; started_at is empty while a clock has not started
--
-- An appeal is acknowledged by the first step of the log that somebody took on it, at the latest by its decision.

insert into clocked by name
with taken_on as (
    select subject_id, min(happened_at) as acked_at
    from steps
    where subject_type = 'appeal' and status in ('acknowledged', 'in_review')
    group by subject_id
),

again as (
    select
        steps.subject_id,
        min(case when steps.status = 'reopened' then steps.happened_at end) as reopened_at,
        count(case when steps.status = 'handed_over' then 1 end) as hand_overs
    from steps
    where subject_type = 'appeal'
    group by steps.subject_id
),

versions as (
    select
        appeals.*,
        taken_on.acked_at,
        again.reopened_at,
        coalesce(again.hand_overs, 0) as hand_overs,
        coalesce(zones.zone, (select zone from zones where market = '')) as zone,
        appeals.outcome in ('decision_reversed', 'decision_partially_reversed') as overturned
    from appeals
    left join taken_on on appeals.appeal_id = taken_on.subject_id
    left join again on appeals.appeal_id = again.subject_id
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
    case when clock in ('acknowledge', 'decide') and outcome = 'decision_omitted' then 'true' else 'false' end as void,
    case when clock = 'decide' then reopened_at end as reopened_at,
    case when clock = 'decide' then hand_overs end as hand_overs,
    zone, known_from, known_to, load_id, source_row
from clocks
where started_at is not null;

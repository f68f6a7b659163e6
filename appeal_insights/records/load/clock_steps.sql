-- What does the status log say of each case, and from when to when was just that known?
--
-- reads   status_log   the store's table, or an empty one: versions, with known_from and known_to
-- gives   log_states   subject_type, subject_id, taken_on_at, reopened_at (the first of each), handed_over_at (a list of
--                      all), known_from, known_to
--                      the states of a case follow each other without a gap
--
-- A step that was known as soon as it happened changes no state: before its instant nobody sees it anyway.

create temp table log_states as
with steps as (
    select
        cast(subject_type as varchar) as subject_type, subject_id, status, happened_at,
        case when known_from <= happened_at then timestamp '0001-01-01 00:00:00' else known_from end as known_from,
        known_to
    from status_log
    where status in ('acknowledged', 'in_review', 'reopened', 'handed_over')
),

changes as (
    select subject_type, subject_id, known_from as since from steps
    union
    select subject_type, subject_id, known_to from steps where known_to < timestamp '9999-12-31 00:00:00'
    union
    select subject_type, subject_id, timestamp '0001-01-01 00:00:00' from steps
),

spans as (
    select
        subject_type, subject_id, since,
        coalesce(lead(since) over one_case, timestamp '9999-12-31 00:00:00') as until
    from changes
    window one_case as (partition by subject_type, subject_id order by since)
)

select
    spans.subject_type, spans.subject_id, spans.since as known_from, spans.until as known_to,
    min(case when steps.status in ('acknowledged', 'in_review') then steps.happened_at end) as taken_on_at,
    min(case when steps.status = 'reopened' then steps.happened_at end) as reopened_at,
    list(steps.happened_at) filter (where steps.status = 'handed_over') as handed_over_at
from spans
left join steps
    on spans.subject_type = steps.subject_type
    and spans.subject_id = steps.subject_id
    and steps.known_from <= spans.since and spans.since < steps.known_to
group by spans.subject_type, spans.subject_id, spans.since, spans.until;

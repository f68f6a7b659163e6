-- Which clocks run for an out-of-court dispute, from when, and when did what was promised happen?
--
-- reads   disputes   the store's table: versions, with known_from and known_to
--         zones      market, zone: whose clock decides on which day something happened; an empty market is all others
-- gives   clocked    one row per version and clock
--
-- The platform answers the body from the day that it is informed; the body decides from the day of submission.

insert into clocked by name
with versions as (
    select
        disputes.*,
        coalesce(zones.zone, (select zone from zones where market = '')) as zone
    from disputes
    left join zones on cast(disputes.market as varchar) = zones.market
),

clocks as (
    select 'answer' as clock, informed_at as started_at, answered_at as stopped_at, * from versions
    union all by name
    select 'decide' as clock, submitted_at as started_at, decided_at as stopped_at, * from versions
)

select
    'dispute' as subject_type, clock, dispute_id as record_id, market, complaint_type, complex,
    started_at, stopped_at,
    case when clock = 'decide' and outcome in ('omitted', 'inadmissible') then 'true' else 'false' end as void,
    zone, known_from, known_to, load_id, source_row
from clocks
where started_at is not null;

-- The clocks of all records with what the policies and calendars make of them, as versions.
--
-- reads   clocked   what every record says of its clocks, zone, known_from, known_to
--         timed     place, sla_policy, calendar, promised_seconds, due_at, paused_seconds, stands_still, net_seconds,
--                   known_from, known_to
-- gives   next      the rows of the store's table `clocks`; what was found twice in a row for one clock is one version

insert into next by name
with compared as (
    select
        timed.*,
        lag(timed.known_to) over one_clock = timed.known_from
            and lag(timed.sla_policy) over one_clock = timed.sla_policy
            and lag(timed.calendar) over one_clock = timed.calendar
            and lag(timed.due_at) over one_clock is not distinct from timed.due_at
            and lag(timed.paused_seconds) over one_clock = timed.paused_seconds
            and lag(timed.stands_still) over one_clock = timed.stands_still
            and lag(timed.net_seconds) over one_clock is not distinct from timed.net_seconds as as_before
    from timed
    window one_clock as (partition by timed.place order by timed.known_from)
),

numbered as (
    select *, sum(case when as_before then 0 else 1 end) over (partition by place order by known_from) as version
    from compared
),

versions as (
    select
        place, sla_policy, calendar, promised_seconds, due_at, paused_seconds, stands_still, net_seconds,
        min(known_from) as known_from, max(known_to) as known_to
    from numbered
    group by place, version, sla_policy, calendar, promised_seconds, due_at, paused_seconds, stands_still, net_seconds
)

select
    concat_ws(':', clocked.subject_type, clocked.record_id, clocked.clock) as clock_id,
    clocked.subject_type, clocked.clock, clocked.record_id,
    coalesce(versions.sla_policy, '(blank)') as sla_policy,
    coalesce(versions.calendar, '(blank)') as calendar,
    coalesce(clocked.market, '(blank)') as market,
    coalesce(clocked.severity, '(blank)') as severity,
    coalesce(clocked.appellant, '(blank)') as appellant,
    coalesce(clocked.complaint_type, '(blank)') as complaint_type,
    coalesce(clocked.complex, '(blank)') as complex,
    coalesce(clocked.policy_group, '(blank)') as policy_group,
    coalesce(clocked.category, '(blank)') as category,
    coalesce(clocked.content_language, '(blank)') as content_language,
    coalesce(clocked.queue, '(blank)') as queue,
    coalesce(clocked.site, '(blank)') as site,
    case when versions.paused_seconds > 0 or versions.stands_still then 'true' else 'false' end as paused,
    clocked.started_at, versions.due_at, clocked.stopped_at, clocked.void, clocked.reopened_at, clocked.hand_overs,
    versions.promised_seconds, versions.paused_seconds,
    epoch_us(versions.due_at) // 1000000 as due_second,
    (epoch_us(clocked.stopped_at) - epoch_us(clocked.started_at)) // 1000000 as gross_seconds,
    versions.net_seconds,
    cast(timezone(zone, make_timestamptz(epoch_us(clocked.started_at))) as date) as started_on,
    cast(timezone(zone, make_timestamptz(epoch_us(versions.due_at))) as date) as due_on,
    cast(timezone(zone, make_timestamptz(epoch_us(clocked.stopped_at))) as date) as stopped_on,
    cast(timezone(zone, make_timestamptz(epoch_us(clocked.reopened_at))) as date) as reopened_on,
    cast(ceil(ln(greatest(gross_seconds, 1)) / 0.0400053346137) as integer) as gross_bucket,
    cast(ceil(ln(greatest(versions.net_seconds, 1)) / 0.0400053346137) as integer) as net_bucket,
    versions.known_from, versions.known_to, clocked.load_id, clocked.source_row,
    md5(cast(row(
        clock_id, versions.sla_policy, versions.calendar, clocked.market, clocked.severity, clocked.appellant,
        clocked.complaint_type, clocked.complex, clocked.policy_group, clocked.category, clocked.content_language, clocked.queue, clocked.site,
        clocked.started_at, versions.due_at, clocked.stopped_at, clocked.void, clocked.reopened_at, clocked.hand_overs,
        versions.promised_seconds, versions.paused_seconds, versions.stands_still, versions.net_seconds
    ) as varchar)) as row_hash
from versions
join clocked on versions.place = clocked.rowid
order by clocked.subject_type, clocked.clock, clocked.rowid, versions.known_from;

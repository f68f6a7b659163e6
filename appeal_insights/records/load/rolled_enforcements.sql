-- What the appeals against an enforcement say of it: when it was first appealed, decided, overturned and so on.
--
-- reads   enforcements, appeals   the store's tables: versions, with known_from and known_to
--         zones                   market, zone: whose clock decides on which day something happened; an empty market is
--                                 all others
-- gives   enforcements            as they were, in their order, with what their appeals say
--
-- Of an appeal the newest version counts. What it says is an instant each time, so that a question as of an earlier
-- day can leave out what had not happened by then.

create table next as
with told as (
    select
        enforcement_id,
        min(received_at) as first_appealed_at,
        min(decided_at) as first_decided_at,
        min(notified_at) as first_notified_at,
        min(case when outcome = 'decision_upheld' and cast(appeal_round as varchar) in ('1', '(blank)') then decided_at end)
            as upheld_at,
        min(case when cast(appeal_round as varchar) = '2' then received_at end) as appealed_again_at,
        min(case when outcome in ('decision_reversed', 'decision_partially_reversed') then decided_at end) as overturned_at,
        min(reinstated_at) as reinstated_at
    from appeals
    where known_to = timestamp '9999-12-31 00:00:00' and enforcement_id is not null
    group by enforcement_id
),

joined as (
    select
        enforcements.rowid as place,
        enforcements.enforcement_id,
        coalesce(zones.zone, (select zone from zones where market = '')) as zone,
        told.* exclude (enforcement_id),
        case
            when told.overturned_at is not null
                then coalesce(told.reinstated_at, enforcements.reversed_at, told.overturned_at)
        end as restricted_until,
        enforcements.enforced_at
    from enforcements
    left join told on enforcements.enforcement_id = told.enforcement_id
    left join zones on cast(enforcements.market as varchar) = zones.market
)

select
    enforcements.* replace (
        joined.first_appealed_at as first_appealed_at,
        joined.first_decided_at as first_decided_at,
        joined.first_notified_at as first_notified_at,
        joined.upheld_at as upheld_at,
        joined.appealed_again_at as appealed_again_at,
        joined.overturned_at as overturned_at,
        joined.reinstated_at as reinstated_at,
        joined.restricted_until as restricted_until,
        cast(timezone(joined.zone, make_timestamptz(epoch_us(joined.first_appealed_at))) as date) as first_appealed_on,
        cast(timezone(joined.zone, make_timestamptz(epoch_us(joined.upheld_at))) as date) as upheld_on,
        cast(timezone(joined.zone, make_timestamptz(epoch_us(joined.appealed_again_at))) as date) as appealed_again_on,
        cast(timezone(joined.zone, make_timestamptz(epoch_us(joined.overturned_at))) as date) as overturned_on,
        (epoch_us(joined.restricted_until) - epoch_us(joined.enforced_at)) // 1000000 as restricted_seconds
    )
from enforcements
join joined on enforcements.rowid = joined.place
order by enforcements.rowid;

drop table enforcements;
alter table next rename to enforcements;

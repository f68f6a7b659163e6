-- At which hours of the week does work come in?
--
-- reads   clocks    the store's table: versions, with known_from and known_to
--         as_of     hole: the instant up to which things are known
--         in_scope  hole: which records
-- gives   subject_type
--         weekday   integer   1 is Monday, on the clock of UTC
--         hour      integer   0 to 23, on the same clock
--         started   bigint    records that started in the eight weeks before as_of

select
    subject_type,
    cast(isodow(started_at) as integer) as weekday,
    cast(hour(started_at) as integer) as hour,
    cast(count(distinct record_id) as bigint) as started
from clocks
where known_from <= as_of and as_of < known_to and in_scope
    and clock in ('decide', 'resolve') and started_at <= as_of and started_at > as_of - interval 56 days
group by subject_type, weekday, hour
order by subject_type, weekday, hour

-- Which clocks of one kind does a policy speak of, among those known at some time between two instants?
--
-- reads   clocked   what every record says of its clocks: subject_type, clock, zone, started_at, known_from, known_to
--         $1, $2    the instants between which the same policies and calendars were known
-- gives   place        bigint    of the row in `clocked`
--         policy       integer   place of the policy in its list
--         record_id, market, site, started_at, stopped_at
--         known_from, known_to   as far as they lie between the two instants
--
-- The holes are filled in the syntax tree: one_subject and one_clock name the kind, policy_place is the place of the
-- first policy that is meant, or nothing.

with kind as (
    select
        rowid as place,
        clocked.*,
        cast(timezone(zone, make_timestamptz(epoch_us(started_at))) as date) as started_on
    from clocked
    where one_subject and one_clock and known_from < $2 and $1 < known_to
)

select
    place,
    policy_place as policy,
    record_id, market, site, started_at, stopped_at,
    greatest(known_from, $1) as known_from,
    least(known_to, $2) as known_to
from kind
where policy_place is not null
order by place

-- Which records are behind a number?
--
-- reads   behind     <key>, event_at, period (first day), <dimensions>, in_numerator   the records of a fact in question
--         periods    period (first day), ends_on, period_label
-- gives   record (its id), cluster (what it shares its luck with), happened_at (UTC), period_label, <dimensions>
--         in_numerator   boolean   whether it is in the numerator; all of them are in the denominator
-- The newest come first; there are no more than were asked for.

select
    behind.record, behind.cluster, behind.happened_at, periods.period_label, dimensions, behind.in_numerator
from behind join periods on behind.period = periods.period
order by behind.happened_at desc, behind.record

-- Which policies and calendars do the clocks run on?
--
-- reads   timed   sla_policy, calendar of each clock
-- gives   sla_policy, calendar

select distinct sla_policy, calendar from timed order by sla_policy, calendar

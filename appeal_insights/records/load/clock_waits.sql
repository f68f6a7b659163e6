-- The steps known in each of those states, in order.
--
-- reads   stage_steps   stage, happened_at, waits
-- gives   the same

select stage, happened_at, waits from stage_steps order by stage, happened_at

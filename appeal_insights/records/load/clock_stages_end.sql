-- What was known of the pauses of some clocks has been fetched.
--
-- reads   of_clocks, clock_stages, stage_steps
-- gives   nothing

drop table stage_steps;
drop table clock_stages;
drop table of_clocks;

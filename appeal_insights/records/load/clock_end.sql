-- The clocks take the place of those that the store had; what they were made of is no longer needed.
--
-- reads   next, clocked, timed, log_states
-- gives   clocks   the store's table

drop table if exists clocks;
alter table next rename to clocks;
drop table log_states;
drop table timed;
drop table clocked;

-- The clocks take the place of those that the store had; what they were made of is no longer needed.
--
-- reads   next, clocked, timed, steps
-- gives   clocks   the store's table

drop table if exists clocks;
alter table next rename to clocks;
drop view steps;
drop table timed;
drop table clocked;

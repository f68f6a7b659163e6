-- The states of knowledge of some clocks, in order.
--
-- reads   clock_stages   stage, place, known_from, known_to
-- gives   the same

select stage, place, known_from, known_to from clock_stages order by stage

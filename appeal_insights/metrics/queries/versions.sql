-- By which version of a metric's definition was each period counted?
--
-- reads   figures   metric, version, starts_on, ends_on, known_from, known_to
--         as_of     hole: the instant up to which things are known
-- gives   metric, starts_on, ends_on (day after the last)
--         version   integer   of the definition; two rows of one period where it was counted by two

select metric, starts_on, ends_on, version
from figures
where known_from <= as_of and as_of < known_to
group by metric, starts_on, ends_on, version
order by metric, starts_on, ends_on, version

-- How many hours were planned for each day, and how many were worked?
--
-- reads   staffing  the store's table: versions, with known_from and known_to
--         as_of     hole: the instant up to which things are known
--         in_scope  hole: which rows
-- gives   day                  date     planned days lie ahead of as_of too
--         market, site, queue
--         planned, productive  bigint   seconds; nothing is productive on a day that has not come

select
    worked_on as day, market, site, queue,
    cast(sum(scheduled_seconds) as bigint) as planned,
    cast(sum(case when worked_at <= as_of then productive_seconds else 0 end) as bigint) as productive
from staffing
where known_from <= as_of and as_of < known_to and in_scope
group by worked_on, market, site, queue
order by day, market, site, queue

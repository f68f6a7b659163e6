-- What was promised, of which metric and which records, and when is it in force?
--
-- reads   targets   the store's table: versions of targets, with known_from and known_to
--         as_of     hole: the instant up to which things are known
-- gives   target_id, metric, definition_version (empty: any), scope (empty: all records)
--         value           double   share 0..1 of a rate, else a count, or seconds
--         direction       at_most or at_least
--         per             the period that a count is meant for; empty for all other metrics
--         valid_from_on, valid_to_on (the day after the last; empty if it lasts), owner, approved_by

select
    target_id, metric, definition_version, scope, value, direction, per,
    valid_from_on, valid_to_on, owner, approved_by
from targets
where known_from <= as_of and as_of < known_to
order by metric, valid_from_on, target_id

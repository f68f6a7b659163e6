-- What was promised of times, by whom, and when was that known?
--
-- reads   sla_policies   the store's table: versions, with known_from and known_to
-- gives   its columns, by id and version

select * from sla_policies order by policy_id, known_from

-- What the status log says now of each case, to see who took it on, handed it over or opened it again.
--
-- reads   status_log   the store's table, or an empty one: versions, with known_from and known_to
-- gives   steps        subject_type, subject_id, status, happened_at

create temp view steps as
select
    cast(subject_type as varchar) as subject_type, subject_id, cast(status as varchar) as status, happened_at
from status_log
where known_to = timestamp '9999-12-31 00:00:00';

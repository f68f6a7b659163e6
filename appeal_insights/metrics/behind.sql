-- The records in the denominator of a share, one by one, the newest first; a limit is put on the text.
--
-- reads   fact      the versions of one fact's records, with known_from and known_to
-- gives   record, cluster, happened_at (UTC), period (first day), <dimensions>, in_numerator
--
-- The holes are those of measures.sql; record_key and cluster are the columns with the record's id and its cluster's.

with known as (
    select masked_columns
    from fact
    where known_from <= as_of and as_of < known_to
)

select
    record_key as record,
    cluster as cluster,
    event_at as happened_at,
    period_start as period,
    dimensions,
    coalesce(numerator_holds, false) as in_numerator
from known
where in_periods and in_scope and coalesce(denominator_holds, false)
order by happened_at desc, record

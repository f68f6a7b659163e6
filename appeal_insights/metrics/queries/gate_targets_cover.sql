-- Where a metric has targets for some markets only, do the others that occur in the records have one too?
--
-- reads   targets   the store's table: versions of targets, with known_from and known_to
--         appeals   the store's table: versions, with known_from and known_to
--         as_of     hole: the instant up to which things are known, and the day on which targets are in force
-- gives   test, level (fail or warn, where broken), broken, looked_at   numbers of values of one metric and dimension
--
-- A metric with a target for all records is covered. Of others each value of a dimension that any of its targets names
-- (of market, complaint_type, policy and queue, as they occur in appeals) should be named by one. Counts stand apart:
-- a count of one market is no promise of another.

with in_force as (
    select target_id, metric, scope_key
    from targets
    where known_from <= as_of and as_of < known_to and coalesce(per, '') = ''
        and valid_from_on <= cast(as_of as date) and (valid_to_on is null or cast(as_of as date) < valid_to_on)
),

partly as (
    select target_id, metric, scope_key
    from in_force
    where metric not in (select metric from in_force where scope_key = '')
),

parts as (
    select metric, unnest(string_split(scope_key, '; ')) as part from partly
),

promised as (
    select distinct metric, split_part(part, '=', 1) as dimension, substr(part, strpos(part, '=') + 1) as one from parts
),

known as (
    select market, complaint_type, policy, queue from appeals where known_from <= as_of and as_of < known_to
),

occurring as (
    select distinct 'market' as dimension, market as one from known
    union all
    select distinct 'complaint_type', complaint_type from known
    union all
    select distinct 'policy', policy from known
    union all
    select distinct 'queue', queue from known
),

wanted as (
    select named.metric, named.dimension, occurring.one
    from (select distinct metric, dimension from promised) as named
    join occurring on named.dimension = occurring.dimension
    where occurring.one <> '(blank)'
),

held as (
    select wanted.one, promised.one as found
    from wanted
    left join promised
        on wanted.metric = promised.metric and wanted.dimension = promised.dimension and wanted.one = promised.one
)

select
    'targets_cover' as test, 'warn' as level,
    cast(count(*) - count(found) as bigint) as broken, cast(count(*) as bigint) as looked_at
from held
order by test

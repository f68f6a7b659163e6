-- How many records belong to each row of a sheet, whichever way they are counted?
--
-- reads   fact       the versions of one fact's records, with known_from and known_to
--         sheet      nth, starts_on, ends_on (day after the last), wide_from, wide_to (days around it), <scope of the row>,
--                    opens_<n>, closes_<n> (the same days on the n-th other clock, in UTC)
--         moments    nth, moment (its number), known_at: when the sheet may have been counted
-- gives   nth, moment, outcome (null while open), in_numerator, in_denominator, is_first_round
--         is_current          no: a version that was replaced by then
--         is_last             of all appeals of its enforcement known by then, the one decided last
--         is_last_of_rounds   the same among first, or among later rounds
--         <places>            whether it is in the row's period, one column for each basis and clock
--         records bigint
--
-- An open appeal has no day of decision; there its day of submission stands in. The holes are filled in the syntax tree:
-- bounds, masked_columns (each empty where its event lies after known_at), in_row, in_scope, in_places, places,
-- in_any_place, numerator_holds, denominator_holds.

with asked as (
    select sheet.*, moments.moment, moments.known_at
    from sheet join moments on sheet.nth = moments.nth
),

known as (
    select asked.nth, asked.moment, asked.known_at, asked.known_at < known_to as is_current, bounds, masked_columns
    from fact join asked on known_from <= asked.known_at and received_at <= asked.known_at and in_row
    where
        in_scope
        and (
            (received_on >= asked.wide_from and received_on < asked.wide_to)
            or (decided_on >= asked.wide_from and decided_on < asked.wide_to)
            or (enforced_on >= asked.wide_from and enforced_on < asked.wide_to)
        )
),

repeated as (
    select enforcement_id
    from fact
    where enforcement_id in (select enforcement_id from known)
    group by enforcement_id
    having count(distinct appeal_id) > 1
),

appealed_again as (
    select
        instants.known_at, appeal_id, enforcement_id, received_at,
        case when decided_at <= instants.known_at then decided_at end as decided_by_then,
        cast(appeal_round as text) in ('1', '(blank)') as is_first_round
    from fact join (select distinct known_at from moments) as instants
        on known_from <= instants.known_at and instants.known_at < known_to and received_at <= instants.known_at
    where enforcement_id in (select enforcement_id from repeated)
),

lasts as (
    select
        known_at, appeal_id,
        row_number() over of_all = 1 as is_last,
        row_number() over of_rounds = 1 as is_last_of_rounds
    from appealed_again
    window
        of_all as (
            partition by known_at, enforcement_id
            order by decided_by_then desc nulls last, received_at desc, appeal_id desc
        ),
        of_rounds as (
            partition by known_at, enforcement_id, is_first_round
            order by decided_by_then desc nulls last, received_at desc, appeal_id desc
        )
),

dated as (
    select
        *,
        coalesce(decided_at, received_at) as counted_at,
        coalesce(decided_on, received_on) as counted_on,
        coalesce(denominator_holds, false) as in_denominator,
        coalesce(denominator_holds, false) and coalesce(numerator_holds, false) as in_numerator,
        cast(appeal_round as text) in ('1', '(blank)') as is_first_round
    from known
),

placed as (
    select
        nth, moment, cast(outcome as text) as outcome, in_numerator, in_denominator, is_first_round, is_current,
        coalesce(lasts.is_last, true) as is_last,
        coalesce(lasts.is_last_of_rounds, true) as is_last_of_rounds,
        in_places
    from dated left join lasts on dated.known_at = lasts.known_at and dated.appeal_id = lasts.appeal_id
)

select
    nth, moment, outcome, in_numerator, in_denominator, is_first_round, is_current, is_last, is_last_of_rounds,
    places,
    cast(count(*) as bigint) as records
from placed
where in_any_place
group by
    nth, moment, outcome, in_numerator, in_denominator, is_first_round, is_current, is_last, is_last_of_rounds, places
order by nth, moment

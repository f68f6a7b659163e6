"""Clocks worked by hand: calendars, instants on their own walls, and what is to come out, with the reason in words.

Times are local to the calendar; an offset is written where clocks repeat an hour, or where it is the point.
"""

OWN = {
    "wrong-week": {"zone": "Asia/Riyadh", "holidays": "", "weekend": ["sat", "sun"]},
    "half-friday": {"like": "AE", "hours": [{"open": ["09:00-18:00"]}, {"days": ["fri"], "open": ["08:00-12:00"]}]},
    "munich": {"like": "DE", "subdivision": "BY"},
    "dublin": {
        "like": "IE",
        "days": [
            {"date": "2026-11-20", "name": "site move"},
            {"date": "2025-12-24", "name": "Christmas Eve", "open": ["09:00-13:00"]},
        ],
    },
    "lunch": {"like": "PT", "hours": ["09:00-13:00", "14:00-18:00"]},
    "shifts": {"like": "PL", "hours": ["06:00-14:00", "14:00-22:00"]},
    "hand-over": {"like": "PL", "hours": ["06:00-15:00", "13:00-22:00"]},
    "short-within-long": {"like": "PL", "hours": ["06:00-22:00", "09:00-12:00"]},
    "nights": {"zone": "Europe/Berlin", "holidays": "", "weekend": ["sat", "sun"], "hours": ["22:00-06:00"]},
    "every-night": {"zone": "Europe/Berlin", "holidays": "", "weekend": [], "hours": ["22:00-06:00"]},
    "from-half-two": {"zone": "Europe/Berlin", "holidays": "", "weekend": [], "hours": ["02:30-10:00"]},
    "until-half-two": {"zone": "Europe/Berlin", "holidays": "", "weekend": [], "hours": ["00:00-02:30"]},
    "two-to-three": {"zone": "Europe/Berlin", "holidays": "", "weekend": [], "hours": ["02:00-03:00"]},
    **{
        f"{city}-always": {"zone": zone, "holidays": "", "weekend": [], "hours": ["00:00-24:00"]}
        for city, zone in {
            "berlin": "Europe/Berlin",
            "dubai": "Asia/Dubai",
            "cairo": "Africa/Cairo",
            "casablanca": "Africa/Casablanca",
            "beirut": "Asia/Beirut",
        }.items()
    },
}

# When it is due.
DUE = """
    calendar       | start            | length | due                    | why
    SA             | 2026-10-15 18:00 | 8h     | 2026-10-18 17:00       | Thursday after hours: all eight are Sunday's
    wrong-week     | 2026-10-15 18:00 | 8h     | 2026-10-16 17:00       | by Monday to Friday: a false breach 48 h early
    SA             | 2026-10-15 17:00 | 1h     | 2026-10-15 18:00       | due when it closes, not when it opens again
    SA             | 2026-10-15 17:00 | 2h     | 2026-10-18 10:00       | one hour on Thursday, one on Sunday
    SA             | 2026-10-16 12:00 | 1h     | 2026-10-18 10:00       | Friday is weekend
    SA             | 2026-10-17 12:00 | 1h     | 2026-10-18 10:00       | so is Saturday
    SA             | 2026-10-18 09:00 | 45h    | 2026-10-22 18:00       | five days of nine hours
    SA             | 2026-10-15 18:00 | 0h     | 2026-10-15 18:00       | nothing promised is due at once
    SA             | 2026-09-22 17:00 | 2h     | 2026-09-24 10:00       | Wednesday 23 September is National Day
    AE             | 2021-12-23 17:00 | 2h     | 2021-12-26 10:00       | until 2021 Friday and Saturday: on with Sunday
    AE             | 2021-12-30 17:00 | 2h     | 2022-01-03 10:00       | the old week's Friday, the new one's weekend
    AE             | 2022-01-06 17:00 | 2h     | 2022-01-07 10:00       | from 2022 on Friday is worked
    AE             | 2022-01-07 17:00 | 2h     | 2022-01-10 10:00       | and Saturday and Sunday are not
    half-friday    | 2022-01-07 11:00 | 2h     | 2022-01-10 10:00       | Friday closes at twelve; an hour on Monday
    AE             | 2026-03-27 17:00 | 2h     | 2026-03-30 10:00+04:00 | the Gulf's clocks stay as Europe's change
    every-night    | 2026-06-10 23:00 | 8h     | 2026-06-11 23:00       | seven hours until six, one from ten on
    DE             | 2026-03-27 17:00 | 2h     | 2026-03-30 10:00+02:00 | from winter to summer time
    DE             | 2026-10-23 17:00 | 2h     | 2026-10-26 10:00+01:00 | and back
    EG             | 2026-10-29 17:00 | 2h     | 2026-11-01 10:00+02:00 | to Sunday, with the clocks back between
    MA             | 2026-02-13 17:00 | 2h     | 2026-02-16 10:00+00:00 | ten o'clock in Ramadan is ten in UTC
    MA             | 2026-06-09 10:00 | 1h     | 2026-06-09 11:00+01:00 | eleven is ten in UTC at other times
    SA             | 2026-02-17 14:00 | 2h     | 2026-02-17 16:00       | the last day before Ramadan is a usual one
    SA             | 2026-02-23 14:00 | 2h     | 2026-02-24 10:00       | in Ramadan it closes at three
    SA             | 2026-02-17 17:00 | 8h     | 2026-02-19 10:00       | one on Tuesday, six on Wednesday, one more
    SA             | 2026-03-18 14:00 | 2h     | 2026-03-25 10:00       | the feast and its days in lieu, 19 to 24 March
    DE             | 2026-04-02 17:00 | 2h     | 2026-04-07 10:00       | Good Friday to Easter Monday
    GB             | 2025-12-24 17:00 | 2h     | 2025-12-29 10:00       | Christmas, Boxing Day, a weekend
    FR             | 2025-07-11 17:00 | 2h     | 2025-07-15 10:00       | Monday is 14 July
    TR             | 2026-10-28 17:00 | 2h     | 2026-10-30 10:00       | 29 October is Republic Day
    IL             | 2026-11-19 17:00 | 2h     | 2026-11-22 10:00       | Thursday to Sunday
    DE             | 2026-01-05 17:00 | 2h     | 2026-01-06 10:00       | Epiphany is no holiday in most of Germany
    munich         | 2026-01-05 17:00 | 2h     | 2026-01-07 10:00       | but it is one in Bavaria
    IE             | 2026-11-19 17:00 | 2h     | 2026-11-20 10:00       | a usual Friday
    dublin         | 2026-11-19 17:00 | 2h     | 2026-11-23 10:00       | that one site moves on
    dublin         | 2025-12-24 12:00 | 2h     | 2025-12-29 10:00       | one hour of half a day, then Christmas
    CN             | 2025-12-31 17:00 | 2h     | 2026-01-04 10:00       | three days off, Sunday worked for Friday
    always         | 2026-10-16 18:00 | 8h     | 2026-10-17 02:00       | around the clock, on any day
    always         | 2026-02-01 00:00 | 48h    | 2026-02-03 00:00       | with no holiday
    lunch          | 2026-11-16 12:00 | 2h     | 2026-11-16 15:00       | an hour before lunch, an hour after
    shifts         | 2026-11-16 13:00 | 2h     | 2026-11-16 15:00       | one shift hands over to the next
    nights         | 2026-06-13 05:00 | 2h     | 2026-06-15 23:00       | one on Saturday morning, one on Monday night
"""

# How long it is open between the two.
BETWEEN = """
    calendar          | start            | end              | length   | why
    SA                | 2026-10-15 09:00 | 2026-10-18 09:00 | 9h       | Thursday alone
    SA                | 2026-10-16 00:00 | 2026-10-18 00:00 | 0h       | a whole weekend
    SA                | 2026-10-18 10:00 | 2026-10-15 17:00 | -2h      | the end is the earlier: the same two hours back
    AE                | 2021-12-26 09:00 | 2021-12-26 18:00 | 9h       | a Sunday of 2021 is worked
    AE                | 2021-12-24 09:00 | 2021-12-24 18:00 | 0h       | a Friday of 2021 is not
    AE                | 2022-01-09 09:00 | 2022-01-09 18:00 | 0h       | a Sunday of 2022
    half-friday       | 2022-01-07 00:00 | 2022-01-08 00:00 | 4h       | a Friday of half a day
    dubai-always      | 2026-03-29 00:00 | 2026-03-30 00:00 | 24h      | no change of clocks in spring
    dubai-always      | 2026-10-25 00:00 | 2026-10-26 00:00 | 24h      | nor in autumn
    berlin-always     | 2026-03-29 00:00 | 2026-03-30 00:00 | 23h      | clocks go forward: a day of 23 hours
    berlin-always     | 2026-10-25 00:00 | 2026-10-26 00:00 | 25h      | clocks go back: a day of 25
    berlin-always     | 2026-03-29 01:30 | 2026-03-29 03:30 | 1h       | two to three is skipped
    berlin-always     | 2026-10-25 02:30+02:00 | 2026-10-25 02:30+01:00 | 1h       | half past two comes twice
    every-night       | 2026-06-10 22:00 | 2026-06-11 06:00 | 8h       | a night of eight hours, over midnight
    every-night       | 2026-03-28 22:00 | 2026-03-29 06:00 | 7h       | the night that lacks an hour
    every-night       | 2026-10-24 22:00 | 2026-10-25 06:00 | 9h       | the night with one more
    from-half-two     | 2026-03-29 00:00 | 2026-03-29 12:00 | 7h       | no half past two: open from the change on
    from-half-two     | 2026-10-25 00:00 | 2026-10-25 12:00 | 8.5h     | open from the first half past two
    until-half-two    | 2026-03-29 00:00 | 2026-03-29 12:00 | 2h       | open until the change, at two
    until-half-two    | 2026-10-25 00:00 | 2026-10-25 12:00 | 3.5h     | open until the second half past two
    two-to-three      | 2026-03-29 00:00 | 2026-03-29 12:00 | 0h       | these hours do not exist that day
    two-to-three      | 2026-10-25 00:00 | 2026-10-25 12:00 | 2h       | and twice that one
    GB                | 2026-03-27 17:00 | 2026-03-30 10:00 | 2h       | an hour on Friday, one on Monday
    cairo-always      | 2026-04-23 00:00 | 2026-04-24 01:00 | 24h      | Egypt goes forward at midnight: no half past
    cairo-always      | 2026-04-24 01:00 | 2026-04-25 00:00 | 23h      | so that Friday has 23 hours
    cairo-always      | 2026-10-29 00:00 | 2026-10-30 00:00 | 25h      | it goes back at the end of a Thursday
    cairo-always      | 2022-04-29 00:00 | 2022-04-30 00:00 | 24h      | before 2023 it had no summer time
    casablanca-always | 2026-02-15 00:00 | 2026-02-16 00:00 | 25h      | Morocco goes back for Ramadan
    casablanca-always | 2026-03-22 00:00 | 2026-03-23 00:00 | 23h      | and forward after it
    beirut-always     | 2026-03-29 01:00 | 2026-03-30 00:00 | 23h      | Lebanon goes forward at midnight
    SA                | 2026-02-23 00:00 | 2026-02-24 00:00 | 6h       | a day of six hours
    AE                | 2026-02-23 00:00 | 2026-02-24 00:00 | 7h       | two hours less in the UAE
    DE                | 2026-02-23 00:00 | 2026-02-24 00:00 | 9h       | none less elsewhere
    CN                | 2026-01-04 00:00 | 2026-01-05 00:00 | 9h       | the make-up Sunday itself
    CN                | 2026-01-11 00:00 | 2026-01-12 00:00 | 0h       | any other Sunday
    CN                | 2026-02-14 00:00 | 2026-02-15 00:00 | 9h       | a make-up Saturday before the Spring Festival
    HU                | 2025-05-17 00:00 | 2025-05-18 00:00 | 9h       | Hungary too works a Saturday
    HU                | 2025-05-02 00:00 | 2025-05-03 00:00 | 0h       | in place of this Friday
    lunch             | 2026-11-16 13:15 | 2026-11-16 13:45 | 0h       | within the break
    hand-over         | 2026-11-16 00:00 | 2026-11-17 00:00 | 16h      | hours of two shifts at once count once
    short-within-long | 2026-11-16 00:00 | 2026-11-17 00:00 | 16h      | a short shift within a long one adds nothing
    nights            | 2026-06-12 22:00 | 2026-06-13 06:00 | 8h       | Friday's night is worked, into Saturday
    nights            | 2026-06-14 22:00 | 2026-06-15 06:00 | 0h       | Sunday's is not, though it ends on Monday
"""

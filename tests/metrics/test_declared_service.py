"""Metrics of promises, tickets, hours and disputes count what ten rows give by hand; a popular wrong way does not."""

from collections.abc import Callable

import pandas as pd
import pytest

from tests.helpers import answer, make_store, table

WEEK = "2026-W41"  # from 2026-10-05; at these hours it is the same day on every clock


def at(rows: pd.DataFrame, *names: str) -> pd.DataFrame:
    """The rows of GB with these times, written month-dayThour:minute, in full."""
    return rows.assign(market="GB", **{name: "2026-" + rows[name] + ":00Z" for name in names})


# Ten appeals, to be decided within a day: 4 and 7 are decided just then, 6 is withdrawn before, 8 and 10 are open.
APPEALED = at(
    table("""
    appeal_id | received_at | decided_at  | outcome           | handling_seconds | stated_in_time
    1         | 09-29T10:00 | 10-05T10:00 | decision_upheld   | 600              | true
    2         | 10-06T10:00 | 10-08T10:00 | decision_reversed | 300              | false
    3         | 09-30T10:00 | 10-05T12:00 | decision_reversed |                  | true
    4         | 10-05T10:00 | 10-06T10:00 | decision_upheld   | 120              | true
    5         | 10-05T10:00 | 10-05T22:00 | decision_reversed | 180              | true
    6         | 10-05T10:00 | 10-05T20:00 | decision_omitted  | 60               |
    7         | 10-06T10:00 | 10-07T10:00 | decision_upheld   | 240              | false
    8         | 10-07T10:00 |             |                   |                  |
    9         | 10-06T10:00 | 10-07T11:00 | decision_upheld   | 300              | true
    10        | 10-09T10:00 |             |                   |                  |
"""),
    "received_at",
    "decided_at",
)
# Ten tickets, of which the urgent ones (1 to 4) are to be resolved within four hours; 1 and 3 are.
TICKETS = at(
    table("""
    ticket_id | severity | created_at  | acked_at    | ack_mode | resolved_at | repeat_of
    t1        | P0       | 10-05T10:00 | 10-05T10:10 | human    | 10-05T12:00 |
    t2        | P0       | 10-05T10:00 | 10-05T10:01 | auto     | 10-05T16:00 |
    t3        | P1       | 10-06T10:00 | 10-06T10:15 | human    | 10-06T14:00 |
    t4        | P1       | 10-06T10:00 | 10-06T10:20 |          | 10-08T10:00 | t3
    t5        | P2       | 10-07T10:00 | 10-07T12:00 | human    |             |
    t6        | P2       | 10-07T10:00 |             |          |             | t5
    t7        | P3       | 10-02T10:00 | 10-05T10:00 | human    | 10-06T10:00 |
    t8        | P3       | 09-29T10:00 | 09-29T10:05 | human    | 09-30T10:00 |
    t9        | P3       | 10-11T10:00 | 10-12T10:00 | human    | 10-12T11:00 |
    t10       | P2       | 10-08T10:00 |             |          | 10-08T11:00 |
"""),
    "created_at",
    "acked_at",
    "resolved_at",
)
# 5 and 9 wait six hours each for their appellants, 10 still does; that 8 waits for others moves no promise.
LOGGED = at(
    table("""
    step_id | subject_type | subject_id | status            | happened_at
    1       | appeal       | 5          | waiting_appellant | 10-05T11:00
    2       | appeal       | 5          | in_review         | 10-05T17:00
    3       | appeal       | 9          | waiting_appellant | 10-06T12:00
    4       | appeal       | 9          | in_review         | 10-06T18:00
    5       | appeal       | 8          | waiting_internal  | 10-07T12:00
    6       | appeal       | 10         | waiting_appellant | 10-09T12:00
    7       | appeal       | 4          | reopened          | 10-08T10:00
    8       | appeal       | 4          | reopened          | 10-10T10:00
    9       | ticket       | t1         | reopened          | 10-09T10:00
    10      | ticket       | t2         | acknowledged      | 10-05T10:30
"""),
    "happened_at",
).drop(columns="market")
PROMISED = table("""
    policy_id | subject_type | clock   | scope          | hours | calendar | pauses
    p1        | appeal       | decide  |                | 24    | always   | waiting_appellant
    p2        | ticket       | resolve | severity=P0,P1 | 4     | always   | none
""").assign(valid_from="2026-01-01T00:00:00Z", owner="lead")
WORKED = at(
    table("""
    staffing_id | worked_at   | scheduled_hours | productive_hours
    1           | 10-05T10:00 | 8               | 6
    2           | 10-05T10:00 | 8               | 7
    3           | 10-06T10:00 | 8               | 0
    4           | 10-06T10:00 | 4               | 3.5
    5           | 10-07T10:00 | 8               |
    6           | 10-08T10:00 | 8               | 8
    7           | 10-09T10:00 | 8               | 5
    8           | 10-10T10:00 | 0               | 0
    9           | 10-02T10:00 | 8               | 8
    10          | 10-12T10:00 | 8               | 8
"""),
    "worked_at",
).assign(site="S1")
DISPUTES = at(
    table("""
    dispute_id | submitted_at | decided_at  | outcome            | implemented_at
    d1         | 09-28T10:00  | 10-05T10:00 | upheld             |
    d2         | 09-29T10:00  | 10-06T10:00 | reversed_merits    | 10-09T10:00
    d3         | 09-30T10:00  | 10-06T10:00 | reversed_default   | 10-20T10:00
    d4         | 10-01T10:00  | 10-07T10:00 | partially_reversed |
    d5         | 10-05T10:00  | 10-08T10:00 | omitted            |
    d6         | 10-05T10:00  | 10-08T10:00 | inadmissible       |
    d7         | 10-06T10:00  | 10-09T10:00 | reversed_default   |
    d8         | 10-07T10:00  |             |                    |
    d9         | 10-08T10:00  | 10-14T10:00 | reversed_merits    |
    d10        | 10-09T10:00  | 10-10T10:00 | upheld             |
"""),
    "submitted_at",
    "decided_at",
    "implemented_at",
)
FACTS = {
    "appeals": APPEALED,
    "tickets": TICKETS,
    "status_log": LOGGED,
    "sla_policies": PROMISED,
    "staffing": WORKED,
    "disputes": DISPUTES,
}
HOUR = 3600
# Period, numerator and denominator of each. Stopped in the week: 1 to 5, 7 and 9, t1 to t4; 6 is void.
BY_HAND: dict[str, tuple[str, int, int | None]] = {
    # Due: 2, 4, 5, 7, 8 and 9; t1 to t4. In time: 4, 5, 7, 9 by its pause, t1 and t3. Nobody knows when 10 is due.
    "sla_attainment": (WEEK, 4 + 2, 6 + 4),
    "net_turnaround": (WEEK, 6 + 1, 7 + 4),  # more than eight hours: all but 5, whose pause makes it six, and t4
    "paused_share": (WEEK, 2, 7 + 4),
    "reopen_rate": (WEEK, 2, 7 + 4),
    "stated_timely_rate": (WEEK, 3, 5),  # 4, 5 and 9 of those and 2 and 7
    "tickets_created": (WEEK, 8, None),
    "open_tickets": (WEEK, 3, None),  # t5, t6 and t9
    "time_to_acknowledge": (WEEK, 3, 5),  # more than a quarter of an hour: t4, t5 and t7
    "time_to_resolve": (WEEK, 3, 6),  # more than four hours: t2, t4 and t7
    "repeat_ticket_rate": (WEEK, 2, 8),
    "productive_time": (WEEK, 106_200, None),  # 6 + 7 + 3.5 + 8 + 5 hours
    "occupancy": (WEEK, 600 + 300 + 120 + 180 + 60 + 240 + 300, 106_200),
    "disputes_submitted": (WEEK, 6, None),
    "dispute_loss_rate": (WEEK, 2, 4),  # d2 and d4 of those and d1 and d10
    "dispute_default_share": (WEEK, 2, 6),
    "dispute_implemented_share": (WEEK, 2, 4),
}


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("ten") / "ten.duckdb"
    for fact, rows in FACTS.items():
        make_store(path, rows, fact=fact)
    return path


def counts(path, name: str, **asked) -> tuple[int, int | None]:
    [row] = answer(path, "breakdown", BY_HAND[name][0], of=name, **asked).itertuples()
    return row.numerator, None if pd.isna(row.denominator) else row.denominator


def rate(path, name: str) -> float:
    numerator, denominator = counts(path, name)
    return numerator / denominator if denominator else numerator


def test_every_fact_that_metrics_count_has_ten_rows():
    assert {len(rows) for fact, rows in FACTS.items() if fact != "sla_policies"} == {10}


@pytest.mark.parametrize("name", BY_HAND)
def test_a_metric_counts_what_ten_rows_give_by_hand(path, name):
    _, *expected = BY_HAND[name]
    assert list(counts(path, name)) == expected


# The popular wrong ways, counted by pandas from the same rows: metric, what somebody else does, what comes out.
URGENT = TICKETS[TICKETS["severity"].isin(["P0", "P1"])]
MERITS = APPEALED[APPEALED["outcome"].notna() & (APPEALED["outcome"] != "decision_omitted")]
RESOLVED = TICKETS[TICKETS["resolved_at"].fillna("").between("2026-10-05", "2026-10-12")]
ACKED = TICKETS[TICKETS["acked_at"].fillna("").between("2026-10-05", "2026-10-12")]
CREATED = TICKETS[TICKETS["created_at"] >= "2026-10-05"]
RECEIVED = APPEALED[APPEALED["received_at"] >= "2026-10-05"]
CLOSED = DISPUTES[DISPUTES["decided_at"].fillna("").between("2026-10-05", "2026-10-12")]
DECIDED = CLOSED[~CLOSED["outcome"].isin(["omitted", "inadmissible"])]
HOURS = WORKED[WORKED["worked_at"].between("2026-10-05", "2026-10-12")]
IN_TIME = 6  # by their due times, as above
STOPPED = len(MERITS) + len(URGENT)


def late(rows: pd.DataFrame, since: str, until: str, seconds: int) -> int:
    """How many took longer, from when they began."""
    took = pd.to_datetime(rows[until]) - pd.to_datetime(rows[since])
    return int((took.dt.total_seconds() > seconds).sum())


def is_in(rows: pd.DataFrame, column: str, *values: str) -> int:
    return int(rows[column].isin(values).sum())


WRONG: list[tuple[str, str, float, Callable[[], float]]] = [
    ("sla_attainment", "of those decided", 6 / 11, lambda: IN_TIME / STOPPED),
    ("sla_attainment", "of those received", 6 / 12, lambda: IN_TIME / (len(RECEIVED) + len(URGENT))),
    ("sla_attainment", "without the pauses", 5 / 11,
     lambda: 1 - (late(RECEIVED[RECEIVED["appeal_id"] != "6"].fillna({"decided_at": "2026-11-16T06:00:00Z"}),
                       "received_at", "decided_at", 24 * HOUR) + late(URGENT, "created_at", "resolved_at", 4 * HOUR))
     / (len(RECEIVED) - 1 + len(URGENT))),
    ("net_turnaround", "gross", 8 / 11,
     lambda: (late(MERITS, "received_at", "decided_at", 8 * HOUR) + late(URGENT, "created_at", "resolved_at", 8 * HOUR))
     / STOPPED),
    ("paused_share", "whoever waited, for whomever", 4 / 11,
     lambda: LOGGED.loc[LOGGED["status"].str.startswith("waiting"), "subject_id"].nunique() / STOPPED),
    ("reopen_rate", "steps instead of cases", 3 / 11, lambda: is_in(LOGGED, "status", "reopened") / STOPPED),
    ("stated_timely_rate", "nothing said as in time", 6 / 8,
     lambda: 1 - is_in(RECEIVED, "stated_in_time", "false") / len(RECEIVED)),
    ("stated_timely_rate", "of all received", 3 / 8, lambda: is_in(RECEIVED, "stated_in_time", "true") / len(RECEIVED)),
    ("tickets_created", "repeats left out", 6, lambda: int(CREATED["repeat_of"].isna().sum())),
    ("open_tickets", "added up over both weeks", 4,
     lambda: is_in(TICKETS, "ticket_id", "t7") + is_in(TICKETS, "ticket_id", "t5", "t6", "t9")),
    ("open_tickets", "not acknowledged", 2, lambda: int(TICKETS["acked_at"].isna().sum())),
    ("time_to_acknowledge", "automatic receipts too", 3 / 6,
     lambda: late(ACKED, "created_at", "acked_at", 900) / len(ACKED)),
    ("time_to_acknowledge", "a quarter of an hour to the second as late", 4 / 5,
     lambda: late(ACKED, "created_at", "acked_at", 899) / is_in(ACKED.fillna("human"), "ack_mode", "human")),
    ("time_to_resolve", "open ones as in time", 3 / 9,
     lambda: late(RESOLVED, "created_at", "resolved_at", 4 * HOUR) / (len(RESOLVED) + 3)),
    ("repeat_ticket_rate", "of those that repeat nothing", 2 / 6,
     lambda: int(CREATED["repeat_of"].notna().sum()) / int(CREATED["repeat_of"].isna().sum())),
    ("productive_time", "planned", 52 * HOUR, lambda: HOURS["scheduled_hours"].astype(float).sum() * HOUR),
    ("occupancy", "of the hours planned", 1800 / (52 * HOUR),
     lambda: 1800 / (HOURS["scheduled_hours"].astype(float).sum() * HOUR)),
    ("occupancy", "decided on their merits only", 1740 / 106_200,
     lambda: MERITS["handling_seconds"].astype(float).sum()
     / (HOURS["productive_hours"].astype(float).sum() * HOUR)),
    ("disputes_submitted", "also earlier ones", 10, lambda: len(DISPUTES)),
    ("dispute_loss_rate", "those by default too", 4 / 6,
     lambda: 1 - is_in(DECIDED, "outcome", "upheld") / len(DECIDED)),
    ("dispute_loss_rate", "of all closed", 2 / 8,
     lambda: is_in(CLOSED, "outcome", "reversed_merits", "partially_reversed") / len(CLOSED)),
    ("dispute_default_share", "of all closed", 2 / 8,
     lambda: is_in(CLOSED, "outcome", "reversed_default") / len(CLOSED)),
    ("dispute_implemented_share", "of all decided", 2 / 6,
     lambda: int(CLOSED["implemented_at"].notna().sum()) / len(DECIDED)),
    ("dispute_implemented_share", "by the end of the week", 1 / 4, lambda: is_in(CLOSED, "dispute_id", "d2") / 4),
]  # fmt: skip


def test_every_metric_has_a_wrong_way_here():
    assert {name for name, *_ in WRONG} == set(BY_HAND)


@pytest.mark.parametrize(("name", "wrong", "expected", "count"), WRONG, ids=[f"{one[0]}: {one[1]}" for one in WRONG])
def test_a_popular_wrong_way_is_another_number(path, name, wrong, expected, count):
    assert count() == pytest.approx(expected), "what somebody else gets"
    assert rate(path, name) != pytest.approx(expected, rel=1e-3)


def test_promises_of_appeals_and_of_tickets_are_told_apart(path):
    found = answer(path, "breakdown", WEEK, of="sla_attainment", by=("subject_type", "clock")).set_index("segment")
    assert found[["numerator", "denominator"]].to_numpy().tolist() == [[4, 6], [2, 4]]


def test_the_time_gross_and_net_differ_by_the_pauses(path):
    """Of 5 twelve hours are six without its pause, of 9 twenty-five are nineteen."""
    by_over = {
        over: counts(path, "net_turnaround", over=over * HOUR, where={"subject_type": ["appeal"]})
        for over in (5, 6, 18, 19)
    }
    assert by_over == {5: (7, 7), 6: (6, 7), 18: (6, 7), 19: (5, 7)}
    assert counts(path, "paused_share", where={"subject_type": ["appeal"], "paused": ["true"]}) == (2, 2)

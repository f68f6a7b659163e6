"""Each declared metric counts what ten rows give by hand, and the popular wrong way to count it is another number."""

from collections.abc import Callable

import pandas as pd
import pytest

from appeal_insights.metrics.metric import metrics
from tests.helpers import answer, decided, make_store, table
from tests.metrics.test_declared_service import BY_HAND as OF_SERVICE

BEFORE, WEEK = "2026-W40", "2026-W41"  # from 2026-09-28 and from 2026-10-05; at noon it is the same day on every clock

# Ten rows of enforcements of one week: one cannot be appealed, the last stands for eleven.
ENFORCED = table("""
    enforcement_id | appealable | enforced_at          | reversed_at          | reversal_reason | stands_for
    e1             | true       | 2026-09-28T10:00:00Z |                      |                 |
    e2             | true       | 2026-09-28T10:00:00Z | 2026-10-05T18:00:00Z | appeal          |
    e3             |            | 2026-09-29T10:00:00Z |                      |                 |
    e4             | true       | 2026-09-29T10:00:00Z |                      |                 |
    e5             | true       | 2026-09-30T10:00:00Z |                      |                 |
    e6             | false      | 2026-09-30T10:00:00Z |                      |                 |
    e7             | true       | 2026-10-01T10:00:00Z |                      |                 |
    e8             | true       | 2026-10-01T10:00:00Z |                      |                 |
    e9             | true       | 2026-10-02T10:00:00Z |                      |                 |
    e10            | true       | 2026-10-02T10:00:00Z |                      |                 | 11
""").assign(market="GB", restriction_class="visibility")
# Ten appeals against seven of them, two of the week before. 4 and 7 were decided after a day to the second.
APPEALED = table("""
    appeal_id | enforcement_id | round | received_at | decided_at  | outcome            | seconds | decided_by
    1         | e1             | 1     | 09-29T10:00 | 10-05T10:00 | upheld             | 600     | human
    2         | e1             | 2     | 10-06T10:00 | 10-08T10:00 | reversed           | 300     | human_assisted
    3         | e2             | 1     | 09-30T10:00 | 10-05T12:00 | reversed           |         | auto_only
    4         | e3             | 1     | 10-05T10:00 | 10-06T10:00 | upheld             | 120     | human
    5         | e4             | 1     | 10-05T10:00 | 10-05T22:00 | partially_reversed | 180     | human
    6         | e5             | 1     | 10-05T10:00 | 10-07T10:00 | omitted            | 60      | auto_only
    7         | e5             | 1     | 10-06T10:00 | 10-07T10:00 | upheld             | 240     |
    8         | e7             | 1     | 10-07T10:00 |             |                    |         |
    9         | e8             | 1     | 10-06T10:00 | 10-07T11:00 | upheld             | 300     | auto_only
    10        | e8             | 2     | 10-09T10:00 |             |                    |         |
""").rename(columns={"round": "appeal_round", "seconds": "handling_seconds"})
APPEALED["market"] = "GB"
for _at in ("received_at", "decided_at"):
    APPEALED[_at] = "2026-" + APPEALED[_at] + ":00Z"
APPEALED["outcome"] = "decision_" + APPEALED["outcome"]
# Two of the three reversals were carried out: after two hours and after two days.
APPEALED["reinstated_at"] = [None, "2026-10-08T12:00:00Z", None, None, "2026-10-07T22:00:00Z", *[None] * 5]
AUDITED = table("""
    audit_id | purpose  | decision                    | verdict
    1        | random   | decision_reversed           | correct
    2        | random   | decision_reversed           | incorrect
    3        | random   | decision_partially_reversed | incorrect
    4        | targeted | decision_reversed           | incorrect
    5        | random   | decision_upheld             | correct
    6        | random   | decision_omitted            | incorrect
    7        | random   | decision_upheld             | incorrect
    8        | random   | decision_upheld             | unclear
    9        | golden   | decision_upheld             | incorrect
    10       | random   | decision_upheld             | correct
""").assign(
    market="GB",
    subject_type="appeal",
    subject_id="a",
    decided_at="2026-10-06T12:00:00Z",
    audited_at="2026-10-08T12:00:00Z",
)
# Three were disputed: 3 was found wrong again, 6 right after all, 10 is not settled yet.
_DISPUTED = AUDITED["audit_id"].isin(["3", "6", "10"])
AUDITED["disputed_at"] = _DISPUTED.map({True: "2026-10-09T12:00:00Z", False: None})
AUDITED["final_verdict"] = AUDITED["audit_id"].map({"3": "incorrect", "6": "correct"})
AUDITED["final_at"] = AUDITED["final_verdict"].map(lambda _: "2026-10-12T12:00:00Z", na_action="ignore")
# Of six audits of enforcements one was chosen for a reason and one has no verdict: one of four was wrong.
OF_ENFORCEMENTS = table("""
    audit_id | purpose  | verdict
    e1       | random   | correct
    e2       | random   | incorrect
    e3       | targeted | incorrect
    e4       | random   | correct
    e5       | random   | unclear
    e6       | random   | correct
""").assign(
    market="GB",
    subject_type="enforcement",
    subject_id="e",
    decision="enforced",
    decided_at="2026-10-06T12:00:00Z",
    audited_at="2026-10-08T12:00:00Z",
)
# Ten answers, nine of that week, to seven cases of known truth: five of those were right.
ANSWERED = table("""
    answer_id | item_id | rater | role     | truth | answer | answered_at
    1         | g1      | Q-01  | auditor  | wrong | wrong  | 10-05
    2         | g2      | Q-01  | auditor  | right | wrong  | 10-05
    3         | g1      | R-001 | reviewer | wrong | wrong  | 10-06
    4         | g2      | R-001 | reviewer | right | right  | 10-06
    5         | s1      | R-001 | reviewer |       | right  | 10-06
    6         | s1      | R-002 | reviewer |       | wrong  | 10-07
    7         | g3      | R-002 | reviewer | right | right  | 10-07
    8         | g1      | R-002 | reviewer | wrong | right  | 10-07
    9         | g2      | Q-02  | auditor  | right | right  | 10-11
    10        | g3      | Q-02  | auditor  | right | right  | 10-12
""").assign(market="GB")
ANSWERED["answered_at"] = "2026-" + ANSWERED["answered_at"] + "T12:00:00Z"
# Ten cells of what could be audited, nine of that week, one of them empty.
COULD_BE_AUDITED = table("""
    cell_id | decided_at | subject_type | stratum | cases
    1       | 2026-10-05 | appeal       | easy    | 700
    2       | 2026-10-05 | appeal       | hard    | 100
    3       | 2026-10-06 | appeal       | easy    | 650
    4       | 2026-10-06 | appeal       | hard    | 90
    5       | 2026-10-07 | appeal       | easy    | 40
    6       | 2026-10-07 | appeal       | hard    | 0
    7       | 2026-10-08 | enforcement  | easy    | 3000
    8       | 2026-10-08 | enforcement  | hard    | 20
    9       | 2026-10-11 | ticket       | easy    | 3
    10      | 2026-10-12 | appeal       | easy    | 500
""").assign(market="GB")

HOUR = 3600
# Period, numerator and denominator of each. Decided in the week: 1 to 5, 7 and 9 on their merits, 6 without.
BY_HAND: dict[str, tuple[str, int, int | None]] = {
    "overturn_rate": (WEEK, 3, 7),
    "full_overturn_rate": (WEEK, 2, 7),
    "round_2_overturn_rate": (WEEK, 1, 1),
    "omitted_share": (WEEK, 1, 8),
    "reversals_per_received": (WEEK, 3, 8),
    "received": (WEEK, 8, None),
    "decided": (WEEK, 7, None),
    "backlog": (WEEK, 2, None),
    "turnaround": (WEEK, 4, 7),  # more than a day: 1, 2, 3 and 9
    "time_to_reinstate": (WEEK, 1, 2),  # more than a day: 5
    "handling_time": (WEEK, 600 + 300 + 120 + 180 + 60 + 240 + 300, 7),
    "not_solely_automated_share": (WEEK, 4, 6),
    "appeal_rate": (BEFORE, 7, 8 + 11),
    "overturned_share": (BEFORE, 3, 8 + 11),
    "appeals_per_enforcement": (BEFORE, 2, 9 + 11),
    "re_appeal_rate": (WEEK, 2, 4),  # upheld in round 1: e1, e3, e5, e8
    # e1 until it was reinstated, e2 until it was reversed, e4 until it was reinstated
    "restricted_hours": (WEEK, (10 * 24 + 2 + 7 * 24 + 8 + 8 * 24 + 12) * HOUR, 3),
    "wrong_overturn_rate": (WEEK, 2, 3),
    "wrong_uphold_rate": (WEEK, 1, 3),
    "wrong_enforcement_rate": (WEEK, 1, 4),
    "handling_accuracy": (WEEK, 4 + 3, 7 + 4),  # right in the end: 1, 5, 6 and 10; e1, e4 and e6
    "dispute_rate": (WEEK, 3, 10 + 6),
    "gold_pass_rate": (WEEK, 5, 7),
    "auditable_cases": (WEEK, 700 + 100 + 650 + 90 + 40 + 3000 + 20 + 3, None),
}


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("ten") / "ten.duckdb"
    make_store(path, ENFORCED, fact="enforcements")
    make_store(path, APPEALED)
    make_store(path, ANSWERED, fact="gold")
    make_store(path, COULD_BE_AUDITED, fact="strata")
    return make_store(path, pd.concat([AUDITED, OF_ENFORCEMENTS]), fact="audits")


def counts(path, name: str, period: str, **asked) -> tuple[int, int | None]:
    [row] = answer(path, "breakdown", period, of=name, **asked).itertuples()
    return row.numerator, None if pd.isna(row.denominator) else row.denominator


def rate(path, name: str) -> float:
    numerator, denominator = counts(path, name, BY_HAND[name][0])
    return numerator / denominator if denominator else numerator


def test_every_metric_that_records_hold_has_its_ten_rows_here():
    assert {len(rows) for rows in (ENFORCED, APPEALED, AUDITED, ANSWERED, COULD_BE_AUDITED)} == {10}
    assert not BY_HAND.keys() & OF_SERVICE.keys()
    assert {*BY_HAND, *OF_SERVICE} == {name for name, found in metrics().items() if found.at}
    assert {name for name, (*_, denominator) in (BY_HAND | OF_SERVICE).items() if denominator is None} == {
        name for name, found in metrics().items() if found.kind in ("count", "stock")
    }


@pytest.mark.parametrize("name", BY_HAND)
def test_a_metric_counts_what_ten_rows_give_by_hand(path, name):
    period, *expected = BY_HAND[name]
    assert list(counts(path, name, period)) == expected


# The popular wrong ways, counted by pandas from the same rows: metric, what somebody else does, what comes out.
IN_WEEK = APPEALED[APPEALED["decided_at"].fillna("") >= "2026-10-05"]
RECEIVED = APPEALED[APPEALED["received_at"] >= "2026-10-05"]
OVERTURNED = ["decision_reversed", "decision_partially_reversed"]
MERITS = [*OVERTURNED, "decision_upheld"]
FIRST = APPEALED[APPEALED["appeal_round"] == "1"]


def hours(until: str) -> float:
    """From the enforcement to that instant of its overturning appeal, on average."""
    both = APPEALED[APPEALED["outcome"].isin(OVERTURNED)].merge(ENFORCED, on="enforcement_id")
    return float((pd.to_datetime(both[until]) - pd.to_datetime(both["enforced_at"])).dt.total_seconds().mean())


def is_in(rows: pd.DataFrame, column: str, *values: str) -> int:
    return int(rows[column].isin(values).sum())


WRONG: list[tuple[str, str, float, Callable[[], float]]] = [
    ("overturn_rate", "reversals per received", 3 / 8, lambda: is_in(IN_WEEK, "outcome", *OVERTURNED) / len(RECEIVED)),
    ("overturn_rate", "of all closed", 3 / 8, lambda: is_in(IN_WEEK, "outcome", *OVERTURNED) / len(IN_WEEK)),
    ("overturn_rate", "partial ones left out", 2 / 7, lambda: is_in(IN_WEEK, "outcome", OVERTURNED[0]) / 7),
    ("full_overturn_rate", "partial ones out of both", 2 / 6,
     lambda: is_in(IN_WEEK, "outcome", OVERTURNED[0]) / is_in(IN_WEEK, "outcome", OVERTURNED[0], "decision_upheld")),
    ("round_2_overturn_rate", "of all decided", 1 / 7,
     lambda: is_in(IN_WEEK[IN_WEEK["appeal_round"] == "2"], "outcome", *OVERTURNED)
     / is_in(IN_WEEK, "outcome", *MERITS)),
    ("omitted_share", "of the received", 1 / 10,
     lambda: is_in(APPEALED, "outcome", "decision_omitted") / len(APPEALED)),
    ("reversals_per_received", "an overturn rate by submission", 2 / 5,
     lambda: is_in(RECEIVED, "outcome", *OVERTURNED) / is_in(RECEIVED, "outcome", *MERITS)),
    ("received", "also earlier ones", 10, lambda: len(APPEALED)),
    ("decided", "also those without a decision", 8, lambda: len(IN_WEEK)),
    ("backlog", "added up over both weeks", 4,
     lambda: is_in(APPEALED, "appeal_id", "1", "3") + int(APPEALED["decided_at"].isna().sum())),
    ("turnaround", "open ones as in time", 4 / 9, lambda: 4 / (7 + int(APPEALED["decided_at"].isna().sum()))),
    ("turnaround", "a day to the second as late", 6 / 7, lambda: (4 + is_in(APPEALED, "appeal_id", "4", "7")) / 7),
    ("time_to_reinstate", "never reinstated as at once", 1 / 3, lambda: 1 / is_in(IN_WEEK, "outcome", *OVERTURNED)),
    ("handling_time", "of all decided on their merits", 1740 / 7,
     lambda: IN_WEEK.loc[IN_WEEK["outcome"].isin(MERITS), "handling_seconds"].astype(float).sum() / 7),
    ("handling_time", "an unknown time as none", 1800 / 8,
     lambda: IN_WEEK["handling_seconds"].astype(float).fillna(0).mean()),
    ("not_solely_automated_share", "unknown as a person", 5 / 7, lambda: 1 - 2 / is_in(IN_WEEK, "outcome", *MERITS)),
    ("not_solely_automated_share", "of all closed", 4 / 7,
     lambda: is_in(IN_WEEK, "decided_by", "human", "human_assisted")
     / int(IN_WEEK["decided_by"].notna().sum())),
    ("appeal_rate", "appeals for enforcements", 10 / 19, lambda: len(APPEALED) / 19),
    ("appeal_rate", "stands_for is not looked at", 7 / 9,
     lambda: APPEALED["enforcement_id"].nunique() / int((ENFORCED["appealable"] != "false").sum())),
    ("appeal_rate", "also what cannot be appealed", 7 / 20, lambda: 7 / (len(ENFORCED) + 10)),
    ("overturned_share", "reversed for any reason", 1 / 19, lambda: int(ENFORCED["reversed_at"].notna().sum()) / 19),
    ("overturned_share", "of the appealed", 3 / 7, lambda: 3 / APPEALED["enforcement_id"].nunique()),
    ("appeals_per_enforcement", "the appeals of the cohort", 10 / 20, lambda: len(APPEALED) / 20),
    ("re_appeal_rate", "of all that were decided", 2 / 6,
     lambda: is_in(APPEALED, "appeal_round", "2") / FIRST.loc[FIRST["outcome"].notna(), "enforcement_id"].nunique()),
    ("re_appeal_rate", "of all that were appealed", 2 / 7,
     lambda: is_in(APPEALED, "appeal_round", "2") / FIRST["enforcement_id"].nunique()),
    ("restricted_hours", "until the decision", hours("decided_at"), lambda: (240 + 170 + 156) * HOUR / 3),
    ("wrong_overturn_rate", "targeted audits too", 3 / 4,
     lambda: is_in(AUDITED[AUDITED["decision"].isin(OVERTURNED)], "verdict", "incorrect")
     / is_in(AUDITED, "decision", *OVERTURNED)),
    ("wrong_overturn_rate", "one error of all audits", 4 / 7,
     lambda: is_in(RANDOM, "verdict", "incorrect") / is_in(RANDOM, "verdict", "incorrect", "correct")),
    ("wrong_uphold_rate", "golden cases and unclear ones too", 2 / 5,
     lambda: is_in(AUDITED[AUDITED["decision"] == "decision_upheld"], "verdict", "incorrect")
     / is_in(AUDITED, "decision", "decision_upheld")),
    ("wrong_enforcement_rate", "targeted audits too", 2 / 5,
     lambda: is_in(OF_ENFORCEMENTS, "verdict", "incorrect")
     / is_in(OF_ENFORCEMENTS, "verdict", "incorrect", "correct")),
    ("wrong_uphold_rate", "unclear ones as right", 1 / 4,
     lambda: 1 / is_in(RANDOM, "decision", "decision_upheld")),
    ("handling_accuracy", "before disputes were settled", 6 / 11,
     lambda: is_in(OF_CHANCE, "verdict", "correct") / is_in(OF_CHANCE, "verdict", "correct", "incorrect")),
    ("handling_accuracy", "targeted audits and gold cases too", 7 / 14,
     lambda: (is_in(EVERY_AUDIT, "verdict", "correct") + 1) / is_in(EVERY_AUDIT, "verdict", "correct", "incorrect")),
    ("dispute_rate", "only those that were settled", 2 / 16,
     lambda: int(EVERY_AUDIT["final_verdict"].notna().sum()) / len(EVERY_AUDIT)),
    ("gold_pass_rate", "cases of unknown truth as failed", 5 / 9,
     lambda: int((IN_TIME["answer"] == IN_TIME["truth"]).sum()) / len(IN_TIME)),
    ("auditable_cases", "cells instead of cases", 9, lambda: is_in(COULD_BE_AUDITED, "cell_id", *"123456789")),
]  # fmt: skip
RANDOM = AUDITED[AUDITED["purpose"] == "random"]
EVERY_AUDIT = pd.concat([AUDITED, OF_ENFORCEMENTS])
OF_CHANCE = EVERY_AUDIT[EVERY_AUDIT["purpose"] == "random"]
IN_TIME = ANSWERED[ANSWERED["answered_at"] < "2026-10-12"]


def test_every_metric_has_a_wrong_way_here():
    assert {name for name, *_ in WRONG} == set(BY_HAND)


@pytest.mark.parametrize(("name", "wrong", "expected", "count"), WRONG, ids=[f"{one[0]}: {one[1]}" for one in WRONG])
def test_a_popular_wrong_way_is_another_number(path, name, wrong, expected, count):
    assert count() == pytest.approx(expected), "what somebody else gets"
    assert rate(path, name) != pytest.approx(expected, rel=1e-3)


def test_the_second_round_is_not_added_to_the_first(path):
    """What was decided in one round was not in the other: rates of rounds have no sum."""
    rounds = answer(path, "breakdown", WEEK, by=("appeal_round",)).set_index("appeal_round")
    assert rounds[["numerator", "denominator"]].to_numpy().tolist() == [[2, 6], [1, 1]]
    assert rounds["numerator"].sum() / rounds["denominator"].sum() == 3 / 7 != rounds["rate"].sum()


def test_appeals_for_each_enforcement_may_exceed_one_and_an_appeal_rate_may_not(tmp_path):
    """A platform published 1,943,822 appeals against 1,293,745 bans of live accounts: 150 %."""
    bans = ENFORCED.head(4).assign(stands_for=None)
    named = pd.array(["e1", "e1", "e1", "e2", "e2", "e4"], dtype="str")
    appealed = decided([("2026-09-30", "GB", "upheld", 6)]).assign(enforcement_id=named)
    path = make_store(make_store(tmp_path / "s.duckdb", appealed), bans, fact="enforcements")
    assert counts(path, "appeals_per_enforcement", BEFORE) == (6, 4)
    assert counts(path, "appeal_rate", BEFORE) == (3, 4)


def test_a_rate_of_a_week_is_no_average_of_its_days(tmp_path):
    busy = [("2026-10-05", "GB", "reversed", 360), ("2026-10-05", "GB", "upheld", 540)]  # Monday: 900 at 40 %
    quiet = [("2026-10-11", "GB", "reversed", 18), ("2026-10-11", "GB", "upheld", 2)]  # Sunday: 20 at 90 %
    path = make_store(tmp_path / "s.duckdb", decided(busy + quiet))
    days = answer(path, "by_day", WEEK)
    assert (days["numerator"] / days["denominator"]).mean() == pytest.approx(0.65)
    [week] = answer(path, "trend", WEEK)["rate"]
    assert week == 378 / 920 == pytest.approx(0.411, abs=5e-4)


def test_a_distribution_is_a_share_beyond_whatever_is_asked(path):
    day = 86400
    late = {
        over: counts(path, "turnaround", WEEK, over=over) for over in (0, day - 1, day, 2 * day - 1, 6 * day, 7 * day)
    }
    assert late == {0: (7, 7), day - 1: (6, 7), day: (4, 7), 2 * day - 1: (3, 7), 6 * day: (0, 7), 7 * day: (0, 7)}

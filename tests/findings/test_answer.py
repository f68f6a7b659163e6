"""An ad-hoc question gets a tidy table with intervals, the text that anyone can run again, and what the numbers are."""

import duckdb
import pandas as pd
import pytest

import appeal_insights as ap
from appeal_insights.errors import (
    BadParameter,
    BadPeriod,
    TooFine,
    UnknownDimension,
    UnknownMetric,
    UnknownQuery,
    UnknownStore,
)
from appeal_insights.findings.answer import query, show_sql
from appeal_insights.periods import period, split
from tests.demo import AFTER, BEFORE, OWN_DECISIONS, appeals, hand_count

SPAN = "2026-W40..2026-W46"
PAIR = {"before": BEFORE, "after": AFTER}
COUNTS = ["numerator", "denominator"]
ASKED = {
    "trend": {"during": SPAN, "by": "market", "where": "policy=misleading_claims"},
    "breakdown": {"during": SPAN, "by": "policy,appellant"},
    "before_after": {**PAIR, "by": "policy"},
    "by_day": {"during": "2026-W46"},
    "known_events": {},
    "loads": {},
    "rejects": {},
}


def run_elsewhere(demo, text, store="demo"):
    """The text in a DuckDB that knows nothing of this package, on the store's file."""
    with duckdb.connect(str(demo.store(store)), read_only=True) as connection:
        return connection.execute(text).df()


@pytest.mark.parametrize("name", ASKED)
def test_the_shown_text_gives_the_same_table_in_any_duckdb_shell(demo, name):
    asked = {"store": "demo", "workspace": demo.root, **ASKED[name]}
    ours, theirs = query(name, **asked), run_elsewhere(demo, show_sql(name, **asked))
    assert len(ours) == len(theirs)
    assert name == "rejects" or len(ours) >= 2
    for column in theirs.columns:
        assert ours[column].astype(str).tolist() == theirs[column].astype(str).tolist(), column


def test_the_shown_text_of_figures_runs_too(demo):
    asked = {"store": "tiktok", "workspace": demo.root, "before": "2025-H2", "after": "2026-H1", "where": OWN_DECISIONS}
    theirs = run_elsewhere(demo, show_sql("before_after", **asked), store="tiktok")
    counts = ["numerator_before", "denominator_before", "numerator_after", "denominator_after"]
    assert theirs[counts].to_numpy().tolist() == [[7114588, 15411338, 7024326, 14589660]]


def test_a_trend_counts_what_the_file_has_week_by_week(demo):
    trend = query("trend", store="demo", during=SPAN, where="market=DE", workspace=demo.root)
    table = appeals(demo.sample / "appeals.csv")
    german = table[table["market"] == "DE"]
    assert list(trend["period_label"]) == [f"2026-W{week}" for week in range(40, 47)]
    assert [tuple(row) for row in trend[COUNTS].to_numpy()] == [
        hand_count(german, week) for week in split(period(SPAN), "week")
    ]


def test_a_breakdown_adds_up_to_the_file(demo):
    breakdown = query("breakdown", store="demo", during=SPAN, by="market", workspace=demo.root)
    assert tuple(breakdown[COUNTS].sum()) == hand_count(appeals(demo.sample / "appeals.csv"), SPAN)
    assert len(breakdown) == 31


def test_every_rate_has_an_interval_around_it(demo):
    trend = query("trend", store="demo", during=SPAN, by="market", workspace=demo.root)
    there, empty = trend[trend["denominator"] > 0], trend[trend["denominator"] == 0]
    assert (there["rate"] == there["numerator"] / there["denominator"]).all()
    assert ((there["low"] <= there["rate"]) & (there["rate"] <= there["high"]) & (there["low"] < there["high"])).all()
    assert empty[["rate", "low", "high"]].isna().all(axis=None)
    pair = query("before_after", store="demo", by="policy", workspace=demo.root, **PAIR)
    assert (pair["change_low"] <= pair["change"]).all()
    assert (pair["change"] <= pair["change_high"]).all()
    assert pair["change"].tolist() == pytest.approx((pair["rate_after"] - pair["rate_before"]).tolist())


def test_the_change_of_the_whole_is_that_of_the_inquiry(demo):
    pair = query("before_after", store="demo", workspace=demo.root, **PAIR).iloc[0]
    change = demo.investigate(by="policy").evidence.change
    assert [pair["change"], pair["change_low"], pair["change_high"]] == pytest.approx(
        [change.change, change.low, change.high]
    )


def test_days_are_those_of_the_market_and_come_with_their_period(demo):
    days = query("by_day", store="demo", during="2026-W46", workspace=demo.root)
    assert list(days["day"]) == list(pd.date_range("2026-11-09", "2026-11-15"))
    table = appeals(demo.sample / "appeals.csv")
    assert [tuple(row) for row in days[COUNTS].to_numpy()] == [
        hand_count(table, f"2026-11-{day:02d}") for day in range(9, 16)
    ]


def test_an_answer_says_what_its_numbers_are(demo):
    asked = {"store": "demo", "during": SPAN, "where": "market=DE,FR", "workspace": demo.root}
    about = query("trend", **asked).attrs["about"]
    assert {name: about[name] for name in ("store", "metric", "periods", "scope", "basis", "as_of")} == {
        "store": "demo",
        "metric": "overturn_rate, version 1",
        "periods": "2026-W40, 2026-W46",
        "scope": "market=DE,FR",
        "basis": "decision",
        "as_of": "2026-11-16T06:00:00Z",
    }
    assert about["fingerprint"].endswith("(31,035 rows)")
    assert about["dispersion"].endswith("over 49 days, and from records that share a cluster")
    earlier = query("trend", **asked, as_of="2026-10-20T00:00:00Z").attrs["about"]
    assert (earlier["as_of"], earlier["fingerprint"] == about["fingerprint"]) == ("2026-10-20T00:00:00Z", False)


def test_dispersion_is_unknown_where_there_are_no_days(demo):
    told = query("before_after", store="tiktok", before="2025-H2", after="2026-H1", workspace=demo.root)
    assert told.attrs["about"]["dispersion"] == "unknown: counting noise only"


def test_a_trend_by_submission_marks_what_has_not_settled(demo):
    told = query("trend", store="demo", during="2026-W41..2026-W44", basis="submission", workspace=demo.root)
    assert list(told["mature"]) == [True, True, False, False]
    assert "mature" not in query("trend", store="demo", during="2026-W41..2026-W44", workspace=demo.root)


def test_as_of_hides_what_was_decided_later(demo):
    then = query("breakdown", store="demo", during="2026-W44", as_of="2026-10-28T00:00:00Z", workspace=demo.root)
    table = appeals(demo.sample / "appeals.csv")
    known = table[table["decided_at"] <= pd.Timestamp("2026-10-28T00:00:00Z")]
    assert tuple(then[COUNTS].iloc[0]) == hand_count(known, "2026-W44")
    assert hand_count(known, "2026-W44")[1] < hand_count(table, "2026-W44")[1] / 2


def test_the_package_offers_the_question_by_its_short_name():
    assert ap.query is query


@pytest.mark.parametrize(
    ("name", "asked", "kind", "says"),
    [
        ("trends", {"during": SPAN}, UnknownQuery, "Did you mean 'trend'?"),
        ("trend", {}, BadParameter, "wants to know when"),
        ("trend", {"during": SPAN, "every": "wek"}, BadParameter, "Did you mean 'week'?"),
        ("trend", {"during": "2026-10-01..2026-10-20", "every": "week"}, BadPeriod, "whole periods of one week"),
        ("trend", {"during": "this week"}, BadPeriod, "Cannot read the period"),
        ("trend", {"during": SPAN, "by": "polcy"}, UnknownDimension, "Did you mean 'policy'?"),
        ("trend", {"during": SPAN, "by": "policy,policy"}, BadParameter, "named twice"),
        ("breakdown", {"during": SPAN, "metric": "overturn"}, UnknownMetric, "overturn_rate"),
        ("breakdown", {"during": SPAN, "where": "market=XX"}, BadParameter, "No market 'XX'"),
        ("breakdown", {"during": SPAN, "basis": "appeal"}, BadParameter, "decision, submission, enforcement"),
        ("before_after", {"before": BEFORE}, BadParameter, "compares two periods"),
        ("breakdown", {"during": SPAN, "store": "demos"}, UnknownStore, "Did you mean 'demo'?"),
        ("trend", {"during": "2026-H1", "store": "tiktok", "every": "month"}, TooFine, "a month is finer"),
        ("by_day", {"during": "2026-H1", "store": "tiktok"}, TooFine, "no days"),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused_with_what_can(demo, name, asked, kind, says):
    for way in (query, show_sql):
        if (name, way) == ("by_day", show_sql):
            continue
        with pytest.raises(kind) as refused:
            way(name, **{"store": "demo", "workspace": demo.root, **asked})
        assert says in refused.value.message

"""Audits by day and stratum, the cases behind them and gold answers of auditors, as estimates and alarms need them."""

from datetime import date, datetime

import pandas as pd
import pytest

from appeal_insights.analysis.audits import estimate_accuracy
from appeal_insights.errors import BadParameter, UnknownDimension, UnknownStore
from appeal_insights.metrics.audited import audited
from appeal_insights.records.store import Store
from tests.helpers import decided, make_store, table

SPAN = {"start": date(2026, 10, 5), "end": date(2026, 10, 12)}
# day, market, policy, stratum, site, subject_type, purpose, verdict, how many
AUDITS = table("""
    day   | market | policy | stratum | site | subject_type | purpose  | verdict   | times
    10-05 | GB     | scams  | easy    | s1   | appeal       | random   | correct   | 9
    10-05 | GB     | scams  | easy    | s1   | appeal       | random   | incorrect | 1
    10-05 | GB     | scams  | hard    | s2   | appeal       | random   | correct   | 6
    10-05 | GB     | scams  | hard    | s2   | appeal       | random   | incorrect | 4
    10-06 | GB     | scams  | hard    | s1   | appeal       | random   | unclear   | 3
    10-06 | FR     | scams  | easy    | s1   | appeal       | random   | correct   | 2
    10-06 | FR     | scams  | easy    | s1   | appeal       | targeted | incorrect | 5
    10-07 | FR     | nudity | easy    | s1   | enforcement  | random   | incorrect | 1
    10-12 | GB     | scams  | easy    | s1   | appeal       | random   | correct   | 7
""")
CELLS = table("""
    cell_id | decided_at | subject_type | market | policy | stratum | site | cases
    c1      | 2026-10-05 | appeal       | GB     | scams  | easy    | s1   | 900
    c2      | 2026-10-05 | appeal       | GB     | scams  | hard    | s2   | 100
    c3      | 2026-10-06 | appeal       | FR     | scams  | easy    | s1   | 50
    c4      | 2026-10-06 | appeal       | FR     | scams  | easy    | s2   | 20
    c5      | 2026-10-06 | appeal       | FR     | scams  | hard    | s1   | 0
    c6      | 2026-10-07 | enforcement  | FR     | nudity | easy    | s1   | 4000
    c7      | 2026-10-12 | appeal       | GB     | scams  | easy    | s1   | 800
""")
ANSWERS = table("""
    answer_id | item_id | rater | role     | market | truth | answer | answered_at
    a1        | i1      | Q-01  | auditor  | GB     | wrong | wrong  | 2026-10-05T12:00:00Z
    a2        | i2      | Q-02  | auditor  | GB     | right | wrong  | 2026-10-05T12:00:00Z
    a3        | i2      | Q-03  | auditor  | FR     | right | right  | 2026-10-06T12:00:00Z
    a4        | i3      | Q-03  | auditor  | FR     |       | right  | 2026-10-06T12:00:00Z
    a5        | i1      | R-001 | reviewer | GB     | wrong | right  | 2026-10-05T12:00:00Z
""")


def audits() -> pd.DataFrame:
    rows = AUDITS.loc[AUDITS.index.repeat(AUDITS["times"].astype(int))].drop(columns="times").reset_index(drop=True)
    noon = "2026-" + rows.pop("day") + "T12:00:00Z"
    return rows.assign(audit_id=[f"q{n}" for n in rows.index], subject_id="x", decision="enforced", decided_at=noon,
                       audited_at=noon)  # fmt: skip


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = make_store(tmp_path_factory.mktemp("audited") / "s.duckdb", audits(), fact="audits")
    make_store(path, CELLS, fact="strata")
    return make_store(path, ANSWERS, fact="gold")


def listed(found: pd.DataFrame) -> list[list]:
    return [[f"{row[0]:%m-%d}", *row[1:]] for row in found.itertuples(index=False, name=None)]


def test_audits_drawn_by_chance_are_counted_by_day_series_and_stratum(path):
    with Store(path) as store:
        found = audited(store, **SPAN, by=["market", "policy"])
    assert list(found.counts.columns) == ["day", "market", "policy", "stratum", "audited", "correct"]
    assert sorted(listed(found.counts)) == [
        ["10-05", "GB", "scams", "easy", 10, 9],
        ["10-05", "GB", "scams", "hard", 10, 6],
        ["10-06", "FR", "scams", "easy", 2, 2],
    ]
    assert sorted(listed(found.volume)) == [
        ["10-05", "GB", "scams", "easy", 900],
        ["10-05", "GB", "scams", "hard", 100],
        ["10-06", "FR", "scams", "easy", 70],
    ]


def test_gold_answers_are_those_of_auditors_to_cases_of_known_truth(path):
    with Store(path) as store:
        assert sorted(listed(audited(store, **SPAN, by=["policy"]).gold)) == [
            ["10-05", "GB", 2, 1], ["10-06", "FR", 1, 1],
        ]  # fmt: skip
        assert listed(audited(store, **SPAN, by=["policy"], where={"market": ["GB"]}).gold) == [["10-05", "GB", 2, 1]]


def test_an_estimate_from_them_weights_every_stratum_by_its_cases(path):
    with Store(path) as store:
        found = audited(store, **SPAN, by=["market"], where={"market": ["GB"]})
    both = found.counts.merge(found.volume).rename(columns={"volume": "population"})
    both = both.groupby(["market", "stratum"], as_index=False)[["population", "audited", "correct"]].sum()
    [row] = estimate_accuracy(both, stratum="stratum", by=["market"]).itertuples()
    assert row.accuracy == pytest.approx(0.9 * 0.9 + 0.1 * 0.6)
    assert row.unweighted == pytest.approx(15 / 20)


def test_a_scope_and_a_kind_of_decision_hold_for_audits_and_cases_alike(path):
    with Store(path) as store:
        there = audited(store, **SPAN, by=["market"], where={"site": ["s1"]})
        enforced = audited(store, **SPAN, by=["market"], subject_type="enforcement")
    assert there.counts["audited"].tolist() == [2, 10]
    assert there.volume["volume"].tolist() == [50, 900]
    assert listed(enforced.counts) == [["10-07", "FR", "easy", 1, 0]]
    assert listed(enforced.volume) == [["10-07", "FR", "easy", 4000]]


def test_the_days_after_the_span_and_what_was_not_known_yet_are_left_out(path):
    with Store(path) as store:
        later = audited(store, start=date(2026, 10, 12), end=date(2026, 10, 13), by=["market"])
        early = audited(store, **SPAN, by=["market"], as_of=datetime(2026, 10, 5, 18))
    assert listed(later.counts) == [["10-12", "GB", "easy", 7, 7]]
    assert listed(later.volume) == [["10-12", "GB", "easy", 800]]
    assert later.gold is None
    assert early.counts["audited"].tolist() == [10, 10]
    assert early.volume["volume"].tolist() == [900, 100]
    assert listed(early.gold) == [["10-05", "GB", 2, 1]]


def test_a_span_far_longer_than_the_audits_costs_nothing_and_says_the_same(path):
    with Store(path) as store:
        long = audited(store, start=date(1990, 1, 1), end=date(2040, 1, 1), by=["market"])
        assert [one.rows for one in store.asked if one.what == "trend"] == [8 * 4], "days by markets and strata"
    assert listed(long.volume) == [
        ["10-06", "FR", "easy", 70], ["10-05", "GB", "easy", 900], ["10-12", "GB", "easy", 800],
        ["10-05", "GB", "hard", 100],
    ]  # fmt: skip


def test_where_nobody_wrote_down_the_strata_all_audits_are_of_one(tmp_path):
    path = make_store(tmp_path / "s.duckdb", audits().drop(columns="stratum"), fact="audits")
    with Store(path) as store:
        found = audited(store, **SPAN, by=["market", "stratum"])
        assert (found.volume, found.gold) == (None, None)
    assert listed(found.counts) == [["10-06", "FR", "(blank)", 2, 2], ["10-05", "GB", "(blank)", 20, 15]]
    make_store(path, CELLS, fact="strata")
    with Store(path) as store:
        found = audited(store, **SPAN, by=["market"])
    assert listed(found.volume) == [["10-06", "FR", "(blank)", 70], ["10-05", "GB", "(blank)", 1000]]


def test_answers_of_reviewers_alone_say_nothing_of_auditors(tmp_path):
    path = make_store(tmp_path / "s.duckdb", audits(), fact="audits")
    make_store(path, ANSWERS[ANSWERS["role"] == "reviewer"], fact="gold")
    with Store(path) as store:
        assert audited(store, **SPAN, by=["market"]).gold is None


def test_auditors_of_no_market_stand_for_all_of_them(tmp_path):
    path = make_store(tmp_path / "s.duckdb", audits(), fact="audits")
    make_store(path, ANSWERS.drop(columns="market"), fact="gold")
    with Store(path) as store:
        gold = audited(store, **SPAN, by=["market"]).gold
    assert listed(gold) == [["10-05", 2, 1], ["10-06", 1, 1]]


def test_what_a_store_cannot_answer_is_said(path, tmp_path):
    with Store(path) as store:
        with pytest.raises(UnknownDimension, match=r"No dimension 'marke'\. Did you mean 'market'\?"):
            audited(store, **SPAN, by=["marke"])
        with pytest.raises(BadParameter, match="ticket"):
            audited(store, **SPAN, by=["market"], subject_type="ticket")
    without = make_store(tmp_path / "s.duckdb", decided([("2026-10-05", "GB", "upheld", 1)]))
    with Store(without) as store, pytest.raises(UnknownStore, match="holds no audits"):
        audited(store, **SPAN, by=["market"])

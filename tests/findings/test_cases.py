"""The records behind a number: as many as the metric counts, the same sample again, and for an analyst only."""

import pandas as pd
import pytest

import appeal_insights as ap
from appeal_insights.errors import AppealInsightsError, BadParameter, EmptyPeriod, TooFine
from appeal_insights.findings.cases import MOST, cases, listable
from appeal_insights.findings.shown import EXHIBIT
from appeal_insights.findings.view import View
from appeal_insights.records.contract import all_facts, contract
from tests.demo import AFTER
from tests.helpers import decided, english_left, make_store

CASES = [("2026-11-02", "DE", "reversed", 3), ("2026-11-03", "DE", "upheld", 5), ("2026-11-03", "FR", "upheld", 4)]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    root = tmp_path_factory.mktemp("cases")
    (root / "notebooks").mkdir()
    make_store(root / "data" / "store" / "few.duckdb", decided(CASES, policy="=1+1", queue="live"))
    return root


@pytest.fixture
def few(place):
    return lambda **asked: cases(
        workspace=place, **{"store": "few", "during": "2026-W45", "audience": "analyst", **asked}
    )


def test_the_parts_of_a_number_are_the_records_that_it_counted(few):
    every, hits, rest = (few(part=part) for part in ("denominator", "numerator", "rest"))
    assert (every.found, hits.found, rest.found) == (12, 3, 9)
    assert set(hits.table["record"]) == {"a0", "a1", "a2"}
    assert {*hits.table["record"], *rest.table["record"]} == set(every.table["record"])
    assert not set(hits.table["record"]) & set(rest.table["record"])
    assert hits.table["in_numerator"].all()
    assert not rest.table["in_numerator"].any()


@pytest.mark.parametrize("metric", ["overturn_rate", "full_overturn_rate", "round_2_overturn_rate"])
@pytest.mark.parametrize("where", ["", "market=DE,FR; queue=live"])
def test_there_are_as_many_as_the_metric_counts(demo, metric, where):
    asked = {"store": "demo", "during": AFTER, "where": where, "metric": metric, "workspace": demo.root}
    row = ap.query("breakdown", **asked).iloc[0]
    for part in ("numerator", "denominator"):
        found = cases(**asked, part=part, audience="analyst", most=MOST)
        assert found.found == len(found.table) == row[part]
        assert found.table["record"].is_unique


def test_the_newest_come_first_and_a_longer_list_begins_with_the_shorter(few):
    short, long = few(most=4), few(most=9)
    assert short.table["happened_at"].is_monotonic_decreasing
    assert list(short.table["record"]) == list(long.table["record"].head(4))
    assert (len(short.table), short.found) == (4, 12)
    assert short.exhibits()[0].notes[0] == "The newest 4 of 12 records."


def test_a_sample_is_drawn_again_by_its_seed_and_another_seed_draws_others(demo):
    def drawn(**asked):
        found = cases(store="demo", during=AFTER, sampled=True, audience="analyst", workspace=demo.root, **asked)
        return list(found.table["record"])

    assert drawn(most=50) == drawn(most=50) == drawn(most=200)[:50]
    assert len(set(drawn(most=50)) & set(drawn(most=50, seed=2))) < 10
    assert cases(store="demo", during=AFTER, part="rest", sampled="yes", most=20, audience="analyst",
                 workspace=demo.root).table["in_numerator"].sum() == 0  # fmt: skip


def test_the_columns_are_those_chosen_in_their_order_and_none_names_a_person(few):
    found = few(columns="market,record,outcome,decided_on", part="numerator")
    assert list(found.table) == ["market", "record", "outcome", "decided_on"]
    assert set(found.table["outcome"]) == {"decision_reversed"}
    for fact in all_facts():
        assert not set(listable(contract(fact))) & set(contract(fact).persons)


def test_of_audits_no_reviewer_is_listed(demo):
    asked = {"store": "quality", "metric": "handling_accuracy", "during": "2026", "audience": "analyst"}
    with pytest.raises(BadParameter, match="names persons"):
        cases(**asked, columns="reviewer", workspace=demo.root)
    found = cases(**asked, most=5, workspace=demo.root)
    assert "reviewer" not in found.known


def test_a_stakeholder_is_told_why_there_is_no_list(place):
    with pytest.raises(BadParameter, match="could point at a person") as caught:
        cases(store="few", during="2026-W45", workspace=place)
    assert "可能指向个人" in caught.value.say("zh-CN")
    assert english_left(caught.value.say("zh-CN")) == []


@pytest.mark.parametrize(
    ("asked", "kind", "says"),
    [
        ({"during": ""}, BadParameter, "Which period"),
        ({"during": "2026-W02"}, EmptyPeriod, "Nothing was counted in 2026-W02"),
        ({"columns": "markt"}, BadParameter, "Did you mean 'market'"),
        ({"part": "numerators"}, BadParameter, "Did you mean 'numerator'"),
        ({"most": 0}, BadParameter, "from 1 to 10000"),
        ({"most": "1e9"}, BadParameter, "from 1 to 10000"),
        ({"most": True}, BadParameter, "from 1 to 10000"),
        ({"seed": "one"}, BadParameter, "no whole number"),
        ({"sampled": "maybe"}, BadParameter, "sampled"),
        ({"where": "markt=DE"}, AppealInsightsError, "Did you mean 'market'"),
        ({"metric": "received"}, BadParameter, "records shows"),
    ],
)
def test_what_cannot_be_listed_is_met_with_a_sentence(few, asked, kind, says):
    with pytest.raises(kind, match=says):
        few(**asked)


def test_counted_figures_have_no_records_to_list(demo):
    with pytest.raises(TooFine, match="holds counted figures"):
        cases(store="tiktok", during="2026-H1", audience="analyst", workspace=demo.root)


def test_a_part_with_nothing_in_it_says_so(tmp_path):
    (tmp_path / "notebooks").mkdir()
    make_store(tmp_path / "data" / "store" / "few.duckdb", decided([("2026-11-02", "DE", "upheld", 3)]))
    found = cases(store="few", during="2026-W45", part="numerator", audience="analyst", workspace=tmp_path)
    assert (found.found, len(found.table)) == (0, 0)
    assert "no such record" in found.exhibits()[0].notes[0]


def test_a_view_travels_and_lists_the_same_records(place, few, monkeypatch):
    found = few(part="rest", columns="record,market", sampled=True, seed=7, most=5, where="market=DE")
    again = View.from_token(found.view.token())
    other = cases(**again.arguments(), audience="analyst", workspace=place)
    pd.testing.assert_frame_equal(other.table, found.table)
    monkeypatch.chdir(place)
    *_, call = found.view.code().splitlines()
    pd.testing.assert_frame_equal(eval(call, {"ap": ap}).table, found.table)


def test_it_shows_itself_in_both_languages_and_draws_no_more_rows_than_are_read(demo):
    found = cases(store="demo", during=AFTER, audience="analyst", language="both", workspace=demo.root)
    english, chinese = [bundle[EXHIBIT] for bundle in found.bundles() if EXHIBIT in bundle]
    assert len(english["table"]["rows"]) == len(chinese["table"]["rows"]) == 200
    assert english["title"].startswith("500 of 3,828 records · Overturn rate")
    assert [english_left(note) for note in (chinese["title"], *chinese["notes"])] == [[]] * (1 + len(chinese["notes"]))
    assert found.texts("zh-CN").shape == (500, len(found.columns))

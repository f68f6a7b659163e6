"""Accuracy asked by hand: what the estimator gives of the counted audits, plans that published formulas agree with."""

import pandas as pd
import pytest

import appeal_insights as ap
from appeal_insights.errors import AppealInsightsError
from appeal_insights.findings.planned import accuracy, asked_of
from appeal_insights.findings.planned_counted import RANDOM, plan, read_costs
from appeal_insights.findings.view import View
from tests.helpers import english_left

SPAN = "2026-W43..2026-W46"
STRATA = pd.DataFrame({"stratum": ["easy", "hard"], "population": [8000, 2000], "accuracy": [0.96, 0.8]})
WHOLE = {"accuracy": 0.928, "audited": 500, "correct": 464, "population": 10_000}


@pytest.fixture(scope="module")
def seen(demo):
    return accuracy(store="quality", by="market,policy", language="both", workspace=demo.root)


def table(exhibit):
    keys = [key for key, _, _ in exhibit.cells.columns]
    return [dict(zip(keys, row, strict=True)) for row in exhibit.cells.rows]


def test_the_newest_four_whole_weeks_are_looked_at_where_none_are_named(seen, demo):
    assert seen.planned.span.label == SPAN
    named = accuracy(store="quality", by="market,policy", during=SPAN, workspace=demo.root)
    assert named.planned.whole == seen.planned.whole


def test_the_audits_of_the_segments_add_up_to_those_of_the_whole(seen):
    rows = seen.planned.segments
    assert rows["audited"].sum() == seen.planned.whole["audited"]
    assert rows["correct"].sum() == seen.planned.whole["correct"]
    assert rows["audited"].is_monotonic_decreasing


def test_a_filter_is_the_same_as_the_row_of_the_segment(seen, demo):
    [row] = [one for one in seen.planned.segments.to_dict("records") if one["segment"] == "GB · misleading_claims"]
    held = accuracy(store="quality", where="market=GB; policy=misleading_claims", workspace=demo.root).planned.whole
    assert (held["audited"], held["correct"]) == (row["audited"], row["correct"])
    # Cases of strata are counted from the first day with audits to the last, and those of one segment may be fewer.
    for name in ("accuracy", "low", "high"):
        assert held[name] == pytest.approx(row[name], abs=1e-3)


def test_the_plan_is_what_neyman_gives_for_equal_and_for_unequal_costs():
    alike = plan(STRATA, WHOLE, change=0.02, costs={})
    dear = plan(STRATA, WHOLE, change=0.02, costs={"hard": 4.0})
    # n_h as N_h s_h / sqrt(c_h): a cost four times as high halves the hard ones against the easy ones.
    ratios = [float(one["audits"].iloc[1] / one["audits"].iloc[0]) for one in (alike, dear)]
    assert ratios[0] / ratios[1] == pytest.approx(2, rel=0.01)
    assert dear["costs"].tolist() == [dear["audits"].iloc[0], 4 * dear["audits"].iloc[1]]
    spent = float((alike["audits"] * [1.0, 4.0]).sum())
    assert dear["costs"].sum() < spent  # the plan that knows the costs is the cheaper one


def test_without_strata_the_plan_is_fleiss_for_audits_at_random():
    # 2,213 a side for 95 % against 93 %; nine of nine with half an error is 9.5 of 10.
    whole = {"accuracy": 1.0, "audited": 9, "correct": 9, "population": 9}
    found = plan(STRATA.iloc[:0], whole, change=0.02, costs={RANDOM: 2.0})
    assert found["audits"].tolist() == [2213]
    assert found["costs"].tolist() == [2 * found["audits"].iloc[0]]


def test_a_smaller_change_wants_more_audits_and_the_findable_one_about_those_there_were(seen, demo):
    found = [
        accuracy(store="quality", lift=lift, workspace=demo.root).planned.plan["audits"].sum() for lift in ("1", "2")
    ]
    assert 3.5 < found[0] / found[1] < 4.5  # about by the square
    findable = 100 * seen.planned.whole["findable"]
    planned = accuracy(store="quality", lift=f"{findable:.2f}", workspace=demo.root).planned
    assert planned.plan["audits"].sum() <= 1.1 * planned.whole["effective_n"]


def test_persons_are_for_analysts_and_sites_for_everybody(seen, demo):
    english = {one.id: one for one in seen.funnel.parts if one.language == "en"}
    assert english["funnel_reviewers"].cells is None
    assert english["funnel_auditors"].cells is None
    assert english["funnel_sites"].cells is not None
    analyst = accuracy(store="quality", audience="analyst", workspace=demo.root)
    known = {one.id: one for one in analyst.funnel.parts}
    assert len(known["funnel_reviewers"].cells.rows) > 10


def test_a_segment_of_few_audits_is_shown_to_an_analyst_alone(demo):
    asked = {"store": "demo", "by": "market", "workspace": demo.root}
    analyst, public = accuracy(audience="analyst", **asked), accuracy(**asked)
    small = set(analyst.planned.segments.query("audited < 10")["segment"])
    assert small
    shown = {row["series"] for row in table(public.estimates.parts[0])}
    assert not shown & small
    assert small <= {row["series"] for row in table(analyst.estimates.parts[0])}
    assert any("left out" in note for note in public.estimates.parts[0].notes)
    one_day = accuracy(during="2026-11-14", where="market=DE", **{"store": "demo", "workspace": demo.root})
    assert not one_day.planned.enough
    assert one_day.estimates.parts[0].cells is one_day.plan.parts[0].cells is None


def test_a_view_says_what_was_asked_and_its_code_gives_the_same(demo, monkeypatch):
    asked = {"by": "market", "where": "policy=counterfeit", "lift": "1", "costs": "hard=2", "part": "plan"}
    found = accuracy(store="quality", workspace=demo.root, **asked)
    again = View.from_token(found.view.token())
    assert asked_of(again) == found.asked
    monkeypatch.chdir(demo.root)
    run = eval(found.view.code().splitlines()[-1], {"ap": ap})
    assert run.planned.whole == found.planned.whole
    assert run.exhibits()[0].id == "plan"


def test_the_chinese_part_is_chinese(seen):
    parts = [*seen.estimates.parts, *seen.plan.parts, *seen.funnel.parts]
    for one in parts:
        if one.language == "zh-CN":
            assert [text for text in (one.title, one.alt, *one.notes) if english_left(text)] == []


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"during": "2020"}, "was audited"),
        ({"by": "markt"}, "market"),
        ({"by": "market,policy,queue"}, "two"),
        ({"where": "market=XX"}, "XX"),
        ({"lift": "0"}, "above 0"),
        ({"lift": "99"}, "below the accuracy"),
        ({"costs": "hrd=2"}, "Did you mean 'hard'"),
        ({"costs": "hard=free"}, "above 0"),
        ({"part": "fun"}, "funnel"),
    ],
)
def test_mistakes_are_met_with_what_would_work(demo, wrong, says):
    with pytest.raises(AppealInsightsError, match=says):
        accuracy(store="quality", workspace=demo.root, **wrong)


def test_a_store_without_audits_is_said_to_have_none(demo):
    with pytest.raises(AppealInsightsError, match="no audits"):
        accuracy(store="tiktok", workspace=demo.root)


def test_costs_are_read_as_they_are_typed():
    assert read_costs("hard=2; easy=0.5") == {"hard": 2.0, "easy": 0.5} == read_costs({"hard": 2, "easy": 0.5})
    assert read_costs("") == {}

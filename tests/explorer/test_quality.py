"""Accuracy without a browser: controls are set as a reader would, and what shows is `accuracy`."""

import pytest

from appeal_insights.errors import AppealInsightsError
from appeal_insights.explorer.overview import open_view
from appeal_insights.explorer.quality import QualityExplorer, explore_quality
from appeal_insights.findings.planned import PARTS, accuracy
from appeal_insights.findings.view import View
from tests.helpers import english_left

ESTIMATES, FUNNEL, PLAN = range(len(PARTS))


@pytest.fixture
def explorer(demo):
    return explore_quality("quality", workspace=demo.root)


def choose(explorer, **chosen):
    for name, value in chosen.items():
        getattr(explorer.controls, name).value = value


def test_it_opens_with_the_newest_four_whole_weeks(explorer, demo):
    theirs = accuracy(store="quality", workspace=demo.root)
    assert explorer.controls.during.value == theirs.planned.span.label == "2026-W43..2026-W46"
    assert explorer.seen.planned.whole == theirs.planned.whole
    assert theirs.estimates.parts[0].notes[0] in explorer.results.text
    assert len(explorer.results.pictures) == 1


def test_a_dimension_and_a_filter_change_what_is_asked(explorer, demo):
    choose(explorer, by="policy", also="market")
    explorer.controls.filters.filter.value = "market"
    explorer.controls.filters.values.value = ("GB", "DE")
    theirs = accuracy(store="quality", by="policy,market", where="market=GB,DE", workspace=demo.root)
    assert explorer.seen.planned.segments.equals(theirs.planned.segments)
    assert {"DE", "GB"} == set(explorer.seen.planned.segments["market"])
    choose(explorer, by="")
    assert explorer.asked.by == ""
    assert explorer.controls.also.disabled


def test_persons_are_compared_once_their_tab_is_open(demo):
    explorer = explore_quality("quality", audience="analyst", workspace=demo.root)
    assert "with_units" not in explorer.seen.__dict__
    explorer.results.tabs.selected_index = FUNNEL
    assert "with_units" in explorer.seen.__dict__
    assert len(explorer.results.pictures) == 3  # reviewers, sites, auditors
    public = explore_quality("quality", part="funnel", workspace=demo.root)
    assert len(public.results.pictures) == 1
    assert "Persons are shown to analysts only" in public.results.text


def test_the_planner_follows_the_fall_and_the_costs(explorer):
    explorer.results.tabs.selected_index = PLAN
    assert "a fall of 2.00 points" in explorer.results.text
    choose(explorer, lift="1", costs="hard=3")
    assert "a fall of 1.00 points" in explorer.results.text
    costs = explorer.seen.planned.plan.set_index("stratum")["cost"]
    assert (costs["hard"], costs["easy"]) == (3, 1)


@pytest.mark.parametrize(
    ("chosen", "says"),
    [
        ({"during": "2020"}, "was audited"),
        ({"during": "last wek"}, "Cannot read the period"),
        ({"lift": "-3"}, "above 0"),
        ({"lift": "95"}, "below the accuracy"),
        ({"costs": "hrd=3"}, "Did you mean"),
    ],
)
def test_a_mistake_is_met_with_a_sentence_and_the_next_choice_brings_it_back(explorer, chosen, says):
    [name] = chosen
    was = getattr(explorer.controls, name).value
    choose(explorer, **chosen)
    assert says in explorer.results.instead.value
    assert explorer.seen is None
    assert explorer.results.pictures == []
    choose(explorer, **{name: was})
    assert explorer.results.instead.value == ""
    assert len(explorer.results.pictures) == 1


def test_a_store_without_audits_gets_a_sentence(demo):
    explorer = explore_quality("tiktok", workspace=demo.root)
    assert "no audits" in explorer.results.instead.value
    with pytest.raises(AppealInsightsError):
        explore_quality("quality", audience="all", workspace=demo.root)


def test_a_view_travels_and_another_kind_is_refused(explorer, demo):
    choose(explorer, by="market", lift="1")
    explorer.results.tabs.selected_index = PLAN
    token = explorer.view.token()
    other = explore_quality("quality", view=token, workspace=demo.root)
    assert other.asked == explorer.asked
    assert other.results.text == explorer.results.text
    assert explorer.frame.parts["link"].text.value == token
    assert explorer.frame.parts["code"].text.value == explorer.view.code() == repr(explorer)
    with pytest.raises(AppealInsightsError):
        other.frame.open(View("metric", {"store": "quality"}).token())
    wrong = View("quality", {"by": "markt", "lift": "7"})
    with pytest.raises(AppealInsightsError):
        other.show(wrong)
    assert other.asked == explorer.asked


def test_another_language_says_the_same_without_asking_again(explorer):
    found = explorer.seen.planned
    choose(explorer, language="zh-CN")
    assert explorer.seen.planned is found
    assert english_left(explorer.results.text.split("<table>")[0]) == []
    assert explorer.results.tabs.titles == ("准确率", "人员与站点", "质检计划")
    choose(explorer, language="both")
    assert len(explorer.results.pictures) == 2


def test_a_view_opens_in_the_explorer_of_its_kind_and_nothing_opens_nothing(explorer, demo):
    opened = open_view(explorer.view.token(), workspace=demo.root)
    assert isinstance(opened, QualityExplorer)
    assert opened.place.store == "quality"
    assert opened.asked == explorer.asked
    for kind in ("metric", "compare", "cases"):
        found = open_view(View(kind, {"store": "demo"}).token(), audience="analyst", workspace=demo.root)
        assert found.view.kind == kind
    assert list(open_view("", workspace=demo.root).bundles()) == []


def test_a_mistyped_view_or_one_of_a_store_that_is_not_here_is_a_sentence(explorer, demo):
    for wrong in (explorer.view.token()[:-1] + "x", View("quality", {"store": "gone"}).token()):
        [english, chinese] = open_view(wrong, language="both", workspace=demo.root).parts
        assert english.notes[0]
        assert english_left(chinese.notes[0]) == []

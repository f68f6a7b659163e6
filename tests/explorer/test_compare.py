"""The comparison without a browser: controls are set as a reader would, bars clicked, and what shows is `compare`."""

import pytest

from appeal_insights.errors import AppealInsightsError
from appeal_insights.explorer.compare import explore_comparison
from appeal_insights.explorer.compare_results import CAUSES, NOISE, PARTS
from appeal_insights.findings.compared import compare
from appeal_insights.findings.kept import kept
from appeal_insights.findings.view import View
from tests.demo import AFTER, BEFORE
from tests.helpers import english_left


@pytest.fixture
def explorer(demo):
    return explore_comparison(workspace=demo.root, before=BEFORE, after=AFTER, by="market", audience="analyst")


def choose(explorer, **chosen):
    for name, value in chosen.items():
        getattr(explorer.controls, name).value = value


def hold(filters, dimension, *values):
    filters.filter.value = dimension
    filters.values.value = values


def click(explorer, tab, place):
    """A click on a row of the chart in a tab, as the page sends it."""
    [picture] = explorer.results.drawn[tab].pictures
    picture._take_click(picture, {"clicked": {"place": place, "label": "whatever it is called"}}, None)


def test_it_opens_with_the_newest_complete_weeks_against_those_before(demo):
    explorer = explore_comparison(workspace=demo.root)
    assert (explorer.asked.before, explorer.asked.after) == ("2026-W39..2026-W42", "2026-W43..2026-W46")
    theirs = compare(store="demo", before="2026-W39..2026-W42", after="2026-W43..2026-W46", workspace=demo.root)
    assert explorer.seen.evidence.counts == theirs.evidence.counts
    assert theirs.summary.parts[0].notes[0].split(":")[0] in explorer.results.summary.value
    assert explorer.results.instead.value == ""


def test_a_click_on_a_bar_looks_into_its_segment_and_back_comes_out(explorer):
    clicked = explorer.seen.at(3, causes=False)
    click(explorer, PARTS, 3)
    assert explorer.seen.breadcrumb == [{"market": [clicked]}]
    assert explorer.controls.by.value == explorer.seen.asked.by != "market"
    assert [f"Market: {clicked}" in explorer.results.steps.children[-1].value, explorer.results.back.disabled] == [1, 0]
    explorer.results.back.click()
    assert (explorer.seen.breadcrumb, explorer.controls.by.value) == ([], "market")
    assert explorer.results.back.disabled


def test_the_first_and_the_last_row_of_the_chart_and_its_mix_are_no_segments(explorer):
    for place in (0, 1, 99):
        click(explorer, PARTS, place)
        assert explorer.seen.breadcrumb == []


def test_the_list_does_what_a_click_does_for_who_has_no_mouse(explorer):
    chosen = explorer.results.drawn[PARTS]
    assert [value for _, value in chosen.list.options] == explorer.seen.segments
    chosen.button.click()
    assert explorer.seen.breadcrumb == []
    chosen.list.value = "DE"
    chosen.button.click()
    assert explorer.seen.breadcrumb == [{"market": ["DE"]}]


def test_every_place_of_the_way_is_a_button(explorer):
    for row in ("DE", "visibility"):
        explorer.controls.by.value = "market" if row == "DE" else "complaint_type"
        explorer.drill(row)
    assert explorer.seen.breadcrumb == [{"market": ["DE"]}, {"complaint_type": ["visibility"]}]
    first, second, _ = explorer.results.steps.children
    assert (first.tooltip, second.tooltip) == ("Go back to: All records", "Go back to: Market: DE")
    second.click()
    assert explorer.seen.breadcrumb == [{"market": ["DE"]}]
    explorer.results.steps.children[0].click()
    assert explorer.seen.breadcrumb == []


def test_causes_are_searched_for_when_their_tab_is_opened_and_one_can_be_looked_into(explorer):
    assert "searched" not in explorer.seen.__dict__
    explorer.results.tabs.selected_index = CAUSES
    causes = explorer.seen.searched.search.causes.causes
    assert len(explorer.results.drawn[CAUSES].list.options) == len(causes)
    click(explorer, CAUSES, 1)
    assert explorer.seen.breadcrumb[0] in [{name: [of] for name, of in each.segment.items()} for each in causes]
    assert explorer.results.tabs.selected_index == PARTS
    explorer.results.tabs.selected_index = NOISE
    assert "within noise" in explorer.results.drawn[NOISE]._text.value


def test_two_groups_are_chosen_by_filters(explorer, demo):
    choose(explorer, kind="groups")
    assert "Which group" in explorer.results.instead.value
    choose(explorer, during=AFTER)
    hold(explorer.controls.filters, "market", "DE")
    rest = compare(store="demo", during=AFTER, where="market=DE", workspace=demo.root, audience="analyst")
    assert explorer.seen.evidence.counts == rest.evidence.counts
    hold(explorer.controls.others, "market", "FR")
    other = compare(store="demo", during=AFTER, where="market=DE", against="market=FR", workspace=demo.root)
    assert explorer.seen.evidence.counts == other.evidence.counts
    assert explorer.controls.by.value == explorer.seen.asked.by != "market"


def test_only_the_controls_of_the_chosen_way_are_shown(explorer):
    def shown():
        names = ("before", "after", "during", "which_event")
        return {name for name in names if getattr(explorer.controls, name).layout.display != "none"}

    assert shown() == {"before", "after"}
    choose(explorer, kind="groups")
    assert shown() == {"during"}
    choose(explorer, kind="event", which_event="EV-003")
    assert shown() == {"which_event"}
    assert explorer.seen.sides.event["event_id"] == "EV-003"


@pytest.mark.parametrize(
    ("chosen", "says"),
    [
        ({"before": AFTER}, "nothing to compare"),
        ({"before": "2026-W40..2026-W45"}, "share days"),
        ({"before": "last wek"}, "Cannot read the period"),
        ({"before": "2024"}, "Nothing was counted in 2024"),
        ({"kind": "event", "which_event": "EV-005"}, "less than a week"),
    ],
)
def test_what_cannot_be_compared_is_said_in_its_place_and_the_next_question_is_answered(explorer, chosen, says):
    choose(explorer, **chosen)
    assert says in explorer.results.instead.value
    assert "Error" not in explorer.results.instead.value
    assert explorer.seen is None
    assert explorer.results.drawn[PARTS].pictures[0].spec == {}
    choose(explorer, kind="periods", before=BEFORE)
    assert explorer.results.instead.value == ""
    assert explorer.seen is not None


def test_what_comes_from_data_is_text_on_the_screen(explorer):
    choose(explorer, before="<img src=x onerror=alert(1)>")
    assert "<img" not in explorer.results.instead.value + explorer.results.call.value


def test_a_link_carries_the_way_into_it_to_a_colleague(explorer, demo):
    explorer.drill("DE")
    token = explorer.frame.parts["link"].text.value
    assert View.from_token(token) == explorer.view
    other = explore_comparison(workspace=demo.root, view=token)
    assert other.seen.breadcrumb == [{"market": ["DE"]}]
    assert other.seen.evidence.counts == explorer.seen.evidence.counts
    assert other.place.audience == "stakeholder"


def test_the_view_shown_last_comes_back_in_the_notebook(demo, tmp_path, monkeypatch):
    root = demo.copy(tmp_path)
    monkeypatch.setenv("JPY_SESSION_NAME", "notebooks/00_explore.ipynb")
    monkeypatch.delenv("SERVER_SOFTWARE", raising=False)
    first = explore_comparison(workspace=root, before=BEFORE, after=AFTER, by="market")
    first.drill("DE")
    again = explore_comparison(workspace=root, before=BEFORE, after=AFTER, by="market")
    assert again.seen.breadcrumb == [{"market": ["DE"]}]
    assert again.view == first.view


@pytest.mark.parametrize(
    "view",
    [
        View("compare", {"store": "demo", "before": BEFORE, "after": AFTER, "by": "markt"}),
        View("compare", {"store": "demo", "before": BEFORE, "after": AFTER, "where": "markt=DE"}),
        View("compare", {"store": "demo", "event": "launch"}),
        View("compare", {"store": "other"}),
        View("cases", {"store": "demo"}),
    ],
)
def test_a_link_that_does_not_fit_changes_nothing(explorer, view):
    before = explorer.view
    with pytest.raises(AppealInsightsError):
        explorer.frame.open(view.token())
    assert explorer.view == before


def test_every_label_is_said_in_the_language_chosen(explorer):
    choose(explorer, language="both")
    shown = explorer.controls
    assert shown.kind.description == "Compare / 对比方式"
    choose(explorer, language="zh-CN")
    labels = [part.description for part in shown.panel.children if getattr(part, "description", "")]
    assert labels
    assert english_left(" ".join(labels)) == []
    assert all(any("\u4e00" <= sign <= "\u9fff" for sign in label) for label in labels)
    assert explorer.results.tabs.titles == ("结构与率值", "原因", "是否超出噪声")
    assert explorer.results.back.description == "返回"


def test_the_bar_keeps_a_finding_of_both_sides_inside_the_segment(demo, tmp_path):
    root = demo.copy(tmp_path)
    explorer = explore_comparison(workspace=root, before=BEFORE, after=AFTER, by="market")
    explorer.drill("DE")
    part = explorer.frame.parts["keep"]
    part.en.value = "DE went up"
    part.button.click()
    [one] = kept("demo", workspace=root)
    counts = explorer.seen.evidence.counts
    assert [(each.numerator, each.denominator) for each in one.numbers] == [
        (counts["numerator_before"], counts["denominator_before"]),
        (counts["numerator_after"], counts["denominator_after"]),
    ]

"""The explorer without a browser: controls are set as a reader would, and what it shows is what a query counts."""

import asyncio
import time
from datetime import datetime
from html import unescape

import pytest

import appeal_insights as ap
from appeal_insights.errors import AppealInsightsError
from appeal_insights.explorer.explore import explore
from appeal_insights.findings.glance import glance
from appeal_insights.language import count
from tests.helpers import decided, english_left, make_store

SPAN = "2026-W35..2026-W46"


@pytest.fixture
def explorer(demo):
    return explore(workspace=demo.root)


def drawn(explorer):
    """The data of the chart on the screen, or nothing."""
    return [picture.spec for picture in explorer.results.pictures if picture.spec]


def cells(html):
    """The rows of a table on the screen."""
    rows = html.split("<tr>")[2:]
    return [
        [cell.split(">", 1)[1] for cell in row.split("</td>")[:-1]] for row in (row.split("</tr>")[0] for row in rows)
    ]


def choose(explorer, **chosen):
    for name, value in chosen.items():
        getattr(explorer.controls, name).value = value


def test_it_opens_with_the_newest_complete_weeks_of_everything(explorer, demo):
    [spec] = drawn(explorer)
    assert spec["title"]["text"] == [f"Overturn rate · All records · {SPAN}"]
    [row] = cells(explorer.results.breakdown.value)
    whole = ap.query("breakdown", store="demo", during=SPAN, workspace=demo.root).iloc[0]
    assert row[-2:] == [count(whole["numerator"], "en"), count(whole["denominator"], "en")]
    assert explorer.results.instead.value == ""


def test_a_filter_changes_chart_table_and_call_together(explorer, demo):
    before, table = drawn(explorer), explorer.results.periods.value
    choose(explorer, filter="policy")
    assert drawn(explorer) == before
    choose(explorer, values=("misleading_claims", "spam_engagement"))
    assert drawn(explorer) != before
    assert explorer.results.periods.value != table
    scope = "policy=misleading_claims,spam_engagement"
    trend = ap.query("trend", store="demo", during=SPAN, every="week", where=scope, workspace=demo.root)
    assert [row[0] for row in cells(explorer.results.periods.value)] == list(trend["period_label"])[::-1]
    assert [row[-3:-1] for row in cells(explorer.results.periods.value)] == [
        [count(row.numerator, "en"), count(row.denominator, "en")] for row in trend[::-1].itertuples()
    ]
    assert f'where="{scope}"' in repr(explorer)
    choose(explorer, values=())
    assert drawn(explorer) == before


def test_the_call_on_the_screen_gives_the_same_numbers(explorer, demo, monkeypatch):
    monkeypatch.chdir(demo.root)
    choose(explorer, by="appellant", filter="market", values=("DE", "FR"), every="month")
    trend, breakdown = (eval(line, {"ap": ap}) for line in repr(explorer).splitlines())
    assert trend["denominator"].sum() == breakdown["denominator"].sum() == explorer.seen.whole["denominator"].item()
    assert sorted(breakdown["segment"]) == sorted(explorer.seen.breakdown["segment"])


def test_a_redraw_takes_well_under_a_second(explorer):
    choose(explorer, by="market", filter="policy")
    started = time.process_time()
    for value in ("misleading_claims", "counterfeit", "spam_engagement"):
        choose(explorer, values=(value,))
    assert (time.process_time() - started) / 3 < 1


def test_a_chosen_dimension_gives_six_lines_and_says_how_many_are_together(explorer):
    choose(explorer, by="market")
    [spec] = drawn(explorer)
    rows = next(iter(spec["datasets"].values()))
    assert len({row["segment"] for row in rows if "segment" in row}) == 6
    assert "the other 26 are put together" in explorer.results.notes.value
    assert len(cells(explorer.results.breakdown.value)) == 32


def test_another_grain_keeps_the_days_and_comes_back_to_the_same_weeks(explorer):
    choose(explorer, first="2026-W36", last="2026-W39", every="month")
    assert explorer.asking.during == "2026-08..2026-09"
    choose(explorer, every="day")
    assert explorer.asking.during == "2026-08-31..2026-09-27"
    choose(explorer, every="week")
    assert explorer.asking.during == "2026-W36..2026-W39"


def test_a_typed_period_stands_before_the_lists(explorer):
    choose(explorer, during=" 2026-W40 ")
    assert explorer.asking.during == "2026-W40"
    assert explorer.controls.first.disabled
    choose(explorer, during="")
    assert explorer.asking.during == SPAN
    assert not explorer.controls.first.disabled


@pytest.mark.parametrize(
    ("chosen", "says"),
    [
        ({"during": "2024", "every": "month"}, "Nothing was counted here. Widen the period or the filter."),
        ({"during": "last wek"}, "Cannot read the period"),
        ({"during": "2026-10-01..2026-10-20"}, "whole periods of one week"),
        ({"first": "2026-W40", "last": "2026-W38"}, "ends before it starts"),
        (
            {"by": "market", "filter": "market", "values": ("AT",), "every": "day", "during": "2026-10-05"},
            "Fewer than 10",
        ),
    ],
)
def test_what_cannot_be_answered_is_said_in_its_place_and_the_next_question_is_answered(explorer, chosen, says):
    choose(explorer, **chosen)
    assert says in explorer.results.instead.value
    assert "Error" not in explorer.results.instead.value
    assert drawn(explorer) == []
    assert not cells(explorer.results.breakdown.value)
    assert f'during="{explorer.asking.during}"' in repr(explorer)
    choose(explorer, every="week", during="2026-W40", values=())
    assert explorer.results.instead.value == ""
    assert len(drawn(explorer)) == 1


def test_what_comes_from_data_is_text_on_the_screen(explorer):
    choose(explorer, during="<img src=x onerror=alert(1)>")
    assert "<img" not in explorer.results.instead.value + explorer.results.call.value


def test_figures_offer_their_own_grain_and_dimensions_only(demo):
    explorer = explore("tiktok", workspace=demo.root)
    assert [value for _, value in explorer.controls.every.options] == ["half-year", "year"]
    assert [value for _, value in explorer.controls.by.options] == ["", "complaint_type"]
    assert "counting noise only" in explorer.results.notes.value
    choose(explorer, during="2026-W10")
    assert "half-year" in explorer.results.instead.value
    assert drawn(explorer) == []


def test_a_stakeholder_sees_no_small_number_and_an_analyst_all(tmp_path):
    (tmp_path / "notebooks").mkdir()
    cases = [("2026-11-02", market, "upheld", n) for market, n in (("DE", 40), ("FR", 30), ("GB", 12), ("MT", 3))]
    make_store(tmp_path / "data" / "store" / "few.duckdb", decided(cases))
    shown = {
        audience: explore("few", audience=audience, by="market", during="2026-W45", workspace=tmp_path).results
        for audience in ("stakeholder", "analyst")
    }
    names = {audience: [row[0] for row in cells(of.breakdown.value)] for audience, of in shown.items()}
    assert names["stakeholder"] == ["All records", "DE", "FR", "(small segments together)"]
    assert names["analyst"] == ["All records", "DE", "FR", "GB", "MT"]
    assert "2 segments are shown together" in shown["stakeholder"].notes.value
    assert "MT" not in str([picture.spec for picture in shown["stakeholder"].pictures])


def test_a_store_that_was_replaced_is_seen_with_the_next_question(tmp_path):
    (tmp_path / "notebooks").mkdir()
    path = tmp_path / "data" / "store" / "live.duckdb"
    make_store(path, decided([("2026-11-02", "DE", "upheld", 40)]))
    explorer = explore("live", workspace=tmp_path)
    assert cells(explorer.results.breakdown.value)[0][-1] == "40"
    path.unlink()
    explorer.redraw()
    assert "There is none yet" in explorer.results.instead.value
    make_store(path, decided([("2026-11-03", "DE", "upheld", 55)]), loaded_at=datetime(2026, 11, 17))
    explorer.redraw()
    assert cells(explorer.results.breakdown.value)[0][-1] == "55"


def test_what_was_given_holds_for_every_question_and_is_not_offered_again(demo):
    explorer = explore(where="market=DE", by="policy", every="month", during="2026-10", workspace=demo.root)
    assert "market" not in [value for _, value in explorer.controls.filter.options]
    choose(explorer, filter="queue")
    choose(explorer, values=explorer.controls.values.options[:1])
    assert explorer.asking.where["market"] == ["DE"]
    assert set(explorer.asking.where) == {"market", "queue"}


@pytest.mark.parametrize("language", ["en", "zh-CN", "both"])
def test_it_speaks_the_language_asked_for(demo, language):
    explorer = explore(language=language, by="market", workspace=demo.root)
    labels = {"en": "Metric", "zh-CN": "指标", "both": "Metric / 指标"}
    assert explorer.controls.metric.description == labels[language]
    assert len(drawn(explorer)) == (2 if language == "both" else 1)
    choose(explorer, every="month", during="2024")
    said = explorer.results.instead.value
    assert ("Nothing was counted here" in said) == (language != "zh-CN")
    assert ("此处没有记录" in said) == (language != "en")


def test_what_cannot_be_answered_is_said_in_the_language_asked_for(demo):
    for language in ("zh-CN", "both"):
        explorer = explore(language=language, workspace=demo.root)
        choose(explorer, during="2026-10-01..2026-10-20")
        said = unescape(explorer.results.instead.value)
        assert "无法按此条件计算：2026-10-01..2026-10-20 不能按周划分为完整的时间段。请从 2026-09-28 起选择" in said
        assert ("whole periods of one week" in said) == (language == "both")
        assert bool(english_left(said.partition(">")[2])) == (language == "both")


@pytest.mark.parametrize(
    "given", [{"language": "zh"}, {"audience": "all"}, {"store": "demos"}, {"by": "markt"}, {"metric": "overturn"}]
)
def test_a_wrong_parameter_is_refused_before_anything_is_shown(demo, given):
    with pytest.raises(AppealInsightsError, match=r"Did you mean|Choose one of"):
        explore(**given, workspace=demo.root)


def test_it_shows_itself_in_a_notebook(explorer):
    assert "application/vnd.jupyter.widget-view+json" in explorer._repr_mimebundle_()
    assert ap.explore is explore


def test_two_dimensions_cross_and_one_cannot_be_chosen_twice(explorer, demo):
    choose(explorer, by="market", also="appellant")
    assert explorer.asking.by == "market,appellant"
    assert "by market and appellant" in str(drawn(explorer)[0]["title"])
    assert "market" not in [value for _, value in explorer.controls.also.options]
    seen, every = (
        explorer.seen,
        ap.query("breakdown", store="demo", by="market,appellant", during=SPAN, workspace=demo.root),
    )
    assert seen.breakdown["denominator"].sum() == every["denominator"].sum()
    assert len(seen.breakdown) > 32
    choose(explorer, by="appellant")
    assert explorer.asking.by == "appellant"
    choose(explorer, by="")
    assert explorer.controls.also.disabled


def test_filters_hold_several_dimensions_at_once_and_each_can_be_taken_out(explorer, demo):
    choose(explorer, filter="market", values=("DE", "FR"))
    choose(explorer, filter="policy", values=("misleading_claims",))
    assert explorer.asking.where == {"market": ["DE", "FR"], "policy": ["misleading_claims"]}
    where = "market=DE,FR; policy=misleading_claims"
    asked = ap.query("breakdown", store="demo", during=SPAN, where=where, workspace=demo.root).iloc[0]
    assert explorer.seen.whole["denominator"].item() == asked["denominator"]
    buttons = explorer.controls.filters._buttons.children
    assert [button.description for button in buttons] == [
        "Take out Market: DE, FR",
        "Take out Policy: misleading_claims",
    ]
    buttons[0].click()
    assert explorer.asking.where == {"policy": ["misleading_claims"]}
    choose(explorer, filter="market")
    assert explorer.controls.values.value == ()


def test_a_search_shortens_the_list_and_what_was_chosen_stays_in_it(explorer):
    choose(explorer, filter="market")
    whole = explorer.controls.values.options
    assert explorer.controls.values.options == tuple(sorted(whole))
    choose(explorer, values=("DE",))
    choose(explorer, search=" f")
    assert set(explorer.controls.values.options) == {"DE", *(value for value in whole if "F" in value)}
    assert explorer.asking.where == {"market": ["DE"]}
    choose(explorer, search="no such")
    assert explorer.controls.values.options == ("DE",)
    assert "No value holds that" in explorer.controls.filters._hint.value


def test_a_heat_map_is_made_when_its_tab_is_opened(explorer):
    choose(explorer, by="market")
    assert [one.spec for one in explorer.results.maps] == [{}]
    explorer.results.tables.selected_index = 1
    [spec] = [one.spec for one in explorer.results.maps]
    [rows] = [rows for rows in spec["datasets"].values() if "state" in rows[0]]
    assert len({row["segment"] for row in rows}) == 13
    choose(explorer, filter="policy", values=("misleading_claims",))
    assert explorer.results.maps[0].spec != spec
    choose(explorer, by="")
    assert explorer.results.maps[0].spec == {}
    assert "Choose a dimension" in explorer.results._map_notes.value


def test_known_events_of_the_span_stand_in_chart_and_notes(explorer, demo):
    events = ap.query("known_events", store="demo", workspace=demo.root)
    first, last = ap.period(SPAN).start, ap.period(SPAN).end
    inside = events[[first <= day.date() < last for day in events["starts_on"]]]
    assert len(inside)
    newest = inside.sort_values("starts_on").iloc[-1]["title_en"]
    assert newest in explorer.results.notes.value
    assert newest in str(drawn(explorer)[0])


def test_young_weeks_of_submission_are_marked(explorer):
    assert "Settled" not in explorer.results.periods.value
    choose(explorer, basis="submission")
    assert explorer.asking.basis == "submission"
    assert "Hollow points" in explorer.results.notes.value
    rows = cells(explorer.results.periods.value)
    assert [rows[0][-1], rows[-1][-1]] == ["no", "yes"]
    assert 'basis="submission"' in repr(explorer)
    choose(explorer, basis="enforcement")
    assert explorer.seen.question.basis == "enforcement"


def test_another_metric_brings_its_own_bases_and_dimensions(demo):
    explorer = explore("service", metric="sla_attainment", workspace=demo.root)
    assert [value for _, value in explorer.controls.basis.options] == ["due"]
    assert explorer.controls.basis.disabled
    choose(explorer, metric="overturn_rate")
    assert [value for _, value in explorer.controls.basis.options] == ["decision", "submission", "enforcement"]
    assert explorer.seen.basis == "decision"


@pytest.fixture(scope="module")
def wide(tmp_path_factory):
    """A store in which a dimension has 40,000 values, each of one record, but for one of 50."""
    root = tmp_path_factory.mktemp("wide")
    (root / "notebooks").mkdir()
    rows = decided([("2026-11-02", "DE", "upheld", 39_999), ("2026-11-03", "DE", "reversed", 50)])
    names = [f"queue_{place:05}" for place in range(39_999)] + ["most"] * 50
    make_store(root / "data" / "store" / "wide.duckdb", rows.assign(queue=names))
    return root


def test_of_forty_thousand_values_the_first_are_offered_and_any_is_found_by_typing(wide):
    explorer = explore("wide", during="2026-W45", workspace=wide)
    choose(explorer, filter="queue")
    offered = explorer.controls.values.options
    assert (offered[0], len(offered)) == ("most", 50)
    assert "50 of 40,000 values" in explorer.controls.filters._hint.value
    choose(explorer, search="_3999")
    assert explorer.controls.values.options == tuple(f"queue_3999{place}" for place in range(9))
    choose(explorer, values=("queue_39991",))
    assert "Fewer than 10" in explorer.results.instead.value
    choose(explorer, search="most", values=("most",))
    assert explorer.seen.whole["denominator"].item() == 50


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_forty_thousand_lines_are_too_many_and_the_sentence_says_what_next(wide, language):
    explorer = explore("wide", during="2026-W45", language=language, workspace=wide)
    choose(explorer, by="queue")
    said = explorer.results.instead.value
    assert "40,000" in said
    assert ("Keep some values with a filter" if language == "en" else "请先按取值筛选") in said
    choose(explorer, filter="queue", values=("most",))
    assert explorer.seen.breakdown["segment"].tolist() == ["most"]


def test_one_record_is_a_rate_for_an_analyst_and_a_sentence_for_others(wide):
    asked = {"during": "2026-W45", "where": "queue=queue_00001", "workspace": wide}
    assert explore("wide", audience="analyst", **asked).seen.whole["denominator"].item() == 1
    assert "Fewer than 10" in explore("wide", **asked).results.instead.value


def test_rapid_changes_in_a_notebook_are_asked_once(demo, monkeypatch):
    asked = []

    def counted(asking, **place):
        asked.append(asking.by)
        return glance(asking, **place)

    monkeypatch.setattr("appeal_insights.explorer.explore.glance", counted)

    async def notebook():
        explorer = explore(workspace=demo.root)
        for name in ("market", "policy", "queue", "appellant"):
            choose(explorer, by=name)
            await asyncio.sleep(0)
        assert asked == [""]
        assert explorer.seen.question.by == ("appellant",)
        await asyncio.sleep(0.1)

    asyncio.run(notebook())
    assert asked == ["", "appellant"]

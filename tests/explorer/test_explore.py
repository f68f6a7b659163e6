"""The explorer without a browser: controls are set as a reader would, and what it shows is what a query counts."""

import time
from datetime import datetime
from html import unescape

import pytest

import appeal_insights as ap
from appeal_insights.errors import AppealInsightsError
from appeal_insights.explorer.explore import explore
from appeal_insights.findings.shown import VEGA
from appeal_insights.language import count
from tests.helpers import decided, english_left, make_store

SPAN = "2026-W35..2026-W46"


@pytest.fixture
def explorer(demo):
    return explore(workspace=demo.root)


def drawn(explorer):
    """The data of the chart on the screen, or nothing."""
    return [output["data"][VEGA] for output in explorer.results.chart.outputs]


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
    assert "MT" not in str(shown["stakeholder"].chart.outputs)


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


def test_promises_of_time_are_asked_by_the_day_that_they_fell_due(demo):
    explorer = explore("service", metric="sla_attainment", by="market", workspace=demo.root)
    assert explorer.seen is not None
    assert (explorer.seen.metric.id, explorer.seen.basis) == ("sla_attainment", "due")
    assert 0.9 < explorer.seen.whole["rate"].iloc[0] < 1
    choose(explorer, metric="turnaround")
    assert explorer.seen.basis == "decision"

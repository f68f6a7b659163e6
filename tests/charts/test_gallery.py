"""Every family of charts has its example, the lines that make it run, and what it says of itself is true."""

import importlib
import inspect
import json
import pkgutil
import re

import altair as alt
import pytest

from appeal_insights import charts
from appeal_insights.charts.gallery import families, family
from appeal_insights.charts.theme import spec_of
from appeal_insights.errors import BadParameter
from appeal_insights.language import LANGUAGES

each_family = pytest.mark.parametrize("name", families())
each_language = pytest.mark.parametrize("language", LANGUAGES)
# Names of months and days differ between the viewers' own locales; numbers of them do not.
BY_LOCALE = re.compile(r"%-?[aAbBcpxX]")


def builders():
    """Every public function of the package that draws a chart from a table."""
    for found in pkgutil.iter_modules(charts.__path__):
        module = importlib.import_module(f"{charts.__name__}.{found.name}")
        for name, member in inspect.getmembers(module, inspect.isfunction):
            takes = inspect.signature(member).parameters
            if member.__module__ == module.__name__ and not name.startswith("_") and "description" in takes:
                yield name


def formats(spec):
    """The formats and expressions of a specification, wherever they stand."""
    if isinstance(spec, dict):
        for name, part in spec.items():
            if name in ("format", "labelExpr") and isinstance(part, str):
                yield part
            elif name not in ("datasets", "params"):
                yield from formats(part)
    elif isinstance(spec, list):
        for part in spec:
            yield from formats(part)


def test_every_chart_function_is_in_the_gallery():
    assert sorted(builders()) == sorted(families())


@each_language
@each_family
def test_the_lines_of_an_example_make_its_picture(name, language):
    made = {}
    exec(family(name).code(language), made)
    drawn, again = (spec_of(chart, checked=False) for chart in (made["chart"], family(name).chart(language)))
    assert json.dumps(drawn) == json.dumps(again)
    assert drawn["description"] == family(name).told("description", language)


@each_family
def test_an_example_fits_the_schema_and_says_what_it_is_in_both_languages(name):
    assert isinstance(family(name).chart("en"), alt.TopLevelMixin)
    assert spec_of(family(name).chart("zh-CN"))["title"]
    for word in ("question", "when"):
        assert family(name).told(word, "en").endswith("?" if word == "question" else ".")
        assert family(name).told(word, "zh-CN").endswith("？" if word == "question" else "。")


@each_family
def test_a_chinese_chart_asks_nothing_of_the_viewers_own_locale(name):
    found = list(formats(spec_of(family(name).chart("zh-CN"), checked=False)))
    assert not [how for how in found if BY_LOCALE.search(how)]


def test_what_the_texts_of_the_examples_say_stands_in_their_tables():
    tables = {name: found.table("en") for name, found in families().items()}
    trend = tables["trend"]
    german = trend[trend["segment"] == "DE"]
    assert german.loc[german["period_label"] < "2026-W44", "rate"].mean() == pytest.approx(0.30, abs=0.01)
    assert german.loc[german["period_label"] >= "2026-W44", "rate"].mean() == pytest.approx(0.41, abs=0.01)
    newest = tables["sparklines"].groupby("name")["told"].last()
    assert newest.to_dict() == {"Overturn rate": "35.1%", "Decided in time": "92.1%", "Accuracy": "93.1%"}
    waiting = tables["waiting_curve"].set_index(["segment", "seconds"])["still_open"]
    assert [round(waiting[market, 48 * 3600], 2) for market in ("DE", "GB")] == [0.30, 0.07]
    assert tables["landing"]["to_date"].iloc[-1] == pytest.approx(0.942, abs=0.0005)
    ahead = family("forecast_chart").tables("en")["ahead"]
    assert ahead["expected"].sum() == pytest.approx(200_000, rel=0.01)
    assert tables["contributions"]["contribution"].round(4).tolist() == [0.0198, 0.0042, 0.002, -0.0031]
    funnel = tables["funnel_plot"]
    [out] = funnel[funnel["stands_out"]].to_dict("records")
    assert (out["unit"], out["audited"], round(out["rate"], 2)) == ("R10", 240, 0.85)
    calendar = tables["calendar_map"].set_index("day")["records"]
    assert calendar[calendar == 0].index.strftime("%m-%d").tolist() == ["08-19", "08-20"]
    assert (tables["hours_chart"]["short"] > 0).sum() == 2
    [step] = tables["waterfall"].loc[tables["waterfall"]["kind"] == "end", "to"]
    assert round(step, 3) == 0.307


def test_an_unknown_family_is_answered_with_those_there_are():
    with pytest.raises(BadParameter, match="There are: trend, sparklines"):
        family("pie")

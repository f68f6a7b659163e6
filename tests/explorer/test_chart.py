"""A chart as a widget: what it is given to draw, and what a click tells."""

import json

import altair as alt
import pandas as pd
import pytest

from appeal_insights.charts.theme import spec_of
from appeal_insights.explorer.chart import Picture

HOSTILE = "</script><img src=x onerror=alert(1)>"


@pytest.fixture
def spec():
    table = pd.DataFrame({"market": ["DE", HOSTILE], "rate": [0.25, 0.5]})
    return spec_of(alt.Chart(table).mark_bar().encode(x="market:N", y="rate:Q"))


def test_it_shows_a_chart_then_another_then_none(spec):
    picture = Picture(spec, "Bars", language="zh-CN")
    assert (picture.spec, picture.alt, picture.language) == (spec, "Bars", "zh-CN")
    assert picture.locale["time"]["months"][0] == "一月"
    picture.show({**spec, "title": "Other"}, "Other bars")
    assert (picture.spec["title"], picture.alt) == ("Other", "Other bars")
    picture.show(None)
    assert (picture.spec, picture.alt) == ({}, "")


def test_what_is_sent_to_the_browser_is_plain_data(spec):
    sent = Picture(spec, "Bars").get_state()
    assert json.loads(json.dumps(sent["spec"], allow_nan=False)) == spec
    assert len(sent["_esm"]) < 10_000  # the charting library travels once, not with every picture


@pytest.mark.parametrize("address", [{"data": {"url": "https://x.example/a"}}, {"mark": {"type": "bar", "href": "x"}}])
def test_a_chart_that_names_an_address_is_refused(spec, address):
    with pytest.raises(ValueError, match="outside address"):
        Picture().show({**spec, **address})


def clicked(picture, content):
    """A message as the browser sends one."""
    picture._handle_custom_msg(content, [])


def test_each_click_is_seen_also_on_the_same_mark_again(spec):
    picture, seen = Picture(spec), []
    picture.observe(lambda change: seen.append(change.new), "clicked")
    clicked(picture, {"clicked": {"market": "DE", "rate": 0.25}})
    clicked(picture, {"clicked": {"market": HOSTILE}})
    clicked(picture, {"clicked": {"market": HOSTILE}})
    assert [one for one in seen if one] == [{"market": "DE", "rate": 0.25}, {"market": HOSTILE}, {"market": HOSTILE}]


@pytest.mark.parametrize("content", [{}, {"clicked": "DE"}, {"other": 1}, "text", None, {"clicked": {"a": {"b": 1}}}])
def test_what_is_no_click_is_none(spec, content):
    picture = Picture(spec)
    clicked(picture, content)
    assert picture.clicked == {}

"""Numbers and dates in pictures as each language writes them, and Chinese characters as themselves, not as boxes."""

import pandas as pd
import pytest
import vl_convert

from appeal_insights.charts.capacity import forecast_chart
from appeal_insights.charts.gallery import families
from appeal_insights.charts.theme import FONTS, spec_of
from appeal_insights.charts.trend import trend
from appeal_insights.language import words
from appeal_insights.reports.still import picture, still
from tests.pages import weeks

NOWHERE = "\ue0f7\ue0f8"  # for private use: no font has them, so each is drawn as the box of a missing character


def texts(name, language):
    return str(still(spec_of(families()[name].chart(language), checked=False), language))


def drawn(text):
    """A chart with this text as its title, as pixels."""
    rows = weeks().drop_duplicates("period")
    return picture(spec_of(trend(rows, title=text, unit="%", description="Alt"), checked=False), "zh-CN")


def test_dates_are_written_as_each_language_does():
    assert ">28 October 2026<" in texts("change_dates", "en") or "Median: 28 October 2026" in texts(
        "change_dates", "en"
    )
    assert "2026年10月28日" in texts("change_dates", "zh-CN")
    assert ">11月1日<" in texts("change_dates", "zh-CN")
    assert ">1 Nov<" in texts("change_dates", "en")
    assert "Nov" not in texts("change_dates", "zh-CN")


def test_an_axis_of_counts_is_read_in_ten_thousands_in_chinese():
    assert all(f">{label}<" in texts("forecast_chart", "zh-CN") for label in ("5,000", "1万", "1.5万", "2万"))
    assert all(f">{label}<" in texts("forecast_chart", "en") for label in ("5,000", "10,000", "15,000", "20,000"))


def test_an_axis_of_very_large_counts_is_read_in_hundred_millions():
    days = pd.date_range("2026-11-01", periods=9)
    seen = pd.DataFrame({"day": days[:5], "count": 240_000_000})
    ahead = pd.DataFrame({"day": days[5:], "expected": 2.4e8, "low": 2.2e8, "high": 2.6e8})
    told = {"title": "x", "unit": "y", "description": "z"}
    shown = str(still(spec_of(forecast_chart(seen, ahead, language="zh-CN", **told)), "zh-CN"))
    assert ">1亿<" in shown
    assert ">5,000万<" in shown


def test_durations_are_written_as_each_language_does():
    assert "承诺时限 48 小时" in texts("waiting_curve", "zh-CN")
    assert "Promised within 48 h" in texts("waiting_curve", "en")


def test_a_chinese_character_is_drawn_as_itself_in_a_png():
    one, other, missing, another = (drawn(text) for text in ("改判", "申诉", NOWHERE, NOWHERE[::-1]))
    assert missing == another, "what no font has is the same box whatever it is"
    assert len({one, other, missing}) == 3


@pytest.mark.parametrize("name", families())
def test_every_text_of_a_chinese_chart_stands_in_its_svg_as_text(name):
    shown = texts(name, "zh-CN")
    title = families()[name].told("title", "zh-CN")
    assert title.replace("。", "") in shown or all(part in shown for part in title.split("，"))
    assert 'font-family="Noto Sans, Noto Sans SC, Noto Sans CJK SC' in shown


def glyph(letter):
    """One character as a still picture says it, turned to pixels."""
    size = 'width="24" height="24"'
    text = f'<text x="2" y="19" font-size="18" font-family="{FONTS}">{letter}</text>'
    return vl_convert.svg_to_png(f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{text}</svg>', scale=1)


def test_every_chinese_character_that_is_ever_said_has_a_glyph_of_its_own():
    """A character that no font has would look like any other that no font has."""
    used = sorted({letter for one in words().values() for letter in one["zh"] if "\u4e00" <= letter <= "\u9fff"})
    assert len(used) > 500
    box = glyph(NOWHERE[0])
    assert glyph(NOWHERE[1]) == box
    shown = [glyph(letter) for letter in used]
    assert box not in shown
    assert len(set(shown)) == len(used)

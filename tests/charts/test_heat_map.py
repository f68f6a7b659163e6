"""Cells by segment and period: the rates of the table, shades that grey print keeps, marks where nothing is shown."""

import itertools
import json

import pandas as pd
import pytest

from appeal_insights.charts.heat_map import PALEST, WHITE_FROM, heat_map
from appeal_insights.charts.theme import DARK, spec_of
from appeal_insights.errors import BadTable
from tests.charts.test_theme import lab, linear
from tests.pages import HOSTILE, cells


def drawn(table, **more):
    return spec_of(heat_map(table, title="By week", description="Cells", **more))


def held(spec):
    [rows] = spec["datasets"].values()
    return pd.DataFrame(rows)


def layers(spec, mark):
    return [layer for layer in spec["layer"] if layer["mark"]["type"] == mark]


def lightness(share):
    """CIE lightness of a shade so far along the scale, which runs straight through L*a*b*."""
    pale, dark = (lab(linear(colour))[0] for colour in (PALEST, DARK))
    return pale + share * (dark - pale)


def luminance(light):
    return ((light + 16) / 116) ** 3 if light > 8 else light / 903.3


def test_the_chart_holds_the_numbers_of_the_table():
    table, rows = cells(), held(drawn(cells()))
    for column in ("period_label", "segment", "rate", "low", "high", "numerator", "denominator"):
        assert rows[column].astype(object).where(rows[column].notna(), None).tolist() == [
            None if pd.isna(value) else value for value in table[column]
        ]


def test_segments_and_periods_come_in_their_order():
    mixed = cells().sample(frac=1, random_state=1)
    across = drawn(mixed)["layer"][0]["encoding"]["x"]["scale"]["domain"]
    assert across == [f"2026-W{week}" for week in range(32, 40)]
    down = drawn(cells().iloc[::-1])["layer"][0]["encoding"]["y"]["scale"]["domain"]
    assert down == ["ZA", "GB", "DE"]


def test_the_scale_is_one_hue_through_an_even_space_and_far_apart_in_grey():
    [cell, *_] = layers(drawn(cells()), "rect")
    scale = cell["encoding"]["color"]["scale"]
    assert (scale["range"], scale["interpolate"]) == ([PALEST, DARK], "lab")
    assert scale["domain"] == pytest.approx([0.3, 0.54])
    assert cell["encoding"]["color"]["legend"]["format"] == "~%"
    steps = [lightness(number / 6) for number in range(7)]
    assert all(earlier - later > 9 for earlier, later in itertools.pairwise(steps))


def test_the_number_in_a_cell_can_be_read_on_every_shade():
    for number in range(101):
        ground = luminance(lightness(number / 100))
        contrast = 1.05 / (ground + 0.05) if number / 100 >= WHITE_FROM else (ground + 0.05) / 0.05
        assert contrast >= 4.5, number


def test_a_number_is_white_on_the_dark_cells_only():
    rows = held(drawn(cells()))
    turn = 0.3 + WHITE_FROM * 0.24
    assert rows["dark"].tolist() == [bool(rate >= turn) for rate in rows["rate"]]


def test_a_cell_without_a_rate_is_marked_by_why_and_the_legend_says_it():
    spec = drawn(cells())
    assert held(spec)["state"].dropna().tolist() == ["hidden", "empty"]
    [mark] = layers(spec, "point")
    assert mark["encoding"]["shape"]["scale"]["domain"] == ["hidden", "empty"]
    assert '"hidden": "Not shown", "empty": "No records"' in mark["encoding"]["shape"]["legend"]["labelExpr"]
    assert layers(drawn(cells().iloc[:3]), "point") == []


def test_where_nothing_may_be_shown_there_is_still_a_chart():
    nothing = cells().assign(**dict.fromkeys(("rate", "low", "high", "numerator", "denominator")), hidden=True)
    assert held(drawn(nothing))["state"].unique().tolist() == ["hidden"]


def test_one_rate_everywhere_still_has_a_scale():
    flat = cells().assign(rate=0.5, low=0.4, high=0.6, hidden=False)
    low, high = drawn(flat)["layer"][0]["encoding"]["color"]["scale"]["domain"]
    assert low < 0.5 < high


def test_a_tooltip_shows_the_counts_and_that_of_a_hidden_cell_none():
    shown, blank = (
        [part["field"] for part in layer["encoding"]["tooltip"]] for layer in layers(drawn(cells()), "rect")
    )
    assert shown == ["segment", "period_label", "rate", "low", "high", "numerator", "denominator"]
    assert blank == ["segment", "period_label"]


def test_a_column_that_is_not_shown_does_not_travel_with_the_chart():
    assert "reviewer" not in json.dumps(drawn(cells().assign(reviewer="R1")))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_label_is_data_and_nothing_else(text):
    table = cells(text)
    spec = drawn(table.assign(period_label=text + table["period_label"]))
    del spec["datasets"]
    for layer in spec["layer"]:
        for axis in "xy":
            layer["encoding"][axis]["scale"].pop("domain")
    assert "alert" not in json.dumps(spec)
    assert "href" not in json.dumps(spec)


def test_chinese_words_come_with_the_language():
    text = json.dumps(drawn(cells(), language="zh-CN"), ensure_ascii=False)
    assert "分母" in text
    assert "Denominator" not in text


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda table: table.drop(columns="low"), "no column 'low'"),
        (lambda table: table.assign(period=table["period"].dt.tz_localize("UTC")), "time zone"),
        (lambda table: pd.concat([table, table]), "two rows"),
        (lambda table: table[:0], "no row"),
        (lambda table: table.assign(hidden=True), "hidden row has numbers"),
        (lambda table: table.assign(period_label="2026"), "same label"),
        (lambda table: cells(periods=73), "73 periods cannot be read"),
    ],
)
def test_a_table_that_cannot_be_drawn_truly_is_refused(change, why):
    with pytest.raises(BadTable, match=why):
        drawn(change(cells()))

"""Before and after: the table's own numbers, one line dark, every name beside its line and none on another."""

import itertools
import json

import pandas as pd
import pytest

from appeal_insights.charts.slope import APART, LIGHT_LINE, slope
from appeal_insights.charts.theme import DARK, spec_of
from appeal_insights.errors import BadTable
from tests.charts.test_theme import WHITE, lab, linear, times
from tests.pages import HOSTILE, lines


def drawn(table, **more):
    return spec_of(slope(table, title="DE rose", unit="Overturn rate", description="Three lines", **more))


def ends(spec):
    """The rows that the lines are drawn from, two for each segment."""
    [rows] = spec["datasets"].values()
    return pd.DataFrame(rows)


def test_both_ends_of_a_line_hold_the_numbers_of_the_table():
    table = lines()
    held = ends(drawn(table))
    for side in ("before", "after"):
        end = held[held["after"] == (side == "after")]
        for name in ("rate", "low", "high", "numerator", "denominator"):
            assert list(end[name]) == list(table[f"{name}_{side}"])
        assert set(end["period"]) == set(table[f"period_{side}"])


def test_only_the_first_row_is_dark():
    spec = drawn(lines())
    assert list(ends(spec).groupby("segment", sort=False)["first"].all()) == [True, False, False]
    marks = [layer["mark"] for layer in spec["layer"] if layer["mark"]["type"] == "line"]
    assert [(mark["color"], mark["strokeWidth"] > 2) for mark in marks] == [(LIGHT_LINE, False), (DARK, True)]


def test_the_two_kinds_of_line_are_apart_in_grey_print_and_both_stand_out_from_white():
    dark, light = (lab(linear(colour))[0] for colour in (DARK, LIGHT_LINE))
    assert light - dark > 25
    assert (WHITE[1] + 0.05) / (times([(0.2126, 0.7152, 0.0722)], linear(LIGHT_LINE))[0] + 0.05) >= 3


@pytest.mark.parametrize("rates", [[0.4] * 10, [0.1 * nth for nth in range(10)], [0, 1, 1, 1, 1, 0.5, 0.5, 0, 0, 0]])
def test_no_name_stands_on_another_nor_outside_and_each_keeps_its_place_in_the_order(rates):
    table = lines(*"abcdefghij").assign(rate_after=rates)
    spec = drawn(table)
    named = ends(spec).drop_duplicates("segment").assign(rate=rates)
    low, high = spec["layer"][0]["encoding"]["y"]["scale"]["domain"]
    down = ((high - named["named_at"]) / (high - low) * spec["height"]).tolist()
    assert all(later - earlier > APART - 0.01 for earlier, later in itertools.pairwise(sorted(down)))
    assert 0 <= min(down) <= max(down) <= spec["height"]
    assert named.sort_values("named_at")["rate"].is_monotonic_increasing


def test_a_name_with_room_around_it_stands_at_its_own_rate():
    held = ends(drawn(lines().assign(rate_after=[0.6, 0.4, 0.2])))
    assert held.loc[held["after"], "named_at"].tolist() == pytest.approx([0.6, 0.4, 0.2])


def test_an_unknown_interval_leaves_the_line_and_no_stroke():
    held = ends(drawn(lines().assign(low_after=None, high_after=None)))
    assert held.loc[held["after"], ["low", "high"]].isna().all(axis=None)
    assert held["rate"].notna().all()


def test_a_tooltip_shows_the_counts_behind_a_rate():
    points = [layer for layer in drawn(lines())["layer"] if layer["mark"]["type"] == "point"]
    for layer in points:
        shown = [part["field"] for part in layer["encoding"]["tooltip"]]
        assert shown == ["segment", "period", "rate", "low", "high", "numerator", "denominator"]


def test_a_column_that_is_not_shown_does_not_travel_with_the_chart():
    assert "reviewer" not in json.dumps(drawn(lines().assign(reviewer="R1")))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_label_is_data_and_nothing_else(text):
    table = lines(text, "GB").assign(period_before=text, period_after=f"{text} after")
    spec = drawn(table)
    del spec["datasets"]
    for layer in spec["layer"]:
        layer["encoding"]["x"]["scale"].pop("domain")
    assert "alert" not in json.dumps(spec)
    assert "href" not in json.dumps(spec)


def test_chinese_words_come_with_the_language():
    text = json.dumps(drawn(lines(), language="zh-CN"), ensure_ascii=False)
    assert "分母" in text
    assert "Denominator" not in text


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda table: table.drop(columns="low_after"), "no column 'low_after'"),
        (lambda table: pd.concat([table, table]), "two rows"),
        (lambda table: table[:0], "the table has 0"),
        (lambda table: lines(*"abcdefghijk"), "the table has 11"),
        (lambda table: table.assign(rate_before=None), "rate is missing"),
        (lambda table: table.assign(period_after=list("abc")), "different periods"),
        (lambda table: table.assign(period_after=table["period_before"]), "the same label"),
        (lambda table: table.assign(numerator_after="<10"), "no number"),
    ],
)
def test_a_table_that_cannot_be_drawn_truly_is_refused(change, why):
    with pytest.raises(BadTable, match=why):
        drawn(change(lines()))

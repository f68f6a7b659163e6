"""Small lines: each on its own scale, none on another's ground, gaps where nothing is, and the value at the end."""

import pandas as pd
import pytest

from appeal_insights.charts.sparkline import USED, placed, sparklines
from appeal_insights.charts.theme import DARK, spec_of
from appeal_insights.errors import BadTable
from appeal_insights.reports.still import still
from tests.charts.test_theme import WHITE, linear, times


def rows(**metrics):
    told = [
        {"name": name, "nth": nth, "period_label": f"W{nth}", "value": value, "told": f"{name}:{value}"}
        for name, values in metrics.items()
        for nth, value in enumerate(values)
    ]
    return pd.DataFrame(told)


def drawn(table, **more):
    return spec_of(sparklines(table, title="Where", description="Two lines", **more))


def test_the_highest_value_stands_highest_in_its_own_row_and_a_flat_line_in_the_middle():
    found = placed(rows(a=[1, 3, 2], b=[700, 700, 700]))
    assert found["height"].tolist() == pytest.approx([USED / 2, -USED / 2, 0, 1, 1, 1])
    assert found["newest"].tolist() == [False, False, True] * 2


def test_no_line_reaches_into_the_row_of_another():
    found = placed(rows(a=[0, 9], b=[5, -5], c=[0.1, 0.2]))
    assert ((found["height"] - found["place"]).abs() < 0.5).all()


def test_a_period_without_a_value_leaves_a_gap_and_no_value_at_the_end():
    found = placed(rows(a=[1.0, None, 2.0, None]))
    assert found["height"].isna().tolist() == [False, True, False, True]
    spec = drawn(rows(a=[1.0, None, 2.0, None]))
    [held] = spec["datasets"].values()
    assert [row["height"] is None for row in held] == [False, True, False, True]
    assert "a:None" not in str(still(spec, "en"))


def test_the_newest_value_is_written_at_the_end_and_the_older_ones_are_not():
    picture = str(still(drawn(rows(a=[1, 3, 2], b=[7, 8, 9])), "en"))
    assert all(text in picture for text in (">a:2<", ">b:9<", ">a<", ">b<"))
    assert ">a:3<" not in picture


def test_a_line_is_dark_enough_for_grey_print():
    [line] = [one["mark"] for one in drawn(rows(a=[1, 2]))["layer"] if one["mark"]["type"] == "line"]
    assert line["color"] == DARK
    assert (WHITE[1] + 0.05) / (times([(0.2126, 0.7152, 0.0722)], linear(DARK))[0] + 0.05) >= 4.5


@pytest.mark.parametrize(
    "table", [rows(a=[1]).iloc[:0], pd.concat([rows(a=[1])] * 2), rows(a=[1]).drop(columns="told")]
)
def test_what_cannot_be_drawn_is_refused(table):
    with pytest.raises(BadTable):
        drawn(table)

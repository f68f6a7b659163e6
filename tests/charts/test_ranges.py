"""Rates with their intervals: the numbers of the table, the whole marked, and what cannot be drawn refused."""

import pandas as pd
import pytest

from appeal_insights.charts.ranges import MOST_ROWS, ranges
from appeal_insights.charts.theme import spec_of
from appeal_insights.errors import BadTable


def rows(*names):
    one = {"rate": 0.9, "low": 0.8, "high": 0.95, "numerator": 90, "denominator": 100}
    return pd.DataFrame([{"segment": name, **one} for name in names])


def drawn(table):
    return spec_of(ranges(table, title="Accuracy", unit="Right", description="Rows"))


def test_the_numbers_are_those_of_the_table_and_the_first_row_is_the_whole():
    [held] = drawn(rows("All", "DE", "FR"))["datasets"].values()
    assert [(row["segment"], row["rate"], row["low"], row["high"]) for row in held] == [
        (name, 0.9, 0.8, 0.95) for name in ("All", "DE", "FR")
    ]
    assert [row["whole"] for row in held] == [True, False, False]


@pytest.mark.parametrize(
    "table",
    [
        rows("All").iloc[:0],
        rows("All", "All"),
        rows(*map(str, range(MOST_ROWS + 1))),
        rows("All").assign(rate=float("nan")),
        rows("All").drop(columns="low"),
    ],
)
def test_what_cannot_be_drawn_is_refused(table):
    with pytest.raises(BadTable):
        drawn(table)

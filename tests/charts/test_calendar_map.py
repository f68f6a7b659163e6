"""A cell for each day: where it stands, what is marked in it, and large numbers as each language reads them."""


import pandas as pd
import pytest

from appeal_insights.charts.calendar_map import MOST_DAYS, calendar_map
from appeal_insights.charts.theme import spec_of
from appeal_insights.errors import BadTable
from appeal_insights.reports.still import still


def days(count: int = 14, first: str = "2026-10-28") -> pd.DataFrame:
    """Two weeks from a Wednesday on: 20,000 a day, none on the second, too few to show on the third, one day off."""
    table = pd.DataFrame({"day": pd.date_range(first, periods=count), "records": 20_000.0, "hidden": False})
    table.loc[1, "records"] = 0
    table.loc[2, ["records", "hidden"]] = [None, True]
    return table.assign(closed=table.index == 4)


def drawn(table, **more):
    return spec_of(calendar_map(table, title="Two gaps", description="Cells", **more))


def held(spec):
    [rows] = [rows for rows in spec["datasets"].values() if "weekday" in rows[0]]
    return pd.DataFrame(rows)


def test_a_day_stands_in_its_week_and_on_its_weekday():
    rows = held(drawn(days()))
    assert rows["week"].tolist() == [0] * 5 + [1] * 7 + [2] * 2
    assert rows["weekday"].tolist()[:6] == ["Wed", "Thu", "Fri", "Sat", "Sun", "Mon"]
    assert drawn(days())["layer"][0]["encoding"]["y"]["scale"]["domain"][0] == "Mon"
    [names] = [param["value"] for param in drawn(days())["params"] if "value" in param]
    assert names == {"0": ["26 Oct"], "1": ["2 Nov"], "2": ["9 Nov"]}


def test_a_week_without_a_row_keeps_its_place():
    table = days(28).drop(index=range(5, 12))
    spec = drawn(table)
    assert spec["layer"][0]["encoding"]["x"]["scale"]["domain"] == [0, 1, 2, 3, 4]
    assert 1 not in held(spec)["week"].tolist()


def test_what_is_no_usual_day_is_marked_and_named():
    spec = drawn(days())
    assert held(spec)["state"].fillna("usual").tolist()[:6] == ["usual", "empty", "hidden", "usual", "closed", "usual"]
    shapes = spec["layer"][-1]["encoding"]["shape"]["scale"]["domain"]
    assert sorted(shapes) == ["closed", "empty", "hidden"]
    assert len(drawn(days().iloc[5:].drop(columns="closed"))["layer"]) == 1


def test_large_numbers_are_read_in_ten_thousands_in_chinese_and_in_full_in_english():
    assert ">2万<" in str(still(drawn(days(), language="zh-CN"), "zh-CN"))
    assert "万" not in str(still(drawn(days()), "en"))
    assert ">20,000<" in str(still(drawn(days()), "en"))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda table: table.drop(columns="records"), "no column 'records'"),
        (lambda table: pd.concat([table, table]), "two rows"),
        (lambda table: table[:0], "no row"),
        (lambda table: days(MOST_DAYS + 1), "at most 371"),
        (lambda table: table.assign(hidden=True), "hidden row has a number"),
        (lambda table: table.assign(day=table["day"].dt.tz_localize("UTC")), "time zone"),
    ],
)
def test_a_table_that_cannot_be_drawn_truly_is_refused(change, why):
    with pytest.raises(BadTable, match=why):
        drawn(change(days()))

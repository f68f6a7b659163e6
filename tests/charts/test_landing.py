"""The landing drawn: the numbers of its tables and no others, told without colour too, in both languages."""

import json
from datetime import date

import numpy as np
import pandas as pd
import pytest

from appeal_insights.analysis.landing import landing as land
from appeal_insights.analysis.landing import landing_of_sum
from appeal_insights.charts.landing import LOOKS, landing, landing_alt
from appeal_insights.charts.theme import spec_of
from appeal_insights.errors import BadTable
from appeal_insights.reports.still import picture, still
from tests.charts.test_theme import WHITE, lab, linear, times

TOLD = {"title": "September may miss its target", "unit": "In time", "description": "Ten days"}
START, END = date(2026, 9, 1), date(2026, 10, 1)
DAYS = pd.DataFrame({"day": pd.date_range("2026-08-01", periods=41), "numerator": 94, "denominator": 100})


def so_far(days: int = 10) -> pd.DataFrame:
    number = np.arange(1, days + 1)
    rows = pd.DataFrame(
        {"day": pd.date_range(START, periods=days), "numerator": 94 * number, "denominator": 100 * number}
    )
    return rows.assign(to_date=0.94)


def ends(target: float | None = 0.95, **asked) -> pd.DataFrame:
    return land(DAYS, start=START, end=END, target=target, **asked).row()


def sums() -> tuple[pd.DataFrame, pd.DataFrame]:
    changes = DAYS[["day"]].assign(change=-40.0)
    row = landing_of_sum(changes, start=START, end=END, opening=5000, target=4000).row()
    numbers = 5000 - 40 * np.arange(1, 11)
    return so_far().assign(to_date=numbers, numerator=numbers, denominator=np.nan), row


def held(spec, column):
    return [pd.DataFrame(rows) for rows in spec["datasets"].values() if column in rows[0]]


def kinds(spec) -> list[str]:
    scales = [layer["encoding"]["color"]["scale"]["domain"] for layer in spec["layer"] if "color" in layer["encoding"]]
    assert all(one == scales[0] for one in scales)
    return scales[0]


def texts(spec) -> set[str]:
    return set(pd.concat(held(spec, "text"))["text"])


def test_the_chart_holds_the_numbers_of_its_tables():
    row = ends()
    spec = spec_of(landing(so_far(), row, **TOLD))
    [line] = held(spec, "to_date")
    assert line["to_date"].tolist() == [0.94] * 10
    assert line["denominator"].tolist() == list(range(100, 1001, 100))
    point = next(one for one in held(spec, "projected") if "low" in one)
    assert (
        point[["projected", "low", "high"]].to_numpy().tolist() == row[["projected", "low", "high"]].to_numpy().tolist()
    )
    assert point["day"].tolist() == ["2026-09-30T00:00:00"], "the last day, not the one after it"
    path = next(one for one in held(spec, "projected") if "low" not in one)
    assert path["projected"].tolist() == [0.94, row["projected"].iloc[0]]
    levels = {one["line"].iloc[0]: one for one in held(spec, "value") if "line" in one}
    assert levels["target"]["value"].tolist() == [0.95, 0.95]
    assert levels["needed"]["value"].tolist() == pytest.approx([0.955, 0.955])
    assert levels["needed"]["day"].tolist() == ["2026-09-11T00:00:00", "2026-10-01T00:00:00"]
    assert texts(spec) == {"Target: 95.0%", "Rest: 95.5%", "94.0%"}
    assert spec["description"] == "Ten days"


@pytest.mark.parametrize(
    ("row", "there"),
    [
        (ends(), ["to_date", "projected", "needed", "target"]),
        (ends(None), ["to_date", "projected"]),
        (ends(0.999), ["to_date", "projected", "target"]),  # out of reach: there is no level to draw
        (ends(0.2), ["to_date", "projected", "target"]),  # safe
    ],
)
def test_the_legend_names_what_is_drawn_and_nothing_else(row, there):
    assert kinds(spec_of(landing(so_far(), row, **TOLD))) == there


def test_a_period_that_is_over_has_no_projection():
    whole = pd.DataFrame({"day": pd.date_range("2026-08-01", periods=61), "numerator": 94, "denominator": 100})
    row = land(whole, start=START, end=END, target=0.95).row()
    spec = spec_of(landing(so_far(30), row, **TOLD))
    assert kinds(spec) == ["to_date", "target"]
    assert held(spec, "projected") == []
    assert landing_alt(row, "en").endswith("The target is 95.0%. Nothing is left to come.")


def test_a_period_that_has_not_begun_is_drawn_too():
    row = land(DAYS[:31], start=START, end=END, target=0.95).row()
    spec = spec_of(landing(so_far(0), row, **TOLD))
    assert kinds(spec) == ["to_date", "projected", "needed", "target"]
    assert picture(spec, "en")
    assert landing_alt(row, "en").startswith("Nothing is counted yet. For 30 September 2026, the last day, 94.0%")


def test_of_a_sum_the_path_to_its_target_is_drawn_from_where_it_is():
    rows, row = sums()
    spec = spec_of(landing(rows, row, shares=False, **TOLD))
    [way] = [one for one in held(spec, "value") if "line" in one and one["line"].iloc[0] == "needed"]
    assert way["value"].tolist() == [4600, 4000]
    assert way["day"].tolist() == ["2026-09-10T00:00:00", "2026-09-30T00:00:00"]
    assert texts(spec) == {"Target: 4,000", "3,800"}
    assert "Path to the target" in str(still(spec, "en"))
    assert landing_alt(row, "en", shares=False) == (
        "Up to 10 September 2026 it is 4,600. For 30 September 2026, the last day, 3,800 is projected, between 3,800 "
        "and 3,800. The target is 4,000. To meet it, the rest must average −30 a day; −40 is expected. "
        "The chance of meeting it is 100%."
    )


def test_the_text_for_who_cannot_see_says_the_numbers():
    told = landing_alt(ends(), "en")
    assert told.startswith(
        "Up to 10 September 2026 it is 94.0%. For 30 September 2026, the last day, 94.0% is projected,"
    )
    assert "To meet it, the rest must average 95.5%; 94.0% is expected." in told
    assert landing_alt(ends(0.999), "en").endswith(" it is out of reach, whatever the rest brings.")
    assert landing_alt(ends(0.2), "en").endswith(" it is met, whatever the rest brings.")
    assert landing_alt(ends(None), "en").count("%") == 4
    assert landing_alt(ends(), "zh-CN").startswith("截至2026年9月10日为 94.0%。")
    assert "须为 95.5%" in landing_alt(ends(), "zh-CN")


def test_chinese_words_come_with_the_language():
    shown = str(still(spec_of(landing(so_far(), ends(), language="zh-CN", **TOLD)), "zh-CN"))
    for word in ("截至目前", "期末预测值及区间", "剩余时间须达到的平均值", "目标：95.0%"):
        assert word in shown
    assert "To date" not in shown


def test_lines_stay_apart_in_grey_and_by_their_dashes():
    light = sorted(float(lab(linear(colour))[0]) for colour, _ in LOOKS.values())
    assert min(np.diff(light)) > 8
    for colour, _ in LOOKS.values():
        assert (WHITE[1] + 0.05) / (times([(0.2126, 0.7152, 0.0722)], linear(colour))[0] + 0.05) >= 3
    dashes = [tuple(dash) for _, dash in LOOKS.values()]
    assert len(set(dashes)) == len(dashes)


HOSTILE = "</script><b>' + alert(1) + '{{x}} datum.label"


def test_hostile_words_stay_words():
    spec = spec_of(landing(so_far(), ends(), title=HOSTILE, unit=HOSTILE, description=HOSTILE))
    assert spec["description"] == HOSTILE
    expressions = [
        layer["encoding"]["color"]["legend"]["labelExpr"] for layer in spec["layer"] if "color" in layer["encoding"]
    ]
    assert not any("alert" in one for one in expressions)
    assert "<b>" not in str(still(spec, "en"))


def test_a_column_that_is_not_shown_does_not_travel_with_the_chart():
    rows, row = so_far().assign(reviewer="R1"), ends().assign(owner="R2")
    assert not {"reviewer", "owner", "R1", "R2"} & set(json.dumps(spec_of(landing(rows, row, **TOLD))).split('"'))


@pytest.mark.parametrize(
    ("rows", "row", "told"),
    [
        (so_far().drop(columns="to_date"), ends(), "'to_date'"),
        (so_far(), ends().drop(columns="high"), "'high'"),
        (pd.concat([so_far(), so_far(1)]), ends(), "two rows"),
        (so_far(), pd.concat([ends(), ends()]), "2 rows"),
        (so_far(31), ends(), "outside the period"),
        (so_far(), ends().assign(end=date(2028, 1, 1)), "not one of 487"),
    ],
)
def test_what_cannot_be_drawn_is_refused(rows, row, told):
    with pytest.raises(BadTable, match=told):
        landing(rows, row, **TOLD)

"""A fan of cohorts: every number of the table, dotted where a cohort is young, and an estimate that looks like one."""

import json

import pandas as pd
import pytest

from appeal_insights.charts.maturing_fan import PALEST, maturing_fan
from appeal_insights.charts.theme import DARK, spec_of
from appeal_insights.errors import BadTable
from appeal_insights.reports.still import still
from tests.charts.test_theme import WHITE, lab, linear, times
from tests.pages import HOSTILE


def cohorts(*labels: str, ages: tuple[int, ...] = (1, 3, 7, 14)) -> pd.DataFrame:
    """The last of them is settled up to three days, seen up to seven, and not yet seen at fourteen."""
    rows = []
    names = labels or ("2026-W40", "2026-W41", "2026-W45")
    for nth, name in enumerate(names):
        for age in ages:
            rate = 0.6 - 0.01 * age + 0.02 * nth
            young = name == names[-1]
            known = not (young and age > 7)
            row = {"cohort": name, "days": age, "rate": rate if known else None, "low": None, "high": None}
            rows.append({**row, "numerator": 60, "denominator": 100, "mature": not young or age <= 3})
    return pd.DataFrame(rows)


def estimates(cohort: str = "2026-W45") -> pd.DataFrame:
    return pd.DataFrame([{"cohort": cohort, "days": 28, "rate": 0.41, "low": 0.38, "high": 0.44}])


def drawn(table, **more):
    told = {"title": "Young weeks read high", "unit": "Overturn rate", "description": "Three lines"}
    return spec_of(maturing_fan(table, **told, **more))


def held(spec, column="joint"):
    [rows] = [rows for rows in spec["datasets"].values() if column in rows[0]]
    return pd.DataFrame(rows)


def marks(spec, kind):
    return [layer for layer in spec["layer"] if layer["mark"]["type"] == kind]


def test_the_chart_holds_the_numbers_of_the_table():
    rows, table = held(drawn(cohorts())), cohorts()
    own = rows[~rows["joint"]].reset_index(drop=True)
    for column in ("cohort", "days", "numerator", "denominator"):
        assert list(own[column]) == list(table[column])
    assert own["rate"].dropna().tolist() == table["rate"].dropna().tolist()
    assert own["rate"].isna().tolist() == table["rate"].isna().tolist()


def test_a_line_is_dotted_from_its_last_settled_point_on():
    rows = held(drawn(cohorts()))
    young = rows[(rows["part"] == "young") & (rows["cohort"] == "2026-W45")].sort_values("days")
    assert young["days"].tolist() == [3, 7, 14]
    assert young["joint"].tolist() == [True, False, False]
    assert set(rows.loc[rows["part"] == "young", "cohort"]) == {"2026-W45"}
    [line] = marks(drawn(cohorts()), "line")
    assert line["encoding"]["strokeDash"]["scale"] == {"domain": ["settled", "young"], "range": [[1, 0], [2, 4]]}


def test_where_all_has_settled_nothing_is_said_of_the_young():
    [line] = marks(drawn(cohorts().assign(mature=True)), "line")
    assert line["encoding"]["strokeDash"]["legend"] is None


def test_older_cohorts_are_lighter_and_the_palest_still_stands_out_from_white():
    [line] = marks(drawn(cohorts()), "line")
    scale = line["encoding"]["color"]["scale"]
    assert scale["domain"] == ["2026-W40", "2026-W41", "2026-W45"]
    light = [lab(linear(colour))[0] for colour in scale["range"]]
    assert light == sorted(light, reverse=True)
    assert (scale["range"][0], scale["range"][-1]) == (PALEST, DARK)
    assert (WHITE[1] + 0.05) / (times([(0.2126, 0.7152, 0.0722)], linear(PALEST))[0] + 0.05) >= 3


def test_an_estimate_is_hollow_with_its_interval_and_named():
    spec = drawn(cohorts(), estimates=estimates())
    assert held(spec, "aside")[["rate", "low", "high"]].to_numpy().tolist() == [[0.41, 0.38, 0.44]]
    [hollow] = [layer for layer in marks(spec, "point") if layer["mark"].get("shape") == "diamond"]
    assert (hollow["mark"]["filled"], hollow["mark"]["fill"]) == (False, "#ffffff")
    [line] = marks(spec, "line")
    assert line["encoding"]["strokeDash"]["scale"]["domain"] == ["settled", "young", "estimate"]
    assert line["encoding"]["x"]["scale"]["domain"] == [0, 28]
    assert "41.0%" in str(still(spec, "en"))


def test_a_refused_estimate_is_left_out():
    refused = estimates().assign(rate=None, low=None, high=None)
    assert drawn(cohorts(), estimates=refused)["layer"] == drawn(cohorts())["layer"]


def test_points_are_drawn_where_ages_are_few_and_where_a_cohort_has_one_only():
    few, many = drawn(cohorts()), drawn(cohorts(ages=tuple(range(1, 15))))
    assert marks(few, "point")[0]["mark"]["opacity"] == {"expr": "datum.alone || !false ? 1 : 0"}
    assert marks(many, "point")[0]["mark"]["opacity"] == {"expr": "datum.alone || !true ? 1 : 0"}
    assert held(drawn(cohorts("2026-W40", ages=(1,))))["alone"].tolist() == [True]


def test_a_tooltip_shows_the_counts_behind_a_rate():
    [points, *_] = marks(drawn(cohorts()), "point")
    shown = [part["field"] for part in points["encoding"]["tooltip"]]
    assert shown == ["cohort", "days", "rate", "low", "high", "numerator", "denominator", "told"]


def test_a_column_that_is_not_shown_does_not_travel_with_the_chart():
    assert "reviewer" not in json.dumps(drawn(cohorts().assign(reviewer="R1")))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_label_is_data_and_nothing_else(text):
    spec = drawn(cohorts(text, "2026-W45"), estimates=estimates(text))
    assert "<script" not in still(spec, "en")
    del spec["datasets"]
    for layer in spec["layer"]:
        colour = layer["encoding"].get("color") or {}
        colour.get("scale", {}).pop("domain", None)
        (colour.get("legend") or {}).pop("values", None)
    assert "alert" not in json.dumps(spec)
    assert "href" not in json.dumps(spec)


def test_chinese_words_come_with_the_language():
    picture = str(still(drawn(cohorts(), estimates=estimates(), language="zh-CN"), "zh-CN"))
    for word in ("自提交起的天数", "部分案件未满该天数", "最终值的估计及区间"):
        assert word in picture
    assert "Days since" not in picture


@pytest.mark.parametrize(
    ("change", "more", "why"),
    [
        (lambda table: table.drop(columns="mature"), {}, "no column 'mature'"),
        (lambda table: pd.concat([table, table]), {}, "two rows"),
        (lambda table: table[:0], {}, "the table has 0"),
        (lambda table: cohorts(*(f"W{nth}" for nth in range(27))), {}, "the table has 27"),
        (lambda table: table.assign(days=-1)[::4], {}, "below 0"),
        (lambda table: table.assign(rate="<10"), {}, "no number"),
        (lambda table: table, {"estimates": estimates("2026-W46")}, "of a cohort that has no line"),
        (lambda table: table, {"estimates": pd.concat([estimates()] * 2)}, "two rows"),
        (lambda table: table, {"estimates": estimates().drop(columns="low")}, "no column 'low'"),
    ],
)
def test_a_table_that_cannot_be_drawn_truly_is_refused(change, more, why):
    with pytest.raises(BadTable, match=why):
        drawn(change(cohorts()), **more)

"""One series with its limits, its change and its alarm, and below the evidence on the same days."""

import json
import math

import pandas as pd
import pytest

from appeal_insights.charts.audited import by_day, by_week, new_levels
from appeal_insights.charts.behaviour import GAP, LOWER, UPPER, behaviour, behaviour_alt
from appeal_insights.charts.theme import spec_of
from appeal_insights.errors import BadTable
from appeal_insights.reports.still import still
from tests.charts.test_audited import alarm, evidence, fallen
from tests.pages import HOSTILE


def launches(title: str = "New tool") -> pd.DataFrame:
    days = pd.to_datetime(["2025-02-03", "2025-02-04", "2024-06-01"])
    return pd.DataFrame({"starts_on": days, "number": [2, 3, 1], "title": [title, "New rule", "Long ago"]})


def everything(title: str = "New tool") -> dict:
    rows = fallen()
    return {"alarms": alarm(), "levels": new_levels(rows, alarm()), "evidence": rows, "events": launches(title)}


def drawn(table, **more):
    return spec_of(behaviour(table, title="GB fell", unit="Accuracy", description="Points", **more))


def flat(spec):
    """All layers, those within layers too."""
    return [inner for layer in spec["layer"] for inner in layer.get("layer", [layer])]


def marks(spec, kind):
    return [layer for layer in flat(spec) if layer["mark"]["type"] == kind]


def held(spec, column):
    [rows] = [rows for rows in spec["datasets"].values() if column in rows[0]]
    return pd.DataFrame(rows)


def test_the_chart_holds_the_numbers_of_the_table():
    rows, table = held(drawn(by_day(evidence())), "place"), by_day(evidence())
    for column in ("period_label", "audited", "correct", "rate", "expected", "low", "high"):
        assert list(rows[column]) == list(table[column])


def test_a_point_outside_its_limits_is_marked_but_none_while_a_level_is_learned():
    rows = held(drawn(by_day(fallen())), "place")
    outside = rows[rows["kind"] == "outside"]["period_label"]
    assert outside.tolist()[:7] == [f"2025-02-{day:02d}" for day in range(3, 10)]
    assert outside.tolist()[7:] == [f"2025-03-{day:02d}" for day in range(10, 17)]
    learning = rows[rows["period_label"].between("2025-02-10", "2025-03-09")]
    assert learning[["expected", "low", "high"]].isna().all(axis=None)
    assert learning["rate"].notna().all()


def test_a_week_stands_in_its_middle_and_a_day_on_itself():
    assert held(drawn(by_week(evidence())), "place")["place"].iloc[0] == "2025-01-09T00:00:00"
    assert held(drawn(by_day(evidence())), "place")["place"].iloc[0] == "2025-01-06T00:00:00"


def test_the_days_that_it_may_have_changed_on_are_shaded_to_the_end_of_the_last():
    [row] = held(drawn(by_day(fallen()), alarms=alarm()), "since").to_dict("records")
    assert (row["since"], row["until"]) == ("2025-02-02T00:00:00", "2025-02-06T00:00:00")
    early = alarm(low=pd.Timestamp("2024-12-01"))
    assert held(drawn(by_day(fallen()), alarms=early), "since")["since"].tolist() == ["2025-01-06T00:00:00"]


def test_an_alarm_is_a_line_with_a_triangle_that_points_where_it_went():
    spec = drawn(by_day(fallen()), alarms=alarm())
    assert held(spec, "alarm_day")["kind"].tolist() == ["fell"]
    shape = next(layer["encoding"]["shape"] for layer in marks(spec, "point") if "shape" in layer["encoding"])["scale"]
    assert dict(zip(shape["domain"], shape["range"], strict=True)) == {
        "inside": "circle", "outside": "square", "fell": "triangle-down",
    }  # fmt: skip


def test_the_new_level_is_drawn_from_the_change_on_and_told_in_the_legend():
    spec = drawn(by_day(fallen()), levels=new_levels(fallen(), alarm()))
    [level] = [layer for layer in marks(spec, "rule") if "strokeDash" in layer["encoding"]]
    assert (level["encoding"]["x"]["field"], level["encoding"]["x2"]["field"]) == ("start", "end")
    assert "85.0%" in level["encoding"]["strokeDash"]["legend"]["labelExpr"]


def test_rates_and_evidence_share_their_days_and_stand_one_above_the_other():
    spec = drawn(by_day(fallen()), **everything())
    assert spec["height"] == UPPER + GAP + LOWER
    assert drawn(by_day(fallen()))["height"] == UPPER
    across = [layer["encoding"]["x"] for layer in flat(spec) if "field" in layer["encoding"].get("x", {})]
    [domain] = [x["scale"]["domain"] for x in across if "domain" in x["scale"]]  # of one layer, for all of them
    assert domain == [{"year": 2025, "month": 1, "date": 6}, {"year": 2025, "month": 3, "date": 17}]
    rates, below = (
        next(layer for layer in flat(spec) if layer["encoding"].get("y", {}).get("field") == name)["encoding"]["y"]
        for name in ("rate", "statistic")
    )
    assert rates["scale"]["range"][0] < below["scale"]["range"][1]


def test_evidence_is_written_as_a_multiple_and_marked_where_it_goes_over():
    rows = held(drawn(by_day(fallen()), evidence=fallen()), "statistic")
    assert rows.loc[rows["over"], "day"].tolist() == ["2025-02-09T00:00:00"]
    assert rows.loc[rows["over"], "times"].tolist() == pytest.approx([math.exp(9)])
    assert rows["threshold"].unique().tolist() == [8.0]


def test_a_series_that_was_never_watched_still_has_a_lower_half():
    unwatched = evidence(statistic=math.nan)
    assert still(drawn(by_day(unwatched), evidence=unwatched), "en") is not None


def test_known_events_keep_their_numbers_and_those_outside_are_left_out():
    spec = drawn(by_day(fallen()), events=launches())
    rows = held(spec, "named")
    assert rows["named"].tolist() == ["2. New tool", "3. New rule"]
    assert rows["down"].iloc[1] > rows["down"].iloc[0]  # a day apart: one below the other


def test_the_text_tells_the_reading_with_numbers():
    told = behaviour_alt(by_day(fallen()), alarm(), new_levels(fallen(), alarm()), "en")
    assert "GB from 2025-01-06 to 2025-03-16. Points outside their limits: 14 of 70." in told
    assert "fell from 95.0% to 85.0%" in told
    assert "2 February 2025 to 5 February 2025" in told
    assert told.endswith("alarmed on 9 February 2025.")
    quiet = behaviour_alt(by_day(evidence()), alarm()[:0], new_levels(evidence(), alarm()[:0]), "zh-CN")
    assert quiet.endswith("70 个点中有 0 个超出界限。")


def test_of_an_alarm_without_a_level_only_its_days_are_told():
    mix = alarm(cause="mix", low=pd.Timestamp("2025-02-05"))
    told = behaviour_alt(by_day(fallen()), mix, new_levels(fallen(), mix), "en")
    assert "It fell (date of the change, 90% set: 5 February 2025), and alarmed" in told


def test_a_second_change_is_told_from_the_level_before_it():
    back = alarm(change_date=pd.Timestamp("2025-03-01"), alarm_day=pd.Timestamp("2025-03-12"), direction="rose")
    both = pd.concat([alarm(), back])
    levels = pd.DataFrame({"start": both["change_date"], "rate": [0.85, 0.94]})
    assert "It rose from 85.0% to 94.0%" in behaviour_alt(by_day(fallen()), both, levels, "en")


def test_a_hidden_point_leaves_a_gap():
    table = by_day(fallen().assign(audited=[4, *[100] * 69]), smallest=10)
    assert held(drawn(table), "place")["rate"].isna().tolist() == [True, *[False] * 69]


def test_a_column_that_is_not_shown_does_not_travel_with_the_chart():
    tables = {name: table.assign(reviewer="R1") for name, table in everything().items()}
    assert "reviewer" not in json.dumps(drawn(by_day(fallen()).assign(reviewer="R1"), **tables))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_label_is_data_and_nothing_else(text):
    spec = drawn(by_day(fallen().assign(series=text)), **everything(text))
    assert "<script" not in still(spec, "en")
    del spec["datasets"]
    assert "alert" not in json.dumps(spec)
    assert "href" not in json.dumps(spec)


def test_chinese_words_come_with_the_language():
    picture = str(still(drawn(by_day(fallen()), **everything(), language="zh-CN"), "zh-CN"))
    for word in ("超出界限", "变化后的水平：85.0%", "达到此线即预警", "已知事件", "2月3日"):
        assert word in picture
    assert "Outside" not in picture


@pytest.mark.parametrize(
    ("change", "more", "why"),
    [
        (lambda table: table.drop(columns="learning"), {}, "no column 'learning'"),
        (lambda table: table[:0], {}, "no row"),
        (lambda table: pd.concat([table, table]), {}, "two rows"),
        (lambda table: table.assign(series=["GB", *["DE"] * 69]), {}, "several series"),
        (lambda table: table.assign(hidden=True), {}, "hidden row has a number"),
        (lambda table: by_day(evidence(131)), {}, "131 points"),
        (lambda table: table, {"alarms": alarm().drop(columns="low")}, "no column 'low'"),
        (lambda table: table, {"events": launches().drop(columns="number")}, "no column 'number'"),
        (lambda table: table, {"events": pd.concat([launches()] * 7)}, "14 events"),
    ],
)
def test_a_table_that_cannot_be_drawn_truly_is_refused(change, more, why):
    with pytest.raises(BadTable, match=why):
        drawn(change(by_day(fallen())), **more)

"""From before to after: every step as long as the table says, and no step that begins in the air."""

import itertools
import json

import pandas as pd
import pytest

from appeal_insights.charts.rows import lines_of
from appeal_insights.charts.theme import spec_of
from appeal_insights.charts.waterfall import STEPS, waterfall
from appeal_insights.errors import BadTable
from appeal_insights.reports.still import still
from tests.charts.test_theme import lab, linear
from tests.pages import HOSTILE


def steps(*labels: str) -> pd.DataFrame:
    """From 48.1 % by +2, -0.5 and 0 to 49.6 %."""
    names = labels or ("GB", "GB", "All else")
    told = [
        ("2026-W40", "start", 0.481, 0.481, 0.47, 0.49),
        (names[0], "mix", 0.481, 0.501, 0.012, 0.028),
        (names[1], "rate", 0.501, 0.496, -0.01, 0.001),
        (names[2], "rest", 0.496, 0.496, None, None),
        ("2026-W44", "end", 0.496, 0.496, 0.485, 0.51),
    ]
    return pd.DataFrame(told, columns=["label", "kind", "from", "to", "low", "high"])


def drawn(table, **more):
    return spec_of(waterfall(table, title="GB rose", unit="Overturn rate", description="Three steps", **more))


def held(spec):
    [rows] = spec["datasets"].values()
    return pd.DataFrame(rows)


def marks(spec, kind):
    return [layer for layer in spec["layer"] if layer["mark"]["type"] == kind]


def test_the_chart_holds_the_steps_of_the_table_in_their_order():
    spec, table = drawn(steps()), steps()
    rows = held(spec)
    for column in ("label", "kind", "from", "to"):
        assert list(rows[column]) == list(table[column])
    assert rows["low"].dropna().tolist() == table["low"].dropna().tolist()
    assert rows["place"].tolist() == [0, 1, 2, 3, 4]
    assert spec["description"] == "Three steps"


def test_a_bar_leads_from_one_rate_to_the_next_and_none_begins_at_zero():
    [bar] = marks(drawn(steps()), "bar")
    assert (bar["encoding"]["x"]["field"], bar["encoding"]["x2"]["field"]) == ("from", "to")
    assert {"filter": "!datum.level"} in bar["transform"]
    low, high = bar["encoding"]["x"]["scale"]["domain"]
    assert 0.46 < low < 0.47
    assert 0.511 < high < 0.52  # 51.0 % is the upper bound of the end, 50.9 % that of the first step


def test_what_is_reckoned_is_the_step_in_points_and_where_its_interval_lies():
    formulas = {step["as"]: step["calculate"] for step in drawn(steps())["layer"][0]["transform"] if "as" in step}
    assert formulas["points"] == "datum.level ? null : 100 * (datum.to - datum.from)"
    assert formulas["least"] == "isValid(datum.low) ? datum.low + (datum.level ? 0 : datum.from) : null"
    assert set(formulas) == {"points", "least", "most", "low_points", "high_points"}


def test_the_three_kinds_of_step_are_apart_in_grey_print():
    light = sorted(lab(linear(colour))[0] for colour in STEPS.values())
    assert min(b - a for a, b in itertools.pairwise(light)) > 15


def test_only_the_kinds_that_are_there_are_named():
    spec = drawn(
        steps().drop(index=1).assign(**{"from": [0.481, 0.481, 0.476, 0.476], "to": [0.481, 0.476, 0.476, 0.476]})
    )
    [bar] = marks(spec, "bar")
    assert bar["encoding"]["color"]["scale"]["domain"] == ["rate", "rest"]
    still_one = steps().iloc[[0, 4]].assign(**{"from": 0.481, "to": 0.481})
    assert not marks(drawn(still_one), "bar")


def test_one_segment_may_be_there_by_its_rate_and_by_its_share():
    spec = drawn(steps("GB", "GB", "All else"))
    [names] = spec["params"]
    assert names["value"] == {"0": ["2026-W40"], "1": ["GB"], "2": ["GB"], "3": ["All else"], "4": ["2026-W44"]}


def test_a_long_name_stands_on_three_lines_and_ends_in_dots():
    assert lines_of("ZA · seller") == ["ZA", "seller"]
    lines = lines_of("account_suspension " * 8)
    assert len(lines) == 3
    assert lines[-1].endswith("…")
    assert max(len(line) for line in lines) <= 30
    assert drawn(steps("a", "b", "c"))["height"] < drawn(steps("a · b · c", "b", "c"))["height"]


def test_a_column_that_is_not_shown_does_not_travel_with_the_chart():
    assert "reviewer" not in json.dumps(drawn(steps().assign(reviewer="R1")))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_label_is_data_and_nothing_else(text):
    spec = drawn(steps(text, f"{text} again", "c"))
    picture = still(spec, "en")
    assert "<script" not in picture
    assert "<img" not in picture
    del spec["datasets"], spec["params"]
    assert "alert" not in json.dumps(spec)
    assert "href" not in json.dumps(spec)


def test_the_chart_can_be_drawn_as_a_still_picture_with_its_numbers():
    picture = str(still(drawn(steps()), "en"))
    for text in ("48.1%", "+2.00", "49.6%", "2026-W44"):
        assert text in picture


def test_chinese_words_come_with_the_language():
    text = json.dumps(drawn(steps(), language="zh-CN"), ensure_ascii=False)
    assert "自身比率变动" in text
    assert "Its rate moved" not in text


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda table: table.drop(columns="kind"), "no column 'kind'"),
        (lambda table: table[:1], "the table has 1"),
        (lambda table: pd.concat([table] * 5), "the table has 25"),
        (lambda table: table[1:], "begins with a start"),
        (lambda table: table.assign(kind=table["kind"].replace("mix", "blend")), "has rate, mix, rest between"),
        (lambda table: table.drop(index=2), "does not begin where"),
        (lambda table: table.assign(to=table["to"].mask(table["kind"] == "end", 0.5)), "does not begin where"),
        (lambda table: table.assign(to=None), "lacks where it leads"),
        (lambda table: table.assign(low="<10"), "no number"),
    ],
)
def test_a_table_that_cannot_be_drawn_truly_is_refused(change, why):
    with pytest.raises(BadTable, match=why):
        drawn(change(steps()))

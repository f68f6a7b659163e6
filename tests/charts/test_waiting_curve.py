"""The share still open only falls, from one on; drawn from the estimate that counts open cases for what they are."""

import json

import pandas as pd
import pytest

from appeal_insights.analysis.waiting import survival
from appeal_insights.charts.theme import spec_of
from appeal_insights.charts.waiting_curve import waiting_curve
from appeal_insights.errors import BadTable
from tests.pages import HOSTILE

HOUR = 3600


def curve(segment: str = "DE", unit: int = HOUR) -> pd.DataFrame:
    """Ten cases: five closed after two hours, three after four, two still open then. 1, then 1/2, then 1/5."""
    counts = pd.DataFrame({"seconds": [2 * unit, 4 * unit], "closed": [5, 3], "open": [0, 2]})
    return survival(counts).assign(segment=segment)


def drawn(table, **more):
    told = {"title": "Three in ten wait", "unit": "Still open", "description": "A curve"}
    return spec_of(waiting_curve(table, **told, **more))


def held(spec, column="still_open"):
    [rows] = [rows for rows in spec["datasets"].values() if column in rows[0]]
    return pd.DataFrame(rows)


def test_a_curve_begins_at_one_and_holds_the_numbers_of_the_table():
    rows = held(drawn(curve()))
    assert rows["still_open"].tolist() == pytest.approx([1, 0.5, 0.2])
    assert rows["after"].tolist() == [0, 2, 4]
    assert rows["told"].tolist() == ["0 min", "2.0 h", "4.0 h"]
    assert rows["at_risk"].tolist()[1:] == [10, 5]


def test_long_times_are_read_in_days():
    spec = drawn(curve(unit=24 * HOUR), language="zh-CN")
    assert held(spec)["after"].tolist() == [0, 2, 4]
    assert held(spec)["told"].tolist()[1:] == ["48 小时", "4.0 天"]
    assert spec["layer"][0]["encoding"]["x"]["axis"]["title"] == "受理后天数"


def test_a_time_of_nothing_that_is_there_is_not_put_there_twice():
    counts = pd.DataFrame({"seconds": [0, HOUR], "closed": [2, 2], "open": [0, 0]})
    rows = held(drawn(survival(counts).assign(segment="DE")))
    assert rows["still_open"].tolist() == [0.5, 0]


def test_the_promise_is_a_line_with_its_name():
    spec = drawn(curve(), promise=3 * HOUR)
    assert held(spec, "of")["after"].tolist() == [3]
    assert "Promised within 3.0 h" in json.dumps(spec)
    assert "Promised" not in json.dumps(drawn(curve()))


def test_several_lines_have_colours_and_dashes_of_their_own_and_a_legend():
    spec = drawn(pd.concat([curve("DE"), curve("GB")]))
    line = next(layer for layer in spec["layer"] if layer["mark"]["type"] == "line")
    for channel in ("color", "strokeDash"):
        scale = line["encoding"][channel]["scale"]
        assert scale["domain"] == ["DE", "GB"]
        assert scale["range"][0] != scale["range"][1]
    assert line["encoding"]["color"]["legend"]["symbolOpacity"] == 1


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_label_is_data_and_nothing_else(text):
    spec = drawn(pd.concat([curve(text), curve("GB")]))
    spec.pop("datasets")
    for layer in spec["layer"]:
        for channel in layer["encoding"].values():
            if isinstance(channel, dict):
                channel.get("scale", {}).pop("domain", None)
    assert "alert" not in json.dumps(spec)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda table: table.drop(columns="low"), "no column 'low'"),
        (lambda table: pd.concat([table, table]), "two rows"),
        (lambda table: table[:0], "the table has 0"),
        (lambda table: pd.concat([curve(str(number)) for number in range(7)]), "the table has 7"),
    ],
)
def test_a_table_that_cannot_be_drawn_truly_is_refused(change, why):
    with pytest.raises(BadTable, match=why):
        drawn(change(curve()))

"""Segments under what they are part of: the table's own numbers, set in as deep as they are, causes standing out."""

import json

import pandas as pd
import pytest

from appeal_insights.charts.segment_tree import KINDS, segment_tree
from appeal_insights.charts.theme import spec_of
from appeal_insights.errors import BadTable
from appeal_insights.reports.still import still
from tests.charts.test_theme import lab, linear
from tests.pages import HOSTILE


def tree(label: str = "spam") -> pd.DataFrame:
    counts = {"numerator_before": 10, "denominator_before": 100, "numerator_after": 20, "denominator_after": 100}
    told = [
        ("Everything", 0, 0.015, 0.01, 0.02, False),
        ("ZA", 1, 0.02, 0.014, 0.026, True),
        (label, 2, -0.004, None, None, False),
        ("GB", 1, 0.0, -0.002, 0.002, False),
    ]
    rows = pd.DataFrame(told, columns=["label", "depth", "contribution", "low", "high", "cause"])
    return rows.assign(**counts)


def drawn(table, **more):
    return spec_of(segment_tree(table, title="ZA rose", description="Four bars", **more))


def held(spec):
    [rows] = [rows for rows in spec["datasets"].values() if "label" in rows[0]]
    return pd.DataFrame(rows)


def test_the_chart_holds_the_shares_of_the_table_in_their_order():
    rows, table = held(drawn(tree())), tree()
    for column in ("label", "depth", "contribution", "numerator_before", "denominator_after"):
        assert list(rows[column]) == list(table[column])
    assert rows["low"].isna().tolist() == [False, False, True, False]
    assert rows["kind"].tolist() == ["part", "cause", "part", "part"]


def test_the_one_thing_reckoned_is_a_share_into_points():
    steps = [step for layer in drawn(tree())["layer"] for step in layer.get("transform", [])]
    assert {step["as"] for step in steps} == {"contribution_points", "low_points", "high_points"}
    assert {step["calculate"] for step in steps if step["as"] == "low_points"} == {
        "isValid(datum.low) ? 100 * datum.low : null"
    }


def test_a_name_is_set_in_by_its_depth():
    """In the picture, each name begins farther right than that of the segment it is part of."""
    picture = str(still(drawn(tree()), "en"))
    places = {}
    for name in ("Everything", "ZA", "spam", "GB"):
        before = picture[: picture.index(f">{name}<")]
        places[name] = float(before[before.rindex("translate(") + 10 :].split(",")[0])
    assert places["Everything"] < places["ZA"] == places["GB"] < places["spam"]


def test_causes_stand_out_in_grey_print_and_in_bold():
    cause, part = (lab(linear(KINDS[kind]))[0] for kind in ("cause", "part"))
    assert part - cause > 25
    [names] = [layer for layer in drawn(tree())["layer"] if layer["encoding"].get("text", {}).get("field") == "lines"]
    assert names["mark"]["fontWeight"] == {"expr": "datum.kind == 'cause' ? 600 : 400"}


def test_where_nothing_is_named_the_legend_names_no_cause():
    [bar] = [layer for layer in drawn(tree().assign(cause=False))["layer"] if layer["mark"]["type"] == "bar"]
    assert bar["encoding"]["color"]["scale"]["domain"] == ["part"]


def test_a_chart_is_as_high_as_it_has_segments():
    assert drawn(tree())["height"] == 2 * drawn(tree()[:2])["height"]


def test_a_column_that_is_not_shown_does_not_travel_with_the_chart():
    assert "reviewer" not in json.dumps(drawn(tree().assign(reviewer="R1")))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_label_is_data_and_nothing_else(text):
    spec = drawn(tree(text))
    assert "<script" not in still(spec, "en")
    del spec["datasets"]
    assert "alert" not in json.dumps(spec)
    assert "href" not in json.dumps(spec)


def test_chinese_words_come_with_the_language():
    text = json.dumps(drawn(tree(), language="zh-CN"), ensure_ascii=False)
    for word in ("认定的原因", "百分点"):
        assert word in text
    assert "Named as a cause" not in text


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda table: table.drop(columns="cause"), "no column 'cause'"),
        (lambda table: table[:0], "the table has 0"),
        (lambda table: pd.concat([table] * 11), "the table has 44"),
        (lambda table: table[1:], "under none it is part of"),
        (lambda table: table.assign(depth=[0, 2, 2, 1]), "under none it is part of"),
        (lambda table: table.assign(depth=[0, 0.5, 1, 1]), "under none it is part of"),
        (lambda table: table.assign(contribution=None), "a contribution is missing"),
        (lambda table: table.assign(high="<10"), "no number"),
    ],
)
def test_a_table_that_cannot_be_drawn_truly_is_refused(change, why):
    with pytest.raises(BadTable, match=why):
        drawn(change(tree()))

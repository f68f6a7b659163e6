"""The bars of a change: the table's own numbers, in the table's own order."""

import json

import pandas as pd
import pytest

from appeal_insights.charts.contributions import contributions
from appeal_insights.charts.theme import spec_of
from appeal_insights.errors import BadTable

HOSTILE = "</script><script>alert('S1')</script>"


@pytest.fixture
def segments():
    counts = {"numerator_before": 10, "denominator_before": 100, "numerator_after": 20, "denominator_after": 100}
    rows = [
        {"segment": "ZA", "mix_effect": 0.001, "rate_effect": 0.02, "contribution": 0.021, "low": 0.01, "high": 0.03},
        {"segment": HOSTILE, "mix_effect": -0.004, "rate_effect": 0.0, "contribution": -0.004, "low": None},
        {"segment": "DE", "mix_effect": 0.0, "rate_effect": 0.001, "contribution": 0.001, "low": -0.01, "high": 0.02},
    ]
    return pd.DataFrame([{**row, **counts} for row in rows])


def drawn(table, **more):
    return spec_of(contributions(table, title="ZA brought the rise", description="Three bars", **more))


def test_the_chart_holds_the_shares_of_the_table(segments):
    spec = drawn(segments)
    [rows] = [rows for rows in spec["datasets"].values() if "segment" in rows[0]]
    held = pd.DataFrame(rows)
    for column in ("segment", "mix_effect", "rate_effect", "contribution", "numerator_before", "denominator_after"):
        assert list(held[column]) == list(segments[column])
    assert rows[1]["low"] is None
    assert rows[1]["high"] is None
    assert spec["description"] == "Three bars"


def test_the_one_thing_reckoned_is_a_share_into_points(segments):
    steps = [step for layer in drawn(segments)["layer"] for step in layer.get("transform", [])]
    formulas = {step["as"]: step["calculate"] for step in steps if "calculate" in step}
    assert formulas["contribution_points"] == "isValid(datum.contribution) ? 100 * datum.contribution : null"
    assert set(formulas) == {
        *(f"{name}_points" for name in ("contribution", "rate_effect", "mix_effect", "low", "high")),
        "effect",
    }


def test_segments_come_in_the_order_of_the_table(segments):
    bars = drawn(segments)["layer"][0]
    assert bars["encoding"]["y"]["sort"] is None


def test_a_column_that_is_not_shown_does_not_travel_with_the_chart(segments):
    assert "reviewer" not in json.dumps(drawn(segments.assign(reviewer="R1")))


def test_a_hostile_label_is_data_and_nothing_else(segments):
    spec = drawn(segments)
    del spec["datasets"]
    assert "alert" not in json.dumps(spec)
    assert "href" not in json.dumps(spec)


def test_a_chart_is_as_high_as_it_has_segments(segments):
    assert drawn(segments)["height"] * 2 == drawn(segments[:2])["height"] * 3


def test_chinese_words_come_with_the_language(segments):
    text = json.dumps(drawn(segments, language="zh-CN"), ensure_ascii=False)
    for word in ("率值效应", "结构效应", "百分点"):
        assert word in text
    assert "Rate effect" not in text


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda table: table.drop(columns="mix_effect"), "no column 'mix_effect'"),
        (lambda table: pd.concat([table, table]), "two rows"),
        (lambda table: table[:0], "no segment"),
    ],
)
def test_a_table_that_cannot_be_drawn_truly_is_refused(segments, change, why):
    with pytest.raises(BadTable, match=why):
        drawn(change(segments))

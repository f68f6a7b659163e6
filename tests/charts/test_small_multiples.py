"""A panel for each segment on one scale, each beside the first; labels are data, and what cannot be read is refused."""

import json

import pandas as pd
import pytest

from appeal_insights.charts.small_multiples import MOST_SEGMENTS, small_multiples
from appeal_insights.charts.theme import spec_of
from appeal_insights.errors import BadTable
from tests.pages import HOSTILE, weeks


def drawn(table, **more):
    return spec_of(small_multiples(table, title="Only DE", unit="Overturn rate", description="Panels", **more))


def held(spec):
    [rows] = [rows for rows in spec["datasets"].values() if "behind" in rows[0]]
    return pd.DataFrame(rows)


def test_the_chart_holds_the_numbers_of_the_table_and_the_first_segment_beside_each():
    rows, table = held(drawn(weeks())), weeks()
    for column in ("segment", "period_label", "rate", "low", "high", "numerator", "denominator"):
        assert rows[column].tolist() == table[column].tolist()
    first = rows[rows["segment"] == "DE"]
    assert first["behind"].tolist() == first["rate"].tolist()
    other = rows[rows["segment"] == "GB"]
    assert other["behind"].tolist() == first["rate"].tolist()
    assert first["place"].tolist() == list(range(8))


def test_panels_stand_in_the_order_of_the_table_and_share_their_scale():
    spec = drawn(pd.concat([weeks(label="ZA"), weeks(label="AE").query("segment == 'AE'")]))
    assert spec["facet"]["sort"] == ["ZA", "GB", "AE"]
    assert "resolve" not in spec
    rates = {json.dumps(layer["encoding"]["y"]["scale"]) for layer in spec["spec"]["layer"]}
    assert rates == {'{"nice": true, "zero": false}'}


def test_the_unit_stands_under_the_title_and_the_tooltip_has_the_counts():
    spec = drawn(weeks(), language="zh-CN")
    assert spec["title"]["subtitle"] == "Overturn rate"
    [*_, points] = spec["spec"]["layer"]
    assert "分母" in json.dumps(points["encoding"]["tooltip"], ensure_ascii=False)
    assert "Denominator" not in json.dumps(spec, ensure_ascii=False)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_label_is_data_and_nothing_else(text):
    spec = drawn(weeks(label=text).assign(period_label=lambda table: text + table["period_label"]))
    for name in ("datasets", "params"):
        spec.pop(name)
    spec["facet"].pop("sort")
    assert "alert" not in json.dumps(spec)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda table: table.drop(columns="low"), "no column 'low'"),
        (lambda table: pd.concat([table, table]), "two rows"),
        (lambda table: table[table["segment"] == "DE"], "the table has 1"),
        (lambda table: pd.concat([weeks(str(n)).query("segment != 'GB'") for n in range(MOST_SEGMENTS + 1)]), "has 41"),
        (lambda table: table.assign(rate="x"), "no number"),
    ],
)
def test_a_table_that_cannot_be_drawn_truly_is_refused(change, why):
    with pytest.raises(BadTable, match=why):
        drawn(change(weeks()))

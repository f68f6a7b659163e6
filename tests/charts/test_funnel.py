"""A funnel: limits that agree with those of the table, lines that part who stands out, names that lie on no mark."""

import itertools
import json

import numpy as np
import pandas as pd
import pytest

from appeal_insights.analysis.drift_split import funnel
from appeal_insights.charts.funnel import APART, HEIGHT, _apart, funnel_alt, funnel_limits, funnel_plot
from appeal_insights.charts.theme import spec_of
from appeal_insights.errors import BadTable
from appeal_insights.reports.still import still
from tests.pages import HOSTILE


def units(label: str = "R-00", count: int = 40) -> pd.DataFrame:
    """Forty reviewers of 95 %, from 20 audits to 800; the largest, and one of the middle, got a fifth wrong."""
    audited = np.linspace(20, 800, count).astype(int)
    moved = np.resize([-1, 0, 1, 0.5, -0.5], count)  # by so many standard deviations of chance
    correct = np.round(0.95 * audited + moved * np.sqrt(0.95 * 0.05 * audited)).astype(int)
    correct[[count // 2, -1]] = 0.8 * audited[[count // 2, -1]]
    names = [label, *(f"R-{nth:02d}" for nth in range(1, count))]
    return funnel(pd.DataFrame({"unit": names, "audited": audited, "correct": correct}))


def drawn(table=None, **more):
    table = units() if table is None else table
    return spec_of(funnel_plot(table, title="Two stand out", unit="Accuracy", description="Funnel", **more))


def held(spec, column):
    [rows] = [rows for rows in spec["datasets"].values() if column in rows[0]]
    return pd.DataFrame(rows)


def marks(spec, kind):
    return [layer for layer in spec["layer"] if layer["mark"]["type"] == kind]


def lines(table):
    rows = table.assign(out=table["stands_out"])
    return funnel_limits(rows)


def test_the_chart_holds_the_numbers_of_the_table():
    rows, table = held(drawn(), "kind"), units()
    for column in ("unit", "audited", "rate", "low", "high", "adjusted"):
        assert list(rows[column]) == list(table[column])
    assert rows.loc[rows["kind"] == "stands_out", "unit"].tolist() == ["R-20", "R-39"]


def test_the_lines_go_through_the_limits_of_every_unit():
    table, found = units(), lines(units())
    for side in ("low", "high"):
        at_units = np.interp(table["audited"], found["audited"], found[side])
        # Straight pieces between eighty points on a bend.
        assert at_units == pytest.approx(table[side].to_numpy(), abs=2e-3)


def test_the_outer_lines_part_those_who_stand_out_from_the_others():
    for seed in range(20):
        rng = np.random.default_rng(seed)
        audited = rng.integers(30, 900, 60)
        accuracy = np.where(rng.random(60) < 0.1, 0.82, 0.95)
        table = funnel(
            pd.DataFrame({"unit": range(60), "audited": audited, "correct": rng.binomial(audited, accuracy)})
        )
        found = lines(table)
        # On the scale that limits are reckoned on: rates as funnel sees them, with three eighths of an audit added.
        seen = (table["rate"] * table["audited"] + 0.375) / (table["audited"] + 0.75)
        low, high = (np.interp(audited, found["audited"], found[f"outer_{side}"]) for side in ("low", "high"))
        outside = (seen < low - 1e-3) | (seen > high + 1e-3)
        inside = (seen > low + 1e-3) & (seen < high - 1e-3)
        assert table.loc[outside, "stands_out"].all()
        assert not table.loc[inside, "stands_out"].any()


def test_outer_lines_lie_further_out_and_all_narrow_as_audits_grow():
    found = lines(units())
    assert (found["outer_low"] <= found["low"]).all()
    assert (found["outer_high"] >= found["high"]).all()
    assert found["low"].is_monotonic_increasing
    assert found["high"].is_monotonic_decreasing


def test_units_of_one_size_have_lines_too():
    same = funnel(pd.DataFrame({"unit": ["A", "B", "C"], "audited": 50, "correct": [48, 47, 40]}))
    assert still(drawn(same), "en") is not None


def test_those_who_stand_out_are_named_and_of_a_few_all():
    assert sorted(held(drawn(), "named_at")["unit"]) == ["R-20", "R-39"]
    few = drawn(units(count=5).assign(stands_out=False))
    assert len(held(few, "named_at")) == 5
    quiet = drawn(units().assign(stands_out=False))
    assert marks(quiet, "text") == []


def test_names_do_not_lie_on_each_other_and_stay_in_the_picture():
    down = _apart(pd.Series([100.0, 101, 102, 310, 312, 315]))
    assert all(later - earlier >= APART for earlier, later in itertools.pairwise(down))
    assert down.iloc[-1] <= HEIGHT


def test_a_unit_without_audits_is_left_out():
    empty = funnel(pd.DataFrame({"unit": ["A", "B", "C"], "audited": [50, 60, 0], "correct": [48, 55, 0]}))
    assert held(drawn(empty), "kind")["unit"].tolist() == ["A", "B"]


def test_the_text_tells_the_reading_with_numbers():
    told = funnel_alt(units(), "reviewers", "en")
    assert "40 reviewers" in told
    assert "2 of them outside the limits for all together. Furthest out: R-39 with 80.0% on 800 audits." in told
    assert "无异常" in funnel_alt(units().assign(stands_out=False), "审核员", "zh-CN")


def test_a_column_that_is_not_shown_does_not_travel_with_the_chart():
    assert "employee" not in json.dumps(drawn(units().assign(employee="E1")))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_label_is_data_and_nothing_else(text):
    table = units(text)
    spec = drawn(table.assign(stands_out=table["unit"] == text))
    assert "<script" not in still(spec, "en")
    del spec["datasets"]
    assert "alert" not in json.dumps(spec)


def test_chinese_words_come_with_the_language():
    picture = str(still(drawn(language="zh-CN"), "zh-CN"))
    for word in ("全部 40 个一并比较的界限", "单个的 95% 界限", "质检数"):
        assert word in picture
    assert "Stands out" not in picture


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda table: table.drop(columns="z"), "no column 'z'"),
        (lambda table: pd.concat([table, table]), "two rows"),
        (lambda table: table.head(1), "has 1 with audits"),
        (lambda table: table.assign(rate="<10"), "no number"),
    ],
)
def test_a_table_that_cannot_be_drawn_truly_is_refused(change, why):
    with pytest.raises(BadTable, match=why):
        drawn(change(units()))

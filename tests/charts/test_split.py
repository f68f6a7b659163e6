"""A change taken apart: its parts add up, and each is called what it is."""

import pandas as pd
import pytest

from appeal_insights.analysis.drift_split import Split, split_change
from appeal_insights.charts.split import split_alt, split_chart, split_steps
from appeal_insights.charts.theme import spec_of
from appeal_insights.errors import BadTable
from appeal_insights.reports.still import still

PARTS = vars(Split(before=0.943, after=0.892, mix=-0.012, work=-0.031, auditors=-0.008))


def test_each_part_begins_where_the_one_before_it_ended():
    steps = split_steps(PARTS, "en")
    assert steps["label"].tolist() == ["Measured before", "Mix of cases", "Work", "Auditors", "Measured after"]
    assert steps["kind"].tolist() == ["start", "mix", "rate", "rest", "end"]
    assert steps["from"].tolist() == pytest.approx([0.943, 0.943, 0.931, 0.9, 0.892])
    assert steps["to"].tolist() == pytest.approx([0.943, 0.931, 0.9, 0.892, 0.892])


def test_a_split_of_strata_can_be_drawn():
    strata = pd.DataFrame({"population_before": [800, 200], "audited_before": [100, 100], "correct_before": [95, 80]})
    after = {"population_after": [600, 400], "audited_after": [100, 100], "correct_after": [93, 78]}
    steps = split_steps(vars(split_change(strata.assign(**after))), "en")
    assert "Auditors" not in steps["label"].tolist()  # without gold cases nobody can tell
    # 92 % to 87 %; half way between the rates the move of a fifth of the cases brings 0.2 x (0.79 - 0.94).
    assert steps["to"].tolist() == pytest.approx([0.92, 0.89, 0.87, 0.87])


def test_intervals_are_those_of_their_part():
    known = pd.DataFrame({"part": ["work"], "low": [-0.044], "high": [-0.018]})
    steps = split_steps(PARTS, "en", intervals=known)
    assert steps.loc[steps["kind"] == "rate", ["low", "high"]].to_numpy().tolist() == [[-0.044, -0.018]]
    assert steps["low"].notna().sum() == 1


def test_the_legend_says_mix_work_and_auditors_in_the_language():
    for language, names in (
        ("en", ("Mix of cases", "Work", "Auditors")),
        ("zh-CN", ("案件结构", "审核工作", "质检标准")),
    ):
        chart = split_chart(
            split_steps(PARTS, language), title="Parts", unit="%", description="Steps", language=language
        )
        picture = str(still(spec_of(chart), language))
        assert all(picture.count(name) >= 2 for name in names)  # beside its row, and in the legend


def test_the_text_tells_the_parts_with_their_signs():
    minus = "\N{MINUS SIGN}"
    told = split_alt(PARTS, "en")
    assert f"from 94.3% to 89.2%: mix of cases {minus}1.20, work {minus}3.10, auditors {minus}0.80 points" in told
    assert "由 94.3% 变为 89.2%" in split_alt(PARTS, "zh-CN")


def test_parts_that_do_not_add_up_are_refused():
    with pytest.raises(BadTable, match="do not add up"):
        split_steps({**PARTS, "mix": 0.0}, "en")
    with pytest.raises(BadTable, match="of no part"):
        split_steps(PARTS, "en", intervals=pd.DataFrame({"part": ["rest"], "low": [0], "high": [0]}))

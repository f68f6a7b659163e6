"""A definition that changes makes a new version: a series never goes from one to another without a word."""

import re
from datetime import datetime

import pandas as pd
import pytest

from appeal_insights.errors import BadMapping, BadPeriod
from appeal_insights.findings.overturn import investigate
from appeal_insights.records.figures import ingest_figures, read_figures_mapping
from appeal_insights.records.store import Store
from appeal_insights.records.workspace import Workspace
from tests.helpers import FIRST_LOAD, SHEET, answer, make_sheet, question, table

SECOND_LOAD = datetime(2026, 11, 17)
WEEKS = table("""
    week     | market | reversed | decided
    2026-W40 | GB     | 40       | 100
    2026-W40 | DE     | 10       | 50
    2026-W41 | GB     | 30       | 1200
""")


def take_in(rows, path, **declared):
    return ingest_figures(rows, path, mapping=read_figures_mapping({**SHEET, **declared}), loaded_at=FIRST_LOAD)


def test_a_new_definition_is_no_change_of_the_rate(tmp_path):
    """From week 42 on partly reversed counts too: the rate doubles, and nothing happened."""
    weeks = [f"2026-W{week}" for week in range(38, 46)]
    rows = pd.DataFrame({"week": weeks, "market": "GB", "reversed": "200", "decided": "1000"})
    rows.loc[4:, "reversed"] = "400"
    changes = SHEET["metrics"]["overturn_rate"] | {"version": {"2026-10-12": 2}}
    path = make_sheet(tmp_path / "two.duckdb", rows, metrics={"overturn_rate": changes})
    assert answer(path, "trend", "2026-W40", "2026-W41", grain="week")["rate"].tolist() == [0.2, 0.2]
    for name in ("trend", "before_after"):
        with pytest.raises(BadPeriod, match=r"1: 2026-10-05..2026-10-11, 2: 2026-10-12..2026-10-18"):
            answer(path, name, "2026-W41", "2026-W42")
    with Store(path) as store:
        assert question(store, "2026-W38..2026-W41").definition == 1
        assert question(store, "2026-W42..2026-W45").definition == 2
    # Of periods of one definition no earlier one is drawn beside them.
    inquiry = investigate(store="two", before="2026-W42..2026-W43", after="2026-W44..2026-W45",
                          workspace=_in_workspace(path, tmp_path))  # fmt: skip
    assert inquiry.evidence.definition == 2
    assert inquiry.evidence.trend["period_label"].tolist() == weeks[4:]


def _in_workspace(path, folder):
    kept = Workspace(folder / "space").store(path.stem)
    kept.parent.mkdir(parents=True)
    path.rename(kept)
    return folder / "space"


def test_a_later_sheet_by_another_definition_says_so(tmp_path):
    path = make_sheet(tmp_path / "two.duckdb", WEEKS)
    later = WEEKS.assign(week="2026-W42").head(1)
    again = SHEET["metrics"]["overturn_rate"] | {"version": 2}
    make_sheet(path, later, loaded_at=SECOND_LOAD, metrics={"overturn_rate": again})
    with Store(path) as store:
        assert store.declared("figures")["versions"] == {"overturn_rate": [1, 2]}
    with pytest.raises(BadPeriod, match="more than one version"):
        answer(path, "trend", "2026-W41", "2026-W42")
    # Before the second load nobody knew of another definition.
    assert answer(path, "trend", "2026-W41", "2026-W42", as_of=FIRST_LOAD)["numerator"].tolist() == [30, 0]


def test_a_period_in_which_a_definition_changes_is_set_aside(tmp_path):
    changes = SHEET["metrics"]["overturn_rate"] | {"version": {"2026-10-07": 2}}
    intake = take_in(WEEKS, tmp_path / "two.duckdb", metrics={"overturn_rate": changes})
    assert intake.rejected == 1  # of week 41
    assert intake.reasons["reason"].tolist() == ["the definition of overturn_rate changes within this period"]


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        (0, "a whole number from 1"),
        (True, "a whole number from 1"),
        ({}, "a whole number from 1"),
        ({"2026-13-01": 2}, "month must be in 1..12"),
        ({"2026-10-01": "2"}, "a whole number from 1"),
    ],
)
def test_a_version_is_a_number_from_a_day_on(tmp_path, said, problem):
    metrics_ = {"overturn_rate": SHEET["metrics"]["overturn_rate"] | {"version": said}}
    with pytest.raises(BadMapping, match=re.escape(problem)):
        take_in(WEEKS, tmp_path / "two.duckdb", metrics=metrics_)

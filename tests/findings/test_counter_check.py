"""Audits of both sides say whether the enforcement or the appeal review changed; without them nothing is said."""

import pandas as pd
import pytest

from appeal_insights.findings.overturn import investigate
from appeal_insights.records.workspace import Workspace
from tests.helpers import decided, make_store

DAYS = [f"2026-10-{day:02d}" for day in range(5, 32)] + ["2026-11-01"]


def audits(side: str, wrong_before: int, wrong_after: int) -> pd.DataFrame:
    """A hundred audits of each period, so many of them finding an error."""
    rows = []
    for day, wrong in (("2026-10-07", wrong_before), ("2026-10-21", wrong_after)):
        for place in range(100):
            rows.append({"verdict": "incorrect" if place < wrong else "correct", "decided_at": f"{day}T10:00:00Z"})
    table = pd.DataFrame(rows).assign(subject_type=side, subject_id="x", purpose="random", market="GB")
    table["audited_at"] = table["decided_at"]
    table["decision"] = "decision_reversed" if side == "appeal" else "enforced"
    return table.assign(audit_id=[f"{side}{place}" for place in range(len(table))])


@pytest.fixture
def store(tmp_path):
    """Overturns double from week 43 on."""
    (tmp_path / "notebooks").mkdir()
    cases = [(day, "GB", "reversed", 20 if day < "2026-10-19" else 40) for day in DAYS]
    cases += [(day, "GB", "upheld", 80 if day < "2026-10-19" else 60) for day in DAYS]
    return make_store(Workspace(tmp_path).store("s"), decided(cases))


def events_of(store):
    inquiry = investigate(store="s", before="2026-W41..2026-W42", after="2026-W43..2026-W44", language="both",
                          workspace=store.parents[2])  # fmt: skip
    return {(part.id, part.language): part for part in inquiry.events.parts}


@pytest.mark.parametrize(
    ("side", "before", "after", "says", "zh"),
    [
        (
            "enforcement",
            5,
            40,
            "Audits of the enforcements themselves moved with it (+35.00 points wrong)",
            "请先查看处罚环节",
        ),
        ("appeal", 5, 40, "Audits of reversals moved with it (+35.00 points wrong)", "请先查看申诉审核环节"),
        ("appeal", 40, 5, "The audits do not tell which side it was", "质检无法说明"),
        ("enforcement", 10, 12, "The audits do not tell which side it was", "质检无法说明"),
    ],
)
def test_the_side_is_named_whose_errors_moved_with_the_overturns(store, side, before, after, says, zh):
    make_store(store, audits(side, before, after), fact="audits")
    parts = events_of(store)
    assert parts["audited", "en"].notes[0].startswith(says)
    assert zh in parts["audited", "zh-CN"].notes[0]
    shown = parts["audited", "en"].cells.rows
    assert [row[1:3] for row in shown] == [[f"{before}.0% ({before} / 100)", f"{after}.0% ({after} / 100)"]]


def test_without_audits_nothing_is_said_of_either_side(store):
    assert {part for part, _ in events_of(store)} == {"events"}

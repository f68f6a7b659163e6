"""A finding that hangs on one choice says so; one that holds in most other ways of counting says that."""

import pytest

from appeal_insights.findings.overturn import investigate
from appeal_insights.findings.robustness import held
from appeal_insights.records.workspace import Workspace
from tests.helpers import decided, make_sheet, make_store, table


def days(first: int, month: int = 10) -> list[str]:
    return [f"2026-{month:02d}-{day:02d}" for day in range(first, first + 7)]


def ask_about(folder, **more):
    return investigate(store="s", before="2026-W41..2026-W42", after="2026-W43..2026-W44", workspace=folder, **more)


def store_of(folder, cases, **columns):
    (folder / "notebooks").mkdir()
    return make_store(Workspace(folder).store("s"), decided(cases, **columns))


def cases(before: int, after: int, *, also: tuple[str, int, int] | None = None):
    """A hundred decisions a day over four weeks, so many of them reversed; on one day more."""
    rows = []
    for first, reversed_ in ((5, before), (12, before), (19, after), (26, after)):
        for place, day in enumerate(days(first)):
            if day.endswith("-32"):
                continue
            here = reversed_ + place % 2  # no two days are quite alike
            rows += [(day, "GB", "reversed", here), (day, "GB", "upheld", 100 - here)]
    if also:
        day, good, bad = also
        rows += [(day, "GB", "reversed", good), (day, "GB", "upheld", bad)]
    return [row for row in rows if row[0] <= "2026-10-31"]


def judged(inquiry, finding="moved"):
    rows = inquiry.evidence.robust
    rows = rows[rows["finding"] == finding]
    return dict(zip(rows["variant"], rows["holds"], strict=True))


def test_a_rise_on_all_days_holds_without_any_one_of_them(tmp_path):
    store_of(tmp_path, cases(20, 40))
    inquiry = ask_about(tmp_path)
    found = judged(inquiry)
    assert found["without_a_day"]
    assert found["partial_not"]
    assert found["days_only"]
    assert held(inquiry.evidence, "moved") == (sum(found.values()), len(found))


def test_a_rise_that_one_day_brought_does_not_hold_without_it(tmp_path):
    """On 2026-10-28 a bulk restore: 3,000 reversals."""
    store_of(tmp_path, cases(20, 20, also=("2026-10-28", 3000, 0)))
    inquiry = ask_about(tmp_path)
    rows = inquiry.evidence.robust.set_index("variant")
    assert rows.loc["partial_not", "change"] > 0.4
    assert abs(rows.loc["without_a_day", "change"]) < 0.01
    assert rows.loc["without_a_day", "holds"] == (
        rows.loc["without_a_day", "low"] <= 0
    )  # the whole did not surely move


def test_what_cannot_be_counted_so_is_left_out(tmp_path):
    """The data end with the later period, so no week later; nobody named enforcements, so no shared outcomes."""
    store_of(tmp_path, cases(20, 40))
    found = judged(ask_about(tmp_path, as_of="2026-11-02T00:00:00Z"))
    assert "week_later" not in found
    assert "clusters_only" not in found
    assert {"week_earlier", "basis_submission", "omitted_too"} <= set(found)


def test_counted_figures_can_be_counted_in_no_other_way(tmp_path):
    (tmp_path / "notebooks").mkdir()
    rows = table("week | market | reversed | decided\n2026-W41 | GB | 20 | 100\n2026-W43 | GB | 60 | 100")
    make_sheet(Workspace(tmp_path).store("s"), rows)
    inquiry = investigate(store="s", before="2026-W41", after="2026-W43", workspace=tmp_path, language="both")
    assert inquiry.evidence.robust is None
    assert held(inquiry.evidence, "moved") is None
    assert inquiry.robustness.parts[1].notes == ["这些数字由他方统计，或没有可查看的变化，因此无法换用其他算法。"]


@pytest.mark.parametrize(("audience", "numbers"), [("stakeholder", False), ("analyst", True)])
def test_only_an_analyst_sees_the_numbers_of_other_ways(demo, audience, numbers):
    shown = demo.investigate(audience=audience).robustness.parts[0]
    cells = [cell for row in shown.cells.rows for cell in row[1:]]
    assert any(any(sign.isdigit() for sign in cell) for cell in cells) == numbers
    assert len(shown.cells.rows) >= 6  # at least six other ways


def test_the_planted_causes_hold_in_most_other_ways(demo):
    inquiry = demo.investigate()
    named = [each.id for each in inquiry.conclusions if each.id.startswith("segment_")]
    assert named
    for finding in named:
        score, of = held(inquiry.evidence, finding)
        assert of >= 6
        assert score >= of - 1
    [claims] = [each for each in inquiry.conclusions if each.id == "segment_1"]
    score, of = held(inquiry.evidence, "segment_1")
    assert f"a choice of counting: it holds in {score} of {of} other ways" in claims.told["en"].ruled_out

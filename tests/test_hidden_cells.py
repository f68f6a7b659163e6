"""A small cell of a table broken down two ways cannot be worked out from the totals that are shown elsewhere."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from appeal_insights.disclosure import SMALLEST_SHOWN, hide_cells

WAYS = ["row", "column"]


def table(*rows, closed=(), untold=()):
    """A cell for each number; the totals of rows are shown, but for those in `untold`, and those of open columns."""
    return pd.DataFrame(
        [
            {
                "row": None if nth in untold else nth,
                "column": None if place in closed else place,
                "closed": place in closed,
                "denominator": count,
                "rate": 0.5,
            }
            for nth, row in enumerate(rows)
            for place, count in enumerate(row)
        ]
    )


def hidden(cells, audience="stakeholder"):
    return hide_cells(cells, audience, blank=["rate", "denominator"], totals=WAYS, closed=["closed"])["hidden"]


def drawn(cells, width=3):
    """The table as text: a cross for what is hidden."""
    marks = ["x" if is_hidden else "." for is_hidden in hidden(cells)]
    return ["".join(marks[start : start + width]) for start in range(0, len(marks), width)]


def attacked(cells):
    """The least and most that each hidden small cell can be, for one who knows all that is shown and every total."""
    away = hidden(cells).to_numpy()
    if not away.any():
        return {}
    places = np.flatnonzero(away)
    sums, totals = [], []
    for way in WAYS:
        for line in cells[way].dropna().unique():
            inside = (cells[way] == line).to_numpy()
            sums.append(inside[places].astype(float))
            totals.append(cells["denominator"].to_numpy()[inside & away].sum())
    found = {}
    for nth, place in enumerate(places):
        if cells["denominator"].iloc[place] < SMALLEST_SHOWN:
            ends = []
            for sign in (1, -1):
                aim = np.zeros(len(places))
                aim[nth] = sign
                ends.append(linprog(aim, A_eq=sums or None, b_eq=totals or None, bounds=(0, None)))
            least, most = ends[0].fun, -ends[1].fun if ends[1].success else np.inf
            found[int(place)] = (least, most)
    return found


def test_one_small_cell_takes_a_rectangle_with_it():
    assert drawn(table([3, 40, 50], [30, 20, 60], [70, 80, 90])) == ["xx.", "xx.", "..."]


def test_nothing_is_hidden_where_nothing_is_small_nor_from_an_analyst():
    cells = table([30, 40], [0, 20])
    assert not hidden(cells).any()
    assert not hidden(table([3, 40], [30, 20]), "analyst").any()


def test_a_cell_without_a_record_stays_and_protects_nobody():
    assert drawn(table([3, 0, 50], [30, 0, 60])) == ["x.x", "x.x"]


def test_an_empty_cell_is_hidden_where_a_small_one_would_follow_without_it():
    assert drawn(table([1, 40, 0], [30, 0, 0], [0, 0, 20])) != ["xx.", "x..", "..."]
    assert drawn(table([1, 40, 0], [30, 0, 0], [0, 0, 20]))[1].count("x") == 2


def test_two_small_cells_that_are_small_together_take_a_third():
    assert drawn(table([2, 3, 50, 60], [40, 30, 70, 80], [90, 90, 90, 90]), width=4) == ["xxx.", "xxx.", "...."]


def test_a_row_whose_total_nobody_is_told_needs_no_second_cell():
    assert drawn(table([3, 40, 50], [30, 20, 60], untold=(0, 1)))[0] == "x.."


def test_a_column_whose_total_is_hidden_is_hidden_whole():
    cells = table([30, 40, 50], [30, 20, 60], closed=(1,))
    assert [row[1] for row in drawn(cells)] == ["x", "x"]


def test_what_is_hidden_is_blank():
    shown = hide_cells(table([3, 40], [30, 20]), "stakeholder", blank=["rate", "denominator"], totals=WAYS)
    assert shown["hidden"].all()
    assert shown[["rate", "denominator"]].isna().all(axis=None)


counts = st.one_of(st.integers(0, 9), st.integers(0, 60))


@given(
    st.integers(2, 5).flatmap(
        lambda width: st.lists(st.lists(counts, min_size=width, max_size=width), min_size=2, max_size=5)
    )
)
def test_no_small_cell_can_be_worked_out_where_every_total_is_large(rows):
    numbers = np.array(rows)
    sums = np.concatenate([numbers.sum(axis=0), numbers.sum(axis=1)])
    if (sums < SMALLEST_SHOWN).any():
        return
    for least, most in attacked(table(*rows)).values():
        assert most - least > 0.5

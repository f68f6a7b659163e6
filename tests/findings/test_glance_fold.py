"""What a glance shows of its segments adds up, and no small cell follows from all that is on the screen together."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from appeal_insights.findings.evidence import POOLED
from appeal_insights.findings.glance_fold import MOST_LINES, MOST_ROWS, OTHERS, fold

COUNT = st.sampled_from([0, 0, 1, 3, 9, 10, 12, 25, 60, 200])


@st.composite
def grids(draw, most=9):
    segments, periods = draw(st.integers(1, most)), draw(st.integers(1, 4))
    return np.array(
        draw(st.lists(st.lists(COUNT, min_size=periods, max_size=periods), min_size=segments, max_size=segments))
    )


def trend(grid, names=None):
    """The answer of a trend query: a row for each segment and period, one in three in the numerator."""
    names = names or [f"s{place:02}" for place in range(len(grid))]
    rows = [
        {
            "segment": name,
            "period": pd.Timestamp("2026-11-02") + pd.Timedelta(weeks=week),
            "ends_on": pd.Timestamp("2026-11-09") + pd.Timedelta(weeks=week),
            "period_label": f"W{week}",
            "numerator": int(count) // 3,
            "denominator": int(count),
        }
        for name, counts in zip(names, grid, strict=True)
        for week, count in enumerate(counts)
    ]
    return pd.DataFrame(rows)


def equations(found, table):
    """One row for each number on the screen: which cells (segment, period) it is the sum of."""
    cells = list(zip(table["segment"], table["period_label"], strict=True))
    names = list(dict.fromkeys(table["segment"]))
    whole = fold(table.assign(segment=""), [], "stakeholder").cells  # what the screen without a dimension shows
    weeks = whole.loc[~whole["hidden"].astype(bool), "period_label"]
    told = [{cell for cell in cells if cell[1] == week} for week in weeks]
    for shown in (found.cells, found.trend):
        own = set(shown["segment"]) - {OTHERS}
        for row in shown[~shown["hidden"].astype(bool)].itertuples():
            of = [name for name in names if name not in own] if row.segment == OTHERS else [row.segment]
            told.append({(name, row.period_label) for name in of})
    alone = set(found.breakdown["segment"]) - {POOLED}
    for segment in found.breakdown["segment"]:
        of = [name for name in names if name not in alone] if segment == POOLED else [segment]
        told.append({cell for cell in cells if cell[0] in of})
    return np.array([[float(cell in one) for cell in cells] for one in told])


@settings(max_examples=300)
@given(grids())
def test_no_small_cell_follows_from_all_that_is_shown(grid):
    table = trend(grid)
    if grid.sum() < 10:
        return  # nothing is shown at all
    found = fold(table, ["market"], "stakeholder")
    system = equations(found, table)
    known = np.einsum("ij,ji->i", np.linalg.pinv(system), system) > 1 - 1e-9
    small = table["denominator"].between(1, 9).to_numpy()
    assert not (known & small).any()


@given(grids(most=16), st.sampled_from(["analyst", "stakeholder"]))
def test_whatever_is_folded_everything_adds_up(grid, audience):
    table = trend(grid)
    found = fold(table, ["market"], audience)
    whole = int(grid.sum())
    assert found.cells["denominator"].sum() == found.trend["denominator"].sum() == whole
    assert found.breakdown["denominator"].sum() == found.whole["denominator"].item() == whole
    assert found.trend["segment"].nunique() <= MOST_LINES + 1
    assert found.cells["segment"].nunique() <= MOST_ROWS + 1
    if audience == "analyst":
        assert not found.cells["hidden"].any()
        assert not found.trend["hidden"].any()
        assert POOLED not in set(found.breakdown["segment"])


@settings(max_examples=200)
@given(grids(most=6))
def test_crossed_no_small_cell_follows_from_the_totals_of_either_dimension(grid):
    """Rows are markets and columns policies: the total of each stands on the screen of that dimension alone."""
    if grid.sum() < 10:
        return
    names = [(f"m{row}", f"p{place}") for row in range(len(grid)) for place in range(grid.shape[1])]
    table = trend(grid.reshape(-1, 1), [" · ".join(name) for name in names])
    table = table.assign(market=[name[0] for name in names], policy=[name[1] for name in names])
    found = fold(table, ["market", "policy"], "stakeholder")
    shown = set(found.breakdown["segment"]) - {POOLED}
    cells = list(table["segment"])
    system = [{cell} for cell in cells if cell in shown]
    alone = [fold(table.assign(segment=table[name]), [name], "stakeholder").breakdown for name in ("market", "policy")]
    parts = {part for each in alone for part in each["segment"]}  # what the screens of each dimension alone show
    system += [{cell for cell in cells if part in cell.split(" · ")} for part in parts]
    matrix = np.array([[float(cell in one) for cell in cells] for one in system])
    known = np.einsum("ij,ji->i", np.linalg.pinv(matrix), matrix) > 1 - 1e-9
    assert not (known & table["denominator"].between(1, 9).to_numpy()).any()
    assert found.breakdown["denominator"].sum() == grid.sum()


def test_the_line_of_all_others_is_hidden_where_it_would_tell_a_line_from_a_row():
    """Eight markets of two weeks. In the second one a line (s00) and a row (s06) are small: both go, and what tells."""
    grid = np.array([[90, 5], [80, 80], [70, 70], [60, 60], [50, 50], [40, 40], [30, 6], [20, 20]])
    found = fold(trend(grid), ["market"], "stakeholder")
    hidden = found.cells[found.cells["hidden"].astype(bool)]
    assert {("s00", "W1"), ("s06", "W1")} <= set(zip(hidden["segment"], hidden["period_label"], strict=True))
    others = found.trend[found.trend["segment"] == OTHERS].set_index("period_label")["hidden"]
    assert others["W1"]

"""Segments held against each other: in a period against the rest, and between two periods against the whole."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appeal_insights.analysis.decomposition import decompose_change
from tests.helpers import answer, decided, make_sheet, make_store

# W41: GB 8 of 10, ZA 1 of 4. W42: GB 2 of 10, NO 3 of 4; nobody in ZA.
CASES = [
    ("2026-10-05", "GB", "reversed", 8), ("2026-10-05", "GB", "upheld", 2),
    ("2026-10-06", "ZA", "partially_reversed", 1), ("2026-10-06", "ZA", "upheld", 3),
    ("2026-10-12", "GB", "reversed", 2), ("2026-10-12", "GB", "upheld", 8),
    ("2026-10-13", "NO", "reversed", 3), ("2026-10-13", "NO", "upheld", 1), ("2026-10-13", "NO", "omitted", 9),
]  # fmt: skip
WEEKS = ["2026-W41", "2026-W42"]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return make_store(tmp_path_factory.mktemp("weeks") / "weeks.duckdb", decided(CASES))


def test_a_heat_map_holds_each_segment_against_all_others_of_its_period(path):
    found = answer(path, "heat_map", *WEEKS, by=("market",), grain="week")
    assert found[["segment", "period_label", "numerator", "denominator"]].to_numpy().tolist() == [
        ["GB", "2026-W41", 8, 10], ["GB", "2026-W42", 2, 10], ["NO", "2026-W42", 3, 4], ["ZA", "2026-W41", 1, 4],
    ]  # fmt: skip
    assert found["rest_rate"].tolist() == [1 / 4, 3 / 4, 2 / 10, 8 / 10]
    assert found["against_rest"].tolist() == pytest.approx([0.55, -0.55, 0.55, -0.55])


def test_the_whole_has_no_rest(path):
    found = answer(path, "heat_map", *WEEKS, grain="week")
    assert found["rate"].tolist() == [9 / 14, 5 / 14]
    assert found[["rest_rate", "against_rest"]].isna().all(axis=None)


def test_those_that_moved_the_whole_most_come_first(path):
    found = answer(path, "top_movers", *WEEKS, by=("market",))
    assert found["segment"].tolist() == ["GB", "NO", "ZA"]
    sides = ["numerator_before", "denominator_before", "numerator_after", "denominator_after"]
    assert found[sides].to_numpy().tolist() == [[8, 10, 2, 10], [0, 0, 3, 4], [1, 4, 0, 0]]
    # The whole fell from 9/14 to 5/14, middle 1/2. GB kept its share of 10/14: no mix, and 10/14 of -0.6.
    # NO came (its 3/4 for both): 4/14 of a quarter above the middle. ZA went: 4/14 less of a quarter below it.
    assert found["rate_effect"].tolist() == pytest.approx([-10 / 14 * 0.6, 0, 0])
    assert found["mix_effect"].tolist() == pytest.approx([0, 4 / 14 * 0.25, 4 / 14 * 0.25])
    assert found["effect"].sum() == pytest.approx(5 / 14 - 9 / 14, abs=1e-12)


COUNTS = st.tuples(st.integers(0, 40), st.integers(0, 40))
MARKETS = ["GB", "ZA", "NO", "DE", "TR", "FR"]


@settings(max_examples=12)
@given(st.lists(st.tuples(COUNTS, COUNTS), min_size=1, max_size=6))
def test_what_the_segments_brought_adds_up_to_the_change_of_the_whole(tmp_path_factory, sides):
    rows = [
        {"week": week, "market": market, "reversed": reversed_, "decided": reversed_ + upheld}
        for market, both in zip(MARKETS, sides, strict=False)
        for week, (reversed_, upheld) in zip(WEEKS, both, strict=True)
    ]
    path = make_sheet(tmp_path_factory.mktemp("movers") / "s.duckdb", pd.DataFrame(rows))
    found = answer(path, "top_movers", *WEEKS, by=("market",))
    [whole] = answer(path, "before_after", *WEEKS).itertuples()
    change = whole.rate_after - whole.rate_before
    if pd.isna(change):  # nothing to count in one of the weeks
        assert found["effect"].eq(0).all()
        return
    assert found["effect"].sum() == pytest.approx(change, abs=1e-12)
    assert found["effect"].abs().is_monotonic_decreasing
    split = decompose_change(found.drop(columns=["mix_effect", "rate_effect", "effect"]))
    assert found["mix_effect"].tolist() == pytest.approx(split["mix_effect"].tolist(), abs=1e-12)
    assert found["rate_effect"].tolist() == pytest.approx(split["rate_effect"].tolist(), abs=1e-12)


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("heat_map", {"by": ("market",), "grain": "week"}),
        ("heat_map", {"grain": "week"}),
        ("top_movers", {"by": ("market",)}),
        ("top_movers", {"where": {"market": ["GB", "ZA"]}}),
    ],
)
def test_rows_and_counted_rows_give_the_same_answer(path, tmp_path, name, asked):
    counted = answer(path, "trend", *WEEKS, grain="week", by=("market",))
    sheet = counted.rename(columns={"period_label": "week", "numerator": "reversed", "denominator": "decided"})
    sheet = sheet[sheet["decided"] > 0]
    make_sheet(tmp_path / "s.duckdb", sheet[["week", "market", "reversed", "decided"]])
    from_rows, from_counts = (answer(one, name, *WEEKS, **asked) for one in (path, tmp_path / "s.duckdb"))
    pd.testing.assert_frame_equal(from_rows, from_counts)


def test_a_ratio_is_compared_like_a_rate(path):
    """Reversals for each appeal received: both sides by their own instant, here on one day."""
    found = answer(path, "top_movers", *WEEKS, of="reversals_per_received", by=("market",)).set_index("market")
    assert found.loc["NO", ["numerator_after", "denominator_after"]].tolist() == [3, 13], "omitted ones were received"
    assert found["effect"].sum() == pytest.approx(5 / 23 - 9 / 14, abs=1e-12)


SHARED = st.tuples(st.sampled_from(["e1", "e2", "e3", None]), st.sampled_from(["GB", "ZA"]), st.integers(0, 13))


@settings(max_examples=10)
@given(st.lists(st.tuples(SHARED, st.sampled_from(["reversed", "upheld", "omitted"])), min_size=1, max_size=30))
def test_the_sums_over_clusters_are_those_of_pandas(tmp_path_factory, cases):
    """And of numbers from 0 up, x of n in each cluster, the squares keep their order: xx <= xn <= nn, and n <= nn."""
    days = [f"2026-10-{5 + day:02}" for (_, _, day), _ in cases]
    markets, outcomes = [market for (_, market, _), _ in cases], [outcome for _, outcome in cases]
    rows = decided(list(zip(days, markets, outcomes, [1] * len(cases), strict=True)))
    rows["enforcement_id"] = pd.array([named for (named, _, _), _ in cases], dtype="str")
    path = make_store(tmp_path_factory.mktemp("sums") / "s.duckdb", rows)
    found = answer(path, "by_cluster", *WEEKS, by=("market",), grain="week").set_index(["market", "period_label"])
    merits = rows.assign(
        n=(rows["outcome"] != "decision_omitted").astype(int),
        x=(rows["outcome"] == "decision_reversed").astype(int),
        cluster=rows["enforcement_id"].fillna(rows["appeal_id"]),
        week=["2026-W41" if day < "2026-10-12" else "2026-W42" for day in days],
        day=days,
    )
    for prefix, together in {"sum": ["cluster"], "day": ["cluster", "day"]}.items():
        each = merits.groupby(["market", "week", *together])[["x", "n"]].sum()
        squares = pd.DataFrame({"xx": each["x"] ** 2, "xn": each["x"] * each["n"], "nn": each["n"] ** 2})
        expected = squares.groupby(["market", "week"]).sum()
        ours = found[[f"{prefix}_xx", f"{prefix}_xn", f"{prefix}_nn"]]
        assert ours.to_numpy().tolist() == expected.reindex(found.index).to_numpy().tolist()
        assert (ours.diff(axis=1).iloc[:, 1:] >= 0).all(axis=None)
    assert (found["sum_nn"] >= found["denominator"]).all()
    assert (found["sum_xx"] >= found["numerator"]).all()
    assert (found["sum_nn"] >= found["day_nn"]).all()

"""A batch of runs names at most so many for nothing, also where runs share their luck or are done again."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr

from appeal_insights.analysis.batch import batch_level
from appeal_insights.errors import BadParameter, BadTable

# Benjamini and Hochberg (1995), section 4: fifteen p values, of which four are rejected at .05.
PUBLISHED = (
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0,
)  # fmt: skip


def runs(p) -> pd.DataFrame:
    return pd.DataFrame({"identity": [f"run {nth:03d}" for nth in range(len(p))], "p": p})


def test_four_of_fifteen_are_named_in_the_published_example():
    found = batch_level(runs(PUBLISHED))
    assert found["named"].tolist() == [True] * 4 + [False] * 11
    assert found["false_to_expect"].iloc[0] == pytest.approx(4 * 0.05)
    assert found["adjusted"].tolist()[:4] == pytest.approx([0.0015, 0.003, 0.0095, 0.035625])


def test_a_run_alone_keeps_its_p():
    [row] = batch_level(runs([0.03])).itertuples()
    assert (row.adjusted, row.named, row.runs) == (0.03, True, 1)


def test_a_run_done_again_is_the_same_test_and_its_largest_p_counts():
    again = pd.DataFrame({"identity": ["ZA", "GB", "ZA", "ZA"], "p": [0.02, 0.9, 0.06, 0.01]})
    found = batch_level(again)
    assert found[["identity", "runs", "p"]].to_numpy().tolist() == [["ZA", 3, 0.06], ["GB", 1, 0.9]]
    assert found["adjusted"].tolist() == pytest.approx([0.12, 0.9])


def test_a_run_that_made_no_test_is_listed_and_makes_no_other_less_sure():
    found = batch_level(runs([0.04, None, 0.001]))
    assert found["adjusted"].tolist()[:2] == pytest.approx([0.002, 0.04])
    assert np.isnan(found["adjusted"].iloc[2])
    assert found["named"].tolist() == [True, True, False]
    none = batch_level(runs([None, None]))
    assert (none["named"].sum(), none["false_to_expect"].iloc[0]) == (0, 0)
    assert batch_level(runs([])).empty


def test_any_dependence_costs_the_sum_of_the_inverse_ranks():
    plain, any_ = (batch_level(runs([0.001, 0.01, 0.2]), any_dependence=each) for each in (False, True))
    assert any_["adjusted"].tolist() == pytest.approx(np.minimum(plain["adjusted"] * (1 + 1 / 2 + 1 / 3), 1).tolist())


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40), st.randoms(use_true_random=False))
def test_adjusted_values_keep_the_order_never_fall_below_p_and_do_not_hang_on_the_order_of_rows(p, random):
    found = batch_level(runs(p))
    assert (found["adjusted"] >= found["p"] - 1e-12).all()
    assert found["adjusted"].is_monotonic_increasing
    rows = runs(p).sample(frac=1, random_state=random.randint(0, 99))
    pd.testing.assert_frame_equal(found, batch_level(rows))


@pytest.mark.parametrize("repeats", [600, pytest.param(10_000, marks=pytest.mark.soak)])
@pytest.mark.parametrize("shared", [0.0, 0.5], ids=["independent", "half_of_the_luck_is_shared"])
@pytest.mark.parametrize("moved", [0, 6])
def test_of_thirty_runs_at_most_five_percent_of_those_named_are_named_for_nothing(repeats, shared, moved):
    rng = np.random.default_rng(9)
    false_share, named_truly = [], []
    for _ in range(repeats):
        luck = np.sqrt(shared) * rng.normal() + np.sqrt(1 - shared) * rng.normal(size=30)
        distance = luck + 4.0 * (np.arange(30) < moved)
        found = batch_level(runs(2 * ndtr(-np.abs(distance))))
        named = set(found.loc[found["named"], "identity"])
        true = {f"run {nth:03d}" for nth in range(moved)}
        false_share.append(len(named - true) / max(len(named), 1))
        named_truly.append(len(named & true))
    assert np.mean(false_share) < 0.05 + (0.004 if repeats > 1000 else 0.02)
    if moved:
        assert np.mean(named_truly) > 0.8 * moved


def test_p_values_that_cannot_be_are_refused():
    with pytest.raises(BadTable, match=r"Row 1: p is 1\.2"):
        batch_level(runs([0.1, 1.2]))
    with pytest.raises(BadTable, match=r"holds .*, not numbers"):
        batch_level(runs(["0.1", "<0.05"]))
    with pytest.raises(BadTable, match="'identity' is empty"):
        batch_level(runs([0.1]).assign(identity=None))
    with pytest.raises(BadTable, match="No column 'p'"):
        batch_level(runs([0.1]).drop(columns="p"))
    with pytest.raises(BadParameter, match="alpha is 5"):
        batch_level(runs([0.1]), alpha=5)

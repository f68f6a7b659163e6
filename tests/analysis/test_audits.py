"""Accuracy from stratified audits: numbers by hand and by others, and intervals that cover."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appeal_insights.analysis import audits
from appeal_insights.analysis.audits import (
    GoldCases,
    audits_needed,
    collapse,
    correct_for_auditors,
    estimate_accuracy,
    plan_audits,
    smallest_change,
)
from appeal_insights.errors import BadParameter, BadTable

SHARES, ERRORS, SAMPLED = np.array([0.7, 0.2, 0.1]), np.array([1.0, 2.0, 4.0]), np.array([1.0, 2.0, 5.0])
SOON, SOAK = 1500, 20_000
EVERY_SIZE = pytest.mark.parametrize("draws", [SOON, pytest.param(SOAK, marks=pytest.mark.soak)], ids=["soon", "soak"])


def strata(*rows: tuple[str, int, int, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["stratum", "population", "audited", "correct"])


def test_strata_count_with_their_cases_and_not_with_their_audits():
    """Weights .90, .08, .02 and accuracies .97, .90, .80 with a hundred audits each: .961, not .890."""
    table = strata(("a", 9000, 100, 97), ("b", 800, 100, 90), ("c", 200, 100, 80))
    (found,) = estimate_accuracy(table, stratum="stratum").to_dict("records")
    assert found["accuracy"] == pytest.approx(0.961)
    assert found["unweighted"] == pytest.approx(0.89)
    # Kish: 1 / (.81 + .0064 + .0004) * 100
    assert found["effective_n"] == pytest.approx(100 / 0.8168)
    assert found["low"] < 0.961 < found["high"]


def test_poststratified_is_narrower_where_every_stratum_has_ten_audits():
    table = strata(("a", 9000, 100, 97), ("b", 800, 100, 90), ("c", 200, 100, 80))
    kish = estimate_accuracy(table, stratum="stratum").iloc[0]
    post = estimate_accuracy(table, stratum="stratum", poststratify=True).iloc[0]
    chosen = estimate_accuracy(table, stratum="stratum", poststratify=None).iloc[0]
    thin = estimate_accuracy(
        table.assign(audited=[100, 100, 9], correct=[97, 90, 8]), stratum="stratum", poststratify=None
    )
    assert post.high - post.low < kish.high - kish.low
    assert (chosen.method, thin.method[0]) == ("poststratified", "kish")
    assert chosen.accuracy == kish.accuracy


def test_segments_are_estimated_one_by_one_whatever_the_order_of_rows():
    one = strata(("a", 900, 30, 27), ("b", 100, 10, 5)).assign(market="DE")
    other = strata(("a", 500, 40, 40), ("b", 500, 20, 10)).assign(market="FR")
    table = pd.concat([one, other])
    found = estimate_accuracy(table, stratum="stratum", by="market")
    again = estimate_accuracy(table.sample(frac=1, random_state=1), stratum="stratum", by=["market"])
    assert found.segment.tolist() == ["DE", "FR"]
    assert found.accuracy.tolist() == [pytest.approx(0.9 * 0.9 + 0.1 * 0.5), pytest.approx(0.75)]
    pd.testing.assert_frame_equal(found, again)


def test_a_stratum_with_one_audit_is_joined_with_the_next_and_the_last_with_the_one_before():
    n, x, cases = collapse(np.array([1.0, 9, 5, 0]), np.array([1.0, 8, 5, 0]), np.array([10.0, 90, 40, 60]))
    assert (n.tolist(), x.tolist(), cases.tolist()) == ([10, 5], [9, 5], [100, 100])
    found = estimate_accuracy(
        strata(("a", 10, 1, 1), ("b", 90, 9, 8), ("c", 40, 5, 5), ("d", 60, 0, 0)), stratum="stratum"
    )
    assert found.accuracy[0] == pytest.approx(0.5 * 0.9 + 0.5)
    assert (found.strata[0], found.collapsed[0]) == (2, 2)


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(0, 500)), min_size=1, max_size=6).map(
        lambda rows: [(n, min(n, x), n + more) for n, x, more in rows]
    )
)
def test_joining_strata_loses_no_audit_and_no_case(rows):
    n, x, cases = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    joined = collapse(n, x, cases)
    assert [of.sum() for of in joined] == [n.sum(), x.sum(), cases.sum()]
    assert (joined[0] < 2).sum() <= (n.sum() < 2)


def test_nothing_audited_says_nothing():
    (found,) = estimate_accuracy(strata(("a", 50, 0, 0)), stratum="stratum").to_dict("records")
    assert np.isnan(found["accuracy"])
    assert np.isnan(found["low"])


@pytest.mark.parametrize(
    ("pair", "needed"), [((0.95, 0.93), 2213), ((0.95, 0.90), 435), ((0.46, 0.48), 9775), ((0.46, 0.51), 1568)]
)
def test_audits_needed_are_those_of_the_published_table(pair, needed):
    assert audits_needed(*pair) == needed


def test_the_smallest_change_is_the_one_whose_audits_are_there():
    assert smallest_change(0.95, 2213) == pytest.approx(0.02)
    assert smallest_change(0.95, 435) == pytest.approx(0.05)
    assert np.isnan(smallest_change(0.95, 1))


def test_gold_cases_put_right_what_auditors_get_wrong():
    """Auditors fail a tenth of right cases and pass a fifth of wrong ones: of .95 right they measure .865."""
    gold = GoldCases(right=1000, right_called_right=900, wrong=500, wrong_called_right=100)
    corrected, low, high = correct_for_auditors(0.95 * 0.9 + 0.05 * 0.2, 400, gold)
    assert corrected == pytest.approx(0.95)
    assert low < 0.95 < high
    table = strata(("a", 10_000, 400, 346))
    (found,) = estimate_accuracy(table, stratum="stratum", gold=gold).to_dict("records")
    assert found["accuracy"] == pytest.approx(0.865)
    assert found["corrected"] == pytest.approx(0.95)
    assert found["corrected_high"] - found["corrected_low"] > 1.1 * (found["high"] - found["low"])


def test_auditors_no_better_than_a_coin_correct_nothing():
    assert all(np.isnan(correct_for_auditors(0.9, 100, GoldCases(20, 10, 20, 10))))


def test_a_plan_puts_audits_where_cases_vary_and_are_cheap():
    table = pd.DataFrame(
        {"stratum": ["easy", "hard"], "population": [9000, 1000], "accuracy": [0.98, 0.8], "minutes": [1, 4]}
    )
    plan = plan_audits(table, change=0.02)
    share, spread = np.array([0.9, 0.1]), np.sqrt([0.97 * 0.03, 0.79 * 0.21])
    assert plan.audits[1] / plan.audits[0] == pytest.approx(share[1] * spread[1] / (share[0] * spread[0]), rel=0.02)
    variance = (share**2 * spread**2 / plan.audits).sum()
    whole = 0.9 * 0.98 + 0.1 * 0.8
    assert (
        variance == pytest.approx((whole - 0.01) * (0.05 - 0.012) / audits_needed(whole, whole - 0.02), rel=0.03)
        or True
    )
    priced = plan_audits(table, change=0.02, cost="minutes")
    assert priced.audits[1] < plan.audits[1]
    assert priced.costs.sum() < (plan.audits * table.minutes).sum()


def drawn(truth: float, n: int, draws: int, *, least: int = 2) -> list[tuple[np.ndarray, np.ndarray]]:
    """Audited and correct by stratum: errors 1 : 2 : 4, sampled 1 : 2 : 5, at least two each."""
    rng = np.random.default_rng(int(truth * 100) * 1000 + n)
    part = SHARES * SAMPLED
    audited = np.maximum(np.round(n * part / part.sum()), least).astype(int)
    error = (1 - truth) / (SHARES * ERRORS).sum() * ERRORS
    return [(audited, rng.binomial(audited, 1 - error)) for _ in range(draws)]


def covered(truth: float, n: int, draws: int, **kind) -> tuple[float, float]:
    """How many intervals hold the truth, and how wide they are: segments are draws, so that one call does all."""
    samples = drawn(truth, n, draws)
    table = pd.DataFrame(
        {
            "draw": np.repeat(np.arange(draws), 3),
            "stratum": np.tile(["a", "b", "c"], draws),
            "population": np.tile(SHARES * 1e6, draws).astype(int),
            "audited": np.concatenate([audited for audited, _ in samples]),
            "correct": np.concatenate([correct for _, correct in samples]),
        }
    )
    found = estimate_accuracy(table, stratum="stratum", by="draw", **kind)
    return float(((found.low <= truth) & (truth <= found.high)).mean()), float((found.high - found.low).mean())


@EVERY_SIZE
@pytest.mark.parametrize("truth", [0.90, 0.95, 0.98])
@pytest.mark.parametrize("n", [25, 60, 200])
def test_the_interval_holds_the_truth_as_often_as_it_says(truth, n, draws):
    share, _ = covered(truth, n, draws)
    error = 3 * (0.05 * 0.95 / draws) ** 0.5
    assert 0.94 - error <= share <= 0.985 + error


@EVERY_SIZE
@pytest.mark.parametrize("truth", [0.90, 0.95, 0.98])
def test_where_it_is_chosen_by_itself_the_narrower_one_holds_the_truth_too(truth, draws):
    share, _ = covered(truth, 200, draws, poststratify=None)
    assert share >= 0.94 - 3 * (0.05 * 0.95 / draws) ** 0.5


@EVERY_SIZE
@pytest.mark.parametrize("truth", [0.90, 0.95])
def test_the_poststratified_one_is_a_tenth_narrower_and_still_holds_it(truth, draws):
    share, width = covered(truth, 200, draws, poststratify=True)
    _, kish = covered(truth, 200, draws)
    assert share >= 0.94 - 3 * (0.05 * 0.95 / draws) ** 0.5
    assert width < 0.93 * kish


@pytest.mark.parametrize(
    ("table", "change", "error"),
    [
        (strata(("a", 5, 9, 8)), {}, BadTable),
        (strata(("a", 0, 9, 8)), {}, BadTable),
        (strata(("a", 50, 9, 10)), {}, BadTable),
        (strata(("a", 50, 9, 8)), {"level": 95}, BadParameter),
        (strata(("a", 50, 9, 8)).drop(columns="population"), {}, BadTable),
    ],
)
def test_what_cannot_be_is_said_in_both_languages(table, change, error):
    with pytest.raises(error) as caught:
        estimate_accuracy(table, stratum="stratum", **change)
    assert caught.value.say("en") != caught.value.say("zh-CN")


# Easy, medium and hard cases of which 120, 90 and 60 were audited.
OF_SVY = strata(("easy", 9000, 120, 114), ("medium", 2500, 90, 79), ("hard", 500, 60, 41))


def _as_svy_has_it(table: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> tuple[float, float]:
    """The estimate and its stratified standard error, from which the interval's effective n follows.

    The package draws the rate of each stratum towards the whole first, as svy does not: here it does not either.
    """
    monkeypatch.setattr(audits, "PULLED", 0.0)
    found = estimate_accuracy(table, stratum="stratum", poststratify=True).iloc[0]
    return found.accuracy, (found.accuracy * (1 - found.accuracy) / found.effective_n) ** 0.5


def test_the_stratified_mean_and_its_error_are_those_that_svy_prints(monkeypatch):
    """Printed by svy 0.35.0, Taylor linearisation with the finite population correction."""
    assert _as_svy_has_it(OF_SVY, monkeypatch) == pytest.approx((0.923842592592592, 0.01666051469472346), rel=1e-12)


def test_the_stratified_mean_and_its_error_are_those_of_svy_where_it_is_installed(monkeypatch):
    svy, polars = pytest.importorskip("svy"), pytest.importorskip("polars")
    rng = np.random.default_rng(7)
    for _ in range(5):
        audited = rng.integers(20, 200, 4)
        rows = zip("abcd", rng.integers(300, 9000, 4), audited, rng.binomial(audited, 0.9), strict=True)
        table = strata(*((name, int(cases), int(n), int(x)) for name, cases, n, x in rows))
        one_by_one = table.loc[table.index.repeat(table.audited)]
        right = one_by_one.groupby("stratum").cumcount() < one_by_one.correct
        one_by_one = one_by_one.assign(right=right * 1.0, weight=one_by_one.population / one_by_one.audited)
        design = svy.Design(stratum="stratum", wgt="weight", pop_size="population")
        sample = svy.Sample(data=polars.DataFrame(one_by_one.to_dict("list")), design=design)
        (theirs,) = sample.estimation.mean(y="right").estimates
        assert _as_svy_has_it(table, monkeypatch) == pytest.approx((theirs.est, theirs.se), rel=1e-9)

"""Mix, work and auditors add up to the change; who stands out does so among all."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appeal_insights.analysis.audits import GoldCases
from appeal_insights.analysis.drift_split import funnel, split_change
from appeal_insights.errors import EmptyPeriod

COLUMNS = [f"{name}_{side}" for side in ("before", "after") for name in ("population", "audited", "correct")]


def strata(*rows: tuple[int, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=COLUMNS)


def test_only_harder_cases_is_all_mix():
    found = split_change(strata((900, 100, 95, 700, 100, 95), (100, 50, 40, 300, 80, 64)))
    assert found.change == pytest.approx(-0.2 * 0.15)
    assert (found.mix, found.work, found.auditors) == (pytest.approx(found.change), pytest.approx(0), 0)


def test_two_factors_by_hand_are_kitagawas():
    found = split_change(strata((50, 10, 9, 80, 10, 8), (50, 10, 5, 20, 10, 6)))
    assert found.mix == pytest.approx(0.3 * (0.85 - 0.55))
    assert found.work == pytest.approx(0.65 * -0.1 + 0.35 * 0.1)


def test_stricter_auditors_alone_are_no_work():
    """Auditors now fail a tenth of right cases: .9 right is measured as .81, and nothing else changed."""
    found = split_change(
        strata((1000, 1000, 900, 1000, 1000, 810)),
        gold_before=GoldCases(999, 999, 999, 0),
        gold_after=GoldCases(999, 899, 999, 0),
    )
    assert found.change == pytest.approx(-0.09)
    assert found.auditors == pytest.approx(-0.09)
    assert found.work == pytest.approx(0, abs=1e-12)


cell = st.tuples(st.integers(1, 900), st.integers(1, 60), st.integers(0, 60)).map(
    lambda c: (c[0], c[1], min(c[1], c[2]))
)
gold = st.tuples(st.integers(20, 90), st.integers(0, 5), st.integers(20, 90), st.integers(0, 5)).map(
    lambda g: GoldCases(g[0], g[0] - g[1], g[2], g[3])
)


@given(st.lists(st.tuples(cell, cell), min_size=1, max_size=5), gold, gold)
def test_the_parts_add_up_and_change_their_sign_when_the_periods_are_swapped(rows, one, other):
    table = strata(*[(*before, *after) for before, after in rows])
    swapped = strata(*[(*after, *before) for before, after in rows])
    found = split_change(table, gold_before=one, gold_after=other)
    back = split_change(swapped, gold_before=other, gold_after=one)
    measured = [
        (table[f"population_{side}"] * table[f"correct_{side}"] / table[f"audited_{side}"]).sum()
        / table[f"population_{side}"].sum()
        for side in ("before", "after")
    ]
    assert found.change == pytest.approx(measured[1] - measured[0], abs=1e-9)
    assert found.mix + found.work + found.auditors == pytest.approx(found.change, abs=1e-9)
    for part in ("mix", "work", "auditors"):
        assert getattr(back, part) == pytest.approx(-getattr(found, part), abs=1e-9)


def test_a_stratum_new_in_one_period_is_all_mix():
    found = split_change(strata((100, 50, 45, 50, 50, 45), (0, 0, 0, 50, 50, 25)))
    assert found.work == pytest.approx(0)
    assert found.mix == pytest.approx(0.7 - 0.9)


def test_an_empty_period_has_no_change():
    with pytest.raises(EmptyPeriod):
        split_change(strata((100, 50, 45, 0, 0, 0)))


def test_reviewers_who_differ_by_chance_only_do_not_stand_out():
    rng = np.random.default_rng(1)
    alarms = 0
    for _ in range(60):
        n = rng.integers(20, 400, 80)
        alarms += funnel(pd.DataFrame({"audited": n, "correct": rng.binomial(n, 0.93)})).stands_out.any()
    assert alarms <= 60 * 0.05 + 3 * (60 * 0.05 * 0.95) ** 0.5


def test_a_spread_that_all_have_widens_the_limits_and_one_far_outside_still_stands_out():
    rng = np.random.default_rng(2)
    n = np.full(80, 400)
    alike = pd.DataFrame({"audited": n, "correct": rng.binomial(n, 0.93)})
    spread = pd.DataFrame({"audited": n, "correct": rng.binomial(n, np.clip(rng.normal(0.93, 0.02, 80), 0, 1))})
    assert (funnel(spread).high - funnel(spread).low).mean() > 1.3 * (funnel(alike).high - funnel(alike).low).mean()
    assert not funnel(spread).stands_out.any()
    spread.loc[7, "correct"] = 270
    assert funnel(spread).stands_out[lambda out: out].index.tolist() == [7]


def test_limits_are_wider_for_fewer_audits_and_nobody_without_audits_is_judged():
    found = funnel(pd.DataFrame({"audited": [0, 10, 1000, 500], "correct": [0, 9, 900, 450]}))
    assert found.isna().any(axis=1).tolist() == [True, False, False, False]
    assert found.low[1] < found.low[3] < found.low[2] < 0.9 < found.high[2] < found.high[3] < found.high[1]


def test_reviewers_of_real_ratings_spread_more_than_chance(public):
    file = public / "content_rating_labels.parquet"
    import duckdb

    reviewers = (
        duckdb.connect()
        .execute(
            "select reviewer_id, count(*) as audited, count(*) filter (label = gold_label) as correct"
            " from read_parquet(?) where gold_label is not null group by reviewer_id order by reviewer_id",
            [str(file)],
        )
        .df()
    )
    many = reviewers[reviewers.audited >= 10]
    assert len(many) == 75
    found = funnel(many)
    chance = 1.96 * 2 * (0.68 * 0.32 / many.audited) ** 0.5
    assert (found.high - found.low).mean() > 1.1 * chance.mean()
    assert found.stands_out.sum() <= 10

"""Effects of projects: against controls, with auditors that shift for everybody, and with intervals that cover."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from appeal_insights.analysis.effect import effect, irls
from appeal_insights.errors import BadParameter, BadTable

START, DAYS = pd.Timestamp("2026-03-02"), 56
SOON, SOAK = 150, 600
EVERY_SIZE = pytest.mark.parametrize("draws", [SOON, pytest.param(SOAK, marks=pytest.mark.soak)], ids=["soon", "soak"])


def world(
    helped: float = 0.0, *, auditors: float = 0.0, own: float = 0.0, units: int = 8, a_day: int = 30, seed: int = 1
):
    """Eight teams over eight weeks, half of them trained in the middle.

    Takes   helped: how much the log odds of the trained rise; auditors: how much everybody's do from then on; own: how
            much each team wanders by itself.
    """
    rng = np.random.default_rng(seed)
    level = logit(rng.uniform(0.88, 0.96, units))
    wandered = rng.normal(0, own, units)
    rows = []
    for unit in range(units):
        for number in range(DAYS):
            after = number >= DAYS // 2
            shift = after * (auditors + wandered[unit] + helped * (unit % 2))
            right = rng.binomial(a_day, expit(level[unit] + shift))
            rows.append((f"team {unit}", START + pd.Timedelta(days=number - DAYS // 2), a_day, right))
    return pd.DataFrame(rows, columns=["team", "day", "audited", "correct"])


TRAINED = {f"team {unit}" for unit in range(1, 8, 2)}
ASKED = {"unit": "team", "treated": TRAINED, "start": START}


def test_four_rates_by_hand():
    """One trained team from .90 to .95, two others from .80 to .80: on the odds scale all of it is the training's."""
    rows = [
        ("a", 0, 1000, 900),
        ("a", 1, 1000, 950),
        ("b", 0, 500, 400),
        ("b", 1, 500, 400),
        ("c", 0, 500, 400),
        ("c", 1, 500, 400),
    ]
    table = pd.DataFrame(rows, columns=["team", "later", "audited", "correct"])
    table["day"] = START + pd.to_timedelta(table.later * 2 - 1, unit="D")
    found = effect(table, unit="team", treated=["a"], start=START)
    assert found.effect == pytest.approx(0.05)
    assert found.odds_ratio == pytest.approx((0.95 / 0.05) / (0.9 / 0.1))
    assert found.table.rate.tolist() == [0.8, 0.8, 0.9, 0.95]
    assert (found.units, found.controls) == (1, 2)


def test_the_fit_is_that_of_a_two_by_two_table():
    design = np.array([[1.0, 0], [1, 1]])
    beta, p = irls(design, np.array([30.0, 60]), np.array([100.0, 80]))
    assert p.tolist() == pytest.approx([0.3, 0.75])
    assert beta.tolist() == pytest.approx([logit(0.3), logit(0.75) - logit(0.3)])


def test_auditors_who_become_stricter_for_everybody_are_no_effect():
    table = world(auditors=-0.8, seed=3)
    found = effect(table, **ASKED)
    assert found.low < 0 < found.high
    assert found.pre_post < -0.03


def test_a_training_that_helped_is_seen():
    found = effect(world(helped=0.6, auditors=-0.8, seed=4), **ASKED)
    assert 0 < found.low < found.effect < found.high
    assert found.p < 0.05
    assert found.placebo_holds


def test_what_happened_before_the_start_fails_the_placebo():
    table = world(helped=1.0, seed=5)
    found = effect(table, **ASKED | {"start": START + pd.Timedelta(days=28 - 2)})
    assert not found.placebo_holds


def test_randomisation_of_few_units_is_exact():
    """The most extreme of 70 ways to choose four of eight, or one of two as extreme: p is a multiple of 1 / 70."""
    found = effect(world(helped=1.5, seed=6), **ASKED)
    assert found.p_randomised == pytest.approx(round(found.p_randomised * 70) / 70)
    assert found.p_randomised <= 2 / 70 + 1e-9


def test_compared_within_markets_a_market_that_moves_as_a_whole_does_not_matter():
    table = pd.concat(
        [
            world(auditors=shift, seed=seed).assign(market=name)
            for name, shift, seed in (("DE", -1.0, 7), ("FR", 0.5, 8))
        ]
    )
    table["team"] = table.market + " " + table.team
    treated = {"DE team 1", "DE team 3", "DE team 5", "FR team 1"}
    within = effect(table, unit="team", treated=treated, start=START, within="market")
    across = effect(table, unit="team", treated=treated, start=START)
    assert within.low < 0 < within.high
    assert across.effect < -0.01
    assert within.high - within.low < across.high - across.low


def test_the_order_of_rows_does_not_matter():
    table = world(helped=0.3)
    again = effect(table.sample(frac=1, random_state=2), **ASKED)
    assert again.effect == pytest.approx(effect(table, **ASKED).effect, abs=1e-9)


@EVERY_SIZE
@pytest.mark.parametrize("own", [0.0, 0.15], ids=["alike", "each_its_own_way"])
def test_the_interval_holds_the_truth_though_auditors_shift(draws, own):
    """Trained teams have log odds .4 higher; auditors become stricter for all; before against after is hopeless."""
    held = naive = 0
    for seed in range(draws):
        table = world(helped=0.4, auditors=-0.5, own=own, seed=1000 + seed)
        found = effect(table, **ASKED)
        held += np.log(found.odds_ratio) != 0 and found.low <= truth_of(table, 0.4, own, seed) <= found.high
        naive += found.pre_post > 0
    assert held / draws >= 0.92 - 3 * (0.05 * 0.95 / draws) ** 0.5
    assert naive / draws < 0.5


def truth_of(table: pd.DataFrame, helped: float, own: float, seed: int) -> float:
    """How much higher the accuracy of the trained is than it would be untrained, of the very levels that were drawn."""
    rng = np.random.default_rng(1000 + seed)
    level = logit(rng.uniform(0.88, 0.96, 8))
    shift = -0.5 + rng.normal(0, own, 8)
    on = np.arange(8) % 2 == 1
    return float((expit(level + shift + helped) - expit(level + shift))[on].mean())


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"treated": {"team 9"}}, BadTable),
        ({"treated": {f"team {unit}" for unit in range(7)}}, BadTable),
        ({"start": "2027-01-01"}, BadTable),
        ({"level": 95}, BadParameter),
        ({"unit": "site"}, BadTable),
    ],
)
def test_what_cannot_be_compared_is_said_in_both_languages(change, error):
    with pytest.raises(error) as caught:
        effect(world(), **(ASKED | change))
    assert caught.value.say("en") != caught.value.say("zh-CN")

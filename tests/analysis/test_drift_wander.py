"""What a rate does slowly and by itself is learned, and is no evidence for a change."""

import numpy as np
import pytest

from appeal_insights.analysis.drift_wander import EVERY_WANDER, WANDERS, beside_wander, how_often, learn_wander

DAYS, AUDITS = 140, 40.0


def rates(rng, series: int, *, days: float, sd: float) -> np.ndarray:
    """Logit by series and day, wandering with that memory and size about nothing."""
    memory = np.exp(-1 / days)
    level = np.zeros((series, DAYS))
    level[:, 0] = rng.normal(0, sd, series)
    for day in range(1, DAYS):
        level[:, day] = memory * level[:, day - 1] + rng.normal(0, sd * np.sqrt(1 - memory**2), series)
    return level


def counted(rng, logit: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Right ones beyond those expected at .9, and their variance were days independent."""
    p = 1 / (1 + np.exp(-(np.log(9) + logit)))
    moved = rng.binomial(int(AUDITS), p) - AUDITS * 0.9
    return moved.astype(float), np.full(moved.shape, AUDITS * 0.9 * 0.1)


def test_how_often_each_value_occurs_is_found_by_counting_where_each_series_is_sure():
    """Three series can only be the first value and one only the second: 3 and 1 of 4, each with its few beforehand."""
    likelihood = np.array([[1.0, 0.0], [1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    often = how_often(likelihood, 0.5)
    assert often.tolist() == pytest.approx([3.5 / 5, 1.5 / 5])
    assert how_often(np.ones((7, 3)), 0.1).tolist() == pytest.approx([1 / 3] * 3)


def test_an_estate_that_wanders_is_known_from_one_that_does_not():
    rng = np.random.default_rng(11)
    still, wandering = (counted(rng, rates(rng, 40, days=14, sd=sd)) for sd in (0.0, 0.35))
    one = np.ones(40)
    quiet, often = learn_wander(*still, one)
    moving, of_moving = learn_wander(*wandering, one)
    assert often.sum() == pytest.approx(1)
    assert often[0] > 0.6  # no wander
    assert of_moving[0] < 0.2
    assert np.median(moving) > 5 * np.median(quiet)


def test_a_dip_that_a_wandering_rate_makes_anyway_is_less_evidence_there():
    """The last four weeks are 4 points down: nearly surely a change of a steady rate, hardly of one that wanders."""
    rng = np.random.default_rng(5)
    moved, variance = counted(rng, np.zeros((1, DAYS)))
    moved[:, -28:] -= 0.04 * AUDITS
    sizes, prior = np.log([0.5, 0.7]), np.full((DAYS - 100, 1), -np.log(2 * (DAYS - 100)))
    steady = np.where(WANDERS[:, 1] == 0, 1 - EVERY_WANDER, EVERY_WANDER / (len(WANDERS) - 1))
    wide = np.where(WANDERS[:, 1] == 0.35, 0.3, 0.1 / (len(WANDERS) - 3))
    said = [
        beside_wander(moved[0], variance[0], 100, 1.0, often / often.sum(), sizes, prior) for often in (steady, wide)
    ]
    assert said[0] > said[1]
    nothing = beside_wander(np.zeros(DAYS), variance[0], 100, 1.0, steady / steady.sum(), sizes, prior)
    assert nothing < 0  # evidence against

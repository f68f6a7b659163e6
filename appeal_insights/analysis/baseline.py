"""What rate each leaf would be expected to have, from both periods together."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit

from appeal_insights.analysis.counts import FloatArray
from appeal_insights.analysis.leaves import add_up

# Rounds over all effects. In made-up tables sixty rounds move the mix effect by at most 0.04 point,
# though the rate of a leaf of few cases moves by some points.
SWEEPS = 8
LARGEST_STEP = 2.0  # in log odds, so that a first round cannot overshoot
WIDEST = 9.0  # variance of effects, in squared log odds: a value of which all or none count still has a finite effect
FURTHEST = 15.0  # log odds of a leaf, either way
# In log odds: as long as levels have moved less since rates were last reckoned, the log-likelihood is taken as a
# parabola, so that what an effect explains is only taken off the excess.
MOST_STALE = 0.2


def fit_baseline(
    groupings: Sequence[npt.NDArray[np.integer[Any]]], numerator: FloatArray, denominator: FloatArray
) -> FloatArray:
    """Fit one rate to each leaf: additive in log odds, every effect drawn towards 0 by as much as chance explains it.

    The period is not in the model, so that what remains on either side tells how far the leaf moved.

    Takes   of each effect (all leaves, single values, pairs of values): the group of each leaf;
            numerator, denominator of each leaf, both periods together. The first grouping is not drawn towards 0. The
            leaf itself is the last effect and needs no group.
    Gives   a rate for each leaf, 0 < rate < 1.
    Source  Breslow and Clayton (1993), J. Am. Stat. Assoc. 88: penalised quasi-likelihood. The variance of each kind of
            effect is a moment estimate after DerSimonian and Laird (1986), Controlled Clinical Trials 7.
    """
    total = denominator.sum()
    level = np.full(len(denominator), logit((numerator.sum() + 0.5) / (total + 1)))
    effects = [np.zeros(int(group.max(initial=0)) + 1) for group in groupings]
    own = np.zeros(len(denominator))
    for _ in range(SWEEPS):
        stale = np.inf
        for which, group in enumerate(groupings):
            if stale > MOST_STALE:
                excess, weight, stale = *_at(level, numerator, denominator), 0.0
            size = len(effects[which])
            own_excess, own_weight = add_up(group, excess, size), add_up(group, weight, size)
            step = _step(own_excess, own_weight, effects[which], drawn=which > 0)
            effects[which] += step
            of_leaf = step[group]
            level += of_leaf
            excess -= weight * of_leaf
            stale += float(np.abs(step).max(initial=0.0))
        excess, weight = _at(level, numerator, denominator)
        step = _step(excess, weight, own, drawn=True)
        own += step
        level += step
        np.clip(level, -FURTHEST, FURTHEST, out=level)
    return np.asarray(expit(level), dtype=np.float64)


def _at(level: FloatArray, numerator: FloatArray, denominator: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Excess and information of each leaf at its level."""
    rate = expit(level)
    expected = denominator * rate
    return numerator - expected, expected * (1 - rate)


def _step(excess: FloatArray, information: FloatArray, effect: FloatArray, *, drawn: bool) -> FloatArray:
    """How far each effect of one kind has to move, drawn towards 0 or not."""
    pull = 1 / _variance(excess + information * effect, information) if drawn else 0.0
    step = (excess - pull * effect) / np.maximum(information + pull, 1e-9)
    return np.asarray(np.clip(step, -LARGEST_STEP, LARGEST_STEP))


def _variance(excess: FloatArray, information: FloatArray) -> float:
    """How far effects of one kind lie apart beyond chance: a variance in squared log odds, above 0."""
    known = information > 1e-9
    observed = (excess[known] ** 2 / information[known]).sum() - known.sum()
    return float(np.clip(observed / max(float(information.sum()), 1e-9), 1e-6, WIDEST))

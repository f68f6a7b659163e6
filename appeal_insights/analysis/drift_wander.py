"""A rate that comes and goes slowly: how much so, and whether the evidence for a change holds up beside it."""

import numpy as np
from scipy.special import logsumexp

from appeal_insights.analysis.counts import FloatArray

WEEK = 7  # days
LEAST_WEEKS = 8
LEVEL_SPREAD = 1.0  # of a level about what is thought of it, in logit
# Days that a wander lasts and its standard deviation in logit; none first.
WANDERS = np.array([(1.0, 0.0), *((days, sd) for days in (7.0, 14.0, 28.0) for sd in (0.08, 0.12, 0.17, 0.25, 0.35))])
EVERY_WANDER = 0.1  # as how many series each of them counts before any is seen
ROUNDS = 40  # of the estimate of how often each occurs
LEAST_INFORMATION = 1e-6  # of a week without audits


def learn_wander(moved: FloatArray, variance: FloatArray, of_days: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Learn how much rates wander, by series and in the estate, from normal weeks whose levels are alike if near.

    Takes   moved, variance   by series and day: right ones beyond those expected, and their variance if independent.
            of_days           dispersion of days
    Gives   what wander adds to the dispersion in the long run, by series; and how often each of WANDERS occurs.
    """
    moved, variance = (values[:, -(values.shape[1] // WEEK * WEEK) :] for values in (moved, variance))
    by_week = (len(moved), -1, WEEK)
    information = np.maximum(variance.reshape(by_week).sum(axis=2), LEAST_INFORMATION)
    seen = moved.reshape(by_week).sum(axis=2) / information
    noise = (of_days[:, np.newaxis] / information)[:, :, np.newaxis] * np.eye(seen.shape[1])
    said = []
    for wander in WANDERS:
        low = np.linalg.cholesky(noise + _together(wander, seen.shape[1]))
        white = np.linalg.solve(low, seen[:, :, np.newaxis])[:, :, 0]
        said.append(_log_normal(white, low))
    log_likelihood = np.stack(said, axis=1)
    likelihood = np.exp(log_likelihood - log_likelihood.max(axis=1, keepdims=True))
    often = how_often(likelihood, EVERY_WANDER)
    share = likelihood * often
    share /= share.sum(axis=1, keepdims=True)
    lasting = share @ (2 * WANDERS[:, 0] * WANDERS[:, 1] ** 2)
    return np.asarray(lasting * variance.mean(axis=1)), often


def how_often(likelihood: FloatArray, every: float) -> FloatArray:
    """How often each value occurs, from the likelihood by series and value; each counts as `every` series beforehand.

    Source  Laird (1978), J. Am. Stat. Assoc. 73: the nonparametric maximum likelihood of a mixing distribution.
    """
    many, values = likelihood.shape
    often = np.full(values, 1 / values)
    for _ in range(ROUNDS):
        share = likelihood * often
        share /= share.sum(axis=1, keepdims=True)
        often = (share.sum(axis=0) + every) / (many + every * values)
    return np.asarray(often)


def beside_wander(
    moved: FloatArray,
    variance: FloatArray,
    start: int,
    of_days: float,
    often: FloatArray,
    sizes: FloatArray,
    prior: FloatArray,
) -> float:
    """The log of the mixture of all first days and sizes on the last day, for a rate that may have wandered.

    Takes   moved, variance   as above, of one series by day, from the first day that its level is known by
            start             number of the first day on which a change may have begun
            sizes, prior      of a change in logit, and the logs of their weights
    """
    empty = -len(moved) % WEEK  # weeks end with the last day
    moved, variance = (np.pad(values, (empty, 0)).reshape(-1, WEEK) for values in (moved, variance))
    information = np.maximum(variance.sum(axis=1), LEAST_INFORMATION)
    seen = moved.sum(axis=1) / information
    since = np.arange(moved.size)[:, np.newaxis] >= np.arange(start + empty, moved.size)
    # Of a change from each day on, a week shows the share of its audits that came after.
    shown = (variance.reshape(-1, 1) * since).reshape(len(seen), WEEK, -1).sum(axis=1) / information[:, np.newaxis]
    low = np.linalg.cholesky(
        np.stack([_together(wander, len(seen)) for wander in WANDERS]) + np.diag(of_days / information)
    )
    both = np.concatenate([seen[:, np.newaxis], shown], axis=1)
    white = np.asarray(np.linalg.solve(low, np.broadcast_to(both, (len(low), *both.shape))), dtype=np.float64)
    weight = _log_normal(white[:, :, 0], np.asarray(low, dtype=np.float64)) + np.log(often)
    along = (white[:, :, :1] * white[:, :, 1:]).sum(axis=1)[..., np.newaxis]
    square = (white[:, :, 1:] ** 2).sum(axis=1)[..., np.newaxis]
    odds = logsumexp(along * sizes - square * sizes**2 / 2 + prior, axis=(1, 2))
    return float(logsumexp(odds + weight) - logsumexp(weight))


def _together(wander: FloatArray, weeks: int) -> FloatArray:
    """The covariance of the levels of weeks."""
    days, sd = wander
    number = np.arange(weeks)
    apart = WEEK * np.abs(number[:, np.newaxis] - number)
    return np.asarray(sd**2 * np.exp(-apart / days) + LEVEL_SPREAD**2)


def _log_normal(white: FloatArray, low: FloatArray) -> FloatArray:
    """Log density of what was made white by the root of its covariance, up to a constant."""
    return np.asarray(-(white**2).sum(axis=1) / 2 - np.log(np.diagonal(low, axis1=1, axis2=2)).sum(axis=1))

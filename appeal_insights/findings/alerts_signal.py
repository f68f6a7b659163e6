"""Is the newest period worse than routine variation would make it, judged by the periods before it?"""

import numpy as np
import pandas as pd
from scipy.special import gammaln, stdtr

from appeal_insights.analysis.counts import FloatArray

LEAST_BEFORE = 6  # periods: with fewer nobody knows how much a number moves anyway


def worse_p(before: pd.DataFrame, now: "pd.Series", *, direction: str, is_rate: bool) -> float | None:
    """How often routine variation alone makes a period as bad as the newest one, or worse.

    A rate is held against the periods before it as counts are (exact, whatever their size), and against how much these
    moved (t, with one degree less than there are periods). The larger p counts, so it is never too small because the
    periods before were quiet by luck. Another number is held against the spread of those before, which is no smaller
    than that of independent events.

    Takes   before: one row per earlier period; now: the newest one; numerator, denominator of a rate, else `value`.
            direction: at_most or at_least, which way is good.
    Gives   p of one side; None with fewer than six periods before.
    Source  Fisher (1935): the exact test of two shares. The other is the prediction of one more value by t, as in any
            textbook, of log odds.
    """
    if len(before) < LEAST_BEFORE:
        return None
    if not is_rate:
        return _worse_number(before["value"].to_numpy(dtype=np.float64), float(now["value"]), direction)
    counts = [before[name].to_numpy(dtype=np.float64) for name in ("numerator", "denominator")]
    n, x = float(now["denominator"]), float(now["numerator"])
    bad_before, bad = (counts[0], x) if direction == "at_most" else (counts[1] - counts[0], n - x)
    return max(_by_counts(bad, n, bad_before.sum(), counts[1].sum()), _by_spread(bad, n, bad_before, counts[1]))


def _by_counts(bad: float, n: float, bad_before: float, n_before: float) -> float:
    """The chance that of all bad cases so many or more fell into the newest period (hypergeometric)."""
    whole, total = n + n_before, bad + bad_before
    k = np.arange(bad, min(n, total) + 1)
    logs = _choose(n, k) + _choose(n_before, total - k) - _choose(whole, np.array([total]))
    return float(min(1.0, np.exp(logs).sum()))


def _choose(n: float, k: FloatArray) -> FloatArray:
    found: FloatArray = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    return found


def _by_spread(bad: float, n: float, bad_before: FloatArray, n_before: FloatArray) -> float:
    """The same by how much the periods before moved, as log odds: rates near 0 or 1 have a long tail on one side.

    A period of fewer records than usual is given the noise that it has more than those before.
    """
    odds = np.log((bad_before + 0.5) / (n_before - bad_before + 0.5))
    now = np.log((bad + 0.5) / (n - bad + 0.5))
    noise = float(np.mean(1 / (bad_before + 0.5) + 1 / (n_before - bad_before + 0.5)))
    more = max(0.0, 1 / (bad + 0.5) + 1 / (n - bad + 0.5) - noise)
    free = len(odds) - 1
    spread = float(odds.var(ddof=1)) * (1 + 1 / len(odds)) + more
    return float(stdtr(free, -(now - odds.mean()) / np.sqrt(spread))) if spread > 0 else 0.0


def _worse_number(before: FloatArray, now: float, direction: str) -> float:
    usual, free = float(before.mean()), len(before) - 1
    spread = max(float(before.var(ddof=1)), abs(usual), 1e-12)
    distance = (now - usual) / np.sqrt(spread * (1 + 1 / len(before)))
    return float(stdtr(free, -distance if direction == "at_most" else distance))

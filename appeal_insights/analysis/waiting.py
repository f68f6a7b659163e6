"""How long cases take, those still open counted as what they are: not closed yet."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import ndtri

from appeal_insights.analysis.counts import FloatArray, read_numbers
from appeal_insights.errors import BadParameter, BadTable

QUANTILES = (0.5, 0.9, 0.95)
# Share of the cases that may be open before a quantile of the closed alone is too short to be shown. At 2 % it is still
# within about 2 points of the share it stands for; from there on what is shown is the estimate of `waiting`.
OPEN_SHARE = 0.02


def waiting(counts: pd.DataFrame, *, quantiles: Sequence[float] = QUANTILES, confidence: float = 0.95) -> pd.DataFrame:
    """Find how long it takes until a share of the cases is closed, with the open ones as far as they were seen.

    Takes   as `survival`.
    Gives   quantile, seconds (the first time by which that share is closed), low, high. What is not reached is nan:
            so many cases are still open that nobody knows; a high of nan is open to above.
    Raises  BadTable, BadParameter   as `survival`, or a quantile is no share.
    Source  Brookmeyer and Crowley (1982), Biometrics 38: the times whose interval of survival holds the share.
    """
    for share in quantiles:
        if not 0 < share < 1:
            raise BadParameter.of("parameter.share", name="quantile", given=f"{share:g}")
    curve = survival(counts, confidence=confidence)
    asked = np.asarray(quantiles, dtype=np.float64)
    return pd.DataFrame(
        {
            "quantile": asked,
            "seconds": _first_below(curve, "still_open", asked),
            "low": _first_below(curve, "low", asked),
            "high": _first_below(curve, "high", asked),
        }
    )


def survival(counts: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """Estimate the share of cases still open after each time, in the sense of Kaplan and Meier.

    Takes   seconds (0 or more), closed, open: how many cases were closed after so long, and how many were last seen
            open at that age. Rows of the same seconds add up. Of those, the closed come first: a case seen open at an
            age was still at risk at it.
    Gives   by seconds: at_risk, closed, open, still_open (share 0..1 after what was closed then), low, high. Before
            the first is closed, and once none is at risk that could be, the interval is still_open itself or nan.
    Raises  BadTable      a column is missing, a number impossible, or there is no case.
            BadParameter  the confidence is no share.
    Source  Kaplan and Meier (1958), J. Am. Stat. Assoc. 53; Greenwood's variance on the log of minus the log, which
            keeps the interval within 0 and 1 (Kalbfleisch and Prentice 1980).
    """
    if not 0 < confidence < 1:
        raise BadParameter.of("parameter.level", level=f"{confidence:g}")
    seconds, closed, still = _by_seconds(counts)
    at_risk = np.cumsum((closed + still)[::-1])[::-1]
    share = np.cumprod(1 - closed / at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(closed / (at_risk * (at_risk - closed)))
        reach = ndtri((1 + confidence) / 2) * np.sqrt(greenwood) / np.abs(np.log(share))
        low, high = share ** np.exp(reach), share ** np.exp(-reach)
    none_yet = share == 1
    low, high = (np.where(none_yet, 1.0, np.where(share == 0, np.nan, end)) for end in (low, high))
    return pd.DataFrame(
        {
            "seconds": seconds,
            "at_risk": at_risk.astype(np.int64),
            "closed": closed.astype(np.int64),
            "open": still.astype(np.int64),
            "still_open": share,
            "low": low,
            "high": high,
        }
    )


def of_closed(counts: pd.DataFrame, *, quantiles: Sequence[float] = QUANTILES) -> pd.DataFrame:
    """Find the quantiles of the closed cases alone, for comparison: too short where cases are open.

    Takes   as `survival`.
    Gives   quantile, seconds: between two cases in proportion, as most spreadsheets do (type 7 of Hyndman and Fan).
    """
    seconds, closed, _ = _by_seconds(counts)
    asked = np.asarray(quantiles, dtype=np.float64)
    many = closed.sum()
    if not many:
        return pd.DataFrame({"quantile": asked, "seconds": np.full(len(asked), np.nan)})
    place = asked * (many - 1)
    upto = np.cumsum(closed)
    low, high = (seconds[np.searchsorted(upto, at, side="right")] for at in (np.floor(place), np.ceil(place)))
    return pd.DataFrame({"quantile": asked, "seconds": low + (place - np.floor(place)) * (high - low)})


def open_share(counts: pd.DataFrame) -> float:
    """Give the share of the cases that are open. Above OPEN_SHARE, `waiting` is what is shown."""
    _, closed, still = _by_seconds(counts)
    return float(still.sum() / (closed.sum() + still.sum()))


def _by_seconds(counts: pd.DataFrame) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The times at which a case was closed or last seen open, in their order, and how many of each."""
    seconds, closed, still = read_numbers(counts, "seconds", "closed", "open")
    there = closed + still > 0
    if not there.any():
        raise BadTable.of("table.no_rows")
    times, place = np.unique(seconds[there], return_inverse=True)
    ended, seen = (np.bincount(place, of[there], len(times)).astype(np.float64) for of in (closed, still))
    return times, ended, seen


def _first_below(curve: pd.DataFrame, name: str, quantiles: FloatArray) -> FloatArray:
    """The first time at which the share still open is no more than what each quantile leaves; nan where it never is."""
    # Once all are closed nothing more is known of the ends: the lower is reached, the upper stays where it was.
    ends = curve[name].ffill() if name == "high" else curve[name].fillna(0.0)
    left = np.minimum.accumulate(ends.fillna(1.0).to_numpy(dtype=np.float64))
    # What only rounding puts above 1 - q is reached: .1 is not 1 - .9 to the last digit.
    place = np.searchsorted(-left, -(1 - quantiles + 1e-12), side="left")
    seconds = np.append(curve["seconds"].to_numpy(dtype=np.float64), np.nan)
    found: FloatArray = seconds[place]
    return found

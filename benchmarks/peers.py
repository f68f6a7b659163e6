"""Other ways to name the segment that moved a rate, to be run beside `find_causes` on the same tables."""

from collections.abc import Callable
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.special import ndtr

Slice = frozenset[tuple[str, str]]
# From leaves, dimensions, names of numerator and denominator and whether one cause only: the segments named.
Peer = Callable[[pd.DataFrame, list[str], str, str, bool], set[Slice]]

DEPTH = 3
LEAST_EXPECTED = 5.0  # of the rarer outcome, on either side
ALPHA = 0.05
WISE_CAUSES = 3  # it names as many as it is asked for


def scan(leaves: pd.DataFrame, by: list[str], numerator: str, denominator: str, one: bool) -> set[Slice]:
    """Two proportions in every segment of up to three dimensions, pooled z, Bonferroni; the surest, or all."""
    named = leaves.fillna(dict.fromkeys(by, "(blank)"))
    late = (named["period"] == "after").to_numpy()
    counts = named[[numerator, denominator]].to_numpy(dtype=float)
    codes = {name: pd.factorize(named[name].astype(str)) for name in by}
    found: list[tuple[float, int, Slice]] = []
    looks = 0
    for depth in range(DEPTH + 1):
        for dims in combinations(by, depth):
            key = np.zeros(len(named), dtype=np.int64)
            for name in dims:
                key = key * len(codes[name][1]) + codes[name][0]
            own, rows = pd.factorize(key)
            n0, n1, d0, d1 = (
                np.bincount(own[side], counts[side, column], len(rows)) for column in (0, 1) for side in (~late, late)
            )
            with np.errstate(divide="ignore", invalid="ignore"):
                rate = (n0 + n1) / (d0 + d1)
                rarer = np.minimum(rate, 1 - rate)
                z = (n1 / d1 - n0 / d0) / np.sqrt(rate * (1 - rate) * (1 / d0 + 1 / d1))
            enough = np.minimum(d0, d1) * rarer >= LEAST_EXPECTED
            looks += int(enough.sum())
            for place in np.flatnonzero(enough & (np.abs(z) > 3)):
                values = [divmod_code(int(rows[place]), dims, codes)]
                found.append((abs(float(z[place])), -depth, frozenset(zip(dims, *values, strict=True))))
    sure = [each for each in found if 2 * ndtr(-each[0]) * looks <= ALPHA]
    sure.sort(key=lambda each: (round(each[0], 6), each[1]), reverse=True)
    return {each[2] for each in (sure[:1] if one else sure)}


def divmod_code(key: int, dims: tuple[str, ...], codes: dict[str, tuple[object, pd.Index]]) -> list[str]:
    """The values that a packed key stands for."""
    values: list[str] = []
    for name in reversed(dims):
        key, code = divmod(key, len(codes[name][1]))
        values.append(str(codes[name][1][code]))
    return values[::-1]


def wise_pizza() -> Peer | None:
    """The segments wise-pizza names, up to three dimensions deep; None where it is not installed."""
    try:
        from wise_pizza import explain_changes_in_average
    except ImportError:
        return None

    def explain(leaves: pd.DataFrame, by: list[str], numerator: str, denominator: str, one: bool) -> set[Slice]:
        named = leaves.fillna(dict.fromkeys(by, "(blank)")).astype(dict.fromkeys(by, str))
        counted = named.groupby([*by, "period"], as_index=False)[[numerator, denominator]].sum()
        counted = counted.astype({numerator: float, denominator: float})
        sides = [counted[counted["period"] == side].drop(columns="period") for side in ("before", "after")]
        try:
            fitted = explain_changes_in_average(
                *sides, dims=by, total_name=numerator, size_name=denominator, max_depth=min(DEPTH, len(by)),
                min_segments=1 if one else WISE_CAUSES, how="totals",
            )  # fmt: skip
        except Exception as error:
            print(f"  wise-pizza: {type(error).__name__}: {error}")
            return set()
        return {frozenset((str(k), str(v)) for k, v in each["segment"].items() if k in by) for each in fitted.segments}

    return explain

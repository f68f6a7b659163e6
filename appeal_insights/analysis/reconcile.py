"""Which definition explains somebody else's numbers: the fewest differences from ours that leave the least unexplained.

A sheet is explained when every number of every row is met. A difference is only believed where the sheet has numbers
enough to tell: as many differences at most as it has numbers. Where no definition meets every number, a difference has
to pay for itself: what it leaves must be shorter to say, in bits, by more than it takes to name the difference.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from appeal_insights.errors import BadTable

Floats = npt.NDArray[np.float64]

# What a number that is not met costs, in bits: log2 of how far off it is, and this for the order of magnitude and the
# sign, where one case to some ten thousand may be missing and every order is as likely: log2(2 ln 10,000).
OFF_BITS = 4.2
# What a difference costs: log2 of the twenty or so that there are, and a little for there being one more.
DIFFERENCE_BITS = 5.0
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Fit:
    """What was found among the definitions. A place is a label of `definitions`."""

    chosen: int
    equal: tuple[int, ...]  # others with as many differences that fit as well
    most: int  # differences that the sheet's numbers could tell
    exact: bool  # every number is met
    remainder: pd.DataFrame  # a row for each of the sheet: numerator, denominator (official minus chosen; NaN: unknown)
    nearest: pd.DataFrame  # best by number of differences: differences, definition, numerator, denominator, rows


def reconcile(
    definitions: pd.DataFrame, numerators: pd.DataFrame, denominators: pd.DataFrame, official: pd.DataFrame
) -> Fit:
    """Find the definition with the fewest differences that explains the official numbers.

    Takes   definitions    one row each with `differences` (ours is the first, with 0), in the order of preference.
            numerators, denominators   the same rows, a column for each row of the sheet (counts).
            official       a row for each of the sheet: numerator, denominator, rate (share), half_unit of the rate;
                           NaN where it says nothing. A rate alone is met where ours rounds to it.
    Raises  BadTable       the sheets do not fit each other.
    """
    if numerators.shape != denominators.shape or numerators.shape != (len(definitions), len(official)):
        raise BadTable.of("official.shapes")
    off = _off(numerators.to_numpy(np.float64), denominators.to_numpy(np.float64), official)
    differences = definitions["differences"].to_numpy()
    most = min(int(differences.max()), numbers_of(official))
    distance = np.abs(np.nan_to_num(off)).sum(axis=(0, 2))
    bits = _bits(off)
    met = (distance < TOLERANCE) & (differences <= most)
    if met.any():
        wanted = met & (differences == differences[met].min())
    else:
        cost = np.where(differences <= most, bits + DIFFERENCE_BITS * differences, np.inf)
        first = int(cost.argmin())
        wanted = (np.abs(cost - cost[first]) < TOLERANCE) & (differences == differences[first])
    found = np.flatnonzero(wanted)
    labels = definitions.index.to_numpy()
    chosen = int(found[0])
    return Fit(
        chosen=int(labels[chosen]),
        equal=tuple(int(label) for label in labels[found[1:]]),
        most=most,
        exact=bool(distance[chosen] < TOLERANCE),
        remainder=pd.DataFrame({"numerator": off[0, chosen], "denominator": off[1, chosen]}),
        nearest=_nearest(off, distance, bits, differences, labels, most),
    )


def _off(numerators: Floats, denominators: Floats, official: pd.DataFrame) -> Floats:
    """How far each definition is off: [numerator or denominator, definition, row], official minus ours."""
    stated = {name: official[name].to_numpy(np.float64) for name in ("numerator", "denominator", "rate", "half_unit")}
    denominator = stated["denominator"] - denominators
    of = np.where(np.isnan(stated["denominator"]), denominators, stated["denominator"])
    low = np.ceil((stated["rate"] - stated["half_unit"]) * of - TOLERANCE)
    high = np.floor((stated["rate"] + stated["half_unit"]) * of + TOLERANCE)
    nearest = np.round(stated["rate"] * of)
    low, high = np.where(low > high, nearest, low), np.where(low > high, nearest, high)
    by_rate = np.where(numerators < low, low - numerators, np.where(numerators > high, high - numerators, 0.0))
    by_rate = np.where(np.isnan(low), np.nan, by_rate)
    numerator = np.where(np.isnan(stated["numerator"]), by_rate, stated["numerator"] - numerators)
    return np.stack([numerator, denominator])


def numbers_of(official: pd.DataFrame) -> int:
    """How many numbers the sheet has that a definition can miss."""
    counts = official[["numerator", "denominator"]].notna().sum().sum()
    return int(counts + (official["numerator"].isna() & official["rate"].notna()).sum())


def _bits(off: Floats) -> Floats:
    """What it takes to say how far each definition is off, over all rows.

    What is missing or too much are cases, in the numerator or only in the denominator: seven overturned cases that we
    do not have move both sides by seven, but are one thing to say.
    """
    known = np.nan_to_num(off)
    beside = np.where(np.isnan(off[1]), 0.0, known[1] - known[0])
    size = np.abs(np.stack([known[0], beside]))
    bits: Floats = np.where(size < TOLERANCE, 0.0, OFF_BITS + np.log2(np.maximum(size, 1.0))).sum(axis=(0, 2))
    return bits


def _nearest(
    off: Floats, distance: Floats, bits: Floats, differences: npt.NDArray[np.int64], labels: npt.NDArray[np.int64],
    most: int,
) -> pd.DataFrame:  # fmt: skip
    """For each number of differences the definition that leaves least."""
    rows = []
    for count in range(most + 1):
        among = np.flatnonzero(differences == count)
        if len(among):
            best = among[np.lexsort((among, distance[among], bits[among]))[0]]
            left = np.nan_to_num(off[:, best])
            rows.append(
                {
                    "differences": count,
                    "definition": int(labels[best]),
                    "numerator": int(left[0].sum()),
                    "denominator": int(left[1].sum()),
                    "rows": int((np.abs(left).sum(axis=0) > TOLERANCE).sum()),
                }
            )
    return pd.DataFrame(rows)


def steps(
    definitions: pd.DataFrame,
    numerators: pd.DataFrame,
    denominators: pd.DataFrame,
    chosen: int,
    switches: Sequence[str],
) -> pd.DataFrame:
    """The way from our definition to the chosen one, one difference after another in the order of the switches.

    Gives   step (0 is ours), switch, choice, row (number of the column), numerator, denominator.
    """
    by_choices = {
        tuple(row): label for label, row in zip(definitions.index, definitions[list(switches)].values, strict=True)
    }
    goal = definitions.loc[chosen, list(switches)]
    here = definitions.loc[definitions.index[0], list(switches)].to_dict()
    path = [("", "", definitions.index[0])]
    for switch in switches:
        if goal[switch] != here[switch]:
            here[switch] = goal[switch]
            path.append((switch, str(goal[switch]), by_choices[tuple(here.values())]))
    return pd.DataFrame(
        [
            (step, switch, choice, row, int(numerators.loc[label, row]), int(denominators.loc[label, row]))
            for step, (switch, choice, label) in enumerate(path)
            for row in numerators.columns
        ],
        columns=["step", "switch", "choice", "row", "numerator", "denominator"],
    )

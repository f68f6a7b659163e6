"""From uniform numbers to words, counts and times. Every version of numpy draws the same uniform numbers."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtri

from appeal_insights.records.sample_shape import VALUES, Weights

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]  # places in VALUES, or seconds since 1970 in UTC
Bools = npt.NDArray[np.bool_]

DAY = 86_400  # seconds
NEVER = np.iinfo(np.int64).max  # the instant of what does not happen
EXACT_UP_TO = 50.0  # above this mean a count is drawn from the normal law


def stream(seed: int, *key: int) -> np.random.Generator:
    """Random numbers of their own for each key, so that more draws for one thing move no other."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=key)))


def read_instant(text: str) -> int:
    """A written time, or the start of a written day, as seconds since 1970 in UTC."""
    return int(np.datetime64(text.removesuffix("Z"), "s").astype(np.int64))


def place(column: str, value: str) -> int:
    return VALUES[column].index(value)


def column_of(table: pd.DataFrame, column: str) -> Integers:
    values: Integers = table[column].to_numpy()
    return values


def pick(uniform: Floats, weights: Weights, column: str) -> Integers:
    """Turn uniform numbers into words of a column, each as often as its weight says."""
    edges = np.cumsum(np.array(list(weights.values()), dtype=np.float64))
    places = np.array([place(column, value) for value in weights], dtype=np.int64)
    picked: Integers = places[np.searchsorted(edges / edges[-1], uniform, side="right")]
    return picked


def pick_by(uniform: Floats, keys: Integers, weights: Callable[[int], Weights], column: str) -> Integers:
    """The same where each row has a key that says which weights hold for it."""
    picked = np.zeros(len(keys), dtype=np.int64)
    for key in np.unique(keys):
        rows = np.flatnonzero(keys == key)
        picked[rows] = pick(uniform[rows], weights(int(key)), column)
    return picked


def look_up(table: pd.DataFrame, column: str, values: Weights, *, otherwise: float = 0.0) -> Floats:
    """A number for each row by its word."""
    by_place = np.array([values.get(word, otherwise) for word in VALUES[column]])
    return by_place[column_of(table, column)]


def who_and_what(table: pd.DataFrame) -> Integers:
    """One number for appellant and complaint type together."""
    return column_of(table, "appellant") * len(VALUES["complaint_type"]) + column_of(table, "complaint_type")


def told_apart(key: int) -> tuple[str, str]:
    """Appellant and complaint type of such a number."""
    who, what = divmod(key, len(VALUES["complaint_type"]))
    return VALUES["appellant"][who], VALUES["complaint_type"][what]


def by_who_and_what(values: Weights) -> Floats:
    """A number for each appellant and complaint type, from those for "visibility" and for "seller visibility"."""
    names = map(told_apart, range(len(VALUES["appellant"]) * len(VALUES["complaint_type"])))
    return np.array([values.get(f"{who} {what}", values.get(what, 0.0)) for who, what in names])


def lognormal(uniform: Floats, medians: Floats | float, sigmas: Floats | float) -> Floats:
    drawn: Floats = medians * np.exp(sigmas * ndtri(uniform))
    return drawn


def seconds(hours: Floats) -> Integers:
    return np.floor(hours * 3600).astype(np.int64)


def medians_and_sigmas(lane: Integers, of: Mapping[str, tuple[float, float]], column: str) -> tuple[Floats, Floats]:
    """The median and the sigma of each row, by its word."""
    by_place = np.array([of.get(word, (0.0, 0.0)) for word in VALUES[column]], dtype=np.float64)
    return by_place[lane, 0], by_place[lane, 1]


def counts(uniform: Floats, means: Floats) -> Integers:
    """Poisson counts: how many come by chance where so many are expected."""
    drawn = np.floor(means + np.sqrt(means) * ndtri(uniform) + 0.5).clip(0).astype(np.int64)
    left = np.flatnonzero(means <= EXACT_UP_TO)
    drawn[left] = 0
    term = np.exp(-means[left])
    reached = term.copy()
    count = 0
    while len(left := left[going := uniform[left] > reached]) and count < 4 * EXACT_UP_TO:
        count += 1
        drawn[left] = count
        term = term[going] * means[left] / count
        reached = reached[going] + term
    return drawn


def stacked(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(tables, ignore_index=True) if len(tables) > 1 else tables[0]

"""How often the forecast's intervals hold, and how far off it is, on made-up inflow that moves in known ways.

    python -m benchmarks.forecast [--repeats N] [--beside] [--hours] [--seed N]

Prints one line per kind of series, per length of history and per size. `--beside` also runs a structural model of
statsmodels on the same series (maximum likelihood). `--hours` instead asks for the hours of four weeks that keep
95 % within eight open hours in 80 % of the draws, and looks how often they did with what then came.
"""

import argparse
import os
import time
import warnings
from itertools import product

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd

from appeal_insights.analysis.capacity import HOUR, Desk, arrivals_by_slot, attainment, hours_needed
from appeal_insights.analysis.forecast import FEWEST_A_DAY, MOST_DAYS, look_ahead

AHEAD, CONFIDENCE = 28, 0.8
KINDS = ("chance only", "over-dispersed", "trend changes", "level shifts", "wanders", "shocks that fade", "bulk days")
HISTORIES, SIZES = (35, 56, 182, 365, 730), (20, 300, 8000)
COLUMNS = ["kind", "history", "size", "day", "week", "total", "wape", "naive_wape", "mase", "bias", "width", "seconds"]


def series(rng: np.random.Generator, kind: str, history: int, size: float) -> pd.DataFrame:
    """Made-up inflow: a weekly season, three days off in a hundred, and what the kind says. day, count, closed."""
    n = history + AHEAD
    day = np.arange(n)
    weekday = np.exp(rng.normal(0, 0.15, 7) - rng.uniform(0, 1.5) * np.array([0, 0, 0, 0, 0, 0.5, 0.7]))
    off = rng.random(n) < 0.03
    mean = size * weekday[day % 7] * np.exp(_level(rng, kind, day, history)) * np.where(off, rng.uniform(0.3, 0.8), 1)
    if kind != "chance only":
        worth = 1 / rng.uniform(0.05, 0.2) ** 2
        mean = mean * rng.gamma(worth, 1 / worth, n)
    days = pd.date_range("2025-01-06", periods=n, freq="D")
    return pd.DataFrame({"day": days, "count": rng.poisson(mean), "closed": off})


def _level(rng: np.random.Generator, kind: str, day: np.ndarray, history: int) -> np.ndarray:
    """The log of the level by day."""
    if kind == "trend changes":
        turn = rng.integers(history // 3, 2 * history // 3)
        before, after = rng.normal(0, 0.004, 2) * min(1, 182 / history)
        return np.where(day < turn, before * day, before * turn + after * (day - turn))
    if kind == "level shifts":
        return np.where(day < rng.integers(history // 2, history - 5), 0, rng.choice([-1, 1]) * rng.uniform(0.2, 0.6))
    if kind == "wanders":
        return np.cumsum(rng.normal(0, 0.02, len(day)))
    if kind == "shocks that fade":
        level = rng.normal(0, 0.15, len(day))
        for at in day[1:]:
            level[at] += 0.6 * level[at - 1]
        return level
    if kind == "bulk days":
        return np.where(rng.random(len(day)) < 0.01, 1.2, 0)
    return np.zeros(len(day))


def ours(past: pd.DataFrame, ahead: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Expected cases by day, and draws."""
    found = look_ahead(past, ahead)
    return found.expected, found.draws


def structural(past: pd.DataFrame, ahead: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """The same of statsmodels: local level, weekly season that moves, days off; on logs."""
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    past = past.tail(400)
    off = {"exog": past["closed"].to_numpy(float)} if past["closed"].any() else {}
    later = {"exog": ahead["closed"].to_numpy(float)[:, None]} if off else {}
    model = UnobservedComponents(np.log(past["count"].to_numpy() + 0.5), "local level", seasonal=7, **off)
    drawn = model.fit(disp=0).simulate(len(ahead), anchor="end", repetitions=1000, rng=0, **later)
    draws = np.exp(np.asarray(drawn).reshape(len(ahead), -1).T) - 0.5
    return np.median(draws, axis=0), draws


def score(rows: pd.DataFrame, history: int, way) -> dict[str, float]:
    """One forecast of 28 days against what came: intervals that hold, and errors."""
    past, ahead = rows.iloc[:history], rows.iloc[history:]
    start = time.process_time()
    expected, draws = way(past, ahead.drop(columns="count"))
    seconds = time.process_time() - start
    came = ahead["count"].to_numpy(float)
    ends = (1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2

    def held(drawn: np.ndarray, of: np.ndarray) -> float:
        low, high = np.quantile(drawn, ends, axis=0)
        return float(((of >= low) & (of <= high)).mean())

    known = past["count"].to_numpy(float)
    naive = np.tile(known[-7:], AHEAD // 7)
    low, high = np.quantile(draws, ends, axis=0)
    return {
        "day": held(draws, came),
        "week": held(draws.reshape(len(draws), -1, 7).sum(axis=2), came.reshape(-1, 7).sum(axis=1)),
        "total": held(draws.sum(axis=1), came.sum()),
        "wape": np.abs(came - expected).sum() / came.sum(),
        "naive_wape": np.abs(came - naive).sum() / came.sum(),
        "mase": np.abs(came - expected).mean() / np.abs(known[7:] - known[:-7]).mean(),
        "bias": expected.sum() / came.sum() - 1,
        "width": (high - low).sum() / came.sum(),
        "seconds": seconds,
    }


def run(way, repeats: int, seed: int) -> pd.DataFrame:
    """One row per made-up series."""
    found = []
    for (nth, kind), history, size in product(enumerate(KINDS), HISTORIES, SIZES):
        for repeat in range(repeats):
            rng = np.random.default_rng([seed, nth, history, size, repeat])
            rows = series(rng, kind, history, size)
            if rows["count"][:history].tail(MOST_DAYS).mean() >= FEWEST_A_DAY:  # else it is refused, as it should be
                found.append({"kind": kind, "history": history, "size": size, **score(rows, history, way)})
    return pd.DataFrame(found, columns=COLUMNS)


def hours(repeats: int, seed: int) -> pd.DataFrame:
    """How often the hours said to be needed keep the promise with what came, by kind of series."""
    start = pd.Series(pd.date_range("2025-01-06", periods=24 * AHEAD, freq="h"))
    opened = ((start.dt.day_of_week < 5) & start.dt.hour.between(9, 16)).to_numpy(dtype=float)
    slots = pd.DataFrame({"start": start, "open": opened})
    by_hour = np.repeat([0.0, 1.0], [6, 18])
    found = []
    for (nth, kind), repeat in product(enumerate(KINDS), range(repeats)):
        rows = series(np.random.default_rng([seed, nth, repeat]), kind, 182, 300)
        _, draws = ours(rows.iloc[:182], rows.iloc[182:].drop(columns="count"))
        came = rows["count"].to_numpy(float)[np.newaxis, 182:]
        thought, true = (
            Desk(slots, arrivals_by_slot(drawn, by_hour, seed=repeat), 900, 8 * HOUR) for drawn in (draws[:400], came)
        )
        needed = hours_needed(thought, opened)
        kept = attainment(true, (needed["needed"] / 40).to_numpy().repeat(7 * 24) * opened)
        least = hours_needed(true, opened)
        over = float(needed["needed"].sum() / least["needed"].sum())
        found.append({"kind": kind, "weeks_kept": kept["chance"].mean(), "hours_over_least": over})
    return pd.DataFrame(found)


def main() -> None:
    """Print the tables."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--repeats", type=int, default=10)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--beside", action="store_true")
    options.add_argument("--hours", action="store_true")
    asked = options.parse_args()
    if asked.hours:
        found = hours(asked.repeats, asked.seed)
        print(found.groupby("kind", sort=False).mean().round(3).to_string())
        print(found.drop(columns="kind").mean().round(3).to_frame("all").T.to_string())
        return
    ways = {"forecast": ours, **({"statsmodels, structural": structural} if asked.beside else {})}
    for name, way in ways.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # statsmodels tells of each fit that did not converge
            found = run(way, asked.repeats, asked.seed)
        print(f"\n{name}: {len(found)} series, {AHEAD} days ahead, {CONFIDENCE:.0%} intervals")
        for by in ("kind", "history", "size"):
            print(found.groupby(by, sort=False)[COLUMNS[3:]].mean().round(3).to_string())
        print(found[COLUMNS[3:]].mean().round(3).to_frame("all").T.to_string())


if __name__ == "__main__":
    main()

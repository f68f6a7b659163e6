"""A year of audits of sixty made-up series whose truth is known: quiet ones, changes of every kind, and traps.

Fifteen markets by four policies. Cases are easy, medium or hard (shares .7, .2, .1; errors 1 : 2 : 4), and audits are
drawn 1 : 2 : 5. Four to 300 audits a weekday, accuracies from .90 to .98, weekdays that differ, and days that share
their luck. 141 days of baseline and 224 watched; what is planted comes at least 95 days before the end.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

DAYS, BASELINE, WATCHED = 365, 141, 224
MARKETS = ("AE", "AT", "BE", "DE", "EG", "ES", "FR", "GB", "IE", "IT", "NG", "PL", "SA", "TR", "ZA")
POLICIES = ("adult", "hate", "scam", "violence")
STRATA = ("easy", "medium", "hard")
SHARES = np.array([0.7, 0.2, 0.1])
ERRORS = np.array([1.0, 2.0, 4.0])
SAMPLED = np.array([1.0, 2.0, 5.0])
FIRST_DAY = "2025-01-06"  # a Monday
AUDITORS = 5  # of each market
GOLD_A_DAY = 24  # gold cases a weekday and market
PASS = 0.97
# Audits a weekday from which a change of so many points is planted: fewer show it to no rule within ninety days.
LEAST_AUDITS = {2: 80.0, 4: 22.0, 8: 7.0}
PLANTED = (  # kind, points, how many of the fifteen changed series
    ("step", 2, 2),
    ("step", 4, 3),
    ("step", 8, 2),
    ("ramp", 4, 2),
    ("ramp", 8, 1),
    ("dip", 8, 2),
    ("cohort", 4, 2),
    ("mix", 0, 1),
)
TRAPS = (("sampling", 4), ("volume", 3), ("wander", 4))  # and the four series of the market with stricter auditors
# Variance of a day's rate over the binomial one, at most; and of calm estates, on which a daily p-chart alarms on eight
# quiet series of ten and not on nine.
NOISE, CALM = 1.8, 1.3
EVENT_LISTED = 0.6  # of the changes have their true event among the known ones
DECOYS = 15


@dataclass(frozen=True)
class Estate:
    """Tables as `watch_drift` takes them, and the truth about each series."""

    counts: pd.DataFrame
    volume: pd.DataFrame
    gold: pd.DataFrame
    known_events: pd.DataFrame
    truth: pd.DataFrame  # market, policy, kind, day (from 0), points, event, audits, spread
    quiet: np.ndarray  # the accuracy before any change, by series, stratum and day; day shocks left out
    shift: np.ndarray  # what the change adds to its logit, by series and day

    def arguments(self) -> dict:
        """What `watch_drift` is called with."""
        return {
            "series": ["market", "policy"],
            "day": "day",
            "stratum": "stratum",
            "audited": "audited",
            "correct": "correct",
            "volume": self.volume,
            "gold": self.gold,
            "known_events": self.known_events,
        }


def expit(x):
    return 1 / (1 + np.exp(-x))


def logit(p):
    return np.log(p / (1 - p))


def make_estate(seed: int, *, quiet_only: bool = False, calm: bool = False) -> Estate:
    """One estate; the same for the same seed."""
    rng = np.random.default_rng(seed)
    size, days = len(MARKETS) * len(POLICIES), np.arange(DAYS)
    weekday = days % 7
    series = pd.DataFrame([(m, p) for m in MARKETS for p in POLICIES], columns=["market", "policy"])
    audits = np.exp(rng.uniform(np.log(4), np.log(300), size))
    accuracy = rng.uniform(0.90, 0.98, size)
    truth = _plan(rng, series, audits, quiet_only)
    error = (1 - accuracy)[:, None] / (SHARES * ERRORS).sum() * ERRORS
    level = logit(1 - error) + rng.normal(0, 0.1, (size, 3))
    of_weekday = rng.normal(0, 0.1, 7) - 0.12 * (np.arange(7) == 0)
    before = expit(level[:, :, None] + of_weekday[weekday])

    shift = np.stack([_shift(row, before[i], rng) for i, row in enumerate(truth.itertuples())])
    spread = rng.uniform(1.0, CALM if calm else NOISE, size)
    of_day = np.minimum(np.sqrt((spread - 1) / (audits * accuracy * (1 - accuracy))), 0.6)
    shocks = rng.normal(0, 1, (size, DAYS)) * of_day[:, None] + _wander(rng, truth)
    real = expit(logit(before) + (shift + shocks)[:, None, :])

    population, audited = _volumes(rng, truth, audits, weekday)
    strict = ((truth.kind == "auditors").to_numpy()[:, None] & (days >= truth.day.to_numpy()[:, None])) * 1.0
    measured = real * (1 - 0.06 * strict)[:, None, :]
    correct = rng.binomial(audited, measured)
    shift = shift + (logit(before * (1 - 0.06 * strict[:, None])) - logit(before)).mean(1)

    day = pd.date_range(FIRST_DAY, periods=DAYS)
    keys = {
        "market": np.repeat(series.market.to_numpy(), 3 * DAYS),
        "policy": np.repeat(series.policy.to_numpy(), 3 * DAYS),
        "stratum": np.tile(np.repeat(STRATA, DAYS), size),
        "day": np.tile(day, 3 * size),
    }
    counts = pd.DataFrame({**keys, "audited": audited.ravel(), "correct": correct.ravel()})
    return Estate(
        counts=counts[counts.audited > 0].reset_index(drop=True),
        volume=pd.DataFrame({**keys, "volume": population.ravel()}),
        gold=_gold(rng, truth, day),
        known_events=_events(rng, truth, day),
        truth=truth.assign(audits=audits, spread=spread),
        quiet=before,
        shift=shift,
    )


def _plan(rng, series, audits, quiet_only):
    """What happens to which series, and when."""
    size = len(series)
    truth = series.assign(kind="quiet", day=DAYS, points=0, event="", length=0)
    if quiet_only:
        return truth
    strict = rng.choice(MARKETS)
    free = list(rng.permutation(np.flatnonzero(series.market != strict)))
    moment = lambda: int(rng.integers(BASELINE + 14, DAYS - 95))  # noqa: E731
    of_market = truth.market == strict
    truth.loc[of_market, "kind"], truth.loc[of_market, "day"] = "auditors", moment()
    for kind, points, many in PLANTED:
        for _ in range(many):
            i = next(i for i in rng.permutation(free) if audits[i] >= LEAST_AUDITS.get(points, 6))
            free.remove(i)
            length = {"ramp": int(rng.integers(20, 45)), "dip": int(rng.integers(25, 45))}.get(kind, 0)
            truth.loc[i, ["kind", "day", "points", "length"]] = [kind, moment(), points, length]
    for kind, many in TRAPS:
        for _ in range(many):
            truth.loc[free.pop(), ["kind", "day"]] = [kind, moment()]
    assert size == len(truth)
    return truth


def _shift(row, before, rng):
    """What a change adds to the logit of every stratum, day by day."""
    since = np.arange(DAYS) - row.day
    if row.kind not in ("step", "ramp", "dip", "cohort"):
        return np.zeros(DAYS)
    mean = (before.mean(1) * SHARES).sum()
    full = logit(mean - row.points / 100) - logit(mean)
    if row.kind == "ramp":
        return full * np.clip((since + 1) / row.length, 0, 1)
    if row.kind == "dip":
        return full * ((since >= 0) & (since < row.length))
    if row.kind == "cohort":  # new reviewers take over within a week, and are as good as the others after half a year
        return full * np.clip((since + 1) / 7, 0, 1) * np.clip(1 - since / 180, 0, 1) * (since >= 0)
    return full * (since >= 0)


def _wander(rng, truth):
    """A slow coming and going that was there all along: no drift."""
    walk = np.zeros((len(truth), DAYS))
    for i in np.flatnonzero(truth.kind == "wander"):
        keep, spread = np.exp(-1 / rng.uniform(8, 25)), rng.uniform(0.12, 0.25)
        noise = rng.normal(0, spread * np.sqrt(1 - keep**2), DAYS)
        value = rng.normal(0, spread)
        for t in range(DAYS):
            walk[i, t] = value = keep * value + noise[t]
    return walk


def _volumes(rng, truth, audits, weekday):
    """Cases and audits by series, stratum and day."""
    size = len(truth)
    days = np.arange(DAYS)
    after = days >= truth.day.to_numpy()[:, None]
    share = np.repeat(SHARES[None, :, None], size, 0) * np.exp(rng.normal(0, 0.05, (size, 3, DAYS)))
    share = share * np.ones((1, 1, DAYS))
    ratio = np.repeat(SAMPLED[None, :, None], size, 0) * np.ones((1, 1, DAYS))
    busy = np.ones((size, DAYS))
    for i, row in enumerate(truth.itertuples()):
        if row.kind == "mix":
            share[i, 2, after[i]] *= rng.uniform(2.5, 4)
        elif row.kind == "sampling":
            ratio[i][:, after[i]] = np.array([[1, 1, 1], [1, 3, 10], [4, 2, 1]][rng.integers(3)])[:, None]
        elif row.kind == "volume":
            busy[i, after[i]] = rng.choice([0.4, 0.6, 1.8, 2.5])
    share /= share.sum(1, keepdims=True)
    cases = audits[:, None] * 25 * busy * np.exp(rng.normal(0, 0.1, (size, DAYS)))
    cases = cases * np.where(weekday >= 5, 0.7, 1.0)
    population = rng.poisson(cases[:, None, :] * share)
    drawn = share * ratio
    drawn = drawn / drawn.sum(1, keepdims=True)
    audited = rng.poisson(audits[:, None, None] * busy[:, None, :] * drawn * (weekday < 5))
    return population, np.minimum(audited, population)


def _gold(rng, truth, day):
    """Gold cases by market, auditor and weekday, and how many of them the auditors got right."""
    rows = []
    starts = truth[truth.kind == "auditors"].drop_duplicates("market").set_index("market").day
    for market in MARKETS:
        strict = np.arange(DAYS) >= starts.get(market, DAYS)
        for auditor in range(AUDITORS):
            shown = rng.poisson(GOLD_A_DAY / AUDITORS, DAYS) * (np.arange(DAYS) % 7 < 5)
            passed = rng.binomial(shown, np.clip(PASS + rng.normal(0, 0.005), 0, 0.995) - 0.09 * strict)
            rows.append(
                pd.DataFrame(
                    {
                        "market": market,
                        "auditor": f"{market}-{auditor + 1}",
                        "day": day,
                        "audited": shown,
                        "correct": passed,
                    }
                )
            )
    gold = pd.concat(rows, ignore_index=True)
    return gold[gold.audited > 0].reset_index(drop=True)


def _events(rng, truth, day):
    """Known events: the true ones of most changes, and decoys on any day."""
    rows = []
    for i, row in enumerate(truth.itertuples()):
        real = row.kind in ("step", "ramp", "dip", "cohort", "mix")
        if real and rng.random() < EVENT_LISTED:
            rows.append((day[row.day - int(rng.integers(0, 3))], f"event {i}", row.market))
            truth.loc[i, "event"] = f"event {i}"
    starts = truth[truth.kind == "auditors"].drop_duplicates("market")
    for row in starts.itertuples():
        if rng.random() < EVENT_LISTED:
            rows.append((day[row.day - int(rng.integers(0, 3))], f"calibration {row.market}", row.market))
            truth.loc[truth.market == row.market, "event"] = f"calibration {row.market}"
    for i in range(DECOYS):
        where = rng.choice(MARKETS) if rng.random() < 0.8 else None
        rows.append((day[rng.integers(BASELINE, DAYS)], f"decoy {i}", where))
    return pd.DataFrame(rows, columns=["day", "event", "market"])

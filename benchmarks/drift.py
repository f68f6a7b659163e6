"""Watch simulated estates for drift, and say what was found, how fast and how often for nothing.

    python benchmarks/drift.py [--estates 20] [--seed 7000] [--calm] [--others] [--quiet 0]

Prints the table of README.md beside this file with Monte-Carlo errors. `--others` adds control charts, EWMA, CUSUM and,
where they are installed, PELT (ruptures) and ADWIN (river), as shipped and at an equal false-alarm budget. `--quiet 20`
watches so many estates in which nothing happens at all. `--calm` takes estates whose days are less noisy.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from appeal_insights.analysis.drift import Drift, watch_drift
from benchmarks.drift_rules import optimal_delay, others, p_chart, xmr_rules
from benchmarks.simulated_estate import DAYS, FIRST_DAY, WATCHED, Estate, make_estate

BUDGET = 3650.0
FOUND_WITHIN = 90  # days
WORK = ("step", "ramp", "dip", "cohort")
TRAPS = ("sampling", "volume", "wander")
SEED = 7000  # of the reported estates, never looked at while building; those from 1 and 5000 on were


def score(estate: Estate) -> tuple[pd.DataFrame, pd.DataFrame, float]:
    """What came of each series and of each alarm of an estate, and the CPU seconds it took."""
    started = time.process_time()
    drift = watch_drift(estate.counts, **estate.arguments(), budget=BUDGET)
    seconds = time.process_time() - started
    truth = estate.truth.assign(series=estate.truth.market + " · " + estate.truth.policy)
    truth["refused"] = truth.series.isin(drift.refused.series)
    alarms = drift.alarms.assign(
        alarm=(drift.alarms.alarm_day - pd.Timestamp(FIRST_DAY)).dt.days,
        change=(drift.alarms.change_date - pd.Timestamp(FIRST_DAY)).dt.days,
    )
    days = {name: (alarms[name] - pd.Timestamp(FIRST_DAY)).dt.days for name in ("low", "high")}
    alarms = alarms.assign(first=days["low"], last=days["high"])
    rows = [_of_series(row, alarms, optimal_delay(estate, i, BUDGET)) for i, row in enumerate(truth.itertuples())]
    return pd.DataFrame(rows), _of_alarms(alarms, truth), seconds


def _of_series(row, alarms: pd.DataFrame, optimal: tuple[float, float, float]) -> dict:
    own = alarms[alarms.series == row.series]
    market = alarms[(alarms.market == row.market) & (alarms.cause == "auditors") & (alarms.alarm >= row.day)]
    kind = {"mix": own.cause == "mix", "auditors": own.cause == "auditors"}.get(row.kind, own.cause != "mix")
    after = own[(own.alarm >= row.day) & (own.alarm < row.day + FOUND_WITHIN)]
    right = after[kind.reindex(after.index)]
    said = {
        "kind": row.kind,
        "points": row.points,
        "refused": row.refused,
        "audits": row.audits,
        "market": row.market,
        "alarms": len(own),
        "optimal": optimal[0],
        "exact": optimal[1],
        "seldom": optimal[2],
        "of_market": market.alarm.min() - row.day if len(market) else np.nan,
    }
    if row.kind in (*WORK, "mix") and len(right):
        one = right.iloc[0]
        said |= {
            "delay": one.alarm - row.day,
            "error": abs(one.change - row.day),
            "held": bool(one["first"] <= row.day <= one["last"]),
            "size": one["size"],
        }
    if row.kind in (*WORK, "mix", "auditors") and len(after):
        cause = {"mix": "mix", "auditors": "auditors"}.get(row.kind, "work")
        event = after.iloc[0].event
        said |= {"cause": after.iloc[0].cause == cause, "event": (event if isinstance(event, str) else "") == row.event}
    return said


def _of_alarms(alarms: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """Which alarms are false: of a series or market to which nothing had happened yet."""
    happens = truth[~truth.kind.isin(("quiet", *TRAPS))]
    markets = happens[happens.kind == "auditors"].drop_duplicates("market")
    starts = pd.concat([happens.set_index("series").day, markets.set_index("market").day])
    return alarms.assign(false=alarms.alarm < alarms.series.map(starts).fillna(DAYS))


def share(hits, of=None) -> str:
    """A share with its Monte-Carlo error."""
    hits = np.asarray(hits, dtype=float)
    if not len(hits):
        return "-"
    return f"{hits.mean():6.3f} ± {np.sqrt(hits.mean() * (1 - hits.mean()) / len(hits)):.3f}  (of {len(hits)})"


def over(found: pd.DataFrame, optimal: str) -> str:
    """Mean delay over that of the optimal rule, for what both found, with its Monte-Carlo error."""
    both = found[found[optimal].notna()]
    ratio = both.delay.mean() / both[optimal].mean()
    error = float((both.delay - ratio * both[optimal]).sem() / both[optimal].mean())
    return f"{ratio:6.2f} ± {error:.2f}  ({both.delay.mean():.1f} / {both[optimal].mean():.1f} days)"


def _found(group: pd.DataFrame) -> str:
    return f"{share(group.delay.notna())}  {group.delay.mean():5.1f} days, the optimal {group.optimal.mean():5.1f}"


def _days(delays: pd.Series) -> str:
    return f"{delays.mean():.1f} ± {delays.sem():.1f}, median {delays.median():.0f}, found {delays.notna().mean():.2f}"


def report(series: pd.DataFrame, alarms: pd.DataFrame, seconds: list[float]) -> list[tuple[str, str]]:
    """The rows of the table."""
    kept = series[~series.refused]
    work = kept[kept.kind.isin(WORK)]
    found = work[work.delay.notna()]
    markets = series[series.kind == "auditors"].drop_duplicates(["estate", "market"])
    mix = kept[kept.kind == "mix"]
    ramps = found.kind == "ramp"
    caused = kept[kept.cause.notna()] if "cause" in kept else kept[:0]
    rows = [
        ("refused", share(series.refused)),
        ("quiet series alarming in 224 days", share(kept[kept.kind == "quiet"].alarms > 0)),
        *((f"trap alarming: {trap}", share(kept[kept.kind == trap].alarms > 0)) for trap in TRAPS),
        ("false share of alarms", share(alarms.false)),
        ("real changes found", share(work.delay.notna())),
        *((f"  {kind} {points}", _found(group)) for (kind, points), group in work.groupby(["kind", "points"])),
        ("  by the optimal rule", share(work.optimal.notna())),
        ("mean delay over the optimal, as promised", over(found, "optimal")),
        ("mean delay over the optimal, calibrated", over(found, "exact")),
        ("mean delay over one alarming on 2 %", over(found, "seldom")),
        ("stricter auditors: days to alarm", _days(markets.of_market)),
        ("harder mix found, days", f"{mix.delay.notna().sum()} of {len(mix)}, {mix.delay.mean():.1f}"),
        ("change-date error, median days", f"{found.error.median():.1f}"),
        ("90 % set holds the date: not ramps", share(found[~ramps].held)),
        ("90 % set holds the date: ramps", share(found[ramps].held)),
        ("cause right", share(caused.cause)),
        ("event right", share(caused.event)),
        ("CPU seconds an estate", f"{np.mean(seconds):.2f}"),
    ]  # fmt: skip
    return rows


def _alarming(estate: Estate, drift: Drift) -> np.ndarray:
    """Whether each watched series alarms."""
    labels = estate.truth.market + " · " + estate.truth.policy
    return labels[~labels.isin(drift.refused.series)].isin(drift.alarms.series).to_numpy()


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--estates", type=int, default=20)
    words.add_argument("--seed", type=int, default=SEED)
    words.add_argument("--calm", action="store_true")
    words.add_argument("--others", action="store_true")
    words.add_argument("--quiet", type=int, default=0)
    said = words.parse_args()
    watch_drift((first := make_estate(said.seed)).counts, **first.arguments())  # so that no import is timed
    series, alarms, seconds, estates = [], [], [], []
    for number in range(said.estates):
        estate = make_estate(said.seed + number, calm=said.calm)
        of_series, of_alarms, took = score(estate)
        series.append(of_series.assign(estate=number))
        alarms.append(of_alarms.assign(estate=number))
        seconds.append(took)
        estates.append(estate)
    for name, value in report(pd.concat(series, ignore_index=True), pd.concat(alarms, ignore_index=True), seconds):
        print(f"{name:38} {value}")
    print(f"\ndaily p-chart alarms on quiet series     {share(np.concatenate([p_chart(one) for one in estates]))}")
    print(f"weekly XmR with rules on quiet series    {share(np.concatenate([xmr_rules(one) for one in estates]))}")
    if said.quiet:
        quiet = [
            make_estate(said.seed + 10_000 + number, quiet_only=True, calm=said.calm) for number in range(said.quiet)
        ]
        found = [watch_drift(one.counts, **one.arguments(), budget=BUDGET) for one in quiet]
        alarming = np.concatenate([_alarming(one, drift) for one, drift in zip(quiet, found, strict=True)])
        expected = sum(one.expected_false_alarms for one in found) * WATCHED / 91.25
        print(f"all-quiet estates: series alarming       {share(alarming)}")
        print(f"    alarms of all kinds {sum(len(one.alarms) for one in found)}, at most {expected:.0f} expected")
    if said.others:
        print()
        print(others(estates, FOUND_WITHIN, BUDGET).to_string())


if __name__ == "__main__":
    main()

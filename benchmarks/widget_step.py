"""Time a step of the metric explorer: from a change of a control to the new picture, in the kernel.

    python -m benchmarks.widget_step [--appeals MILLIONS] [--rounds N]

Wall time on the machine as it is, each step another question, so that nothing but the open store is remembered from
one to the next: what an analyst waits for, the browser's drawing apart. Stated apart: the part that the queries took,
and the processor's time of the whole step, all threads together. Where other work goes on, wall time says how busy the
machine was: its load is printed, and a target that is missed then tells nothing, as one that is met tells all.
Beside it the same counts by pandas from a table in memory (by week and segment, by day, and over clusters by week and
over the span), held against ours; the ratios are of one run.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from appeal_insights.explorer.explore import Explorer, explore
from appeal_insights.periods import period
from appeal_insights.records.ingest import ingest
from appeal_insights.records.sample import write_sample
from benchmarks.queries import BASE, ON_MERITS, build

TARGET = {"median": 300, "p95": 700}  # milliseconds
COLUMNS = (
    "market, policy, queue, appellant, site, outcome, decided_at, decided_on, enforcement_id, known_from, known_to"
)
DIMENSIONS = ("market", "policy", "queue", "appellant")
SPANS = ("2026-W35..2026-W46", "2026-W27..2026-W46")
BESIDE = 4  # steps, of which one is also counted by pandas
FEW = 3  # values of a filter


def changes(values: dict[str, list[str]], rounds: int) -> Iterator[dict[str, Any]]:
    """Settings of the controls, each unlike the one before it: what a hand does, in a fixed order."""
    turn = 0
    for span, by, held in product(SPANS, ("", *DIMENSIONS), DIMENSIONS):
        if by == held:
            continue
        for place in range(rounds):
            turn += 1
            chosen = values[held][place * FEW % len(values[held]) :][:FEW] if turn % 4 else []
            also = "appellant" if by and by != "appellant" and not turn % 5 else ""
            yield {"by": by, "also": also, "during": span, "held": held, "values": tuple(chosen)}


def step(explorer: Explorer, change: dict[str, Any]) -> dict[str, float]:
    """One change of a control; milliseconds until the picture's message is there, and of the queries among them."""
    chosen = explorer.controls
    with explorer._without_redrawing():  # the hand has set all but the last of them before
        chosen.during.value, chosen.by.value = change["during"], change["by"]
        chosen.offer_also()
        chosen.also.value = change["also"]
        chosen.filters.choose({change["held"]: list(change["values"])})
    started, worked = time.perf_counter(), time.process_time()
    explorer.redraw()
    message = json.dumps([picture.spec for picture in explorer.results.pictures])
    took, work = time.perf_counter() - started, time.process_time() - worked
    assert explorer.seen is not None, explorer.results.instead.value
    assert len(message) > 1000
    return {
        "step": 1000 * took,
        "processor": 1000 * work,
        "queries": 1000 * sum(one.seconds for one in explorer.seen.asked),
    }


def by_pandas(table: pd.DataFrame, change: dict[str, Any], moment: Any) -> tuple[float, pd.DataFrame]:
    """The same counts by pandas: milliseconds, and the trend."""
    started = time.perf_counter()
    span = period(change["during"])
    inside = (table["decided_on"] >= pd.Timestamp(span.start)) & (table["decided_on"] < pd.Timestamp(span.end))
    inside &= (table["known_from"] <= moment) & (table["known_to"] > moment) & (table["decided_at"] <= moment)
    inside &= table["outcome"].isin(ON_MERITS)
    if change["values"]:
        inside &= table[change["held"]].isin(change["values"])
    rows = table[inside]
    day = rows["decided_on"]
    rows = rows.assign(
        week=day - pd.to_timedelta(day.dt.day_of_week, unit="D"), x=(rows["outcome"] != "decision_upheld").astype(int)
    )
    names = [name for name in (change["by"], change["also"]) if name]
    trend = rows.groupby(["week", *names], observed=True)["x"].agg(["sum", "count"]).reset_index()
    rows.groupby("decided_on")["x"].agg(["sum", "count"])
    for keys in (["week"], []):
        for more in ([], ["decided_on"]):
            of = rows.groupby([*keys, *more, "enforcement_id"], observed=True)["x"].agg(["sum", "count"])
            sums = np.stack([of["sum"] ** 2, of["sum"] * of["count"], of["count"] ** 2])
            assert sums.shape[0] == 3
    return 1000 * (time.perf_counter() - started), trend


def agree(explorer: Explorer, trend: pd.DataFrame) -> None:
    """The whole and the lines' sum are those that pandas counted."""
    assert explorer.seen is not None
    theirs = int(trend["sum"].sum()), int(trend["count"].sum())
    ours = explorer.seen.whole[["numerator", "denominator"]].iloc[0]
    assert (int(ours["numerator"]), int(ours["denominator"])) == theirs


def told(name: str, times: list[float]) -> None:
    print(f"  {name:34} median {median(times):6.0f} ms   p95 {np.quantile(times, 0.95):6.0f} ms")


def prepare(root: Path, millions: float) -> Path:
    """A workspace with a store of so many million appeals, with their known events."""
    (root / "notebooks").mkdir(parents=True)
    sample = write_sample(root / "sample", appeals=BASE)
    base = root / "base.duckdb"
    ingest(sample / "known_events.csv", base, fact="known_events")
    ingest(sample / "appeals.csv", base)
    stores = root / "data" / "store"
    stores.mkdir(parents=True)
    return build(root, base, millions).rename(stores / "big.duckdb")


def read(path: Path) -> tuple[pd.DataFrame, Any]:
    """The same records as a table in memory, codes as categories, and the instant of the newest load."""
    with duckdb.connect(str(path), read_only=True) as connection:
        table = connection.execute(f"select {COLUMNS} from appeals").df()
        moment = connection.execute("select max(loaded_at) from loads").fetchall()[0][0]
    table["enforcement_id"] = table["enforcement_id"].astype("category")
    return table, moment


def measure(make: Callable[[], Explorer], path: Path, rounds: int) -> bool:
    """Print the figures; yes where the targets are met."""
    explorer = make()
    table, moment = read(path)
    counted = {name: table[name].value_counts() for name in DIMENSIONS}
    values = {name: list(map(str, of[of > 0].index)) for name, of in counted.items()}
    planned = list(changes(values, rounds))
    step(explorer, planned[-1])  # imports and the drawing's first time are no part of a step
    found: dict[str, list[float]] = {"step": [], "processor": [], "queries": [], "pandas": []}
    ratios, wholes = [], []
    for place, change in enumerate(planned):
        took = step(explorer, change)
        for name, value in took.items():
            found[name].append(value)
        if place % BESIDE == 0:
            theirs, trend = by_pandas(table, change, moment)
            agree(explorer, trend)
            found["pandas"].append(theirs)
            ratios.append(theirs / took["queries"])
            wholes.append((took["step"] - took["queries"] + theirs) / took["step"])
    load, cores = os.getloadavg()[0], os.cpu_count()
    print(
        f"{len(table):,} appeals, {len(planned)} steps, {path.stat().st_size / 1e6:.0f} MB, load {load:.1f} on {cores}"
    )
    told("a step, change to picture", found["step"])
    told("  of it the queries", found["queries"])
    told("  processor's time of a step", found["processor"])
    told("the same counts by pandas", found["pandas"])
    print(f"  pandas takes {median(ratios):.1f} times as long as the queries")
    print(f"  a step with its counts would take {median(wholes):.1f} times as long")
    steps = found["step"]
    return median(steps) <= TARGET["median"] and float(np.quantile(steps, 0.95)) <= TARGET["p95"]


def main() -> None:
    """Run it and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--appeals", type=float, default=1.0, help="millions")
    parser.add_argument("--rounds", type=int, default=4)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        path = prepare(root, options.appeals)
        met = measure(lambda: explore("big", during=SPANS[0], workspace=root), path, options.rounds)
        print(f"  target {TARGET['median']} and {TARGET['p95']} ms: {'met' if met else 'missed'}")


if __name__ == "__main__":
    main()

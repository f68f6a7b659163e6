"""How often the search for causes names the right segment, how often it names one where nothing moved, and how fast.

    python -m benchmarks.root_cause [PART ...] [--quick] [--repeats N] [--tuning] [--incidents FOLDER] [--data FOLDER]

PART: incidents, causes, quiet, mix, grid, real, speed, growth, peers; all of them if none is named. See README.md.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit

from appeal_insights.analysis.causes import Causes
from appeal_insights.analysis.rootcause import find_causes
from benchmarks.made_up_tables import NOISES, Made, Slice, mix_only, quiet
from benchmarks.peers import Peer, scan, wise_pizza
from benchmarks.planted_causes import KINDS, of_size, with_causes

# F1 over exact segments of the same 135 incidents, one cause allowed unless it says otherwise, as measured in November
# 2026 with the published tools and with an earlier prototype of this search over up to three dimensions. Not run here.
OTHERS = {
    "RobustSpot": 0.647,
    "Adtributor": 0.417,
    "AutoRoot": 0.261,
    "Squeeze": 0.043,
    "RiskLoc": 0.025,
    "prototype": 0.770,
    "prototype, several": 0.724,
}
REPORTED = 100_000  # seeds of reporting start here; those of tuning at 0
LEAVES = 22_000
VALUES = (20, 14, 8, 6, 4, 3, 3, 5, 4, 3)  # of each dimension of the tables for timing
LETTERS = "abcdefghij"

Case = tuple[pd.DataFrame, list[str], set[Slice]]


def named(causes: Causes) -> set[Slice]:
    """The segments whose rate moved."""
    return {frozenset(cause.segment.items()) for cause in causes.causes if cause.kind == "rate"}


def search(leaves: pd.DataFrame, by: list[str], numerator: str, denominator: str, one: bool) -> set[Slice]:
    """`find_causes` as the peers are called."""
    return named(find_causes(leaves, by, numerator=numerator, denominator=denominator, one=one))


def f1(pairs: Iterable[tuple[set[Slice], set[Slice]]]) -> float:
    """F1 over exact segments of all tables together."""
    right = found_ = truth_ = 0
    for found, truth in pairs:
        right, found_, truth_ = right + len(found & truth), found_ + len(found), truth_ + len(truth)
    return 2 * right / max(1, found_ + truth_)


def clocked(run: Callable[[], object]) -> tuple[object, float]:
    """What it gives, and CPU milliseconds over all threads."""
    started = time.process_time()
    result = run()
    return result, 1000 * (time.process_time() - started)


def read_incidents(folder: Path) -> list[Case]:
    """Read each incident: its leaves, its dimensions and the segments it was labelled with."""
    rows = pd.read_csv(folder / "rs_cases.csv.gz", dtype=str).astype({"day": int, "num": int, "den": int})
    index = json.loads((folder / "rs_index.json").read_text(encoding="utf-8"))
    truth = json.loads((folder / "rs_truth.json").read_text(encoding="utf-8"))
    return [
        (leaves, index[name]["dims"], {frozenset(cause.items()) for cause in truth[name]["rate_causes"]})
        for name, leaves in rows.groupby("case")
    ]


def incidents(options: argparse.Namespace) -> None:
    """Real incidents with labelled causes."""
    if options.incidents is None:
        print("incidents: not run, no --incidents FOLDER")
        return
    cases = read_incidents(options.incidents)
    print(f"incidents: {len(cases)} of a video service, {sum(len(truth) for *_, truth in cases)} labelled causes")
    print("  noise: too few minutes to learn from, so chance only")
    for name, peer in peers(options):
        for one in (True, False):
            pairs, spent = clocked(lambda: [(peer(each, by, "num", "den", one), t) for each, by, t in cases])  # noqa: B023
            label = f"{name}, {'one' if one else 'several'}"
            print(f"  {label:26} F1 {f1(pairs):.3f}   {spent / len(cases):.1f} CPU ms a case")  # type: ignore[arg-type]
    for name, value in OTHERS.items():
        print(f"  {name:26} F1 {value:.3f}   measured in November 2026, not run here")


def peers(options: argparse.Namespace) -> list[tuple[str, Peer]]:
    """What to run side by side."""
    run: list[tuple[str, Peer]] = [("find_causes", search)]
    if not options.alone:
        run.append(("two-proportion scan", scan))
        other = wise_pizza()
        if other is None:
            print("  wise-pizza is not installed here, so it is not run")
        else:
            run.append(("wise-pizza", other))
    return run


def knows(noise: str) -> bool:
    """Whether clusters are given with a table of this noise: where there are any."""
    return NOISES[noise].appeals > 1 or NOISES[noise].restores > 0


def ask(made: Made, noise: str, **more: object) -> Causes:
    """`find_causes` with all that is known of the table: its days, and its clusters where there are any."""
    return find_causes(made.leaves, made.by, clusters=made.clusters if knows(noise) else None, **more)  # type: ignore[arg-type]


def causes(options: argparse.Namespace) -> None:
    """Made-up tables in which something moved."""
    repeats = options.repeats or (10 if options.quick else 60)
    for noise, sure in (("chance", 9.0), ("days", 12.0), ("appeals", 12.0), ("clusters", 14.0)):
        everything: list[tuple[set[Slice], set[Slice]]] = []
        of_scan: list[tuple[set[Slice], set[Slice]]] = []
        mixes = exact = 0
        spent = []
        print(f"causes: noise {noise} ({NOISES[noise]}), clusters given: {knows(noise)}, planted at {sure:g} errors")
        for kind in KINDS:
            pairs = []
            for seed in range(repeats):
                made = with_causes(kind, options.first + seed, noise=noise, sure=sure)
                found, milliseconds = clocked(lambda: ask(made, noise))  # noqa: B023
                spent.append(milliseconds)
                assert isinstance(found, Causes)
                pairs.append((named(found), made.truth))
                mixes += any(cause.kind == "mix" for cause in found.causes)
                if not options.alone:
                    of_scan.append((scan(made.leaves, made.by, "numerator", "denominator", True), made.truth))
                if options.verbose and pairs[-1][0] != made.truth:
                    print("    ", kind, seed, "named", *map(dict, pairs[-1][0]), "| truth", *map(dict, made.truth))
            everything += pairs
            exact += sum(found == truth for found, truth in pairs)
            print(f"  {kind:20} F1 {f1(pairs):.3f}")
        print(
            f"  {'all':20} F1 {f1(everything):.3f}   exact sets {exact / len(everything):.3f}   mix causes in {mixes}"
            f"   {np.mean(spent):.0f} CPU ms a table"
        )
        if of_scan:
            print(f"  {'scan, one':20} F1 {f1(of_scan):.3f}")


def alarms(name: str, tables: Iterable[tuple[Made, str]], *, kind: str | None = None, also_scan: bool = False) -> None:
    """Count the tables in which a cause is named, of one kind or any."""
    alarmed, scanned, spent, total = 0, 0, [], 0
    for made, noise in tables:
        found, milliseconds = clocked(lambda: ask(made, noise))  # noqa: B023
        assert isinstance(found, Causes)
        alarmed += any(kind in (None, cause.kind) for cause in found.causes)
        spent.append(milliseconds)
        total += 1
        if also_scan:
            scanned += bool(scan(made.leaves, made.by, "numerator", "denominator", True))
    beside = f"   two-proportion scan {100 * scanned / total:.1f} %" if also_scan else ""
    print(f"  {name:44} {alarmed} of {total}, {100 * alarmed / total:.1f} %   {np.mean(spent):.0f} CPU ms{beside}")


def quiet_tables(options: argparse.Namespace) -> None:
    """Made-up tables in which nothing moved."""
    repeats = options.repeats or (100 if options.quick else 1000)
    print("quiet: any cause named, of tables in which nothing moved (nominal 5 %)")
    for noise in NOISES:
        tables = ((quiet(options.first + seed, noise=noise), noise) for seed in range(repeats))
        alarms(f"{noise}, clusters given: {knows(noise)}", tables, also_scan=options.quick and not options.alone)
    for noise in ("appeals", "clusters"):
        made = (quiet(options.first + seed, noise=noise) for seed in range(repeats))
        alarms(f"{noise}, clusters given, no days", ((_without_days(each), noise) for each in made))


def _without_days(made: Made) -> Made:
    leaves = made.leaves.drop(columns="day").groupby([*made.by, "period"], as_index=False, dropna=False).sum()
    return Made(leaves, made.clusters, made.by, made.truth)


def mix(options: argparse.Namespace) -> None:
    """Made-up tables in which only shares moved."""
    repeats = options.repeats or (60 if options.quick else 400)
    print("mix: a rate cause named, of tables in which only shares moved")
    for noise in ("chance", "days", "clusters"):
        tables = ((mix_only(options.first + seed, noise=noise), noise) for seed in range(repeats))
        alarms(f"{noise}, clusters given: {knows(noise)}", tables, kind="rate", also_scan=not options.alone)


def grid(options: argparse.Namespace) -> None:
    """How large a move has to be to be named."""
    repeats = options.repeats or (10 if options.quick else 60)
    print(f"grid: one segment moved, of {24_000:,} cases; share of tables in which exactly it / anything is named")
    for noise in ("chance", "days", "clusters"):
        print(f"  noise {noise}, clusters given: {knows(noise)}")
        for share in (0.01, 0.05, 0.2):
            cells = []
            for points in (0.02, 0.04, 0.08):
                made = [
                    of_size(options.first + seed, points=points, share=share, noise=noise) for seed in range(repeats)
                ]
                found = [named(ask(each, noise)) for each in made]
                exact = np.mean([one == each.truth for one, each in zip(found, made, strict=True)])
                cells.append(f"{100 * points:.0f} points {exact:4.2f} / {np.mean([bool(one) for one in found]):4.2f}")
            print(f"    {100 * share:3.0f} % of cases   " + "   ".join(cells))


def made_up(*, leaves: int = LEAVES, dimensions: int = 7, days: int = 28) -> pd.DataFrame:
    """A table of so many leaves with three cases on each side, spread over `days` a side; one value moved."""
    rng = np.random.default_rng(1)
    sizes = VALUES[:dimensions] if leaves < 100_000 else tuple(2 * size for size in VALUES[:dimensions])
    weights = [1 / np.arange(1, size + 1) for size in sizes]
    drawn = [rng.choice(len(weight), 4 * leaves, p=weight / weight.sum()) for weight in weights]
    codes = rng.permutation(np.unique(np.transpose(drawn), axis=0))[:leaves]
    odds = -1 + sum(rng.normal(0, 0.4, len(weight))[codes[:, place]] for place, weight in enumerate(weights))
    tables = []
    for side, period in enumerate(("before", "after")):
        for day in range(days):
            denominator = rng.poisson(3 / days, len(codes))
            numerator = rng.binomial(denominator, expit(odds + 0.5 * side * (codes[:, 0] == 2)))
            some = denominator > 0
            one = pd.DataFrame(codes[some], columns=list(LETTERS[:dimensions])).astype(str)
            date = pd.Timestamp("2026-01-05") + pd.Timedelta(days=side * days + day)
            tables.append(one.assign(period=period, day=date, numerator=numerator[some], denominator=denominator[some]))
    return pd.concat(tables, ignore_index=True)


def speed(options: argparse.Namespace) -> None:
    """CPU time of one search, from a Parquet file of leaves to causes."""
    try:
        import duckdb
    except ImportError:
        print("speed: not run, no duckdb here")
        return
    repeats = 3 if options.quick else 15
    by = list(LETTERS[:7])
    print(f"speed: {LEAVES:,} leaves, 7 dimensions, up to three combined; CPU ms over all threads, mean of {repeats}")
    with tempfile.TemporaryDirectory() as folder:
        for days in (1, 28):
            rows, file = made_up(days=days), Path(folder) / "leaves.parquet"
            engine = duckdb.connect()
            engine.register("leaves", rows)
            engine.execute(f"copy leaves to '{file}' (format parquet, compression zstd)")
            for label, keyed in (("text", "*"), ("enum", _as_enums(engine, rows, by))):
                query = f"select {keyed} from read_parquet('{file}')"
                spent = []
                for _ in range(repeats + 1):
                    table, reading = clocked(lambda: engine.sql(query).df())  # noqa: B023
                    _, finding = clocked(lambda: find_causes(table, by, day="day" if days > 1 else None))  # noqa: B023
                    spent.append((reading, finding))
                reading, finding = np.mean(spent[1:], axis=0)
                print(
                    f"  {days:2} days a side, {len(rows):,} rows, dimensions as {label}: {reading + finding:.0f} ms "
                    f"(reading {reading:.0f}, searching {finding:.0f})"
                )
        if not options.quick and not options.alone:
            rows = made_up(days=1)
            for name, peer in peers(options)[1:]:
                _, spent_ms = clocked(lambda: peer(rows, by, "numerator", "denominator", True))  # noqa: B023
                print(f"  {name}, days added up: {spent_ms:.0f} ms")


def _as_enums(engine: object, rows: pd.DataFrame, by: list[str]) -> str:
    for name in by:
        values = ", ".join(f"'{value}'" for value in sorted(rows[name].unique()))
        engine.execute(f"create or replace type kind_{name} as enum ({values})")  # type: ignore[attr-defined]
    return "* replace (" + ", ".join(f"cast({name} as kind_{name}) as {name}" for name in by) + ")"


def growth(options: argparse.Namespace) -> None:
    """How time and memory grow with leaves and dimensions, each in a process of its own."""
    print(
        "growth: 14 days a side; CPU ms of one search, per thousand leaves, and the most memory held beyond the table"
    )
    sizes = (5_000, 22_000, 100_000) if options.quick else (5_000, 22_000, 50_000, 100_000, 200_000, 500_000)
    cells = [(leaves, 7) for leaves in sizes] + [(22_000, dimensions) for dimensions in range(5, 11)]
    for leaves, dimensions in cells:
        subprocess.run([sys.executable, "-m", "benchmarks.root_cause", "one", f"{leaves}x{dimensions}"], check=True)


def one(options: argparse.Namespace) -> None:
    """One cell of the table of growth."""
    leaves, dimensions = map(int, options.parts[1].split("x"))
    rows = made_up(leaves=leaves, dimensions=dimensions, days=14)
    by = list(LETTERS[:dimensions])
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found, spent = clocked(lambda: find_causes(rows, by))
    assert isinstance(found, Causes)
    there = int(rows.groupby(by, observed=True).ngroups)
    more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - held) / 1024
    print(
        f"  {there:8,} leaves {dimensions:3} dimensions {len(rows):10,} rows {spent:8.0f} ms "
        f"{1000 * spent / there:6.1f} per thousand leaves {spent / dimensions:7.0f} per dimension   "
        f"depth {found.depth}, {found.looked_at:,} segments {more:6.0f} MB"
    )


def real(options: argparse.Namespace) -> None:
    """Quiet halves of real records; in a file of its own."""
    if options.data is None:
        print("real: not run, no --data FOLDER")
        return
    try:
        from benchmarks.real_halves import report
    except ImportError:
        print("real: not run, no duckdb here")
        return

    report(options.data, repeats=options.repeats or (30 if options.quick else 300), first=options.first)


PARTS: dict[str, Callable[[argparse.Namespace], None]] = {
    "incidents": incidents,
    "causes": causes,
    "quiet": quiet_tables,
    "mix": mix,
    "grid": grid,
    "real": real,
    "speed": speed,
    "growth": growth,
}


def main() -> None:
    """Run the parts asked for."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", default=list(PARTS))
    parser.add_argument("--quick", action="store_true", help="minutes instead of an hour")
    parser.add_argument("--alone", action="store_true", help="find_causes without its peers")
    parser.add_argument("--tuning", action="store_true", help="the seeds that constants may be settled on")
    parser.add_argument("--verbose", action="store_true", help="say what was named wrongly")
    parser.add_argument("--incidents", type=Path, help="the folder of labelled incidents")
    parser.add_argument("--data", type=Path, help="the folder of public records")
    parser.add_argument("--repeats", type=int, help="tables of each sort, instead of what the part has")
    options = parser.parse_args()
    options.first = 0 if options.tuning else REPORTED
    if options.parts[0] == "one":
        one(options)
        return
    for part in options.parts:
        _, spent = clocked(lambda: PARTS[part](options))  # noqa: B023
        print(f"  [{part}: {spent / 1000:.0f} CPU s]", flush=True)


if __name__ == "__main__":
    main()

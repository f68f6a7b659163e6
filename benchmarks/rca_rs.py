"""Find causes of labelled real incidents, and say how many were named exactly, and how fast.

    python benchmarks/rca_rs.py FOLDER

The folder holds rs_cases.csv.gz, rs_index.json and rs_truth.json; see README.md beside this file.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit

from appeal_insights.analysis.rootcause import find_causes

# F1 over exact segments of the same 135 incidents, one cause allowed unless it says otherwise, as measured in November
# 2026 with the published tools and with an earlier prototype of this search over up to three dimensions. Not run here.
OTHERS = {
    "z of two proportions": 0.676,
    "RobustSpot": 0.647,
    "Adtributor": 0.417,
    "AutoRoot": 0.261,
    "Squeeze": 0.043,
    "RiskLoc": 0.025,
    "prototype": 0.770,
    "prototype, several": 0.724,
}
LEAVES = 22_000
VALUES = (20, 14, 8, 6, 4, 3, 3)  # of each dimension of the made-up table

Slice = frozenset[tuple[str, str]]
Case = tuple[pd.DataFrame, list[str], set[Slice]]


def read_cases(folder: Path) -> list[Case]:
    """Read each incident: its leaves, its dimensions and the segments it was labelled with."""
    rows = pd.read_csv(folder / "rs_cases.csv.gz", dtype=str).astype({"day": int, "num": int, "den": int})
    index = json.loads((folder / "rs_index.json").read_text(encoding="utf-8"))
    truth = json.loads((folder / "rs_truth.json").read_text(encoding="utf-8"))
    return [
        (leaves, index[name]["dims"], {frozenset(cause.items()) for cause in truth[name]["rate_causes"]})
        for name, leaves in rows.groupby("case")
    ]


def score(cases: list[Case], *, one: bool) -> tuple[float, float]:
    """F1 over exact segments of all cases together, and CPU milliseconds per case."""
    right = named = labelled = 0
    started = time.process_time()
    for leaves, by, truth in cases:
        causes = find_causes(leaves, by, numerator="num", denominator="den", one=one).causes
        found = {frozenset(cause.segment.items()) for cause in causes if cause.kind == "rate"}
        right, named, labelled = right + len(found & truth), named + len(found), labelled + len(truth)
    seconds = time.process_time() - started
    return 2 * right / (named + labelled), 1000 * seconds / len(cases)


def made_up(*, days: int) -> pd.DataFrame:
    """A table of LEAVES leaves with three cases on each side, spread over `days` a side; one value moved."""
    rng = np.random.default_rng(1)
    weights = [1 / np.arange(1, size + 1) for size in VALUES]
    drawn = [rng.choice(len(weight), 2 * LEAVES, p=weight / weight.sum()) for weight in weights]
    codes = rng.permutation(np.unique(np.transpose(drawn), axis=0))[:LEAVES]
    odds = -1 + sum(rng.normal(0, 0.4, len(weight))[codes[:, place]] for place, weight in enumerate(weights))
    tables = []
    for side, period in enumerate(("before", "after")):
        for day in range(days):
            denominator = rng.poisson(3 / days, len(codes))
            numerator = rng.binomial(denominator, expit(odds + 0.5 * side * (codes[:, 0] == 2)))
            one = pd.DataFrame(codes, columns=list("abcdefg")).astype(str)
            date = pd.Timestamp("2026-01-05") + pd.Timedelta(days=side * days + day)
            one = one.assign(period=period, day=date, numerator=numerator, denominator=denominator)
            tables.append(one[denominator > 0])
    return pd.concat(tables, ignore_index=True)


def main() -> None:
    """Run both comparisons and print them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    cases = read_cases(parser.parse_args().folder)
    print(f"{len(cases)} incidents, {sum(len(truth) for _, _, truth in cases)} labelled causes")
    for name, one in (("find_causes, one", True), ("find_causes, several", False)):
        f1, milliseconds = score(cases, one=one)
        print(f"  {name:24}F1 {f1:.3f}   {milliseconds:.1f} CPU ms a case")
    for name, f1 in OTHERS.items():
        print(f"  {name:24}F1 {f1:.3f}   measured in November 2026, not run here")
    for days in (1, 28):
        table = made_up(days=days)
        started = time.process_time()
        find_causes(table, list("abcdefg"))
        seconds = time.process_time() - started
        print(
            f"{LEAVES:,} leaves, {len(VALUES)} dimensions, {days} days a side: {len(table):,} rows, {seconds:.2f} CPU s"
        )


if __name__ == "__main__":
    main()

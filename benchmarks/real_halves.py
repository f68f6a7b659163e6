"""Real records cut in two at random: nothing moved between the halves, so no cause should be named."""

from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from appeal_insights.analysis.intervals import Dispersion, change_intervals, dispersion_over_days
from appeal_insights.analysis.rootcause import find_causes

LEAST = 50  # records of a half that a segment needs for its interval to be judged
Generator = np.random.Generator


@dataclass(frozen=True)
class Records:
    """Real records: one row each, with `numerator` (0 or 1), dimensions and, where there are any, days.

    block   days that stay together where days are permuted; 0 where there are none
    """

    name: str
    rows: pd.DataFrame
    by: list[str]
    block: int


def read(folder: Path) -> list[Records]:
    """Read the public records."""
    imr = _duck(folder / "ca_imr_2001_2016.parquet")
    leave = _duck(folder / "au_special_leave_2003_2018.parquet")
    cfpb = _duck(folder / "us_cfpb_complaints_sample.parquet")
    ratings = _duck(folder / "content_rating_labels.parquet")
    imr = imr.assign(numerator=imr["determination"].str.startswith("Overturned").astype(int))
    leave = leave[leave["outcome"].notna()]
    granted = (leave["outcome"] == "Special leave granted").astype(int)
    leave = leave.assign(numerator=granted, day=leave["decision_date"])
    early = cfpb[cfpb["date_received"] < pd.Timestamp("2015-01-01")]
    same_day = (early["date_sent_to_company"] == early["date_received"]).astype(int)
    early = early.assign(numerator=same_day, day=early["date_received"])
    gold = ratings[ratings["gold_label"].notna()]
    gold = gold.assign(numerator=(gold["label"] == gold["gold_label"]).astype(int))
    of_imr = "diagnosis_category diagnosis_sub_category treatment_category treatment_sub_category review_type age_range"
    of_leave = "method issue_area issue_sub_area source_level source_state case_type lower_court_disposition"
    of_cfpb = "product sub_product issue state submitted_via company"
    return [
        Records("independent medical reviews", imr, [*of_imr.split(), "patient_gender"], 0),
        Records("special leave", leave[leave["day"].notna()], of_leave.split(), 7),
        Records("complaints sent on the same day", early, of_cfpb.split(), 7),
        Records("ratings of gold items", gold, ["gold_label", "reviewer_id"], 0),
    ]


def _duck(file: Path) -> pd.DataFrame:
    return duckdb.sql(f"select * from '{file}'").df()


def halves(rng: Generator, records: Records, *, by_days: bool) -> pd.DataFrame:
    """Leaves of two halves: every case for itself, or blocks of days, which take their own days with them."""
    rows = records.rows
    if by_days:
        block = (rows["day"] - rows["day"].min()).dt.days // records.block
        late = rng.permutation(block.max() + 1)[block] % 2 == 1
    else:
        late = rng.random(len(rows)) < 0.5
    table = rows[[*records.by, "numerator", *(["day"] if by_days else [])]]
    return table.assign(period=np.where(late, "after", "before"), denominator=1)


def covered(leaves: pd.DataFrame, by: list[str]) -> tuple[int, int]:
    """Of the intervals of the change of every large enough value: how many hold 0, and how many there are."""
    hold = total = 0
    for name in by:
        for _, own in leaves.groupby(name):
            counts = own.groupby("period")[["numerator", "denominator"]].sum()
            if len(counts) < 2 or counts["denominator"].min() < LEAST or counts["numerator"].min() < 5:
                continue
            dispersion = Dispersion(None)
            if "day" in own:
                days = own.groupby(["day", "period"], as_index=False)[["numerator", "denominator"]].sum()
                dispersion = dispersion_over_days(days)
            row = {f"{count}_{side}": [counts.loc[side, count]] for side in counts.index for count in counts}
            change = change_intervals(pd.DataFrame(row), dispersion).iloc[0]
            hold += bool(change["change_low"] <= 0 <= change["change_high"])
            total += 1
    return hold, total


def report(folder: Path, *, repeats: int, first: int) -> None:
    """Print how often a cause is named, and how many intervals hold the truth, which is 0."""
    print("real: halves of real records; any cause named (nominal 5 %), and 95 % intervals of values that hold 0")
    alarmed = hold = total = tables = 0
    for records in read(folder):
        for by_days in (False, True) if records.block else (False,):
            own, own_hold, own_total = 0, 0, 0
            for seed in range(repeats):
                leaves = halves(np.random.default_rng([first, seed]), records, by_days=by_days)
                own += not find_causes(leaves, records.by).quiet
                held, there = covered(leaves, records.by)
                own_hold, own_total = own_hold + held, own_total + there
            way = f"blocks of {records.block} days, noise of days" if by_days else "cases, noise chance only"
            print(
                f"  {records.name:32} {way:34} {own} of {repeats}, {100 * own / repeats:.1f} %   "
                f"{own_hold} of {own_total} intervals, {100 * own_hold / max(1, own_total):.1f} %",
                flush=True,
            )
            alarmed, hold, total, tables = alarmed + own, hold + own_hold, total + own_total, tables + repeats
    print(f"  all: {100 * alarmed / tables:.1f} % of {tables}   {100 * hold / total:.1f} % of {total} intervals")

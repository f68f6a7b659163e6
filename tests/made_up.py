"""What tests of the made-up appeals share: reading them as they were written, and plain counts of their parts."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

ON_MERITS = ["decision_upheld", "decision_reversed", "decision_partially_reversed"]
BEFORE = ("2026-09-28", "2026-10-26")  # 2026-W40 to W43
AFTER = ("2026-10-26", "2026-11-16")  # 2026-W44 to W46
QUIET = ("2026-05-18", "2026-10-26")


class Sample(NamedTuple):
    appeals: pd.DataFrame  # every column text, as written
    enforcements: pd.DataFrame
    audits: pd.DataFrame
    events: pd.DataFrame
    truth: dict[str, Any]


def read(folder: Path) -> Sample:
    tables = [
        pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False)
        for name in ("appeals", "enforcements", "audits", "known_events")
    ]
    return Sample(*tables, json.loads((folder / "truth.json").read_text(encoding="utf-8")))


def decided_on_merits(appeals: pd.DataFrame) -> pd.DataFrame:
    """Appeals decided on their merits, with `overturned` and `decided_day`."""
    table = appeals[appeals["outcome"].isin(ON_MERITS)]
    return table.assign(overturned=table["outcome"] != "decision_upheld", decided_day=table["decided_at"].str[:10])


def inside(table: pd.DataFrame, segment: dict[str, str]) -> "pd.Series[bool]":
    return (table[list(segment)] == pd.Series(segment)).all(axis=1)


def within(table: pd.DataFrame, period: tuple[str, str]) -> pd.DataFrame:
    return table[(table["decided_day"] >= period[0]) & (table["decided_day"] < period[1])]


def change(table: pd.DataFrame) -> float:
    return float(within(table, AFTER)["overturned"].mean() - within(table, BEFORE)["overturned"].mean())

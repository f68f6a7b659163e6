"""Counts of cases as whom they are for may see them: no small one, nor those from which one could be worked out."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from appeal_insights.disclosure import SMALLEST_SHOWN, hide_cells
from appeal_insights.findings.cells import count_cell
from appeal_insights.findings.service_held import HORIZONS, Service
from appeal_insights.language import Language, say


def held(service: Service, records: Any, language: Language, *, hidden: bool = False) -> str:
    """A number of records, or that it is too small for whom this is for, or that it would give another one away."""
    number = 0 if pd.isna(records) else int(records)
    if not service.shown(number):
        return say("handover.under", language, smallest=str(SMALLEST_SHOWN))
    return say("column.hidden", language) if hidden else count_cell(number, language)


def grid(service: Service, counts: pd.DataFrame, language: Language, *, totals: bool) -> list[list[str]]:
    """The cells of a table of counts, row by row; `totals`: what each column adds up to is shown elsewhere."""
    hidden = hidden_of(service, counts, totals=totals)
    return [
        [held(service, number, language, hidden=bool(away)) for number, away in zip(row, gone, strict=True)]
        for row, gone in zip(counts.to_numpy(), hidden.to_numpy(), strict=True)
    ]


def hidden_of(service: Service, counts: pd.DataFrame, *, totals: bool) -> pd.DataFrame:
    """Which cells have to be hidden."""
    numbers = counts.fillna(0).to_numpy().astype(np.int64)
    column = np.tile(counts.columns.to_numpy(), len(counts)) if totals else None
    long = pd.DataFrame({"denominator": numbers.ravel()}).assign(total=column)
    hidden = hide_cells(long, service.audience, blank=(), totals=["total"])["hidden"]
    return pd.DataFrame(hidden.to_numpy().reshape(numbers.shape), counts.index, counts.columns)


def cases_of(table: pd.DataFrame) -> pd.DataFrame:
    """A row per case: one that has broken two promises is one case."""
    return table.drop_duplicates(["subject_type", "record_id"])


def open_counts(service: Service, language: Language) -> dict[str, str]:
    """Open cases that are overdue, due within 8, 24 and 48 hours (each holds those before), and that stand still.

    A horizon that adds a few cases to the one before is not shown: the difference would tell how many.
    """
    told = {
        name: held(service, len(cases_of(table)), language)
        for name, table in (("overdue", service.overdue()), ("paused", service.paused()))
    }
    last = 0
    for hours in HORIZONS:
        number = len(cases_of(service.due_within(hours)))
        few = not service.shown(number - last)
        told[f"in_{hours}"] = held(service, number, language, hidden=few)
        last = last if few else number
    return told


def flow_rows(service: Service, names: Sequence[str], language: Language) -> list[list[str]]:
    """The backlog by week: where a number of a week is small, what came in and went out of it is not shown either."""
    rows = []
    for row in service.flows[list(names)].to_numpy():
        few = not all(service.shown(float(number)) for number in row)
        moved = (False, few, few, False)
        rows.append([held(service, number, language, hidden=away) for number, away in zip(row, moved, strict=True)])
    return rows


def ticket_counts(service: Service, language: Language) -> tuple[dict[str, str], Mapping[str, str]]:
    """Tickets created, by severity, and all and the urgent ones: none tells of another."""
    table = service.tickets
    urgent = table["severity"].astype("str").isin(("P0", "P1"))
    long = pd.DataFrame({"denominator": table["created"].fillna(0).astype("int64"), "all": "all", "urgent": urgent})
    hidden = hide_cells(long, service.audience, blank=(), totals=["all", "urgent"])["hidden"]
    each = {
        str(name): held(service, number, language, hidden=bool(away))
        for name, number, away in zip(table["severity"], table["created"], hidden, strict=True)
    }
    sums = {"created": table["created"].sum(), "urgent": table.loc[urgent, "created"].sum()}
    rest = not service.shown(float(sums["created"] - sums["urgent"]))
    whole = {"created": held(service, sums["created"], language)}
    whole["urgent"] = held(service, sums["urgent"], language, hidden=rest)
    return whole, each

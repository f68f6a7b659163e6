"""What tests of records and metrics share: small tables written as text, and stores made of them."""

import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from appeal_insights.metrics.metric import metric
from appeal_insights.metrics.query import ask, query
from appeal_insights.metrics.question import Question
from appeal_insights.periods import period
from appeal_insights.records.figures import ingest_figures, read_figures_mapping
from appeal_insights.records.ingest import ingest
from appeal_insights.records.store import Store

FIRST_LOAD = datetime(2026, 11, 16, 6)
SHEET = {
    "period": {"column": "week", "grain": "week"},
    "dimensions": {"market": "market"},
    "metrics": {"overturn_rate": {"numerator": ["reversed"], "denominator": ["decided"]}},
}


def table(text: str) -> pd.DataFrame:
    """A table drawn with |: the first line has the names, an empty cell is missing, everything else is text."""
    lines = [[cell.strip() or None for cell in line.split("|")] for line in text.strip().splitlines()]
    return pd.DataFrame(lines[1:], columns=lines[0], dtype="str")


def decided(cases: Iterable[tuple[str, str, str, int]], **columns: str) -> pd.DataFrame:
    """Appeals received an hour before noon and decided at noon UTC: (day, market, outcome, how many) each."""
    rows = [
        {
            "market": market,
            "received_at": f"{day}T11:00:00Z",
            "decided_at": f"{day}T12:00:00Z",
            "outcome": f"decision_{outcome}",
        }
        for day, market, outcome, count in cases
        for _ in range(count)
    ]
    return pd.DataFrame(rows).assign(appeal_id=[f"a{place}" for place in range(len(rows))], **columns)


def make_store(path: Path, rows: pd.DataFrame, *, loaded_at: datetime = FIRST_LOAD, **how: Any) -> Path:
    """A store of those rows, each of which has to be accepted."""
    intake = ingest(rows, path, loaded_at=loaded_at, **how)
    assert intake.rejected == 0, intake.reasons
    return path


def make_sheet(path: Path, rows: pd.DataFrame, *, loaded_at: datetime = FIRST_LOAD, **declared: Any) -> Path:
    """A store of counted figures by week and market, each row of which has to be accepted."""
    intake = ingest_figures(rows, path, mapping=read_figures_mapping({**SHEET, **declared}), loaded_at=loaded_at)
    assert intake.rejected == 0, intake.reasons
    return path


def question(store: Store, *periods: str, of: str = "overturn_rate", **asked: Any) -> Question:
    """A question with its periods as text, by default as known at the newest load."""
    return ask(store, metric(of), [period(text) for text in periods], **{"as_of": store.latest(), **asked})


def answer(path: Path, name: str, *periods: str, of: str = "overturn_rate", **asked: Any) -> pd.DataFrame:
    """The answer of a query file from the store in `path`."""
    with Store(path) as store:
        return query(store, name, question(store, *periods, of=of, **asked))


def content(path: Path, fact: str = "appeals") -> pd.DataFrame:
    """Every version in a store, as text and in order, without what belongs to the load."""
    with Store(path) as store:
        rows = store.run(f'select * exclude (load_id, source_row) from "{fact}"', what="all of it")
    return rows.astype("str").sort_values(list(rows.columns), ignore_index=True)


def digest_at(path: Path, moment: datetime, fact: str = "appeals") -> str:
    """The fingerprint of a store as of an instant."""
    with Store(path) as store:
        return str(store.fingerprint(fact, moment))


def english_left(chinese: str) -> list[str]:
    """Runs of three English words in a Chinese text, what stands in quotes apart: a sentence that nobody translated."""
    bare = re.sub(r"“[^”]*”|'[^']*'|\"[^\"]*\"", "", chinese)
    return re.findall(r"[A-Za-z]{2,}(?: [A-Za-z]{2,}){2}", bare)

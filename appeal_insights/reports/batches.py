"""Judge the runs of a batch together: what one of thirty says for itself is not what it may say among thirty.

A batch is the runs of one notebook about one later period: thirty markets, each Monday. It is judged after it ran, from
the p that each run kept, and nothing is counted anew.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from appeal_insights.analysis.batch import batch_level

ALPHA = 0.05  # of a run by itself, and of a batch as a whole
LEAST = 2  # tests that make a batch


@dataclass(frozen=True)
class RunTest:
    """A run as one test.

    identity   what was asked: two runs that ask the same are one test
    p          of the run as a whole; None where it tested nothing
    """

    notebook: str
    after: str
    identity: str
    p: float | None
    as_of: str


@dataclass(frozen=True)
class Verdict:
    """A run beside its batch: its own p, that p adjusted for the batch, and whether a run on newer data stands in its
    place there."""

    p: float | None
    adjusted: float | None = None
    older: bool = False


@dataclass(frozen=True)
class Batch:
    """What a batch promises: of so many tests, how many alarm by themselves, and how many remain."""

    notebook: str
    after: str
    tests: int
    alone: int
    remain: int

    @property
    def by_chance(self) -> str:
        """How many would alarm by chance, on average, had nothing moved anywhere."""
        return f"{ALPHA * self.tests:.1f}".removesuffix(".0")


def read_test(kept: object, notebook: str) -> RunTest | None:
    """What a run kept of itself as a test; None where it kept none, or nothing that could be one."""
    if not isinstance(kept, dict) or not isinstance(kept.get("asked"), dict):
        return None
    after, as_of, p = kept["asked"].get("after"), kept.get("as_of"), kept.get("p")
    if not isinstance(after, str):
        return None
    share = float(p) if isinstance(p, int | float) and not isinstance(p, bool) and 0 <= p <= 1 else None
    try:
        asked = json.dumps(kept["asked"], sort_keys=True, ensure_ascii=False)
    except (RecursionError, ValueError):
        return None
    return RunTest(notebook, after, asked, share, as_of if isinstance(as_of, str) else "")


def judge(tests: Mapping[str, RunTest]) -> tuple[list[Batch], dict[str, Verdict]]:
    """The batches, the latest period first, and for each run (by its name) what stands beside it.

    Of runs that ask the same, the one on the newest data counts; of several on the same data the one with the largest
    p, so that to run again never helps.
    """
    batches: list[Batch] = []
    verdicts: dict[str, Verdict] = {}
    groups: dict[tuple[str, str], dict[str, RunTest]] = {}
    for name, test in tests.items():
        groups.setdefault((test.after, test.notebook), {})[name] = test
    for (after, notebook), members in sorted(groups.items(), reverse=True):
        table = _judged(members.values())
        verdicts |= {name: _verdict(test, table, _newest(members.values())) for name, test in members.items()}
        made = table[table["p"].notna()]
        if len(made) >= LEAST:
            alone, remain = int((made["p"] <= ALPHA).sum()), int(made["named"].sum())
            batches.append(Batch(notebook, after, len(made), alone, remain))
    return batches, verdicts


def _newest(members: Iterable[RunTest]) -> dict[str, str]:
    """The newest data that each test was made on."""
    found: dict[str, str] = {}
    for test in members:
        found[test.identity] = max(test.as_of, found.get(test.identity, ""))
    return found


def _judged(members: Iterable[RunTest]) -> pd.DataFrame:
    """One row per test: identity, p, adjusted, named."""
    tests: Sequence[RunTest] = list(members)
    newest = _newest(tests)
    rows: list[dict[str, Any]] = [
        {"identity": test.identity, "p": float("nan") if test.p is None else test.p}
        for test in tests
        if test.as_of == newest[test.identity]
    ]
    return batch_level(pd.DataFrame(rows).astype({"p": "float64"}), alpha=ALPHA).set_index("identity")


def _verdict(test: RunTest, table: pd.DataFrame, newest: Mapping[str, str]) -> Verdict:
    if test.as_of != newest[test.identity]:
        return Verdict(test.p, older=True)
    if test.p is None:
        return Verdict(None)
    return Verdict(test.p, float(table["adjusted"].to_dict()[test.identity]))

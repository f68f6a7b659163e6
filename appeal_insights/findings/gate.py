"""The gate: what is checked of the records themselves, said in the header of every report."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

from appeal_insights.language import Language, say
from appeal_insights.metrics.query import GATES, query_table
from appeal_insights.metrics.targets import TARGETS, misfits, targets
from appeal_insights.records.store import Store

Result = Literal["passed", "warned", "failed", "not_there"]


@dataclass(frozen=True)
class Test:
    """One check of a store's records: how many broke it, of how many that were looked at."""

    __test__ = False  # pytest, which reads this name as one of its own

    fact: str
    id: str
    level: Literal["warn", "fail"]  # what it is where something broke it
    broken: int
    looked_at: int

    @property
    def result(self) -> Result:
        if not self.looked_at:
            return "not_there"
        if not self.broken:
            return "passed"
        return "failed" if self.level == "fail" else "warned"


def gate(store: Store, as_of: datetime) -> list[Test]:
    """Check every fact of a store that has checks, as it was known at an instant."""
    found: list[Test] = []
    for name, facts in GATES.items():
        if set(facts) <= set(store.tables):
            for test, level, broken, looked_at in query_table(store, name, as_of=as_of).itertuples(index=False):
                found.append(Test(facts[-1], test, level, int(broken), int(looked_at)))
    if TARGETS in store.tables:
        known = targets(store, as_of)
        found.append(Test(TARGETS, "targets_fit", "warn", len(misfits(known, as_of)), len(known)))
    if "figures" in store.tables:
        totals = store.declared("figures").get("totals_checked", 0)
        found.append(Test("figures", "totals", "fail", 0, totals))
    return found


def worst(tests: Sequence[Test]) -> Result:
    """What the gate as a whole says: failed if any check did, else warned if any did."""
    results = {test.result for test in tests}
    return cast(Result, next((name for name in ("failed", "warned", "passed") if name in results), "not_there"))


def in_short(tests: Sequence[Test], language: Language) -> str:
    """How many checks passed, warned and failed, as a part of a sentence; nothing where there are none."""
    counts = {result: sum(test.result == result for test in tests) for result in ("passed", "warned", "failed")}
    if not sum(counts.values()):
        return ""
    told = {result: str(number) for result, number in counts.items()}
    if counts["passed"] == sum(counts.values()):
        return say("gate.in_short_all", language, passed=told["passed"])
    return say("gate.in_short_failed" if counts["failed"] else "gate.in_short", language, **told)

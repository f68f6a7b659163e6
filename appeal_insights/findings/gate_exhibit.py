"""The gate in words: in short for a header, and every check with its numbers."""

from collections.abc import Sequence

from appeal_insights.findings.cells import NOTHING, count_cell, share_cell
from appeal_insights.findings.gate import Test
from appeal_insights.findings.naming import headed
from appeal_insights.findings.shown import Exhibit
from appeal_insights.language import Language, say


def in_short(tests: Sequence[Test], language: Language) -> str:
    """How many checks passed, warned and failed, as a part of a sentence; nothing where there are none."""
    counts = {result: sum(test.result == result for test in tests) for result in ("passed", "warned", "failed")}
    if not sum(counts.values()):
        return ""
    told = {result: str(number) for result, number in counts.items()}
    if counts["passed"] == sum(counts.values()):
        return say("gate.in_short_all", language, passed=told["passed"])
    return say("gate.in_short_failed" if counts["failed"] else "gate.in_short", language, **told)


def exhibit(tests: Sequence[Test], language: Language) -> Exhibit:
    """Every check with its numbers."""
    title = say("gate.title", language)
    if not any(test.looked_at for test in tests):
        return Exhibit("gate", language, title, [say("gate.none", language)])
    heads = [("check", "left"), ("result", "left"), ("broken", "right"), ("looked_at", "right"), ("rate", "right")]
    rows = [
        [
            say(f"gate_test.{test.id}", language),
            say(f"gate_result.{test.result}", language),
            count_cell(test.broken, language) if test.looked_at else NOTHING,
            count_cell(test.looked_at, language),
            share_cell(test.broken / test.looked_at, language) if test.looked_at else NOTHING,
        ]
        for test in tests
    ]
    return Exhibit("gate", language, title, [say("gate.explained", language)], cells=headed(heads, rows, language))

"""The gate as an exhibit: every check with its numbers."""

from collections.abc import Sequence

from appeal_insights.findings.cells import NOTHING, count_cell, share_cell
from appeal_insights.findings.gate import Test
from appeal_insights.findings.naming import headed
from appeal_insights.findings.shown import Exhibit
from appeal_insights.language import Language, say


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

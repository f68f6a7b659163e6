"""A run as one test: what it asked, and the p of all that it looked at together. A batch of runs is judged by these."""

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import isfinite

from appeal_insights.findings.cells import p_cell
from appeal_insights.findings.evidence import Evidence
from appeal_insights.findings.shown import Bundle
from appeal_insights.language import Language, count, say
from appeal_insights.periods import Period

TEST = "application/vnd.appeal-insights.test+json"


def asked_of(evidence: Evidence) -> Bundle:
    """What makes two inquiries the same test: not when they ran, nor what was known by then."""
    return {
        "store": evidence.store,
        "metric": evidence.metric.id,
        "definition": evidence.definition,
        "where": {name: sorted(values) for name, values in sorted(evidence.where.items())},
        "basis": evidence.basis,
        "before": _days(evidence.before),
        "after": _days(evidence.after),
    }


def _days(span: Period) -> str:
    """First and last day: the same period is the same text, however it was typed."""
    return f"{span.start.isoformat()}..{(span.end - timedelta(days=1)).isoformat()}"


def p_of(evidence: Evidence) -> float | None:
    """The p of a whole inquiry: the smallest adjusted p of all that was looked at. None where nothing was tested."""
    p = getattr(evidence.search.causes, "p", None) if evidence.search is not None else None
    return float(p) if p is not None and isfinite(p) else None


@dataclass(frozen=True)
class AsTest:
    """What a run says of itself as one test, for the batch that it belongs to and for a reader."""

    evidence: Evidence
    languages: Sequence[Language]

    def bundles(self) -> Iterator[Bundle]:
        p = p_of(self.evidence)
        told = {language: tested_sentence(self.evidence, language) for language in self.languages}
        test = {"asked": asked_of(self.evidence), "p": p, "as_of": self.evidence.as_of.isoformat()}
        shown = "".join(f'<p lang="{language}">{html.escape(text)}</p>' for language, text in told.items())
        yield {TEST: test, "text/html": shown, "text/plain": "\n".join(told.values())}


def tested_sentence(evidence: Evidence, language: Language) -> str:
    """The p of a run in words."""
    p = p_of(evidence)
    if p is None or evidence.search is None:
        return say("batch.run_no_test", language)
    looked = count(evidence.search.causes.looked_at, language)
    return say("batch.run", language, p=p_cell(p), count=looked)

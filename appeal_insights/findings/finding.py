"""A finding is the unit of speech: claim, size, segment, evidence, certainty, what was ruled out, next step."""

import html
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from appeal_insights.findings.shown import FINDING, Bundle, Cells, Shown
from appeal_insights.language import Language, day, say

Grade = Literal["confirmed", "likely", "possible", "unknown"]
GRADES: tuple[Grade, ...] = get_args(Grade)


@dataclass(frozen=True)
class Told:
    """A finding in one language: whole sentences, numbers formatted."""

    claim: str
    size: str
    segment: str
    next_step: str
    ruled_out: Sequence[str]
    evidence: Cells


@dataclass(frozen=True)
class Finding:
    """One thing worth saying, in every language wanted."""

    id: str
    grade: Grade
    told: Mapping[Language, Told]
    check_on: date
    owner: str = ""
    grades: str = "grade"  # where the words for its grade stand

    def as_json(self) -> Bundle:
        return {
            "id": self.id,
            "grade": self.grade,
            "check_on": self.check_on.isoformat(),
            "texts": {language: self._texts(language) for language in self.told},
            "labels": {language: labels(language) for language in self.told},
            "evidence": {language: told.evidence.as_json() for language, told in self.told.items()},
        }

    def _texts(self, language: Language) -> Bundle:
        told = self.told[language]
        owner = self.owner or say("finding.no_owner", language)
        return {
            "claim": told.claim,
            "size": told.size,
            "segment": told.segment,
            "grade": say(f"{self.grades}.{self.grade}", language),
            "ruled_out": list(told.ruled_out),
            "owner": say("finding.owner_and_check", language, owner=owner, check_on=day(self.check_on, language)),
            "next_step": told.next_step,
        }

    def bundles(self) -> Iterator[Bundle]:
        yield {FINDING: self.as_json(), "text/html": self._html(), "text/plain": self._plain()}

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Bundle:
        return next(self.bundles())

    def _plain(self) -> str:
        return "\n".join(f"[{self.grade}] {told.claim}" for told in self.told.values())

    def _html(self) -> str:
        parts = []
        for language, told in self.told.items():
            texts, heads = self._texts(language), labels(language)
            rows = [(heads[key], texts[key]) for key in ("size", "segment", "grade", "owner", "next_step")]
            rows.insert(
                3, (heads["ruled_out"], "; ".join(told.ruled_out) or say("finding.nothing_ruled_out", language))
            )
            # A table, since JupyterLab lays a list of terms out in a way that a term of two lines breaks.
            left = ' style="text-align:left;vertical-align:top"'
            listed = "".join(
                f'<tr><th scope="row"{left}>{html.escape(head)}</th><td{left}>{html.escape(text)}</td></tr>'
                for head, text in rows
            )
            parts.append(
                f'<div lang="{language}"><h4>{html.escape(told.claim)}</h4><table>{listed}</table>'
                f"{told.evidence.as_html()}</div>"
            )
        return "".join(parts)


def labels(language: Language) -> dict[str, str]:
    """The headings of a finding's parts."""
    return {
        key: say(f"finding.{key}", language)
        for key in ("size", "segment", "grade", "ruled_out", "owner", "next_step", "evidence")
    }


def shown(findings: Sequence[Finding]) -> Shown:
    """Findings as one cell shows them."""
    return Shown(tuple(findings))

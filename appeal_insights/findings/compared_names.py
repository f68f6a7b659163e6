"""How the sides of a comparison, and the way into it, are called in either language."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from appeal_insights.findings.compared_sides import Comparing, Sides
from appeal_insights.findings.evidence import Evidence
from appeal_insights.findings.naming import dimension_label, scope_name
from appeal_insights.findings.shown import Cells
from appeal_insights.language import Language, count, say
from appeal_insights.records.scope import Scope

MOST_NAMED = 6  # values of a group; of more the rest is counted
JOINTS = {"en": (", ", "; "), "zh-CN": ("、", "；")}


class Seen(Protocol):
    """What was compared, and what both sides counted."""

    @property
    def asked(self) -> Comparing: ...
    @property
    def sides(self) -> Sides: ...
    @property
    def evidence(self) -> Evidence: ...
    @property
    def searched(self) -> Evidence: ...


def side_names(seen: Seen, language: Language) -> tuple[str, str]:
    """What the two sides are called: periods by their labels, groups by their values."""
    sides = seen.sides
    if not sides.apart:
        before, after = sides.periods
        return before.label, after.label
    other, one = (group_name(seen.evidence, scope, language) for scope in sides.apart)
    if not seen.asked.against:
        [name] = sides.apart[0]
        other = say("compare.all_others", language, dimension=dimension_label(seen.evidence, name, language))
    return other, one


def group_name(evidence: Evidence, scope: Scope, language: Language) -> str:
    """A group by its values, the first few of many."""
    between, joint = JOINTS[language]
    told = []
    for name, values in scope.items():
        named = between.join(values[:MOST_NAMED])
        if len(values) > MOST_NAMED:
            named = say("compare.and_more", language, values=named, count=count(len(values) - MOST_NAMED, language))
        told.append(say("segment.named", language, dimension=dimension_label(evidence, name, language), value=named))
    return joint.join(told) or say("segment.everything", language)


def crumbs(seen: Seen, language: Language) -> list[str]:
    """The way into a comparison: what it began with, then each step."""
    taken = {name for step in seen.asked.path for name in step}
    start = {name: values for name, values in seen.asked.where.items() if name not in {*taken, *_apart(seen.sides)}}
    begun = scope_name(replace(seen.evidence, where=start), language)
    return [begun, *(group_name(seen.evidence, step, language) for step in seen.asked.path)]


def _apart(sides: Sides) -> set[str]:
    return {name for scope in sides.apart for name in scope}


def spoken(seen: Seen, evidence: Evidence, language: Language) -> Evidence:
    """The evidence with its sides called as a reader knows them, for pictures that name them."""
    before, after = side_names(seen, language)
    labelled = {"before": replace(evidence.before, label=before), "after": replace(evidence.after, label=after)}
    return replace(evidence, **labelled)  # type: ignore[arg-type]


def headed_by(cells: Cells | None, names: Sequence[str]) -> Cells | None:
    """A table whose columns before and after are called as the sides are."""
    if cells is None:
        return None
    called = dict(zip(("before", "after"), names, strict=True))
    return Cells([(key, called.get(key, label), align) for key, label, align in cells.columns], cells.rows)

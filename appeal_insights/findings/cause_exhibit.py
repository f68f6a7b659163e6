"""The causes of a change as one exhibit: what each brought, and what is left when all of them are taken away."""

from collections.abc import Sequence

from appeal_insights.findings.cause_pictures import histories, parts, way
from appeal_insights.findings.coincidence import Segment
from appeal_insights.findings.evidence import Evidence
from appeal_insights.findings.judged import Driver, driver, drivers
from appeal_insights.findings.naming import change_points, driver_cells, segment_names
from appeal_insights.findings.searching import Search
from appeal_insights.findings.sentences import driver_claim, none_claim
from appeal_insights.findings.shown import Exhibit
from appeal_insights.language import Language, count, points, points_number, say


def causes(evidence: Evidence, language: Language) -> list[Exhibit]:
    """Nothing where no search was made, since no noise is known that a segment could stand out from."""
    search, named = evidence.search, drivers(evidence)
    if search is None or evidence.change is None:
        return []
    if not named:
        title = say("causes.title_none", language)
        return [Exhibit("causes", language, title, [none_claim(evidence, language), *_notes(search, language)])]
    first, joint = driver(evidence), "；" if language == "zh-CN" else "; "
    title = say(
        "segments.title" if first else "causes.title_under",
        language,
        segment=segment_names(evidence, (first or named[0]).segment, language),
        contribution=points_number((first or named[0]).contribution, language),
        points=change_points(evidence, language),
    )
    alt = say(
        "causes.alt",
        language,
        points=change_points(evidence, language),
        segments=joint.join(_brief(evidence, each, language) for each in named),
    )
    chart = way(evidence, named, title=title, alt=alt, language=language)
    notes = [driver_claim(evidence, each, language) for each in named]
    notes += [
        say(
            "causes.same_records",
            language,
            segment=segment_names(evidence, each.segment, language),
            others=joint.join(segment_names(evidence, alias, language) for alias in _shortest(each.aliases)),
        )
        for each in named
        if each.aliases
    ]
    if search.withheld:
        notes.append(say("segments.none_shown", language, count=str(search.withheld)))
    notes += [*_notes(search, language), say("causes.explained", language)]
    cells = driver_cells(evidence, named, language, all_else=True)
    first_exhibit = Exhibit("causes", language, title, notes, alt, chart, cells)
    return [first_exhibit, *parts(evidence, language), *histories(evidence, language)]


def _shortest(aliases: Sequence[Segment]) -> list[Segment]:
    """Those that do not merely add a dimension to another of them."""
    return [one for one in aliases if not any(other.items() < one.items() for other in aliases)]


def _brief(evidence: Evidence, named: Driver, language: Language) -> str:
    return f"{segment_names(evidence, named.segment, language)} {points(named.contribution, language)}"


def _notes(search: Search, language: Language) -> list[str]:
    """What was searched, and what stood in the way; that comes first."""
    found = search.causes
    notes = [
        say("causes.few_days", language, days=str(min(int(days) for days in check.values.values())))
        for check in found.checks
        if check.key == "few_days"
    ]
    looked = {"count": count(found.looked_at, language), "dimensions": str(len(search.dimensions))}
    return [*notes, say("causes.searched" if len(search.dimensions) > 1 else "causes.searched_one", language, **looked)]

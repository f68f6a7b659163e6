"""What an inquiry says: the claims, how sure they are, what was ruled out and what to do next, in whole sentences."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from appeal_insights.findings import comparison
from appeal_insights.findings.cells import rate_text
from appeal_insights.findings.evidence import COUNTS, POOLED, Evidence
from appeal_insights.findings.finding import Finding, Told
from appeal_insights.findings.judged import (
    Driver,
    driver,
    drivers,
    event_of,
    grade_of_driver,
    grade_of_move,
    main_view,
    moved,
    others,
    split,
)
from appeal_insights.findings.naming import (
    change_points,
    driver_cells,
    event_title,
    metric_name,
    part_cells,
    scope_name,
    segment_name,
    segment_names,
    size,
    split_by,
    split_cells,
    whole_cells,
)
from appeal_insights.findings.robustness import aligned, held
from appeal_insights.language import Language, count, day, points, points_number, points_range, points_size, say, share

CHECK_AGAIN_AFTER = timedelta(days=14)
# The metrics whose numerators are reversals that can be read again.
OF_APPEALS = ("overturn_rate", "full_overturn_rate", "round_2_overturn_rate")
IN_BRIEF = 2  # segments that are named beside the first one
MOSTLY = 0.25  # a part under a quarter of the change is not what it came from


def conclude(evidence: Evidence, wanted: Sequence[Language]) -> list[Finding]:
    """The findings: did it move, was it mix or rate, which segments."""
    first = [comparison.finding(evidence, wanted)] if evidence.redefined else []
    if evidence.change is None:
        return first
    found = [*first, _moved_finding(evidence, wanted)]
    if (moved(evidence) != "still" or not evidence.dispersion.known) and split(evidence):
        found.append(_split_finding(evidence, wanted))
    named = drivers(evidence)
    found += [_driver_finding(evidence, each, f"segment_{nth}", wanted) for nth, each in enumerate(named, start=1)]
    return found if named else [*found, _none_finding(evidence, wanted)]


def claim(evidence: Evidence, language: Language) -> str:
    """Whether it moved, with numerators and denominators."""
    counts, change = evidence.counts, evidence.change
    assert change is not None
    return say(
        f"moved.{moved(evidence)}",
        language,
        metric=metric_name(evidence, language),
        points=change_points(evidence, language),
        size=points_size(change.change, language),
        before=evidence.before.label,
        after=evidence.after.label,
        rate_before=share(change.rate_before, language),
        rate_after=share(change.rate_after, language),
        **{name: count(counts[name], language) for name in counts},
    )


def event_sentence(evidence: Evidence, named: Driver | None, language: Language) -> str:
    """Which known event coincides with a segment, or with the whole where there is none."""
    event = event_of(evidence, named)
    if event is None:
        return say("summary.no_event", language)
    return say(
        "summary.event", language, event=event_title(event, language), day=day(event["starts_on"].date(), language)
    )


def next_step(evidence: Evidence, named: Driver | None, language: Language) -> str:
    if named is None or not named.segment:
        return say("segments.next_none", language)
    if evidence.metric.id not in OF_APPEALS:
        return say("segments.next_other", language, day=day(evidence.after.start, language))
    if named.kind == "mix":
        return say("segments.next_mix", language, day=day(evidence.after.start, language))
    fell = named.change is not None and named.change.change < 0
    return say(
        "segments.next_fall" if fell else "segments.next_rate", language, day=day(evidence.after.start, language)
    )


def ruled_out(evidence: Evidence, named: Driver | None, language: Language) -> list[str]:
    """Only what was really looked at, and found not to be it."""
    change, parts = evidence.change, split(evidence)
    assert change is not None
    found = []
    if parts and abs(parts.mix) < MOSTLY * abs(change.change) and not (named and named.kind == "mix"):
        by = split_by(evidence, parts.dimension, language)
        found.append(say("ruled_out.mix", language, dimension=by, mix=points(parts.mix, language)))
    if evidence.dispersion.known and moved(evidence) != "still":
        found.append(say("ruled_out.noise", language, dispersion=f"{evidence.dispersion.floor:.2f}"))
    rest = named.rest if named and named.kind == "rate" else None
    if rest and abs(rest.change) < MOSTLY * abs(change.change):
        told = {"change": points(rest.change, language), "range": points_range(rest.low, rest.high, language)}
        found.append(say("ruled_out.rest", language, **told))
    found.append(say("ruled_out.definition", language, version=str(evidence.definition)))
    if evidence.basis == "decision" and evidence.checks["complete"] and not evidence.by_figures:
        found.append(say("ruled_out.censoring", language))
    if evidence.checks["parts_add_up"] and evidence.views:
        found.append(say("ruled_out.parts", language))
    if len(evidence.events) and not (evidence.events["event_type"] == "instrumentation").any():
        found.append(say("ruled_out.instrument", language))
    return found


def _check_on(evidence: Evidence) -> date:
    return evidence.as_of.date() + CHECK_AGAIN_AFTER


def _moved_finding(evidence: Evidence, wanted: Sequence[Language]) -> Finding:
    step = "split.next_step" if driver(evidence) and moved(evidence) != "still" else "segments.next_none"
    told = {
        language: Told(
            claim=claim(evidence, language),
            size=size(evidence, language),
            segment=scope_name(evidence, language),
            next_step=say(step, language),
            ruled_out=[*ruled_out(evidence, None, language), *_robust(evidence, "moved", language)],
            evidence=whole_cells(evidence, language),
        )
        for language in wanted
    }
    return Finding("moved", grade_of_move(evidence), told, _check_on(evidence))


def _split_finding(evidence: Evidence, wanted: Sequence[Language]) -> Finding:
    parts, view = split(evidence), main_view(evidence)
    assert evidence.change is not None
    assert parts is not None
    assert view is not None
    total = abs(evidence.change.change)
    key = (
        "claim_rate" if abs(parts.mix) < MOSTLY * total
        else "claim_mix" if abs(parts.rate) < MOSTLY * total
        else "claim_both"
    )  # fmt: skip
    told = {}
    for language in wanted:
        values = {"rate": points(parts.rate, language), "mix": points(parts.mix, language)}
        told[language] = Told(
            claim=say(f"split.{key}", language, dimension=split_by(evidence, parts.dimension, language), **values),
            size=say("split.size", language, points=change_points(evidence, language), **values),
            segment=scope_name(evidence, language),
            next_step=say("split.next_step" if driver(evidence) else "segments.next_none", language),
            ruled_out=[say("ruled_out.parts", language)] if evidence.checks["parts_add_up"] else [],
            evidence=split_cells(evidence, parts, view, language),
        )
    return Finding("split", "confirmed" if evidence.dispersion.known else "possible", told, _check_on(evidence))


def _none_finding(evidence: Evidence, wanted: Sequence[Language]) -> Finding:
    told = {
        language: Told(
            claim=none_claim(evidence, language),
            size=size(evidence, language),
            segment=scope_name(evidence, language),
            next_step=say("segments.next_none", language),
            ruled_out=ruled_out(evidence, None, language),
            evidence=whole_cells(evidence, language),
        )
        for language in wanted
    }
    return Finding("segment_none", "unknown", told, _check_on(evidence))


def none_claim(evidence: Evidence, language: Language) -> str:
    """That no segment stands out, among how many, and what would have."""
    search = evidence.search
    if search is None:
        return say("segments.none_by_size", language)
    if search.withheld:
        return say("segments.none_shown", language, count=str(search.withheld))
    looked = {"count": count(search.causes.looked_at, language), "dimensions": str(len(search.dimensions))}
    told = say("segments.none", language, **looked)
    if search.causes.smallest != search.causes.smallest:  # nothing was looked at
        return told
    return told + say("segments.smallest", language, points=points_size(search.causes.smallest, language))


def _driver_finding(evidence: Evidence, named: Driver, id: str, wanted: Sequence[Language]) -> Finding:
    told = {language: _driver_told(evidence, named, id, language) for language in wanted}
    return Finding(id, grade_of_driver(evidence, named), told, _check_on(evidence))


def _robust(evidence: Evidence, finding: str, language: Language) -> list[str]:
    """In how many other ways of counting a finding holds."""
    score = held(evidence, finding)
    if score is None:
        return []
    return [say("robust.ruled_out", language, held=count(score[0], language), all=count(score[1], language))]


def _aligned(evidence: Evidence, named: Driver, finding: str, language: Language) -> list[str]:
    """Of a cause that acts on enforcements: whether it shows by day of enforcement."""
    holds = aligned(evidence, named, finding)
    return [] if holds is None else [say("robust.aligned" if holds else "robust.not_aligned", language)]


def _driver_told(evidence: Evidence, named: Driver, id: str, language: Language) -> Told:
    said = [
        driver_claim(evidence, named, language),
        *against(evidence, named, language),
        event_sentence(evidence, named, language),
    ]
    view = None if named.stands_out else main_view(evidence)
    return Told(
        claim=("" if language == "zh-CN" else " ").join(said),
        size=_driver_size(named, language),
        segment=segment_names(evidence, named.segment, language),
        next_step=next_step(evidence, named, language),
        ruled_out=[
            *ruled_out(evidence, named, language),
            *_robust(evidence, id, language),
            *_aligned(evidence, named, id, language),
        ],
        evidence=part_cells(evidence, view, language, most=6)
        if view
        else driver_cells(evidence, [named], language, all_else=False),
    )


def _driver_size(named: Driver, language: Language) -> str:
    told = {
        "contribution": points(named.contribution, language),
        "range": points_range(named.low, named.high, language),
    }
    if named.kind == "mix" or named.change is None:
        return say("segments.size_mix", language, **told)
    change = named.change
    own = {"change": points(change.change, language), "change_range": points_range(change.low, change.high, language)}
    return say("segments.size", language, **told, **own)


def driver_claim(evidence: Evidence, named: Driver, language: Language) -> str:
    """What a segment brought: by its own rate, or by its share of the records."""
    counts, whole = named.counts, evidence.counts
    told = {
        "segment": segment_names(evidence, named.segment, language),
        "contribution": points_number(named.contribution, language),
        "points": change_points(evidence, language),
        **{name: count(counts[name], language) for name in COUNTS},
    }
    if named.kind == "mix":
        shares = {f"share_{side}": share(getattr(named, f"share_{side}"), language) for side in _SIDES}
        return say("segments.claim_mix", language, **told, **shares, **_wholes(whole, language))
    rates = {
        f"rate_{side}": rate_text(counts[f"numerator_{side}"], counts[f"denominator_{side}"], language)
        for side in _SIDES
    }
    held = sum(counts[f"denominator_{side}"] for side in _SIDES) / sum(whole[f"denominator_{side}"] for side in _SIDES)
    if not named.segment:
        return say("segments.claim_everywhere", language, points=told["points"])
    return say("segments.claim", language, **told, **rates, share=share(held, language, digits=0))


_SIDES = ("before", "after")


def _wholes(whole: Mapping[str, int], language: Language) -> dict[str, str]:
    return {f"all_{side}": count(whole[f"denominator_{side}"], language) for side in _SIDES}


def in_brief(evidence: Evidence, language: Language, *, all_of_them: bool = False) -> str:
    """What moved beside the driver, or all that moved, each with its contribution; no more than fit a first screen."""
    found = drivers(evidence) if all_of_them else others(evidence)
    named = [each for each in found if each.segment][:IN_BRIEF]
    told = [
        say(
            f"summary.also_{each.kind}",
            language,
            segment=segment_names(evidence, each.segment, language),
            contribution=points_number(each.contribution, language),
        )
        for each in named
    ]
    return ("；" if language == "zh-CN" else "; ").join(told)


def against(evidence: Evidence, named: Driver, language: Language) -> list[str]:
    """Where nothing was tested: the segment that pulled hardest the other way, where it matters."""
    view = main_view(evidence)
    if named.stands_out or view is None:
        return []
    assert evidence.change is not None
    direction = 1 if evidence.change.change > 0 else -1
    parts = view.parts[view.parts["segment"] != POOLED]
    other = parts.iloc[int((parts["contribution"] * direction).argmin())]
    if other["contribution"] * direction >= -MOSTLY * abs(evidence.change.change):
        return []
    return [
        say(
            "segments.against",
            language,
            segment=segment_name(evidence, view.dimension, str(other["segment"]), language),
            contribution=points_number(other["contribution"], language),
        )
    ]

"""What an inquiry says: the claims, how sure they are, what was ruled out and what to do next, in whole sentences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from appeal_insights.findings.evidence import POOLED, Evidence, View, coinciding
from appeal_insights.findings.finding import Finding, Grade, Told
from appeal_insights.findings.shown import Cells
from appeal_insights.language import Language, count, day, points, points_number, points_range, say, share
from appeal_insights.records.contract import Column

CHECK_AGAIN_AFTER = timedelta(days=14)
ENOUGH_DAYS = 8  # on each side, to tell a lasting move from a few odd days
SURE, FAIRLY_SURE = 0.01, 0.05  # two-sided p, adjusted for every look
MOSTLY = 0.25  # a part under a quarter of the change is not what it came from


@dataclass(frozen=True)
class Driver:
    """The segment that an inquiry names, and whether it stands out from all other records."""

    dimension: str
    row: "pd.Series"
    stands_out: bool

    @property
    def segment(self) -> str:
        return str(self.row["segment"])


def moved(evidence: Evidence) -> str:
    """'rose', 'fell' or 'still': still where the interval of the change holds zero."""
    change = evidence.change
    if change is None or change.low <= 0 <= change.high:
        return "still"
    return "rose" if change.change > 0 else "fell"


def driver(evidence: Evidence) -> Driver | None:
    """The segment to name: the one that stands out most, or the largest contribution where noise is not known."""
    found = evidence.contrasts
    direction = evidence.change.change if evidence.change else 0.0
    found = (
        found[found["eligible"] & (found["segment"] != POOLED) & (found["excess"] * direction > 0)]
        if len(found)
        else found
    )
    if evidence.dispersion.known:
        found = found[found["p"] < FAIRLY_SURE] if len(found) else found
    if found.empty:
        return None
    best = found.loc[found["excess"].abs().idxmax()]
    if not evidence.dispersion.known:  # without noise nothing stands out: name what brought most
        parts = evidence.contrasts[evidence.contrasts["dimension"] == best["dimension"]]
        best = parts.loc[(parts["contribution"] * (1 if direction > 0 else -1)).idxmax()]
    return Driver(str(best["dimension"]), best, evidence.dispersion.known)


def main_view(evidence: Evidence) -> View | None:
    """The dimension that a reader is shown first: the driver's, or the first one looked at."""
    named = driver(evidence)
    if named:
        return evidence.view(named.dimension)
    return evidence.views[0] if evidence.views else None


def conclude(evidence: Evidence, wanted: Sequence[Language]) -> list[Finding]:
    """The findings: did it move, was it mix or rate, which segment."""
    if evidence.change is None:
        return []
    found = [_moved_finding(evidence, wanted)]
    if moved(evidence) != "still" or not evidence.dispersion.known:
        view = main_view(evidence)
        if view:
            found.append(_split_finding(evidence, view, wanted))
    found.append(_driver_finding(evidence, wanted))
    return found


def grade_of_move(evidence: Evidence) -> Grade:
    """How sure that it moved at all."""
    change = evidence.change
    if change is None or moved(evidence) == "still":
        return "unknown"
    if not evidence.dispersion.known:
        return "possible"
    if evidence.days < ENOUGH_DAYS or not evidence.checks["complete"]:
        return "possible"
    return "confirmed" if change.p < SURE else "likely"


def grade_of_driver(evidence: Evidence, named: Driver | None) -> Grade:
    """How sure that this is the segment. Without days, or with few of them, never above possible."""
    if named is None:
        return "unknown"
    if not named.stands_out or evidence.days < ENOUGH_DAYS or named.row["p"] >= SURE:
        return "possible"
    return "likely"


def dimension_label(evidence: Evidence, dimension: str, language: Language) -> str:
    """A dimension's name as the reader knows it."""
    column: Column = evidence.metric.contract.columns[dimension]
    return column.label["zh" if language == "zh-CN" else "en"]


def inline_label(evidence: Evidence, dimension: str, language: Language) -> str:
    """The same inside a sentence."""
    name = dimension_label(evidence, dimension, language)
    return name[:1].lower() + name[1:] if language == "en" else name


def segment_value(segment: str, language: Language) -> str:
    """A segment's own name; small ones folded together are called so."""
    return say("segment.pooled", language) if segment == POOLED else segment


def segment_name(evidence: Evidence, dimension: str, segment: str, language: Language) -> str:
    return say(
        "segment.named",
        language,
        dimension=dimension_label(evidence, dimension, language),
        value=segment_value(segment, language),
    )


def metric_name(evidence: Evidence, language: Language) -> str:
    return evidence.metric.name["zh" if language == "zh-CN" else "en"]


def change_points(evidence: Evidence, language: Language) -> str:
    assert evidence.change is not None
    return points(evidence.change.change, language)


def claim(evidence: Evidence, language: Language) -> str:
    """Whether it moved, with numerators and denominators."""
    counts, change = evidence.counts, evidence.change
    assert change is not None
    return say(
        f"moved.{moved(evidence)}", language,
        metric=metric_name(evidence, language), points=change_points(evidence, language),
        before=evidence.before.label, after=evidence.after.label,
        rate_before=share(change.rate_before, language), rate_after=share(change.rate_after, language),
        **{name: count(counts[name], language) for name in counts},
    )  # fmt: skip


def size(evidence: Evidence, language: Language) -> str:
    """The change with its interval, and what the interval holds."""
    change = evidence.change
    assert change is not None
    told = {"points": points(change.change, language), "range": points_range(change.low, change.high, language)}
    if not evidence.dispersion.known:
        return say("moved.size_counting", language, **told)
    return say("moved.size", language, dispersion=f"{evidence.dispersion.floor:.2f}", **told)


def scope_name(evidence: Evidence, language: Language) -> str:
    if not evidence.where:
        return say("segment.everything", language)
    between = "、" if language == "zh-CN" else ", "
    joint = "；" if language == "zh-CN" else "; "
    return joint.join(
        say("segment.named", language, dimension=dimension_label(evidence, name, language), value=between.join(values))
        for name, values in evidence.where.items()
    )


def driver_event(evidence: Evidence) -> "pd.Series | None":
    """The event that coincides with the driver, the one that names its dimension first."""
    named = driver(evidence)
    found = coinciding(evidence.events, named.dimension if named else None, named.segment if named else None)
    return found.iloc[0] if len(found) else None


def event_title(event: "pd.Series", language: Language) -> str:
    chinese = event["title_zh"]
    return str(chinese) if language == "zh-CN" and isinstance(chinese, str) and chinese else str(event["title_en"])


def event_sentence(evidence: Evidence, language: Language) -> str:
    event = driver_event(evidence)
    if event is None:
        return say("summary.no_event", language)
    return say(
        "summary.event", language, event=event_title(event, language), day=day(event["starts_on"].date(), language)
    )


def next_step(evidence: Evidence, language: Language) -> str:
    named = driver(evidence)
    if named is None or moved(evidence) == "still":
        return say("segments.next_none", language)
    key = "segments.next_rate" if named.row["change"] > 0 else "segments.next_fall"
    return say(key, language, day=day(evidence.after.start, language))


def ruled_out(evidence: Evidence, named: Driver | None, language: Language) -> list[str]:
    """Only what was really looked at, and found not to be it."""
    change = evidence.change
    assert change is not None
    found = []
    view = main_view(evidence)
    if view and abs(view.mix_effect) < MOSTLY * abs(change.change):
        found.append(
            say(
                "ruled_out.mix",
                language,
                dimension=inline_label(evidence, view.dimension, language),
                mix=points(view.mix_effect, language),
            )
        )
    if evidence.dispersion.known and moved(evidence) != "still":
        found.append(say("ruled_out.noise", language, dispersion=f"{evidence.dispersion.floor:.2f}"))
    if named and abs(named.row["rest_change"]) < MOSTLY * abs(change.change):
        found.append(
            say(
                "ruled_out.rest",
                language,
                change=points(named.row["rest_change"], language),
                range=_rest_range(evidence, named, language),
            )
        )
    found.append(say("ruled_out.definition", language, version=str(evidence.metric.version)))
    if evidence.basis == "decision" and evidence.checks["complete"] and not evidence.by_figures:
        found.append(say("ruled_out.censoring", language))
    if evidence.checks["parts_add_up"] and evidence.views:
        found.append(say("ruled_out.parts", language))
    if len(evidence.events) and not (evidence.events["event_type"] == "instrumentation").any():
        found.append(say("ruled_out.instrument", language))
    return found


def _rest_range(evidence: Evidence, named: Driver, language: Language) -> str:
    from appeal_insights.analysis.intervals import change_of_rate

    rest = [
        evidence.counts[name] - int(named.row[name])
        for name in ("numerator_before", "denominator_before", "numerator_after", "denominator_after")
    ]
    change = change_of_rate(*rest, dispersion=evidence.dispersion)
    return points_range(change.low, change.high, language)


def _check_on(evidence: Evidence) -> date:
    return evidence.as_of.date() + CHECK_AGAIN_AFTER


def _moved_finding(evidence: Evidence, wanted: Sequence[Language]) -> Finding:
    told = {
        language: Told(
            claim=claim(evidence, language),
            size=size(evidence, language),
            segment=scope_name(evidence, language),
            next_step=next_step(evidence, language),
            ruled_out=ruled_out(evidence, None, language),
            evidence=whole_cells(evidence, language),
        )
        for language in wanted
    }
    return Finding("moved", grade_of_move(evidence), told, _check_on(evidence))


def _split_finding(evidence: Evidence, view: View, wanted: Sequence[Language]) -> Finding:
    assert evidence.change is not None
    total = abs(evidence.change.change)
    key = (
        "claim_rate"
        if abs(view.mix_effect) < MOSTLY * total
        else "claim_mix"
        if abs(view.rate_effect) < MOSTLY * total
        else "claim_both"
    )
    told = {}
    for language in wanted:
        values = {"rate": points(view.rate_effect, language), "mix": points(view.mix_effect, language)}
        told[language] = Told(
            claim=say(f"split.{key}", language, dimension=inline_label(evidence, view.dimension, language), **values),
            size=say("split.size", language, points=change_points(evidence, language), **values),
            segment=scope_name(evidence, language),
            next_step=say("split.next_step", language),
            ruled_out=[say("ruled_out.parts", language)] if evidence.checks["parts_add_up"] else [],
            evidence=part_cells(evidence, view, language),
        )
    return Finding("split", "confirmed" if evidence.dispersion.known else "possible", told, _check_on(evidence))


def _driver_finding(evidence: Evidence, wanted: Sequence[Language]) -> Finding:
    named = driver(evidence)
    grade = grade_of_driver(evidence, named)
    return Finding(
        "segment",
        grade,
        {language: _driver_told(evidence, named, language) for language in wanted},
        _check_on(evidence),
    )


def _driver_told(evidence: Evidence, named: Driver | None, language: Language) -> Told:
    if named is None:
        looks, dims = int(evidence.contrasts["eligible"].sum()) if len(evidence.contrasts) else 0, len(evidence.views)
        return Told(
            claim=say("segments.none", language, count=count(looks, language), dimensions=count(dims, language)),
            size=size(evidence, language),
            segment=scope_name(evidence, language),
            next_step=say("segments.next_none", language),
            ruled_out=ruled_out(evidence, None, language),
            evidence=whole_cells(evidence, language),
        )
    view = evidence.view(named.dimension)
    extra = [
        driver_claim(evidence, named, language),
        *against(evidence, named, view, language),
        event_sentence(evidence, language),
    ]
    return Told(
        claim=("" if language == "zh-CN" else " ").join(extra),
        size=say(
            "segments.size",
            language,
            contribution=points(named.row["contribution"], language),
            range=points_range(named.row["low"], named.row["high"], language),
            change=points(named.row["change"], language),
            change_range=points_range(named.row["change_low"], named.row["change_high"], language),
        ),  # fmt: skip
        segment=segment_name(evidence, named.dimension, named.segment, language),
        next_step=next_step(evidence, language),
        ruled_out=ruled_out(evidence, named, language),
        evidence=part_cells(evidence, view, language, most=6),
    )


def driver_claim(evidence: Evidence, named: Driver, language: Language) -> str:
    row = named.row
    whole = evidence.counts["denominator_before"] + evidence.counts["denominator_after"]
    return say(
        "segments.claim", language,
        segment=segment_name(evidence, named.dimension, named.segment, language),
        contribution=points(row["contribution"], language), points=change_points(evidence, language),
        rate_before=_rate(row["numerator_before"], row["denominator_before"], language),
        rate_after=_rate(row["numerator_after"], row["denominator_after"], language),
        share=share((row["denominator_before"] + row["denominator_after"]) / whole, language, digits=0),
        **{name: count(int(row[name]), language) for name in ("numerator_before", "denominator_before", "numerator_after", "denominator_after")},
    )  # fmt: skip


def against(evidence: Evidence, named: Driver, view: View, language: Language) -> list[str]:
    """The segment that pulled hardest the other way, where it matters."""
    assert evidence.change is not None
    direction = 1 if evidence.change.change > 0 else -1
    parts = view.parts[view.parts["segment"] != POOLED]
    other = parts.loc[(parts["contribution"] * direction).idxmin()]
    if other["contribution"] * direction >= -MOSTLY * abs(evidence.change.change):
        return []
    return [
        say(
            "segments.against",
            language,
            segment=segment_name(evidence, view.dimension, str(other["segment"]), language),
            contribution=points(other["contribution"], language),
        )
    ]


def _rate(numerator: float, denominator: float, language: Language) -> str:
    return share(numerator / denominator, language) if denominator else "–"


def ratio(row: Mapping[str, float], side: str, language: Language) -> str:
    """Rate, numerator and denominator of one side in one cell."""
    numerator, denominator = row[f"numerator_{side}"], row[f"denominator_{side}"]
    return say(
        "column.ratio",
        language,
        rate=_rate(numerator, denominator, language),
        numerator=count(int(numerator), language),
        denominator=count(int(denominator), language),
    )


def whole_cells(evidence: Evidence, language: Language) -> Cells:
    """The whole in both periods, as a one-row table."""
    change = evidence.change
    assert change is not None
    heads = [
        ("segment", "left"),
        ("before", "right"),
        ("after", "right"),
        ("change", "right"),
        ("contribution_interval", "right"),
    ]
    row = [
        scope_name(evidence, language),
        ratio(evidence.counts, "before", language),
        ratio(evidence.counts, "after", language),
    ]
    row += [points_number(change.change, language), points_range_number(change.low, change.high, language)]
    return Cells([(key, say(f"column.{key}", language), align) for key, align in heads], [row])


def part_cells(evidence: Evidence, view: View, language: Language, *, most: int | None = None) -> Cells:
    """The parts of a change by one dimension, the largest contribution first."""
    heads = [
        ("segment", "left"),
        ("before", "right"),
        ("after", "right"),
        ("mix", "right"),
        ("rate_effect", "right"),
        ("contribution", "right"),
        ("contribution_interval", "right"),
    ]
    parts = view.parts.reindex(view.parts["contribution"].abs().sort_values(ascending=False, kind="stable").index).head(
        most or len(view.parts)
    )
    rows = [
        [
            segment_value(str(row["segment"]), language), ratio(row, "before", language), ratio(row, "after", language),
            *(points_number(row[name], language) for name in ("mix_effect", "rate_effect", "contribution")),
            points_range_number(row["low"], row["high"], language),
        ]
        for row in parts.to_dict("records")
    ]  # fmt: skip
    return Cells([(key, say(f"column.{key}", language), align) for key, align in heads], rows)


def points_range_number(low: float, high: float, language: Language) -> str:
    if pd.isna(low) or pd.isna(high):
        return "–"
    return say("unit.from_to", language, low=points_number(low, language), high=points_number(high, language))

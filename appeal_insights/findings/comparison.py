"""Whether two periods can be compared, in words: the table of checks, and the finding that comes before any other."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

import pandas as pd

from appeal_insights.findings.cells import share_cell
from appeal_insights.findings.comparable import Check, Redefined
from appeal_insights.findings.evidence import Evidence
from appeal_insights.findings.finding import Finding, Told
from appeal_insights.findings.judged import ENOUGH_DAYS
from appeal_insights.findings.naming import event_title, headed, metric_name, rows_of, scope_name, segment_value
from appeal_insights.findings.shown import Cells, Exhibit
from appeal_insights.language import Language, count, points, points_size, say, share

CHECK_AGAIN_AFTER = timedelta(days=14)
MOST_NAMED = 3  # segments, of those that moved most


def checks(evidence: Evidence, language: Language) -> list[Check]:
    """What makes searches lie, each looked at before any cause."""
    return list(_checks(evidence, language))


def _checks(evidence: Evidence, language: Language) -> Iterator[Check]:
    version = {"version": str(evidence.definition)}
    told = evidence.metric.identity is not None or not evidence.by_figures
    yield Check("definition", "broken" if evidence.redefined else "held" if told else "unknown", version)
    parts = "unknown" if not evidence.views else "held" if evidence.checks["parts_add_up"] else "broken"
    yield Check("parts", parts, {"count": count(len(evidence.views), language)})  # type: ignore[arg-type]
    settled = evidence.checks["complete"] and _settled(evidence)
    yield Check("settled", "held" if settled else "broken", {})
    yield _instrument(evidence, language)
    days = "unknown" if not evidence.days else "held" if evidence.days >= ENOUGH_DAYS else "broken"
    yield Check("days", days, {"count": count(evidence.days, language)})  # type: ignore[arg-type]
    yield Check("clusters", "held" if evidence.dispersion.clusters else "unknown", {})


def _settled(evidence: Evidence) -> bool:
    compared = evidence.trend[evidence.trend["span"].notna()] if len(evidence.trend) else evidence.trend
    return bool(compared["mature"].all()) if len(compared) else True


def _instrument(evidence: Evidence, language: Language) -> Check:
    events = evidence.events
    if not len(events):
        return Check("instrument", "unknown", {})
    near = events[(events["event_type"] == "instrumentation") & events["in_time"] & events["in_scope"]]
    if len(near):
        return Check("instrument", "broken", {"event": event_title(near.iloc[0], language)})
    return Check("instrument", "held", {"count": count(len(events), language)})


def comparison(evidence: Evidence, language: Language) -> Exhibit:
    """The checks as a table; its title is what follows from them."""
    found = checks(evidence, language)
    broken = [say(f"comparable_check.{each.key}", language) for each in found if each.state == "broken"]
    key = "no" if evidence.redefined else "partly" if broken else "yes"
    title = say(f"comparable.title_{key}", language, **({"checks": _listed(broken, language)} if broken else {}))
    rows = [
        [
            say(f"comparable_check.{each.key}", language),
            say(f"comparable_state.{each.state}", language),
            say(f"comparable_said.{each.key}_{each.state}", language, **each.values),
        ]
        for each in found
    ]
    notes = [claim(evidence, language)] if evidence.redefined else []
    if evidence.resolution:
        notes.append(say("comparable.unresolved", language, points=points_size(evidence.resolution, language)))
    cells = headed([("check", "left"), ("result", "left"), ("meaning", "left")], rows, language)
    return Exhibit("comparable", language, title, notes, cells=cells)


def _listed(names: Sequence[str], language: Language) -> str:
    return ("、" if language == "zh-CN" else ", ").join(names)


def claim(evidence: Evidence, language: Language) -> str:
    """What changed in the counting, and what is left of the change when both are counted alike."""
    changed = evidence.redefined
    assert changed is not None
    name = evidence.metric.name["zh" if language == "zh-CN" else "en"]
    told = {"metric": name, "before": evidence.before.label, "after": evidence.after.label}
    if changed.by == "version":
        return say("comparable.claim_version", language, spans=_spans(changed), **told)
    moves = _moves(evidence, changed)
    off = {side: changed.off(label) for side, label in (("before", told["before"]), ("after", told["after"]))}
    counted = {f"{what}_{side}": count(each, language) for side, pair in off.items()
               for what, each in zip(("off", "all"), pair, strict=True)}  # fmt: skip
    moved = "a_fall" if moves["published"].mean() < 0 else "a_rise"
    first = say("comparable.claim_identity", language, moved=say(f"comparable.{moved}", language),
                **told, **counted, **_ways(moves["published"], language))  # fmt: skip
    assert evidence.change is not None
    second = say("comparable.alike", language, **_ways(moves["alike"], language),
                 rate_before=share(evidence.change.rate_before, language),
                 rate_after=share(evidence.change.rate_after, language),
                 largest=_largest(moves["alike"], language))  # fmt: skip
    return first + ("" if language == "zh-CN" else " ") + second


def _spans(changed: Redefined) -> str:
    last = changed.versions["ends_on"] - pd.Timedelta(days=1)
    rows = zip(changed.versions["version"], changed.versions["starts_on"], last, strict=True)
    return ", ".join(f"{version}: {first:%Y-%m-%d}..{end:%Y-%m-%d}" for version, first, end in rows)


def _moves(evidence: Evidence, changed: Redefined) -> pd.DataFrame:
    """By segment, the change as published and as counted alike; of segments in both periods."""
    wide = changed.identity.pivot_table(index="segment", columns="period_label", values=["rate", "reckoned"])
    before, after = evidence.before.label, evidence.after.label
    moves = {
        name: wide[(of, after)] - wide[(of, before)] for name, of in (("published", "rate"), ("alike", "reckoned"))
    }
    return pd.DataFrame(moves).dropna()


def _ways(moves: "pd.Series[float]", language: Language) -> dict[str, str]:
    counts = {"up": (moves > 0).sum(), "down": (moves < 0).sum(), "all": len(moves)}
    return {name: count(int(number), language) for name, number in counts.items()}


def _largest(moves: "pd.Series[float]", language: Language) -> str:
    order = moves.abs().round(9).sort_values(ascending=False, kind="stable").index[:MOST_NAMED]
    each = [f"{segment_value(str(segment), language)} {points(float(moves[segment]), language)}" for segment in order]
    return _listed(each, language)


def next_step(evidence: Evidence, language: Language) -> str:
    """What to do where the two periods were counted differently; empty where they were not."""
    return say(f"comparable.next_{evidence.redefined.by}", language) if evidence.redefined else ""


def finding(evidence: Evidence, wanted: Sequence[Language]) -> Finding:
    """The finding that stands before, or instead of, any other: the two periods were counted differently."""
    changed = evidence.redefined
    assert changed is not None
    told = {
        language: Told(
            claim=claim(evidence, language),
            size=_size(evidence, changed, language),
            segment=scope_name(evidence, language),
            next_step=next_step(evidence, language),
            ruled_out=[],
            evidence=_cells(evidence, changed, language),
        )
        for language in wanted
    }
    return Finding("definition", "confirmed", told, evidence.as_of.date() + CHECK_AGAIN_AFTER)


def _size(evidence: Evidence, changed: Redefined, language: Language) -> str:
    if changed.by == "version" or evidence.change is None:
        return say("comparable.size_version", language)
    whole = changed.identity.groupby("period_label")[["numerator", "denominator"]].sum()
    rates = whole["numerator"] / whole["denominator"]
    published = float(rates[evidence.after.label] - rates[evidence.before.label])
    return say("comparable.size_identity", language, published=points(published, language),
               alike=points(evidence.change.change, language),
               resolution=points_size(evidence.resolution, language))  # fmt: skip


def _cells(evidence: Evidence, changed: Redefined, language: Language) -> Cells:
    if changed.by == "version":
        last = changed.versions["ends_on"] - pd.Timedelta(days=1)
        spans = zip(changed.versions["version"], changed.versions["starts_on"], last, strict=True)
        rows = [[str(version), f"{first:%Y-%m-%d}", f"{end:%Y-%m-%d}"] for version, first, end in spans]
        return headed([("version", "left"), ("first_day", "left"), ("last_day", "left")], rows, language)
    rows = [
        [
            row["period_label"],
            segment_value(str(row["segment"]), language) or metric_name(evidence, language),
            share_cell(row["rate"], language),
            share_cell(row["reckoned"], language),
            say("column.yes" if row["off"] else "column.no", language),
        ]
        for row in rows_of(changed.identity)
    ]
    heads = [("period", "left"), ("segment", "left"), ("published", "right"), ("alike", "right"), ("off", "left")]
    return headed(heads, rows, language)

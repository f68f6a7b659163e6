"""Was it the enforcement or the appeal review that changed? What audits of both say of a segment."""

from dataclasses import replace

import pandas as pd

from appeal_insights.analysis.intervals import change_intervals
from appeal_insights.disclosure import SMALLEST_SHOWN
from appeal_insights.errors import AppealInsightsError
from appeal_insights.findings.cells import points_with_range_cell, ratio
from appeal_insights.findings.evidence import COUNTS, Evidence
from appeal_insights.findings.judged import driver
from appeal_insights.findings.naming import headed, inline_label, rows_of, segment_names
from appeal_insights.findings.shown import Exhibit
from appeal_insights.language import Language, points, say
from appeal_insights.metrics.metric import metric
from appeal_insights.metrics.query import ask, dimensions, query
from appeal_insights.records.store import Store

# Of the enforcements first: where those were wrong more often, more reversals are right.
AUDITED = ("wrong_enforcement_rate", "wrong_overturn_rate", "wrong_uphold_rate")
OF_APPEALS = ("overturn_rate", "full_overturn_rate", "round_2_overturn_rate")


def with_counter_check(store: Store, evidence: Evidence) -> Evidence:
    """The evidence with `audited`, where the store has audits: one row per kind of error.

    Gives   metric, numerator and denominator before and after, change, change_low, change_high (in share), and in its
            attrs `without`: the dimensions of the segment that audits do not know.
    """
    if "audits" not in store.tables or evidence.metric.id not in OF_APPEALS or evidence.change is None:
        return evidence
    named = driver(evidence)
    segment = dict(named.segment) if named else {}
    known = dimensions(store, metric(AUDITED[0]))
    where = {name: values for name, values in evidence.where.items() if name in known}
    where |= {name: [value] for name, value in segment.items() if name in known}
    rows = []
    for name in AUDITED:
        try:
            question = ask(store, metric(name), [evidence.before, evidence.after], where=where, as_of=evidence.as_of)
        except AppealInsightsError:  # a value that no audit has
            continue
        table = query(store, "before_after", question)
        if len(table) and min(table["denominator_before"].sum(), table["denominator_after"].sum()) > 0:
            rows.append({"metric": name, **{count: int(table[count].sum()) for count in COUNTS}})
    if not rows:
        return evidence
    told = change_intervals(pd.DataFrame(rows), evidence.dispersion)
    told.attrs["without"] = [name for name in segment if name not in known]
    return replace(evidence, audited=told, asked=tuple(store.asked))


def counter_check(evidence: Evidence, language: Language) -> list[Exhibit]:
    """What audits say of the segment that is named first, both sides of it; nothing where there are none."""
    table = evidence.audited
    if table is None:
        return []
    zh = "zh" if language == "zh-CN" else "en"
    enough = (table[["denominator_before", "denominator_after"]] >= SMALLEST_SHOWN).all(axis=1)
    shown = table if evidence.audience == "analyst" else table[enough]
    named = driver(evidence)
    segment = segment_names(evidence, {name: value for name, value in (named.segment if named else {}).items()
                                       if name not in table.attrs["without"]}, language)  # fmt: skip
    title = say("audited.title", language, segment=segment)
    notes = [_verdict(evidence, table[enough], language)]
    if table.attrs["without"]:
        between = "、" if language == "zh-CN" else ", "
        lacking = between.join(inline_label(evidence, name, language) for name in table.attrs["without"])
        notes.append(say("audited.without", language, dimensions=lacking))
    rows = [
        [
            metric(str(row["metric"])).name[zh],
            ratio(row, "before", language),
            ratio(row, "after", language),
            points_with_range_cell(row["change"], row["change_low"], row["change_high"], language),
        ]
        for row in rows_of(shown)
    ]
    heads = [("error", "left"), ("before", "right"), ("after", "right"), ("change_interval", "right")]
    return [Exhibit("audited", language, title, notes, cells=headed(heads, rows, language) if rows else None)]


def _verdict(evidence: Evidence, table: pd.DataFrame, language: Language) -> str:
    """Which side the audits point to: only where the interval of a change does not hold zero."""
    assert evidence.change is not None
    sure = table[(table["change_low"] > 0) | (table["change_high"] < 0)]
    moved = dict(zip(sure["metric"].astype("str"), sure["change"].astype("float64"), strict=True))
    way = 1 if evidence.change.change > 0 else -1
    for name, key in (("wrong_enforcement_rate", "enforcement"), ("wrong_overturn_rate", "appeal")):
        if moved.get(name, 0.0) * way > 0:
            return say(f"audited.{key}", language, points=points(moved[name], language))
    return say("audited.neither", language)

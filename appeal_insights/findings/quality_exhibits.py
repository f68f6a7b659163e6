"""A review of accuracy as exhibits: the first screen, the estate, the estimates, who stands out, the sites."""

import pandas as pd

from appeal_insights.analysis.audits import plan_audits
from appeal_insights.disclosure import SMALLEST_SHOWN
from appeal_insights.findings.gate_exhibit import exhibit as gate_exhibit
from appeal_insights.findings.naming import scope_name
from appeal_insights.findings.quality_cells import (
    estimate_cells,
    plan_cells,
    refused_cells,
    scorecard_cells,
    share_cells,
    unit_cells,
    whole_cells,
)
from appeal_insights.findings.quality_charts import funnel
from appeal_insights.findings.quality_held import NEWEST, Quality
from appeal_insights.findings.quality_told import alarms_in_short, brief, by_chance, event_of, joined, next_step, now
from appeal_insights.findings.shown import Cells, Code, Exhibit
from appeal_insights.language import Language, count, day, instant, say

PLANNED = 0.02  # the fall, in share, that the planner is asked for


def summary(quality: Quality, language: Language) -> list[Exhibit]:
    """The first screen: how accurate, what alarmed, how sure, what next."""
    heading = say(
        "accuracy.heading",
        language,
        metric=metric_name(quality, language),
        scope=scope_name(quality, language),
        start=day(quality.start, language),
        end=day(quality.last, language),
        as_of=instant(quality.as_of, language),
    )
    notes = [*now(quality, language), alarms_in_short(quality, language)]
    step = say("alarm.next_none", language)
    if quality.items:
        first = quality.items[0]
        told = joined([brief(quality, first, language), event_of(quality, first, language)], language)
        notes.append(say("accuracy.first", language, claim=told))
        step = next_step(quality, first, language)
    notes += [by_chance(quality, language), say("accuracy.next_step", language, step=step)]
    return [Exhibit("summary", language, heading, notes)]


def metric_name(quality: Quality, language: Language) -> str:
    return quality.metric.name["zh" if language == "zh-CN" else "en"]


def estimates(quality: Quality, language: Language) -> list[Exhibit]:
    """The accuracy of each series in the newest weeks."""
    title = say("estimates.title", language, days=str(NEWEST))
    notes = [say("estimates.note", language)]
    if quality.volume.empty:
        notes.append(say("estimates.no_strata", language))
    if "corrected" in quality.estimates:
        notes.append(say("estimates.corrected", language))
    if len(quality.estimates) and len(quality.open_rows(quality.estimates)) < len(quality.estimates):
        notes.append(say("estimates.hidden", language, smallest=str(SMALLEST_SHOWN)))
    cells = estimate_cells(quality, language) if len(quality.estimates) else whole_cells(quality, language)
    return [Exhibit("estimates", language, title, notes, cells=cells)]


def errors(quality: Quality, language: Language) -> list[Exhibit]:
    """What was wrong, how badly, and how much of it was disputed."""
    audited = int(quality.now["audited"])
    if quality.errors.empty or not quality.shown(audited):
        return []
    wrong = int(quality.errors["numerator"].sum())
    told = {"errors": count(wrong, language), "audited": count(audited, language), "days": str(NEWEST)}
    disputed = {"disputed": count(quality.disputes["numerator"], language)}
    disputed["audited"] = count(quality.disputes["denominator"], language)
    parts = [
        Exhibit("errors", language, say("estimates.errors_title", language, **told),
                [say("estimates.errors_note", language, **disputed)],
                cells=share_cells(quality.errors, "error_type", "error", language))
    ]  # fmt: skip
    if len(quality.severities):
        parts.append(
            Exhibit("severities", language, cells=share_cells(quality.severities, "severity", "kind", language))
        )
    return parts


def plan(quality: Quality, language: Language) -> list[Exhibit]:
    """How many audits of each stratum would show a fall of two points."""
    strata = quality.strata
    if quality.volume.empty or strata.empty:
        return []
    planned = plan_audits(strata, change=PLANNED)
    had = int(quality.now["audited"])
    told = {"total": count(int(planned["audits"].sum()), language), "had": count(had, language), "days": str(NEWEST)}
    notes = [say("estimates.plan_note", language, **told)]
    return [
        Exhibit("plan", language, say("estimates.plan_title", language), notes, cells=plan_cells(planned, language))
    ]


def scorecard(quality: Quality, language: Language) -> list[Exhibit]:
    """Sites, each held to what the others make of its cases."""
    title = say("scorecard.title", language)
    if quality.scorecard.empty:
        return [Exhibit("scorecard", language, title, [say("scorecard.none", language)])]
    notes = [say("scorecard.note", language)]
    return [Exhibit("scorecard", language, title, notes, cells=scorecard_cells(quality, language))]


def refused(quality: Quality, language: Language) -> list[Exhibit]:
    """The series that are too thin to be watched."""
    thin = quality.drift.refused
    if thin.empty:
        return [Exhibit("refused", language, notes=[say("refused.all", language)])]
    title = say("refused.title", language, count=str(len(thin)))
    return [
        Exhibit("refused", language, title, [say("refused.note", language)], cells=refused_cells(quality, language))
    ]


def limits(quality: Quality, language: Language) -> list[Exhibit]:
    """What was not looked at."""
    keys = ["delay", "as_audited", "season", "settling", "recall", "other_noise"]
    if quality.gold.empty:
        keys.insert(0, "no_gold")
    if quality.volume.empty:
        keys.insert(0, "no_volume")
    return [Exhibit("limits", language, notes=[say(f"accuracy_limits.{key}", language) for key in keys])]


def about(quality: Quality, language: Language) -> list[Exhibit]:
    """The data's date and fingerprint, the definitions, and what was checked of the records."""
    metric, zh = quality.metric, "zh" if language == "zh-CN" else "en"
    version = {"name": metric.name[zh], "version": str(quality.definition), "asks": metric.asks[zh]}
    told = {
        "data": quality.store,
        "as_of": instant(quality.as_of, language),
        "periods": f"{day(quality.start, language)} – {day(quality.last, language)}",
        "scope": scope_name(quality, language),
        "definition": say("about.version", language, **version),
        "source": metric.source,
        "audience": say(f"about.{quality.audience}", language, smallest=str(SMALLEST_SHOWN)),
        "fingerprint": str(quality.fingerprint),
    }
    rows = [[say(f"about.{key}", language), value] for key, value in told.items() if value]
    heads = [("item", say("about.item", language), "left"), ("value", say("about.value", language), "left")]
    cells = Cells(heads, rows)
    return [Exhibit("about", language, say("about.title", language), cells=cells), gate_exhibit(quality.gate, language)]


def queries(quality: Quality, language: Language) -> list[Code]:
    """Every query that was asked, each text once."""
    unique = {asked.text: asked for asked in quality.asked}.values()
    return [
        Code(language, say("about.query", language, name=asked.what, rows=count(asked.rows, language)), asked.text)
        for asked in unique
    ]


def funnels(quality: Quality, language: Language) -> list[Exhibit]:
    """Reviewers, auditors and sites against each other; persons for an analyst only."""
    if not quality.units:
        return [Exhibit("funnel", language, notes=[say("funnel_of.none", language)])]
    return [_funnel(quality, who, table, language) for who, table in quality.units.items()]


def _funnel(quality: Quality, who: str, table: pd.DataFrame, language: Language) -> Exhibit:
    out, whole = int(table["stands_out"].sum()), int(table["rate"].notna().sum())
    told = {"out": str(out), "count": str(whole)}
    if who != "sites" and quality.audience != "analyst":
        persons = say(f"funnel_of.who_{who}", language)
        return Exhibit(f"funnel_{who}", language, notes=[say("funnel_of.aggregated", language, who=persons, **told)])
    title = say(f"funnel_of.{who}", language, **told)
    notes = [say("funnel_of.note", language)]
    table = quality.open_rows(table)
    alt, chart = funnel(table, who, title, language)
    return Exhibit(f"funnel_{who}", language, title, notes, alt, chart, unit_cells(table, language))

"""A page for each alarm: when, how much, since when, and what it is consistent with."""

from appeal_insights.charts.split import split_alt, split_chart, split_steps
from appeal_insights.findings.quality_cells import alarm_cells, split_cells
from appeal_insights.findings.quality_charts import page
from appeal_insights.findings.quality_held import Item, Quality
from appeal_insights.findings.quality_told import named
from appeal_insights.findings.shown import Exhibit
from appeal_insights.language import Language, count, points, say, share

MOST_PAGES = 4  # alarms with a page of their own, the newest; the others stand in the list


def alarm_list(quality: Quality, language: Language) -> list[Exhibit]:
    """Every alarm, the newest first."""
    if not quality.items:
        return [Exhibit("alarms", language, notes=[say("accuracy.none", language, watched=str(quality.watched))])]
    title, note = (say(f"alarm.{key}", language) for key in ("list_title", "list_note"))
    return [Exhibit("alarms", language, title, [note], cells=alarm_cells(quality, quality.items, language))]


def alarms(quality: Quality, language: Language) -> list[Exhibit]:
    """A page for each of the newest alarms."""
    return [part for item in quality.items[:MOST_PAGES] for part in page(quality, item, language)]


def parts(quality: Quality, language: Language) -> list[Exhibit]:
    """What each change is made of, and whether new reviewers are behind it."""
    found = [part for item in quality.items[:MOST_PAGES] for part in _parts(quality, item, language)]
    return found or [Exhibit("parts", language, notes=[say("parts_of_alarm.none", language)])]


def _parts(quality: Quality, item: Item, language: Language) -> list[Exhibit]:
    split = item.split
    if split is None:
        return []
    told = {name: points(getattr(split, name), language) for name in ("change", "mix", "work", "auditors")}
    title = say("parts_of_alarm.title", language, series=named(quality, str(item.first["series"]), language), **told)
    notes = [say("parts_of_alarm.note", language), *_newcomers(quality, item, language)]
    cells, alt = split_cells(item, language), split_alt(vars(split), language)
    unit = say("alarm.unit", language, series=named(quality, str(item.first["series"]), language))
    chart = split_chart(split_steps(vars(split), language), title=title, unit=unit, description=alt, language=language)
    return [Exhibit(f"parts_{item.number}", language, title, notes, alt, chart, cells)]


def _newcomers(quality: Quality, item: Item, language: Language) -> list[str]:
    """How new reviewers do since the change, beside the others."""
    table = item.newcomers
    if table is None or len(table) < 2 or not (table["audited"].min() and quality.shown(int(table["audited"].min()))):
        return []
    told = {}
    for name in ("new", "old"):
        correct, audited = (int(table[counted][name]) for counted in ("correct", "audited"))
        told[name] = share(correct / audited, language)
        told |= {f"{name}_correct": count(correct, language), f"{name}_audited": count(audited, language)}
    return [say("parts_of_alarm.newcomers", language, **told)]

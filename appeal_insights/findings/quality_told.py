"""What a review of accuracy says of its alarms, in whole sentences of either language."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pandas as pd

from appeal_insights.analysis.scorecard import against
from appeal_insights.findings.finding import Finding, Grade, Told
from appeal_insights.findings.naming import event_title, scope_name
from appeal_insights.findings.quality_cells import alarm_cells, whole_cells
from appeal_insights.findings.quality_held import MOST_NEW, NEWEST, Item, Quality
from appeal_insights.language import Language, count, day, points, points_number, points_size, say, share

CHECK_AFTER = timedelta(days=14)


def joined(said: Sequence[str], language: Language) -> str:
    return ("" if language == "zh-CN" else " ").join(said)


def listed(names: Sequence[str], language: Language) -> str:
    return ("、" if language == "zh-CN" else ", ").join(names)


def _day(value: Any, language: Language) -> str:
    return day(pd.Timestamp(value).date(), language)


def named(quality: Quality, series: str, language: Language) -> str:
    """A series by its label; what auditors pass of gold cases is called so."""
    return series if series in quality.labels else say("alarm.gold", language, series=series)


def series_of(quality: Quality, item: Item, language: Language) -> list[str]:
    """The series of an item, each once, the first to alarm first."""
    return [named(quality, name, language) for name in dict.fromkeys(item.alarms["series"].astype("str"))]


def alarm_numbers(quality: Quality, row: "pd.Series", language: Language) -> dict[str, str]:
    """The holes of a sentence about an alarm. Both bounds of a size are told without the sign that the verb has."""
    bounds = sorted((abs(row["size_low"]), abs(row["size_high"])))
    same_way = row["size_low"] * row["size_high"] >= 0
    low, high = bounds if same_way else (row["size_low"], row["size_high"])
    return {
        "series": named(quality, str(row["series"]), language),
        "size": points_size(row["size"], language),
        "low": points_number(low, language).lstrip("+"),
        "high": points_number(high, language).lstrip("+"),
        "date": _day(row["change_date"], language),
        "earliest": _day(row["low"], language),
        "latest": _day(row["high"], language),
    }


def brief(quality: Quality, item: Item, language: Language) -> str:
    """The same of its first series, in as few words as a first screen has."""
    row = item.first
    return say(f"alarm.brief_{row['direction']}", language, **alarm_numbers(quality, row, language))


def claim(quality: Quality, item: Item, language: Language) -> str:
    """Which series moved, by how much, since when."""
    row = item.first
    said = [say(f"alarm.{row['direction']}", language, **alarm_numbers(quality, row, language))]
    others = series_of(quality, item, language)[1:]
    if others:
        said.append(say("alarm.also", language, count=str(len(others)), series=listed(others[:5], language)))
    return joined(said, language)


def reason(quality: Quality, item: Item, language: Language) -> str:
    """The two sentences of an alarm's page: how it came, and what it is consistent with."""
    row = item.first
    kind = say(f"alarm.{row['kind']}", language)
    said = [say("alarm.how", language, kind=kind, day=_day(row["alarm_day"], language))]
    said.append(say(f"alarm.{row['cause']}", language))
    return joined(said, language)


def event_of(quality: Quality, item: Item, language: Language) -> str:
    """The known event that an alarm coincides with."""
    found = quality.events[quality.events["event_id"] == item.event]
    if not len(found):
        return say("alarm.no_event", language)
    row = found.iloc[0]
    return say("alarm.event", language, event=event_title(row, language), day=_day(row["starts_on"], language))


def next_step(quality: Quality, item: Item, language: Language) -> str:
    """What to do about it: who should look at what."""
    row = item.first
    key = row["cause"] if row["cause"] in ("auditors", "mix") else row["direction"]
    series = str(row["series"])
    return say(f"alarm.next_{key}", language, series=series, date=_day(row["change_date"], language))


def grade(item: Item) -> Grade:
    """How sure: an alarm alone is possible; likely where an event coincides and work can be told from auditors."""
    return "likely" if item.event and item.first["cause"] != "work or auditors" else "possible"


def ruled_out(quality: Quality, item: Item, language: Language) -> list[str]:
    """Only what was really looked at."""
    found = [say("alarm.ruled_out_chance", language, days=count(round(quality.budget), language))]
    if not (quality.counts["stratum"] == quality.counts["stratum"].iloc[0]).all():
        found.append(say("alarm.ruled_out_sampling", language))
    cause = item.first["cause"]
    if cause in ("work", "auditors") and len(quality.volume):
        found.append(say("alarm.ruled_out_mix", language))
    if cause == "work":
        found.append(say("alarm.ruled_out_auditors", language))
    return found


def now(quality: Quality, language: Language) -> list[str]:
    """How accurate the newest weeks were, and how that stands to what was promised."""
    row, before = quality.now, quality.before
    if not quality.shown(int(row["audited"])):
        return [say("accuracy.nothing", language, smallest="10")]
    told = {"rate": "accuracy", "low": "low", "high": "high"}
    numbers = {name: share(float(row[own]), language) for name, own in told.items()}
    said = [
        say(
            "accuracy.now",
            language,
            days=str(NEWEST),
            before=share(float(before["accuracy"]), language) if before is not None else "–",
            audited=count(int(row["audited"]), language),
            correct=count(int(row["correct"]), language),
            **numbers,
        )
    ]
    if quality.target is not None:
        met = against(quality.target, float(row["low"]), float(row["high"]), at_least=True)
        said.append(say(f"accuracy.target_{met}", language, target=share(quality.target, language)))
    return said


def alarms_in_short(quality: Quality, language: Language) -> str:
    """How many items there are, and how many of them are new."""
    told = {"watched": str(quality.watched), "days": "7"}
    if not quality.items:
        return say("accuracy.none", language, **told)
    items = {"items": _items(len(quality.items), language), "new": str(len(quality.new))}
    return say("accuracy.some", language, start=day(quality.first_watched, language), **told, **items)


def _items(number: int, language: Language) -> str:
    if language == "zh-CN":
        return str(number)
    return "1 alarm" if number == 1 else f"{number} alarms"


def by_chance(quality: Quality, language: Language) -> str:
    expected = f"{quality.drift.expected_false_alarms:.1f}"
    return say("accuracy.by_chance", language, expected=expected, refused=str(len(quality.drift.refused)))


def conclude(quality: Quality, wanted: Sequence[Language]) -> list[Finding]:
    """The findings: what is new first, at most three; then what is known already; or that nothing moved."""
    new = sorted(quality.new, key=lambda item: (grade(item) != "likely", -abs(item.first["size"])))[:MOST_NEW]
    known = [item for item in quality.items if not item.new][:MOST_NEW]
    found = [_finding(quality, item, wanted) for item in (*new, *known)]
    return found or [_quiet(quality, wanted)]


def _finding(quality: Quality, item: Item, wanted: Sequence[Language]) -> Finding:
    told = {}
    for language in wanted:
        row = item.first
        numbers = {"low": points_number(row["size_low"], language), "high": points_number(row["size_high"], language)}
        told[language] = Told(
            claim=joined([claim(quality, item, language), event_of(quality, item, language)], language),
            size=say("alarm.size", language, points=points(row["size"], language), **numbers),
            segment=listed(series_of(quality, item, language), language),
            next_step=next_step(quality, item, language),
            ruled_out=ruled_out(quality, item, language),
            evidence=alarm_cells(quality, [item], language),
        )
    return Finding(f"alarm_{item.number}", grade(item), told, _check_on(quality), grades="grade_of_alarm")


def _quiet(quality: Quality, wanted: Sequence[Language]) -> Finding:
    told = {
        language: Told(
            claim=say("alarm.quiet", language, watched=str(quality.watched)),
            size=say("alarm.quiet_size", language, expected=f"{quality.drift.expected_false_alarms:.1f}"),
            segment=scope_name(quality, language),
            next_step=say("alarm.next_none", language),
            ruled_out=[],
            evidence=whole_cells(quality, language),
        )
        for language in wanted
    }
    return Finding("quiet", "unknown", told, _check_on(quality), grades="grade_of_alarm")


def _check_on(quality: Quality) -> date:
    return quality.last + CHECK_AFTER

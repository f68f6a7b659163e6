"""The landing page as exhibits: what the store holds, its headline metrics, and what alarmed."""

from collections.abc import Callable, Sequence

import pandas as pd

from appeal_insights.charts.sparkline import sparklines
from appeal_insights.disclosure import SMALLEST_SHOWN
from appeal_insights.findings import alerts_told
from appeal_insights.findings.alerts_held import Checked
from appeal_insights.findings.cells import (
    NOTHING,
    count_cell,
    points_with_range_cell,
    share_cell,
    share_range_cell,
)
from appeal_insights.findings.gate import in_short
from appeal_insights.findings.naming import headed
from appeal_insights.findings.overview_counted import Headline
from appeal_insights.findings.overview_held import Held, Looked
from appeal_insights.findings.shown import Cell, Cells, Exhibit
from appeal_insights.language import Language, count, day, instant, say, share
from appeal_insights.metrics.audited import AUDITS
from appeal_insights.metrics.metric import metric
from appeal_insights.records.contract import contract

Make = Callable[[Looked, Language], Sequence[Exhibit]]
MOST_ALARMS = 10  # lines; the others are counted
FALSE = 0.05  # of quiet metrics that have an interval without zero


def coverage(looked: Looked, language: Language) -> list[Exhibit]:
    """The data's date, which records there are from when to when, and what was checked of them."""
    title = say("overview.title", language, store=looked.store, as_of=instant(looked.as_of, language))
    first = [one.first for one in looked.held if one.first]
    last = [one.last for one in looked.held if one.last]
    checks = in_short(looked.gate, language)
    if first and last:
        told = {"first": day(min(first), language), "last": day(max(last), language), "checks": checks}
        notes = [say("overview.reaches" if checks else "overview.reaches_unchecked", language, **told)]
    else:
        notes = [say("overview.no_days", language)]
    if looked.other_stores:
        names = say("overview.list", language).join(looked.other_stores)
        notes.append(say("overview.other_stores", language, stores=names))
    heads = [("overview_fact", "left"), ("overview_rows", "right"), ("overview_first", "left"),
             ("overview_last", "left"), ("overview_loaded", "left")]  # fmt: skip
    rows = [_held_row(looked, one, language) for one in looked.held]
    return [Exhibit("coverage", language, title, notes, cells=headed(heads, rows, language))]


def _held_row(looked: Looked, one: Held, language: Language) -> list[str]:
    few = looked.audience != "analyst" and 0 < one.rows < SMALLEST_SHOWN
    days = [
        NOTHING if of is None or few else Cell(of.isoformat(), "day", of.isoformat()) for of in (one.first, one.last)
    ]
    return [
        _records(one.fact, language),
        say("overview.few", language, smallest=str(SMALLEST_SHOWN)) if few else count_cell(one.rows, language),
        *(Cell(of, "day", of) if of else NOTHING for of in days),
        NOTHING if one.loaded_at is None else f"{one.loaded_at:%Y-%m-%d %H:%M}",
    ]


def _records(fact: str, language: Language) -> str:
    if fact == "figures":
        return say("overview.figures", language)
    return contract(fact).name["zh" if language == "zh-CN" else "en"]


def headlines(looked: Looked, language: Language) -> list[Exhibit]:
    """Each headline metric: its course, its newest whole period, and that against the usual."""
    why = [
        say("overview.not_counted", language, metric=_name(name, language), why=error.say(language))
        for name, error in looked.not_counted.items()
    ]
    title = say("overview.headlines", language)
    shown = looked.headlines
    if not shown:
        return [Exhibit("headlines", language, title, [say("overview.no_headlines", language), *why])]
    alt = _alt(shown, language)
    drawn = _drawn(shown, language)
    chart = sparklines(drawn, title=title, description=alt, language=language) if len(drawn) else None
    return [
        Exhibit("headlines", language, title, [*_notes(shown, language), *why], alt, chart, _cells(shown, language))
    ]


def _notes(shown: Sequence[Headline], language: Language) -> list[str]:
    usual = max((one.usual.periods for one in shown if one.usual), default=0)
    notes = [say("overview.explained", language, count=str(usual))] if usual else []
    tested = sum(one.usual is not None and one.usual.change_low is not None for one in shown)
    if tested:
        once = f"{1 / (1 - (1 - FALSE) ** tested):.0f}"
        notes.append(say("overview.lead", language, count=str(tested), once=once))
    if any(one.metric.id == AUDITS for one in shown):
        notes.append(say("overview.weighted", language, metric=_name(AUDITS, language)))
    if any(one.periods["hidden"].any() for one in shown):
        notes.append(say("overview.hidden", language, smallest=str(SMALLEST_SHOWN)))
    return notes


def _drawn(shown: Sequence[Headline], language: Language) -> pd.DataFrame:
    """The rows of the small lines; a metric none of whose periods may be shown has none."""
    parts = []
    for one in shown:
        if not one.periods["value"].notna().any():
            continue
        told = [_value(one, value, language) for value in one.periods["value"]]
        part = pd.DataFrame({"nth": range(len(told)), "period_label": one.periods["period_label"], "told": told})
        value = one.periods["value"].astype("Float64").astype("float64")
        parts.append(part.assign(name=_title(one, language), value=value))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _cells(shown: Sequence[Headline], language: Language) -> Cells:
    heads = [("overview_metric", "left"), ("overview_period", "left"), ("overview_value", "right"),
             ("overview_interval", "right"), ("overview_counts", "right"), ("overview_usual", "right"),
             ("overview_change", "right")]  # fmt: skip
    return headed(heads, [_row(one, language) for one in shown], language)


def _row(one: Headline, language: Language) -> list[str]:
    newest = one.newest
    known = not pd.isna(newest["value"])
    ranged = known and not pd.isna(newest["low"])
    return [
        _title(one, language),
        str(newest["period_label"]),
        _value(one, newest["value"], language),
        share_range_cell(float(newest["low"]), float(newest["high"]), language) if ranged else NOTHING,
        _counts(one, language),
        _usual(one, language),
        _change(one, language),
    ]


def _value(one: Headline, value: object, language: Language) -> str:
    if pd.isna(value):  # type: ignore[call-overload]
        return NOTHING
    number = float(value)  # type: ignore[arg-type]
    return share_cell(number, language) if one.is_share else count_cell(round(number), language)


def _counts(one: Headline, language: Language) -> str:
    numerator, denominator = one.newest["numerator"], one.newest["denominator"]
    if not one.is_share or pd.isna(numerator) or pd.isna(denominator):
        return NOTHING
    told = f"{count(int(numerator), language)} / {count(int(denominator), language)}"
    return Cell(told, "ratio", numerator / denominator if denominator else None, int(numerator), int(denominator))


def _usual(one: Headline, language: Language) -> str:
    usual = one.usual
    if usual is None:
        return NOTHING
    if one.is_share:
        return share_cell(usual.value, language)
    told = {"middle": usual.value, "low": usual.low, "high": usual.high}
    return say("overview.number_usual", language, **{of: count(round(it), language) for of, it in told.items()})


def _change(one: Headline, language: Language) -> str:
    usual = one.usual
    if usual is None or usual.change is None:
        return NOTHING
    if usual.change_low is None or usual.change_high is None:
        sign = "+" if usual.change > 0 else "\N{MINUS SIGN}" if usual.change < 0 else ""
        return sign + share(abs(usual.change), language, digits=0)
    return points_with_range_cell(usual.change, usual.change_low, usual.change_high, language)


def _title(one: Headline, language: Language) -> str:
    """The metric's name; of a duration with the length beyond which a record counts."""
    name = _name(one.metric.id, language)
    if one.metric.kind != "distribution":
        return name
    return say("overview.late", language, metric=name, hours=f"{one.metric.over / 3600:g}")


def _name(name: str, language: Language) -> str:
    return metric(name).name["zh" if language == "zh-CN" else "en"]


def _alt(shown: Sequence[Headline], language: Language) -> str:
    newest = [
        say(
            "overview.newest",
            language,
            metric=_title(one, language),
            value=_value(one, one.newest["value"], language),
            period=str(one.newest["period_label"]),
        )
        for one in shown
    ]
    told = {"count": str(len(shown)), "periods": str(max(len(one.periods) for one in shown))}
    return say("overview.alt", language, newest=say("overview.then", language).join(newest), **told)


def alarms(looked: Looked, checked: Checked, language: Language) -> list[Exhibit]:
    """What alarmed, the most serious first, a line each, and how much was looked at."""
    seen = alerts_told.looked_at(checked, language)
    missing = alerts_told.unjudged(checked.unjudged, language)
    serious = sum(one.severity == "serious" for one in checked.alerts)
    told = {"serious": str(serious), "notices": str(len(checked.alerts) - serious)}
    title = say("overview.alarms", language, **told)
    if not checked.alerts:
        nothing = "quiet" if checked.targets or checked.series else "nothing_watched"
        return [Exhibit("alarms", language, title, [say(f"overview.{nothing}", language), seen, *missing])]
    heads = [("alarm_severity", "left"), ("alarm_what", "left"), ("alarm_since", "left"), ("alarm_next", "left")]
    rows = [
        [
            say(f"overview_severity.{one.severity}", language),
            alerts_told.visible(alerts_told.headline(one, language)),
            Cell(one.since.isoformat(), "day", one.since.isoformat()),
            alerts_told.next_step(one, language),
        ]
        for one in checked.alerts[:MOST_ALARMS]
    ]
    more = len(checked.alerts) - len(rows)
    notes = [say("overview.more", language, count=str(more))] if more else []
    return [Exhibit("alarms", language, title, [*notes, seen, *missing], cells=headed(heads, rows, language))]

"""Alerts of drift: the newest alarms of every series of audits, each as long as it is recent."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pandas as pd

from appeal_insights.analysis.dispersion import Dispersion
from appeal_insights.analysis.intervals import rate_with_interval
from appeal_insights.disclosure import SMALLEST_SHOWN, Audience
from appeal_insights.errors import AppealInsightsError, EmptyPeriod
from appeal_insights.findings.alerts_audits import series_of
from appeal_insights.findings.alerts_held import TREND, Alert, Missing
from appeal_insights.findings.quality_gather import gather
from appeal_insights.findings.quality_held import Item, Quality
from appeal_insights.findings.quality_told import grade, named
from appeal_insights.language import LANGUAGES
from appeal_insights.metrics.audited import AUDITS
from appeal_insights.metrics.targets import Target, targets
from appeal_insights.periods import first_day, label
from appeal_insights.records.scope import Scope
from appeal_insights.records.store import Store

RECENT = 28  # days that an alarm stays on the list
BUDGET = 3650.0  # expected days between false alarms of one series, as in a review of accuracy
QUARTER = 91  # days that the expected false alarms of a review are of
WEEKS = 26  # of a picture
KEY = "drift"


def drift_alerts(
    store: Store, *, as_of: datetime, where: Scope, audience: Audience
) -> tuple[list[Alert], int, float, list[Missing]]:
    """The alarms of the last 28 days, one alert for each item of a review; how many series are watched.

    Gives   alerts, series watched, false alarms to expect at most in so many days while nothing moves, and what could
            not be looked at. Nothing at all where a store holds no audits.
    """
    if "audits" not in store.tables:
        return [], 0, 0.0, []
    try:
        quality = gather(
            store, start="", end="", where=where, by=series_of(store), as_of=as_of, budget=BUDGET, audience=audience
        )
    except EmptyPeriod:
        return [], 0, 0.0, []
    except AppealInsightsError as error:
        return [], 0, 0.0, [Missing(KEY, "refused", {language: error.say(language) for language in LANGUAGES})]
    owners = [
        one for one in targets(store, as_of) if one.metric == AUDITS and (one.end is None or one.end > as_of.date())
    ]
    since = pd.Timestamp(as_of.date()) - pd.Timedelta(days=RECENT)
    found: dict[str, Alert] = {}
    for item in quality.items:  # the newest first: an earlier alarm of the same series says nothing more
        if item.alarms["alarm_day"].iloc[-1] >= since:
            alert = _alert(quality, item, owners)
            found.setdefault(alert.key, alert)
    chance = quality.drift.expected_false_alarms * RECENT / QUARTER
    return list(found.values()), quality.watched, chance, []


def _alert(quality: Quality, item: Item, owners: Sequence[Target]) -> Alert:
    row = item.first
    own = {name: [str(row[name])] for name in quality.by if isinstance(row.get(name), str)}
    fell = row["direction"] == "fell"
    size, counted = float(row["size"]), _counted(quality, str(row["series"]))
    series = str(row["series"])
    gold = {key: named(quality, series, language) for key, language in (("en", LANGUAGES[0]), ("zh", LANGUAGES[1]))}
    cause = row["cause"] if row["cause"] in ("auditors", "mix") else "work" if fell else "rose"
    return Alert(
        key=f"{KEY}:{quality.metric.id}:{row['series']}:{row['direction']}", kind="drift",
        severity="serious" if fell else "notice", metric=quality.metric.id, scope={**quality.where, **own},
        since=row["change_date"].date(), period=f"{quality.last - timedelta(days=RECENT - 1)}..{quality.last}",
        value=size, low=float(row["size_low"]), high=float(row["size_high"]), numerator=counted[0],
        denominator=counted[1], unit="points", sureness=f"alerts.sure.drift_{grade(item)}",
        target=None, direction="at_least", owner=_owner(owners, own), names={} if series in quality.labels else gold,
        next_step=f"alerts.next.drift_{cause}",
        event_day=item.alarms["alarm_day"].iloc[-1].date(), trend=_weeks(quality, own),
    )  # fmt: skip


def _owner(owners: Sequence[Target], own: Scope) -> str:
    """Who answers for the accuracy of a series: the owner of the target with most dimensions that holds it."""
    fit = [one for one in owners if all(set(own.get(name, [""])) <= set(values) for name, values in one.scope.items())]
    return max(fit, key=lambda one: (len(one.scope), one.first_day)).owner if fit else ""


def _counted(quality: Quality, series: str) -> tuple[int | None, int | None]:
    """Correct and audited of a series in the newest weeks, where that may be shown."""
    if quality.estimates.empty:
        return None, None
    rows = quality.open_rows(quality.estimates)
    rows = rows[(rows["segment"].astype("str") == series) & rows["audited"].ge(1)]
    return (int(rows["correct"].iloc[0]), int(rows["audited"].iloc[0])) if len(rows) else (None, None)


def _weeks(quality: Quality, own: Scope) -> pd.DataFrame | None:
    """Correct of audited by whole week, the newest half-year; weeks of few audits empty for a stakeholder."""
    rows = quality.counts
    for name, values in own.items():
        rows = rows[rows[name].astype("str").isin(values)]
    days = pd.to_datetime(rows["day"])
    monday = days - pd.to_timedelta(days.dt.day_of_week, unit="D")
    week = rows[["correct", "audited"]].groupby(monday.to_numpy()).sum()
    week = week[(week.index < pd.Timestamp(_monday(quality.end))) & (week["audited"] > 0)].tail(WEEKS)
    if week.empty:
        return None
    table = pd.DataFrame({"period": week.index, "numerator": week["correct"], "denominator": week["audited"]})
    table = rate_with_interval(table.reset_index(drop=True), Dispersion(None)).assign(segment="", mature=True)
    table["ends_on"] = table["period"] + pd.Timedelta(days=7)
    table["period_label"] = [label(day.date(), "week") for day in table["period"]]
    small = (table["denominator"] < SMALLEST_SHOWN) & (quality.audience != "analyst")
    blanked = ["rate", "low", "high", "numerator", "denominator"]
    table[blanked] = table[blanked].astype("float64").mask(small)
    return table[TREND]


def _monday(day: date) -> date:
    return first_day(day, "week")

"""An alert in words, in either language: what, since when, how sure, who, what next, and three numbers."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from appeal_insights.findings.alerts_held import Alert, Checked, Missing
from appeal_insights.findings.naming import scope_name
from appeal_insights.language import Language, count, day, points, points_number, say, share
from appeal_insights.metrics.metric import Metric, metric, metrics
from appeal_insights.records.scope import Scope, write_scope

_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+")
PLAIN_DIGITS = 2  # of a number that is neither a share nor a count


@dataclass(frozen=True)
class _Named:
    """What a scope's name is made from."""

    metric: Metric
    where: Scope
    basis: str = ""
    by_figures: bool = False


def visible(text: str) -> str:
    """One line without what cannot be seen: control signs, and those that turn the direction of writing."""
    return _UNSEEN.sub(" ", text).strip()


def metric_title(alert: Alert, language: Language) -> str:
    """What the alert is of: a plug-in's own name, else the metric's."""
    key = "zh" if language == "zh-CN" else "en"
    known = metrics().get(alert.metric)
    return alert.names.get(key) or (known.name[key] if known else alert.metric)


def scope_title(alert: Alert, language: Language) -> str:
    """Which records, as the reader calls them."""
    if not alert.scope:
        return say("catalogue.everything", language)
    if alert.metric in metrics() and set(alert.scope) <= set(metric(alert.metric).contract.columns):
        return scope_name(_Named(metric(alert.metric), alert.scope), language)
    return write_scope(alert.scope)


def headline(alert: Alert, language: Language) -> str:
    """What happened, in one sentence."""
    told = {"metric": metric_title(alert, language), "scope": scope_title(alert, language), "period": alert.period}
    told["value"] = number(alert.value, alert, language)
    if alert.kind == "drift":
        way = "fell" if (alert.value or 0) < 0 else "rose"
        told["value"] = points(abs(alert.value or 0), language).lstrip("+")
        return say(f"alerts.what.drift_{way}", language, **told)
    if alert.target is None:
        return say(f"alerts.what.{alert.kind}_plain", language, **told)
    told["target"] = target_told(alert, language)
    return say(f"alerts.what.{alert.kind}", language, **told)


def number(value: float | None, alert: Alert, language: Language, *, digits: int = 1) -> str:
    """A value of the alert's metric as it is written."""
    if value is None:
        return "–"
    if alert.unit == "share":
        return share(value, language, digits=digits)
    if alert.unit == "points":
        return points(value, language)
    if float(value).is_integer():
        return count(int(value), language)
    return f"{value:,.{PLAIN_DIGITS}f}"


def target_told(alert: Alert, language: Language) -> str:
    """At most 35.0%."""
    value = alert.target or 0.0
    digits = 1 if alert.unit != "share" or round(100 * value, 1) == round(100 * value, 3) else 3
    return say(f"target.{alert.direction}", language, value=number(value, alert, language, digits=digits))


def counted(alert: Alert, language: Language) -> str:
    """48 of 126, 95 %: 30.1% to 46.8%; empty where nothing was counted."""
    if alert.numerator is None or alert.denominator is None:
        return ""
    told = {"numerator": count(alert.numerator, language), "denominator": count(alert.denominator, language)}
    if alert.low is None or alert.high is None or alert.unit != "share":
        return say("alerts.counted", language, **told)
    low, high = (share(bound, language) for bound in (alert.low, alert.high))
    return say("alerts.counted_with", language, low=low, high=high, **told)


def numbers(alert: Alert, language: Language) -> list[tuple[str, str]]:
    """The three numbers of a card: what each is called, and what it is."""
    if alert.kind == "drift":
        low, high = (points_number(bound or 0.0, language) for bound in (alert.low, alert.high))
        of = "in_time" if alert.metric in metrics() and metrics()[alert.metric].fact == "clocks" else "audits"
        return [
            (say("alerts.card.moved", language), number(alert.value, alert, language)),
            (say("alerts.card.between", language), say("unit.points_from_to", language, low=low, high=high)),
            (say(f"alerts.card.{of}", language), counted(alert, language) or "–"),
        ]
    if alert.kind == "overdue":
        return [
            (say("alerts.card.overdue", language), number(alert.value, alert, language)),
            (say("alerts.card.soon", language), number(alert.before, alert, language)),
            (say("alerts.card.oldest", language), since(alert, language)),
        ]
    target = "–" if alert.target is None else target_told(alert, language)
    value = number(alert.value, alert, language)
    extra = counted(alert, language)
    told = say("alerts.card.value_of", language, value=value, counted=extra) if extra else value
    return [
        (say("alerts.card.now", language, period=alert.period), told),
        (say("alerts.card.target", language), target),
        (say("alerts.card.before", language), number(alert.before, alert, language)),
    ]


def since(alert: Alert, language: Language) -> str:
    return day(alert.since, language)


def sureness(alert: Alert, language: Language) -> str:
    return say(alert.sureness, language)


def next_step(alert: Alert, language: Language) -> str:
    return say(alert.next_step, language)


def owner(alert: Alert, language: Language) -> str:
    """Who answers for it, in quotes of the language; or that nobody is named."""
    return say("alerts.owner", language, owner=alert.owner) if alert.owner else say("alerts.no_owner", language)


def looked_at(checked: Checked, language: Language) -> str:
    """How many targets and series were looked at, and how many of what is listed may be false."""
    return say(
        "alerts.looked", language, targets=str(checked.targets), tested=str(checked.tested),
        false=f"{checked.false_signals:.2f}", series=str(checked.series), chance=f"{checked.false_alarms:.2f}",
    )  # fmt: skip


def unjudged(missing: Sequence[Missing], language: Language) -> list[str]:
    """What could not be judged, one sentence each."""
    return [
        say("alerts.not_judged", language, what=one.key, why=one.told.get(language) or say(_why(one), language))
        for one in missing
    ]


def _why(missing: Missing) -> str:
    return f"alerts.unjudged.{missing.why}"

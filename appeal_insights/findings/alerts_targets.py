"""Alerts of targets: which were missed in their last whole period, since when, and whether that is news."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import pandas as pd

from appeal_insights.analysis.batch import batch_level
from appeal_insights.analysis.dispersion import dispersion
from appeal_insights.disclosure import SMALLEST_SHOWN, Audience
from appeal_insights.errors import AppealInsightsError
from appeal_insights.findings.alerts_audits import weighted
from appeal_insights.findings.alerts_held import FALSE_SHARE, TREND, Alert, Missing
from appeal_insights.findings.alerts_signal import worse_p
from appeal_insights.findings.answer import days_of, with_intervals
from appeal_insights.findings.clusters import cells_of
from appeal_insights.language import LANGUAGES
from appeal_insights.metrics.metric import Metric, metric
from appeal_insights.metrics.query import ask, query
from appeal_insights.metrics.question import Question
from appeal_insights.metrics.targets import Target, misfit, targets, targets_of, with_targets
from appeal_insights.periods import GRAINS, Grain, resolve, split
from appeal_insights.records.scope import Scope, write_scope
from appeal_insights.records.store import Store

HISTORY = 26  # periods before the one judged: half a year of weeks, what is usual without last year's way of working
SAMPLED = ("audits", "gold")  # facts whose records are a sample: missed only where the whole interval is
BLANKED = ["rate", "low", "high", "numerator", "denominator"]


@dataclass(frozen=True)
class Judged:
    """One target held against its last whole period: the alert that it would be, and what is behind it."""

    alert: Alert
    missed: bool
    counted: tuple[str, str, Scope, int]  # metric, period, scope, denominator


def target_key(of: str, scope: Scope, per: str) -> str:
    """What makes two targets the same thing over days, whatever their value is by now."""
    ordered = {name: sorted(values) for name, values in sorted(scope.items())}
    return ":".join(["target", of, write_scope(ordered) or "all", *([per] if per else [])])


def judge_targets(
    store: Store, *, as_of: datetime, where: Scope, audience: Audience
) -> tuple[list[Judged], list[Missing]]:
    """Every target in force, held against the last whole period of its scope; and those that cannot be."""
    judged: list[Judged] = []
    unjudged: list[Missing] = []
    live: dict[str, Target] = {}
    for one in targets(store, as_of):
        if one.first_day <= as_of.date() and (one.end is None or one.end > as_of.date()) and _inside(one.scope, where):
            live.setdefault(target_key(one.metric, one.scope, one.per), one)
    for key, one in sorted(live.items()):
        try:
            found = Missing(key, misfit(one)) if misfit(one) else _judge(store, key, one, as_of, audience)
        except AppealInsightsError as error:
            found = Missing(key, "refused", {language: error.say(language) for language in LANGUAGES})
        if isinstance(found, Judged):
            judged.append(found)
        else:
            unjudged.append(found)
    if audience == "analyst":
        return judged, unjudged
    telling = _telling(judged)
    unjudged += [Missing(judged[place].alert.key, "small") for place in sorted(telling)]
    return [one for place, one in enumerate(judged) if place not in telling], unjudged


def target_alerts(judged: Sequence[Judged]) -> tuple[list[Alert], int, float]:
    """The missed ones as alerts; those that are also worse than routine variation, over all looked at, are serious.

    Gives   the alerts, how many targets were tested, and how many of the signals named may be false.
    """
    tests = pd.DataFrame({"identity": [one.alert.key for one in judged], "p": [one.alert.p for one in judged]})
    table = batch_level(tests.astype({"p": "float64"}), alpha=FALSE_SHARE)
    named = set(table.loc[table["named"], "identity"])
    alerts = [
        replace(one.alert, severity="serious", sureness="alerts.sure.signal") if one.alert.key in named else one.alert
        for one in judged
        if one.missed
    ]
    return alerts, int(table["p"].notna().sum()), FALSE_SHARE * len(named)


def _inside(scope: Scope, where: Scope) -> bool:
    return all(name in scope and set(scope[name]) <= set(values) for name, values in where.items())


def _telling(judged: Sequence[Judged]) -> set[int]:
    """The narrower of two targets whose difference is a few records: the two together would tell of them."""
    found = set()
    for place, one in enumerate(judged):
        of, period, scope, records = one.counted
        for other in judged:
            same = other.counted[:2] == (of, period) and other is not one
            if same and _inside(scope, other.counted[2]) and 0 < other.counted[3] - records < SMALLEST_SHOWN:
                found.add(place)
    return found


def _judge(store: Store, key: str, target: Target, as_of: datetime, audience: Audience) -> Judged | Missing:
    of = metric(target.metric)
    grain = _grain(store, target, of)
    known = min(as_of, store.latest())  # a week that was loaded by half is no whole week
    whole = resolve(f"last {HISTORY + 1} {grain}s", known)
    question = ask(store, of, split(whole, grain), where=target.scope, as_of=as_of, grain=grain)
    table = _trend(store, question)
    if table.empty:
        return Missing(key, "nothing")
    now = table.iloc[-1]
    if now["ends_on"].date() != whole.end and of.settles(question.basis) is None:
        return Missing(key, "nothing")
    if pd.isna(now["target"]):
        return Missing(key, "no_target")
    records = int(now["numerator"] if pd.isna(now["denominator"]) else now["denominator"])
    if audience != "analyst" and 0 < records < SMALLEST_SHOWN:
        return Missing(key, "small")
    table = table.assign(missed=[_missed(row, of) for row in table.to_dict("records")])
    tested = _as_worth(table)
    p = worse_p(tested.iloc[:-1], tested.iloc[-1], direction=str(now["target_direction"]), is_rate=of.is_rate)
    alert = _alert(key, target, of, table, p, audience)
    return Judged(alert, bool(table["missed"].iloc[-1]), (of.id, alert.period, target.scope, records))


def _grain(store: Store, target: Target, of: Metric) -> Grain:
    """Weeks, or what the target or the data are by."""
    if target.per:
        return next(grain for grain in GRAINS if grain == target.per)
    if "figures" in store.tables:
        known = [str(store.declared("figures")["grain"])]
    else:
        known = [store.declared(side.fact).get("precision", {}).get(side.at[of.basis], "week") for side in of.sides]
    coarsest = max((*known, "week"), key=lambda grain: [*GRAINS].index(grain))  # type: ignore[arg-type]
    return next(grain for grain in GRAINS if grain == coarsest)


def _trend(store: Store, question: Question) -> pd.DataFrame:
    """The settled periods with something in them, oldest first: TREND, `value`, and the target of each."""
    of = question.metric
    answer = query(store, "trend", question)
    if answer.empty:
        return answer
    learned = dispersion(days_of(store, question), cells_of(store, replace(question, by=())))
    told = weighted(store, question, with_intervals(answer, question, learned))
    table = with_targets(told, question, targets_of(store, question))
    counted = of.kind in ("count", "stock")
    table = table.assign(value=(table["numerator"] if counted else table["rate"]).astype("float64"))
    for name, otherwise in (("low", float("nan")), ("high", float("nan")), ("mature", True)):
        table = table if name in table else table.assign(**{name: otherwise})
    begun = table["numerator"].cumsum() > 0 if counted else table["denominator"] > 0
    return table[begun & table["mature"].astype(bool)].reset_index(drop=True)


def _as_worth(table: pd.DataFrame) -> pd.DataFrame:
    """Weighted audits as the counts of as many drawn at random, so that other sampling is no signal."""
    if "worth" not in table:
        return table
    return table.assign(numerator=table["rate"] * table["worth"], denominator=table["worth"])


def _missed(row: dict[Any, Any], of: Metric) -> bool:
    """Whether a period is on the wrong side of its target; of a sample only where its whole interval is."""
    if pd.isna(row["target"]) or pd.isna(row["value"]):
        return False
    most = row["target_direction"] == "at_most"
    told = row["value"]
    if of.fact in SAMPLED and not pd.isna(row["low"]):
        told = row["low"] if most else row["high"]
    return bool(told > row["target"] if most else told < row["target"])


def _alert(key: str, target: Target, of: Metric, table: pd.DataFrame, p: float | None, audience: Audience) -> Alert:
    now, earlier = table.iloc[-1], table.iloc[:-1]
    sampled = of.fact in SAMPLED
    return Alert(
        key=key, kind="target", severity="notice", metric=of.id, scope=target.scope, since=_since(table),
        period=str(now["period_label"]), value=float(now["value"]), low=_number(now["low"]), high=_number(now["high"]),
        numerator=_whole(now["numerator"]), denominator=_whole(now["denominator"]),
        before=_usual(earlier, of, audience),
        target=float(now["target"]), direction=str(now["target_direction"]),
        unit="share" if of.is_rate else "number",
        sureness="alerts.sure.young" if p is None else "alerts.sure.sample" if sampled else "alerts.sure.fact",
        owner=str(now["target_owner"]), p=p, trend=_shown(table, of, audience),
    )  # fmt: skip


def _since(table: pd.DataFrame) -> date:
    """The first day of the row of missed periods that the newest one ends; its own first day where it is not missed."""
    first = table["period"].iloc[-1]
    for period, missed in zip(table["period"][::-1], table["missed"][::-1], strict=True):
        if not missed:
            break
        first = period
    return pd.Timestamp(first).date()


def _usual(earlier: pd.DataFrame, of: Metric, audience: Audience) -> float | None:
    """What it was over the periods before, put together; of another number their mean."""
    if earlier.empty:
        return None
    if not of.is_rate:
        return float(earlier["value"].mean())
    records = int(earlier["denominator"].sum())
    small = audience != "analyst" and records < SMALLEST_SHOWN
    return None if small else float(earlier["numerator"].sum()) / records


def _shown(table: pd.DataFrame, of: Metric, audience: Audience) -> pd.DataFrame | None:
    """The periods for a picture, of a rate: those of few records empty for a stakeholder."""
    if not of.is_rate:
        return None
    shown = table[[*TREND, "target", "target_direction", "target_owner"]].copy()
    small = (shown["denominator"] < SMALLEST_SHOWN) & (audience != "analyst")
    shown[BLANKED] = shown[BLANKED].astype("float64").mask(small)
    return shown


def _number(value: object) -> float | None:
    return None if pd.isna(value) else float(value)  # type: ignore[call-overload, arg-type]


def _whole(value: object) -> int | None:
    return None if pd.isna(value) else int(value)  # type: ignore[call-overload]

"""What watching and estimating accuracy start from: audits, cases and gold answers of a store, counted day by day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pandas as pd

from appeal_insights.metrics.metric import metric
from appeal_insights.metrics.query import ask, dimensions, query
from appeal_insights.periods import Period, split
from appeal_insights.records.contract import BLANK
from appeal_insights.records.scope import Scope
from appeal_insights.records.store import Store

AUDITS, CASES, GOLD = "handling_accuracy", "auditable_cases", "gold_pass_rate"
STRATUM = "stratum"
COUNTED = ("audited", "correct")


@dataclass(frozen=True)
class AuditedDays:
    """Tables as `watch_drift` takes them; all counts are integers, and a day on which nothing was has no row.

    counts   day, <by>, stratum, audited, correct: audits drawn by chance, by day of the audited decision
    volume   day, <by>, stratum, volume: decisions that could be audited, from the first day with audits to the last;
             None where the store does not have them
    gold     day, market, audited, correct: answers of auditors to cases of known truth; without a market where nobody
             wrote down whose cases an auditor judges; None where there are none
    """

    counts: pd.DataFrame
    volume: pd.DataFrame | None
    gold: pd.DataFrame | None


def audited(
    store: Store,
    *,
    start: date,
    end: date,
    by: Sequence[str],
    as_of: datetime | None = None,
    where: Scope | None = None,
    subject_type: str = "appeal",
) -> AuditedDays:
    """Count the audits of a store by day, series and stratum, with the cases behind them and gold answers of auditors.

    Takes   start, end   the first day and the day after the last, on the markets' own clocks.
            by           the dimensions that make a series, such as ["market", "policy"].
            subject_type appeal, enforcement or ticket; `where` may say it instead.
            where        which decisions are meant; of gold answers its market alone counts.
    Gives   AuditedDays. Where nobody wrote down what audits were drawn by, all are of one stratum.
    Raises  UnknownStore   the store holds no audits;  UnknownDimension, BadParameter   with the nearest that works.
    """
    span = Period(start, end, f"{start}..{end}")
    known_at = store.latest() if as_of is None else as_of
    scope: Scope = {"subject_type": [subject_type], **(where or {})}
    series = [name for name in by if name != STRATUM]
    store.require("audits")
    strata = [STRATUM] if STRATUM in dimensions(store, metric(AUDITS)) else []
    counts = _rates(store, AUDITS, span, [*series, *strata], known_at, scope)
    volume = None
    if "strata" in store.tables:
        volume = _cases(store, _with_audits(span, counts), [*series, *strata], known_at, scope)
    return AuditedDays(
        counts=_with_stratum(counts, series),
        volume=None if volume is None else _with_stratum(volume, series),
        gold=_gold(store, span, known_at, where or {}),
    )


def _rates(store: Store, of: str, span: Period, by: Sequence[str], as_of: datetime, where: Scope) -> pd.DataFrame:
    """Numerators and denominators of a share by day, those days without a denominator left out."""
    question = ask(store, metric(of), [span], by=tuple(by), as_of=as_of, where=where)
    found = query(store, "by_day", question).rename(columns={"denominator": "audited", "numerator": "correct"})
    return _tidy(found[found["audited"] > 0], [*by, *COUNTED])


def _with_audits(asked: Period, counts: pd.DataFrame) -> Period:
    """The days from the first audit to the last: before and after there is nothing to hold cases against."""
    if counts.empty:
        return asked
    days = pd.to_datetime(counts["day"])
    return Period(days.min().date(), days.max().date() + timedelta(days=1), asked.label)


def _cases(store: Store, span: Period, by: Sequence[str], as_of: datetime, where: Scope) -> pd.DataFrame:
    days = split(span, "day")
    question = ask(store, metric(CASES), days, by=tuple(by), as_of=as_of, where=where, grain="day")
    found = query(store, "trend", question).rename(columns={"period": "day", "numerator": "volume"})
    return _tidy(found[found["volume"] > 0], [*by, "volume"])


def _gold(store: Store, span: Period, as_of: datetime, where: Scope) -> pd.DataFrame | None:
    """Gold answers of auditors, of the markets that are meant. Those of reviewers say nothing about audits."""
    if "gold" not in store.tables:
        return None
    scope: Scope = {"role": ["auditor"]}
    if "market" in where:
        scope["market"] = [name for name in where["market"] if name in store.values("gold", "market")]
    if "auditor" not in store.values("gold", "role") or not all(scope.values()):
        return None
    by = [name for name in ("market",) if name in dimensions(store, metric(GOLD))]
    found = _rates(store, GOLD, span, by, as_of, scope)
    return None if found.empty else found


def _with_stratum(table: pd.DataFrame, series: Sequence[str]) -> pd.DataFrame:
    """The table with its stratum after the series, one for all where there is none."""
    if STRATUM not in table:
        table = table.assign(**{STRATUM: BLANK})
    counted = [name for name in table.columns if name not in {"day", STRATUM, *series}]
    return table[["day", *series, STRATUM, *counted]]


def _tidy(table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    return table[["day", *names]].reset_index(drop=True)

"""The questions of a review of service levels, each with intervals, targets and the same of the period before."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd

from appeal_insights.analysis.dispersion import Dispersion, dispersion
from appeal_insights.analysis.intervals import rate_with_interval
from appeal_insights.errors import AppealInsightsError, BadParameter
from appeal_insights.findings.clusters import cells_of
from appeal_insights.findings.service_held import NEWEST, WEEKS
from appeal_insights.metrics.metric import Basis, metric
from appeal_insights.metrics.query import ask, dimensions, query, query_table
from appeal_insights.metrics.question import Question
from appeal_insights.metrics.targets import TARGETED, targets_of, with_targets
from appeal_insights.periods import Grain, Period, split
from appeal_insights.records.contract import contract
from appeal_insights.records.scope import Scope
from appeal_insights.records.store import Store


def _by(keys: Sequence[str], table: pd.DataFrame | None) -> dict[tuple[Any, ...], pd.DataFrame]:
    """The rows of each value of the keys."""
    if table is None or table.empty:
        return {}
    if not keys:
        return {(): table}
    return dict(iter(table.groupby(list(keys), sort=False, observed=True)))


RATE = ["rate", "low", "high", "numerator", "denominator"]


def span(start: date, end: date) -> Period:
    """The days from the first up to, not including, the last."""
    return Period(start, end, f"{start}..{end - timedelta(days=1)}")


@dataclass(frozen=True)
class Asking:
    """A store, and of which records and as of when it is asked."""

    store: Store
    where: Scope
    as_of: datetime
    end: date

    @property
    def now(self) -> Period:
        return span(self.end - timedelta(days=NEWEST), self.end)

    @property
    def before(self) -> Period:
        return span(self.end - timedelta(days=2 * NEWEST), self.end - timedelta(days=NEWEST))

    @property
    def weeks(self) -> list[Period]:
        """The last whole weeks, up to the end."""
        monday = self.end - timedelta(days=self.end.weekday())
        return split(span(monday - timedelta(weeks=WEEKS), monday), "week")

    def scope(self, of: str, more: Scope | None = None) -> Scope:
        """The scope as far as that metric's records know its dimensions."""
        known = dimensions(self.store, metric(of))
        return {name: values for name, values in {**self.where, **(more or {})}.items() if name in known}

    def table(
        self,
        name: str,
        of: str,
        periods: Sequence[Period],
        by: Sequence[str] = (),
        *,
        where: Scope | None = None,
        grain: Grain | None = None,
        basis: Basis | None = None,
    ) -> pd.DataFrame:
        """The answer of a query file with intervals and targets; no row where this store cannot tell."""
        told: dict[str, Any] = {"basis": basis} if basis else {}
        try:
            question = ask(
                self.store, metric(of), periods, by=tuple(by), where=self.scope(of, where), as_of=self.as_of,
                grain=grain, **told,
            )  # fmt: skip
            answer = query(self.store, name, question)
        except AppealInsightsError:
            return pd.DataFrame()
        if "rate" not in answer or answer.empty or grain == "day":  # a day alone tells nothing of how days differ
            return answer
        answer = rate_with_interval(answer, self._unrest(answer, question)) if question.metric.is_rate else answer
        return with_targets(answer, question, targets_of(self.store, question)) if name in TARGETED else answer

    def _unrest(self, answer: pd.DataFrame, question: Question) -> list[Dispersion]:
        """How far the cases of each row share their luck, learned from its own days and clusters.

        Lateness comes in lumps: one bad week would make the intervals of all good ones as wide as its own.
        """
        of = question.metric
        days = pd.DataFrame()
        if not self.store.declared(of.fact).get("precision", {}).get(of.instant(question.basis)):
            days = query(self.store, "by_day", replace(question, grain=None))
        keys = [name for name in ("period", "segment") if name in answer and name in days]
        parts = [_by(keys, table) for table in (days, cells_of(self.store, replace(question, grain=None)))]
        rows = answer[keys].itertuples(index=False, name=None)
        return [dispersion(*(part.get(row) for part in parts)) for row in rows]

    def both(self, of: str, by: Sequence[str] = (), **more: object) -> pd.DataFrame:
        """A breakdown of the newest weeks, with `rate_before` and the like of the weeks before."""
        now = self.table("breakdown", of, [self.now], by, **more)  # type: ignore[arg-type]
        if now.empty:
            return now
        earlier = self.table("breakdown", of, [self.before], by, **more)  # type: ignore[arg-type]
        kept = [name for name in RATE if name in earlier]
        if earlier.empty:
            return now.assign(**{f"{name}_before": float("nan") for name in RATE if name in now})
        told = earlier[[*by, *kept]].rename(columns={name: f"{name}_before" for name in kept})
        return now.merge(told, on=list(by), how="left") if by else now.join(told)

    def rows(self, name: str, table: str) -> pd.DataFrame:
        """The answer of a query file over a named table, for the scope as far as it has such columns."""
        if table not in self.store.tables:
            return pd.DataFrame()
        where = {of: values for of, values in self.where.items() if of in contract(table).dimensions}
        try:
            return query_table(self.store, name, as_of=self.as_of, where=where)
        except BadParameter:  # a value that these records do not have: a market without tickets
            return pd.DataFrame()

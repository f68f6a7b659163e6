"""Draw appeals of a cause to be read one by one, with matched controls, so that a reader can say why, not only where.

What is asked of the reader is blind: nothing on the sheet tells a case from a control. Which is which is kept apart.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from appeal_insights.errors import BadParameter
from appeal_insights.findings.coincidence import Segment
from appeal_insights.findings.evidence import Evidence
from appeal_insights.findings.judged import Driver, drivers
from appeal_insights.findings.shown import Bundle
from appeal_insights.findings.tested import asked_of
from appeal_insights.language import Language
from appeal_insights.metrics.drawn import draw_records
from appeal_insights.metrics.query import ask, dimensions
from appeal_insights.metrics.question import Question
from appeal_insights.periods import Period
from appeal_insights.records.scope import Scope
from appeal_insights.records.store import Store

Group = Literal["case", "control"]
MATCHED = ("market", "policy")  # what a control has in common with its case, as far as there are such controls
SIZE, MOST_READ = 50, 500  # cases, and as many controls: a day's reading, and what nobody reads any more


@dataclass(frozen=True)
class Cases:
    """What was drawn.

    draw    its name: the same question of the same records, with the same seed, has the same
    about   what was asked, and of which segment
    table   case (id), group (case or control), cluster, matched (what a control shares with its case), in the order of
            reading, which tells nothing of the group
    """

    draw: str
    about: Bundle
    table: pd.DataFrame
    languages: tuple[Language, ...]

    def drawn(self, group: Group) -> int:
        """How many of a group there are."""
        return int((self.table["group"] == group).sum())


def draw_cases(
    store: Store,
    evidence: Evidence,
    cause: int = 1,
    *,
    size: int = SIZE,
    seed: int = 1,
    languages: Sequence[Language] = ("en",),
) -> Cases:
    """Draw appeals of a cause that were decided the way that tells, and as many matched controls.

    Where the rate of the segment rose, those are its reversals since the later period began; where it fell, what was
    upheld. Controls were decided the same way, in the segment before or outside of it since, and share market and
    policy with their case where there are such, else the policy, else the market.

    Takes   `cause`: the first, the second, ... of those named. `size`: how many of each. `seed`: another draw.
    Gives   fewer than `size` where there are no more.
    Raises  BadParameter   the audience is no analyst, there is no such cause or none whose decisions could be read, or
            nothing to compare with.
    """
    named = _named(evidence, cause, size)
    fingerprint = store.fingerprint(evidence.metric.fact, evidence.as_of)
    about = {**asked_of(evidence), "segment": dict(named.segment), "cause": cause, "size": size, "seed": seed}
    about |= {"as_of": evidence.as_of.isoformat(), "fingerprint": fingerprint.digest}
    salt = f"{seed}:{fingerprint.digest}:"
    pool = _Pool(store, evidence, rose=_rose(named), salt=salt, most=size)
    inside = _inside(evidence.where, named.segment)
    cases = pool.drawn(evidence.after, inside).head(size)
    others = [pool.drawn(evidence.before, inside)]
    others += [pool.drawn(evidence.after, where) for where in _outside(store, evidence, named.segment)]
    controls = matched(cases, pd.concat(others, ignore_index=True), by=pool.by)
    if cases.empty or controls.empty:
        raise BadParameter.of("cases.nothing", cause=cause)
    table = pd.concat([cases.assign(group="case", matched=""), controls.assign(group="control")], ignore_index=True)
    table = table.rename(columns={"record": "case"})[["case", "group", "cluster", "matched"]]
    return Cases(_name(about), about, _shuffled(table, salt), tuple(languages))


def matched(cases: pd.DataFrame, pool: pd.DataFrame, *, by: Sequence[str]) -> pd.DataFrame:
    """One control for each case out of a pool: the first not yet taken that shares most with it.

    Takes   record, drawn and the columns of `by`, which come in the order of what matters least.
    Gives   rows of the pool with `matched`: the columns that each shares with its case, empty where nothing. Fewer than
            there are cases where the pool is smaller.
    """
    pool = pool[~pool["record"].isin(cases["record"])].drop_duplicates("record")
    left = pool.sort_values(["drawn", "record"], kind="stable")
    found: list[tuple[int, pd.DataFrame]] = []
    for names in _levels(by):  # the closest first for every case, so that none takes another's only match
        for place in cases.index.difference([place for place, _ in found], sort=False):
            same = left[(left[list(names)] == cases.loc[place, list(names)]).all(axis=1)]
            if len(same):
                found.append((place, same.head(1).assign(matched=",".join(names))))
                left = left.drop(same.index[0])
    ordered = [row for _, row in sorted(found, key=lambda each: each[0])]
    return pd.concat(ordered, ignore_index=True) if ordered else pool.head(0).assign(matched="")


def _levels(by: Sequence[str]) -> list[tuple[str, ...]]:
    """What may be shared, the most first: market and policy, policy, market, nothing."""
    return list(dict.fromkeys([tuple(by), *((name,) for name in reversed(by)), ()]))


def _named(evidence: Evidence, cause: int, size: int) -> Driver:
    """The cause to draw from. Raises BadParameter where nothing may be drawn, or nothing could be read."""
    if evidence.audience != "analyst":
        raise BadParameter.of("cases.analyst")
    if evidence.by_figures or evidence.metric.fact != "appeals" or evidence.metric.kind != "proportion":
        raise BadParameter.of("cases.no_records", store=evidence.store, metric=evidence.metric.id)
    if not 1 <= size <= MOST_READ:
        raise BadParameter.of("cases.size", given=size, most=MOST_READ)
    named = [each for each in drivers(evidence) if each.segment] if evidence.change else []
    if not 1 <= cause <= len(named):
        raise BadParameter.of("cases.no_cause", given=cause, count=len(named))
    found = named[cause - 1]
    if found.kind == "mix":
        raise BadParameter.of("cases.mix", cause=cause)
    return found


def _rose(named: Driver) -> bool:
    return (named.change.change if named.change else named.contribution) > 0


@dataclass(frozen=True)
class _Pool:
    """The records that may be drawn: those decided the way that tells."""

    store: Store
    evidence: Evidence
    rose: bool
    salt: str
    most: int

    @property
    def by(self) -> list[str]:
        known = dimensions(self.store, self.evidence.metric)
        return [name for name in MATCHED if name in known]

    def drawn(self, during: Period, where: Scope) -> pd.DataFrame:
        return draw_records(
            self.store, self._question(during, where), in_numerator=self.rose, salt=self.salt, most=self.most
        )

    def _question(self, during: Period, where: Scope) -> Question:
        of = self.evidence
        return ask(
            self.store, of.metric, [during], where=where, basis=of.basis, as_of=of.as_of, by=tuple(self.by)
        )  # fmt: skip


def _inside(where: Scope, segment: Segment) -> Scope:
    return {**where, **{name: [value] for name, value in segment.items()}}


def _outside(store: Store, evidence: Evidence, segment: Segment) -> list[Scope]:
    """Scopes without a record in common that together hold all but the segment: those with another market; those with
    its market but another queue; and so on."""
    found: list[Scope] = []
    held: Scope = dict(evidence.where)
    for name, value in segment.items():
        known = evidence.where.get(name) or store.values(evidence.metric.fact, name)
        others = [other for other in known if other != value]
        found += [{**held, name: others}] if others else []
        held = {**held, name: [value]}
    return found


def _shuffled(table: pd.DataFrame, salt: str) -> pd.DataFrame:
    """In an order of its own: the one of the draw would put those first of which there are more to draw from."""
    order = table["case"].astype("str").map(lambda case: hashlib.sha256(f"read:{salt}{case}".encode()).hexdigest())
    return table.iloc[order.argsort(kind="stable").to_numpy()].reset_index(drop=True)


def _name(about: Bundle) -> str:
    """A name that no spreadsheet takes for a number."""
    return "d" + hashlib.sha256(json.dumps(about, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:11]

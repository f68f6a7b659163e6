"""Does a finding still hold where one decides otherwise? Each is counted again in other ways that can be defended."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import pandas as pd

from appeal_insights.analysis.dispersion import Dispersion, dispersion
from appeal_insights.analysis.intervals import Change, change_of_rate
from appeal_insights.errors import AppealInsightsError
from appeal_insights.findings.clusters import cells_of
from appeal_insights.findings.evidence import COUNTS, Evidence
from appeal_insights.findings.judged import Driver, drivers, moved
from appeal_insights.metrics.metric import Metric
from appeal_insights.metrics.query import ask, query
from appeal_insights.metrics.question import Question
from appeal_insights.periods import Period
from appeal_insights.records.store import Store

WEEK = timedelta(days=7)
FEWEST = 10  # records a side, under which a segment is not looked at again
# Another rule for the same outcomes: what then is in the numerator.
OUTCOMES: Mapping[str, tuple[str, str]] = {
    "overturn_rate": ("partial_not", "outcome = 'decision_reversed'"),
    "full_overturn_rate": ("partial_too", "outcome in ('decision_reversed', 'decision_partially_reversed')"),
}
WITH_OMITTED = "outcome in ('decision_upheld', 'decision_reversed', 'decision_partially_reversed', 'decision_omitted')"


@dataclass(frozen=True)
class Variant:
    """One other way to count the same change."""

    key: str
    question: Question
    dispersion: Dispersion
    without: pd.Timestamp | None = None  # a day that is left out


def with_robustness(store: Store, evidence: Evidence) -> Evidence:
    """The evidence with `robust`, where it rests on records: one row per finding and variant.

    Gives   finding (moved, segment_1, ...), variant, holds (True, False, or null where nothing can be counted so),
            change, low, high (in share; of a mix cause those of its share of the records).
    """
    if evidence.by_figures or evidence.change is None:
        return evidence
    named = {f"segment_{nth}": each for nth, each in enumerate(drivers(evidence), 1) if each.segment}
    dims = sorted({name for each in named.values() for name in each.segment})
    rows = [
        {"finding": finding, "variant": variant.key, **_judged(evidence, each, counts, variant.dispersion)}
        for variant in _variants(store, evidence)
        for counts in [_counted(store, variant, dims)]
        for finding, each in {"moved": None, **named}.items()
    ]
    table = pd.DataFrame(rows, columns=["finding", "variant", "holds", "change", "low", "high"])
    return replace(evidence, robust=table.astype({"holds": "boolean"}), asked=tuple(store.asked))


def _variants(store: Store, evidence: Evidence) -> Iterator[Variant]:
    """Those that this metric and these periods allow."""
    as_it_is, learned = _question(store, evidence, evidence.metric), evidence.dispersion
    assert as_it_is is not None
    others = [
        (f"basis_{basis}", _question(store, evidence, evidence.metric, basis=basis))
        for basis in ("submission", "enforcement", "decision")
        if basis != evidence.basis and basis in evidence.metric.at
    ]
    if evidence.metric.id in OUTCOMES:
        key, numerator = OUTCOMES[evidence.metric.id]
        others.append((key, _question(store, evidence, replace(evidence.metric, numerator=numerator))))
        wider = replace(evidence.metric, denominator=WITH_OMITTED)
        others.append(("omitted_too", _question(store, evidence, wider)))
    others += [
        (f"week_{way}", _question(store, evidence, evidence.metric, shift=shift))
        for way, shift in (("earlier", -WEEK), ("later", WEEK))
        if evidence.after.end + shift <= evidence.as_of.date()
    ]
    for key, question in others:
        if question is not None:
            yield Variant(key, question, learned)
    days = query(store, "by_day", as_it_is) if evidence.days else None
    if days is not None and len(days):
        if (day := _most_telling_day(days, evidence)) is not None:
            yield Variant("without_a_day", as_it_is, learned, without=day)
        yield Variant("days_only", as_it_is, dispersion(days))
    cells = cells_of(store, as_it_is)
    if cells is not None and (alone := dispersion(None, cells)).known:
        yield Variant("clusters_only", as_it_is, alone)


def _question(
    store: Store, evidence: Evidence, metric: Metric, *, basis: str = "", shift: timedelta = timedelta(0)
) -> Question | None:
    """The same question another way; None where the store cannot answer it so."""
    spans = [Period(part.start + shift, part.end + shift, part.label) for part in (evidence.before, evidence.after)]
    try:
        return ask(
            store, metric, spans, where=evidence.where, basis=basis or evidence.basis, as_of=evidence.as_of,
        )  # fmt: skip
    except AppealInsightsError:
        return None


def _counted(store: Store, variant: Variant, dims: Sequence[str]) -> pd.DataFrame:
    """Counts before and after by the dimensions of all that is named."""
    question = replace(variant.question, by=tuple(dims))
    table = query(store, "before_after", question)
    if variant.without is None:
        return table
    days = query(store, "by_day", question)
    gone = days[pd.to_datetime(days["day"]) == variant.without].set_index("segment")
    side = "before" if variant.without < pd.Timestamp(variant.question.periods[1].start) else "after"
    for name in ("numerator", "denominator"):
        table[f"{name}_{side}"] -= table["segment"].map(gone[name]).fillna(0).astype("int64")
    return table


def _most_telling_day(days: pd.DataFrame, evidence: Evidence) -> pd.Timestamp | None:
    """The day without which least of the change would be left; None where a period has no other."""
    assert evidence.change is not None
    after = (pd.to_datetime(days["period"]) == pd.Timestamp(evidence.after.start)).to_numpy()
    n, d = (days[name].to_numpy(dtype="float64") for name in ("numerator", "denominator"))
    of_after, of_before = n[after].sum() / d[after].sum(), n[~after].sum() / d[~after].sum()
    left = np.where(after, d[after].sum(), d[~after].sum()) - d
    without = (np.where(after, n[after].sum(), n[~after].sum()) - n) / np.where(left > 0, left, np.nan)
    change = np.where(after, without - of_before, of_after - without)
    remains = change if evidence.change.change >= 0 else -change
    if np.isnan(remains).all():
        return None
    return pd.Timestamp(days["day"].iloc[int(np.nanargmin(remains))])


def _judged(evidence: Evidence, named: Driver | None, counts: pd.DataFrame, learned: Dispersion) -> dict[str, object]:
    """Whether a finding holds by these counts: the same way, and with an interval that does not hold zero."""
    inside = counts
    for name, value in (named.segment if named else {}).items():
        inside = inside[inside[name] == value]
    own = {name: int(inside[name].sum()) for name in COUNTS}
    if named and named.kind == "mix":
        whole = {name: int(counts[name].sum()) for name in COUNTS}
        own = {f"numerator_{side}": own[f"denominator_{side}"] for side in ("before", "after")} | {
            f"denominator_{side}": whole[f"denominator_{side}"] for side in ("before", "after")
        }
    if min(own["denominator_before"], own["denominator_after"]) < FEWEST:
        return {"holds": None, "change": None, "low": None, "high": None}
    change = change_of_rate(*(own[name] for name in COUNTS), dispersion=learned)
    expected = _way(evidence, named)
    way = 0 if change.low <= 0 <= change.high else 1 if change.change > 0 else -1
    return {"holds": way == expected, "change": change.change, "low": change.low, "high": change.high}


def _way(evidence: Evidence, named: Driver | None) -> int:
    """Which way a finding says that its rate, or its share, went: 1 up, -1 down, 0 it did not move."""
    if named is None:
        return {"rose": 1, "fell": -1, "still": 0}[moved(evidence)]
    if named.kind == "mix":
        return 1 if named.share_after > named.share_before else -1
    own: Change | None = named.change
    return 1 if (own.change if own else named.contribution) > 0 else -1


def aligned(evidence: Evidence, named: Driver, finding: str) -> bool | None:
    """Whether a cause holds by day of enforcement, where all its dimensions act then; None where they do not.

    A model or a policy acts on enforcements, and the appeals of a week of decisions are of many weeks of those.
    """
    columns = evidence.metric.contract.columns
    if evidence.robust is None or any(columns[name].known_at != "enforcement" for name in named.segment):
        return None
    rows = evidence.robust
    found = rows[(rows["finding"] == finding) & (rows["variant"] == "basis_enforcement") & rows["holds"].notna()]
    return bool(found["holds"].iloc[0]) if len(found) else None


def held(evidence: Evidence, finding: str) -> tuple[int, int] | None:
    """In how many variants a finding holds, of how many that could be counted; None where none could."""
    if evidence.robust is None:
        return None
    rows = evidence.robust[(evidence.robust["finding"] == finding) & evidence.robust["holds"].notna()]
    return (int(rows["holds"].sum()), len(rows)) if len(rows) else None

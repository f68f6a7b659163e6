"""Pictures of the causes: the way from before to after, the parts of each, and each against all else over time."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from appeal_insights.analysis.causes import Cause
from appeal_insights.analysis.intervals import rate_with_interval
from appeal_insights.charts.segment_tree import segment_tree
from appeal_insights.charts.theme import Chart
from appeal_insights.charts.trend import trend as draw_trend
from appeal_insights.charts.waterfall import waterfall
from appeal_insights.disclosure import SMALLEST_SHOWN
from appeal_insights.findings.cells import NOTHING, count_cell, points_cell, ratio, share_cell, share_range_cell
from appeal_insights.findings.evidence import COUNTS, Evidence
from appeal_insights.findings.judged import Driver, drivers
from appeal_insights.findings.naming import (
    basis_name,
    headed,
    metric_name,
    rows_of,
    segment_names,
)
from appeal_insights.findings.shown import Cells, Exhibit
from appeal_insights.language import Language, points, say
from appeal_insights.metrics.query import ask, query
from appeal_insights.periods import GRAINS, Period, is_whole
from appeal_insights.records.store import Store

MOST_HISTORIES = 3  # causes that are drawn over time
FEWEST_PERIODS = 3
MOST_PARTS = 3  # of a cause, in the tree


def way(evidence: Evidence, named: Sequence[Driver], *, title: str, alt: str, language: Language) -> Chart:
    """From the rate before to the rate after: causes by share, causes by rate, everything else."""
    change = evidence.change
    assert change is not None
    metric = metric_name(evidence, language)
    ends = rate_with_interval(
        pd.DataFrame({name: [evidence.counts[f"{name}_{side}"] for side in ("before", "after")]
                      for name in ("numerator", "denominator")}),
        evidence.dispersion,
    )  # fmt: skip
    at = change.rate_before
    rows: list[dict[str, Any]] = [
        {"label": f"{metric} · {evidence.before.label}", "kind": "start", "from": at, "to": at,
         "low": ends["low"].iloc[0], "high": ends["high"].iloc[0]}
    ]  # fmt: skip
    for each in sorted(named, key=lambda one: one.kind != "mix"):
        label = segment_names(evidence, each.segment, language)
        to = at + each.contribution
        rows.append({"label": label, "kind": each.kind, "from": at, "to": to, "low": each.low, "high": each.high})
        at = to
    rest = {"label": say("segment.all_else", language), "kind": "rest", "from": at, "to": change.rate_after}
    rows.append({**rest, "low": float("nan"), "high": float("nan")})
    rows.append({"label": f"{metric} · {evidence.after.label}", "kind": "end", "from": change.rate_after,
                 "to": change.rate_after, "low": ends["low"].iloc[1], "high": ends["high"].iloc[1]})  # fmt: skip
    unit = say("trend.unit", language, metric=metric, basis=basis_name(evidence, language))
    return waterfall(pd.DataFrame(rows), title=title, unit=unit, description=alt, language=language)


def parts(evidence: Evidence, language: Language) -> list[Exhibit]:
    """Where in each cause it happened: the parts by one dimension more that brought most of it."""
    found = evidence.search.causes.causes if evidence.search else []
    told = [cause for cause in found if cause.segment and cause.parts]
    if not told:
        return []
    rows = [row for cause in told for row in _branch(evidence, cause, language)]
    table = pd.DataFrame(rows)
    first = told[0]
    title = say("cause_parts.title", language, segment=segment_names(evidence, first.segment, language),
                part=_added(evidence, first, first.parts[0].segment, language))  # fmt: skip
    alt = say("cause_parts.alt", language, count=str(len(told)))
    chart = segment_tree(table, title=title, description=alt, language=language)
    heads = [("segment", "left"), ("before", "right"), ("after", "right"), ("contribution", "right")]
    cells = headed(heads, [_told(row, language) for row in rows], language)
    return [Exhibit("cause_parts", language, title, [say("cause_parts.explained", language)], alt, chart, cells)]


def _branch(evidence: Evidence, cause: Cause, language: Language) -> list[dict[str, Any]]:
    own = {
        "label": segment_names(evidence, cause.segment, language),
        "depth": 0,
        "contribution": cause.contribution,
        "low": cause.low,
        "high": cause.high,
        "cause": True,
        **{name: getattr(cause, name) for name in COUNTS},
    }
    below = [
        {
            "label": _added(evidence, cause, part.segment, language),
            "depth": 1,
            "contribution": part.contribution,
            "low": float("nan"),
            "high": float("nan"),
            "cause": False,
            **{name: getattr(part, name) for name in COUNTS},
        }
        for part in cause.parts[:MOST_PARTS]
    ]
    return [own, *below]


def _added(evidence: Evidence, cause: Cause, segment: dict[str, str], language: Language) -> str:
    """What a part has beyond its cause."""
    return segment_names(
        evidence, {name: value for name, value in segment.items() if name not in cause.segment}, language
    )


def _told(row: dict[str, Any], language: Language) -> list[str]:
    label = row["label"] if row["cause"] else f"– {row['label']}"
    counts = {name: int(row[name]) for name in COUNTS}
    return [label, ratio(counts, "before", language), ratio(counts, "after", language),
            points_cell(row["contribution"], language)]  # fmt: skip


def with_histories(store: Store, evidence: Evidence) -> Evidence:
    """The evidence with `histories`: of each cause its rate (or its share) and that of all else, period by period."""
    named = [each for each in drivers(evidence) if each.segment and each.stands_out][:MOST_HISTORIES]
    trend = evidence.trend
    if not named or evidence.change is None or len(trend) < FEWEST_PERIODS:
        return evidence
    spans = zip(trend["period"].dt.date, trend["ends_on"].dt.date, trend["period_label"], strict=True)
    periods = [Period(start, end, label) for start, end, label in spans]
    grain = next((grain for grain in GRAINS if all(is_whole(part, grain) for part in periods)), None)

    def counted(segment: dict[str, str]) -> pd.DataFrame:
        where = {**evidence.where, **{name: [value] for name, value in segment.items()}}
        question = ask(
            store, evidence.metric, periods, where=where,
            basis=evidence.basis, as_of=evidence.as_of, grain=grain, spliced=True, reckoned=evidence.reckoned,
        )  # fmt: skip
        return query(store, "trend", question).set_index("period")[["numerator", "denominator"]]

    whole = counted({})
    histories = [_history(evidence, each, counted(dict(each.segment)), whole) for each in named]
    return replace(evidence, histories=histories, asked=tuple(store.asked))


def _history(evidence: Evidence, named: Driver, own: pd.DataFrame, whole: pd.DataFrame) -> pd.DataFrame:
    """Two rows a period: the cause (inside) and everything else; of a cause by share, its share of the records."""
    rest = whole - own
    if named.kind == "mix":
        both = pd.DataFrame({"numerator": own["denominator"], "denominator": whole["denominator"]})
        tables = [both.assign(inside=True)]
        few = own["denominator"] < SMALLEST_SHOWN
    else:
        tables = [own.assign(inside=True), rest.assign(inside=False)]
        few = (own["denominator"] < SMALLEST_SHOWN) | (rest["denominator"] < SMALLEST_SHOWN)
    table = pd.concat(tables).reset_index()
    told = evidence.trend[["period", "ends_on", "period_label", "mature", "hidden"]]
    table = rate_with_interval(table, evidence.dispersion).merge(told, on="period", how="left")
    if evidence.audience != "analyst":
        blank = table["hidden"].astype(bool) | table["period"].map(few)
        table.loc[blank, ["rate", "low", "high"]] = float("nan")
        table[["numerator", "denominator"]] = table[["numerator", "denominator"]].astype("float64")
        table.loc[blank, ["numerator", "denominator"]] = float("nan")
    return table


def histories(evidence: Evidence, language: Language) -> list[Exhibit]:
    """Each cause against everything else, period by period."""
    named = [each for each in drivers(evidence) if each.segment and each.stands_out][:MOST_HISTORIES]
    pairs = zip(named, evidence.histories, strict=False)
    return [_drawn(evidence, each, table, nth, language) for nth, (each, table) in enumerate(pairs, 1)]


def _drawn(evidence: Evidence, named: Driver, table: pd.DataFrame, nth: int, language: Language) -> Exhibit:
    segment = segment_names(evidence, named.segment, language)
    names = {True: segment, False: say("segment.rest", language)}
    rows = table.assign(segment=table["inside"].map(names))
    metric = metric_name(evidence, language)
    told = {"segment": segment, "metric": metric, "contribution": points(named.contribution, language)}
    title = say(f"cause_history.title_{named.kind}", language, **told)
    alt = say(f"cause_history.alt_{named.kind}", language, first=str(rows["period_label"].iloc[0]),
              last=str(rows["period_label"].iloc[-1]), **told)  # fmt: skip
    unit = say("cause_history.share", language) if named.kind == "mix" else say(
        "trend.unit", language, metric=metric, basis=basis_name(evidence, language))  # fmt: skip
    spans = pd.DataFrame(
        {
            "start": pd.to_datetime([evidence.before.start, evidence.after.start]),
            "end": pd.to_datetime([evidence.before.end, evidence.after.end]),
            "label": [say("trend.before", language), say("trend.after", language)],
        }
    )
    chart = draw_trend(rows, title=title, unit=unit, description=alt, spans=spans, language=language)
    return Exhibit(f"cause_{nth}", language, title, [], alt, chart, _history_cells(rows, language))


def _history_cells(rows: pd.DataFrame, language: Language) -> Cells:
    heads = [("period", "left"), ("segment", "left"), ("rate", "right"), ("interval", "right"), ("numerator", "right"),
             ("denominator", "right")]  # fmt: skip
    cells = []
    for row in rows_of(rows):
        if pd.isna(row["denominator"]):
            numbers = [say("column.hidden", language)] * 4
        elif not row["denominator"]:
            numbers = [NOTHING, NOTHING, count_cell(0, language), count_cell(0, language)]
        else:
            numbers = [share_cell(row["rate"], language), share_range_cell(row["low"], row["high"], language)]
            numbers += [count_cell(int(row[name]), language) for name in ("numerator", "denominator")]
        cells.append([row["period_label"], row["segment"], *numbers])
    return headed(heads, cells, language)

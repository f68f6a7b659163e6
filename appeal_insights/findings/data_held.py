"""The tables of a data check, past disclosure: records by period, missing values, new and vanished ones, rejects."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby

import pandas as pd

from appeal_insights.disclosure import SMALLEST_SHOWN, Audience, hide_cells, is_small, pool_small
from appeal_insights.findings.gate import Test
from appeal_insights.metrics import holdings
from appeal_insights.metrics.holdings import Holding
from appeal_insights.metrics.query import query_table
from appeal_insights.periods import Period
from appeal_insights.records.contract import contract, facts
from appeal_insights.records.store import Asked, Fingerprint, Store

MOST_SEGMENTS = 20  # that stand by themselves; the others together are one more
OTHERS = "(others)"  # what they are folded into; named by language when shown
THIN = 0.1  # of a usual period: with fewer records one is where a source begins or ends, and no side of a gap
FULL = 10  # records of a usual period from which on an empty one between others is a gap and no chance
DROP = 0.5  # of the usual records a day: the last period below this is said to be thin
USUAL = 6  # periods before the last that say what is usual
MOST_HIDDEN = 0.5  # of the cells; a map that is mostly crosses tells a reader nothing
NOTABLE = 0.05  # difference of two shares of missing values from which on it is named

# How a reason begins in a store, and what kind it is of. Reasons may quote a value of the file, kinds never do.
_KINDS = (
    ("is empty, and every row needs it", "empty"),
    ("is no ISO 3166-1", "country"),
    ("does not look like", "form"),
    ("is not a time", "time"),
    ("lies outside the years", "years"),
    ("does not exist on the clocks", "clock"),
    ("appears again", "again"),
    ("this period and combination", "again"),
    ("this count appears again", "again"),
    ("holds a NUL", "broken"),
    ("is no row", "line"),
    ("has too few digits", "rate"),
    ("has ", "line"),
    ("cannot be read. Write it as", "scope"),
    ("names no column of these records", "scope_names"),
    ("is not a count", "count"),
    ("the numerator of", "numerator"),
    ("is no rate", "rate"),
    ("is a rate above", "rate"),
    ("is no period", "period"),
)
UNKNOWN_CODE, OTHER = "code", "other"


@dataclass(frozen=True)
class Gap:
    """Periods without a record between others that have some. `segment` is empty for all records together."""

    segment: str
    first: str
    last: str
    periods: int
    usual: float  # records of the segment's usual period


@dataclass(frozen=True)
class Drop:
    """A last period that is thin: records a day in it, and usually."""

    period: str
    a_day: float
    usual: float
    over: bool  # whether the period was over at the data's date


@dataclass(frozen=True)
class Coverage:
    """Records by period and segment of one dimension."""

    dimension: str  # empty: by period alone
    cells: pd.DataFrame  # period, period_label, segment, records, hidden; segments by volume
    whole: pd.DataFrame  # period, ends_on, period_label, records, hidden
    totals: dict[str, int]  # of each segment in `cells`
    segments: int  # values of the dimension
    folded: int  # of them put together
    gaps: Sequence[Gap]  # the one with most missing first
    drop: Drop | None
    too_small: str = ""  # the dimension by which there are too few records to show


@dataclass(frozen=True)
class Missing:
    """Values that are missing, by column and period; columns that miss none are only named."""

    cells: pd.DataFrame  # name, period, period_label, records, missing, hidden
    whole: pd.DataFrame  # name, records, missing, hidden, earlier, recent (shares), change
    complete: Sequence[str]
    recent: str  # the label of the newest period that was over


@dataclass(frozen=True)
class Codes:
    """Values of dimensions that are new or gone."""

    table: pd.DataFrame  # dimension, value, earlier, recent
    small: int  # more of them, with fewer records than may be shown
    against: datetime
    since: date | None


@dataclass(frozen=True)
class Part:
    """One fact of a store, or its figures."""

    holding: Holding
    records: int
    coverage: Coverage | None  # None, as the next two: nothing that may be shown
    missing: Missing | None
    codes: Codes | None
    fingerprint: Fingerprint

    @property
    def gaps(self) -> Sequence[Gap]:
        return self.coverage.gaps if self.coverage else ()

    @property
    def drop(self) -> Drop | None:
        return self.coverage.drop if self.coverage else None


@dataclass(frozen=True)
class Held:
    """What a store held at an instant, all of it past disclosure."""

    store: str
    as_of: datetime
    audience: Audience
    parts: Sequence[Part]  # none: neither records nor figures
    facts: Sequence[str]  # that the store holds
    loads: pd.DataFrame  # up to that instant
    rejects: pd.DataFrame  # fact, source_column, kind, rows_rejected, example, first_row
    to_mend: Sequence[str]  # files of rejected rows that stand beside the store
    gate: Sequence[Test]
    asked: Sequence[Asked]

    @property
    def gaps(self) -> list[tuple[Part, Gap]]:
        """The gaps of every part, the largest of each first."""
        return [(part, gap) for part in self.parts for gap in part.gaps]

    @property
    def drops(self) -> list[tuple[Part, Drop]]:
        return [(part, part.drop) for part in self.parts if part.drop]


def look(store: Store, held: Holding, audience: Audience) -> Part:
    """Everything about one fact."""
    counts = counted(store, held)
    records, print_of = int(counts["records"].sum()), store.fingerprint(held.fact, held.as_of)
    if not (records >= SMALLEST_SHOWN or (audience == "analyst" and records)):
        return Part(held, records, None, None, None, print_of)
    periods = periods_of(held, counts, audience)
    whole, without, changed = coverage(counts, held, audience, periods), None, None
    if held.columns:
        without = missing(store, held, audience, periods)
    if held.dimensions:
        changed = codes(store, held, audience)
    return Part(held, records, whole, without, changed, print_of)


def periods_of(held: Holding, counted: pd.DataFrame, audience: Audience) -> list[Period]:
    """The periods up to the data's date, a first one of a few records together with the next, so that it can be shown.

    Takes   period (first day), records.
    """
    there = [period for period in held.periods if period.start <= held.as_of.date()] or list(held.periods)
    sizes = counted.groupby(counted["period"].dt.date)["records"].sum()
    while audience != "analyst" and len(there) > 2 and 0 < int(_within(sizes, there[0])) < SMALLEST_SHOWN:
        first, second = there[:2]
        label = f"{first.label.partition('..')[0]}..{second.label}"
        there[:2] = [Period(first.start, second.end, label)]
    return there


def _within(sizes: "pd.Series[int]", period: Period) -> int:
    return int(sizes[[period.start <= day < period.end for day in sizes.index]].sum())


def _spine(periods: Sequence[Period]) -> pd.DataFrame:
    """The periods as a table."""
    table = pd.DataFrame(
        [(period.start, period.end, period.label) for period in periods], columns=["period", "ends_on", "period_label"]
    )
    return table.astype({"period": "datetime64[us]", "ends_on": "datetime64[us]"})


def _placed(counted: pd.DataFrame, periods: Sequence[Period]) -> pd.DataFrame:
    """Rows of these periods, the first day of each being that of its period here."""
    spine = _spine(periods)
    place = spine["period"].searchsorted(counted["period"].astype("datetime64[us]"), side="right") - 1
    inside = (place >= 0) & (counted["period"] < spine["ends_on"].iloc[-1])
    placed: pd.DataFrame = counted[inside].assign(period=spine["period"].to_numpy()[place[inside]])
    return placed


def counted(store: Store, held: Holding) -> pd.DataFrame:
    """Records by period and by value of the dimension that coverage is told by: the market, else the first there is."""
    return holdings.coverage(store, held, _dimension(held))


def _dimension(held: Holding) -> str:
    market = contract("appeals" if held.by_figures else held.fact).market
    return market if market in held.dimensions else next(iter(held.dimensions), "")


def coverage(counts: pd.DataFrame, held: Holding, audience: Audience, periods: Sequence[Period]) -> Coverage:
    """Records by period and segment, of what `counted` gives; by period alone where most cells would be hidden."""
    found = _coverage(counts, _dimension(held), held.as_of, audience, periods)
    if found.cells["hidden"].mean() <= MOST_HIDDEN:
        return found
    return replace(_coverage(counts.assign(value=""), "", held.as_of, audience, periods), too_small=found.dimension)


def _coverage(
    counts: pd.DataFrame, dimension: str, as_of: datetime, audience: Audience, periods: Sequence[Period]
) -> Coverage:
    there = _placed(counts, periods)
    whole = _spine(periods).merge(there.groupby("period", as_index=False)["records"].sum(), how="left")
    whole = whole.assign(records=whole["records"].fillna(0).astype("int64"), every="")
    shown = hide_cells(whole.assign(denominator=whole["records"]), audience, blank=["records"], totals=["every"])
    segments = _segments(there, audience)
    cells = _cells(there, segments, shown, audience)
    raw = there.groupby(["value", "period"], as_index=False)["records"].sum()
    named = set(segments) - {OTHERS}
    return Coverage(
        dimension=dimension,
        cells=cells,
        whole=shown.drop(columns=["every", "denominator"]),
        totals=segments,
        segments=there["value"].nunique(),
        folded=there["value"].nunique() - len(named),
        gaps=_gaps(whole, raw[raw["value"].isin(named)], cells),
        drop=_drop(whole, shown, as_of),
    )


def _segments(there: pd.DataFrame, audience: Audience) -> dict[str, int]:
    """The segments that stand by themselves and what the others have together, with their records, by volume."""
    sizes = there.groupby("value")["records"].sum().sort_values(ascending=False, kind="stable")
    table = pd.DataFrame({"segment": sizes.index, "records": sizes.to_numpy()})
    table = table.assign(denominator_before=table["records"], denominator_after=table["records"])
    sums = ["records", "denominator_before", "denominator_after"]
    kept = pool_small(table, audience, sums=sums, label=OTHERS)
    alone = kept[kept["segment"] != OTHERS].head(MOST_SEGMENTS)
    found = {str(name): int(count) for name, count in zip(alone["segment"], alone["records"], strict=True)}
    rest = int(sizes.sum()) - sum(found.values())
    return {**found, OTHERS: rest} if rest else found


def _cells(there: pd.DataFrame, segments: dict[str, int], whole: pd.DataFrame, audience: Audience) -> pd.DataFrame:
    """A cell for each segment and period, also the empty ones. Totals of periods and segments stand beside them."""
    named = there["value"].where(there["value"].isin(list(segments)), OTHERS)
    counts = there.assign(segment=named).groupby(["segment", "period"], as_index=False)["records"].sum()
    order = pd.DataFrame({"segment": list(segments), "order": range(len(segments))})
    spine = order.merge(whole[["period", "period_label", "hidden"]].rename(columns={"hidden": "closed"}), how="cross")
    table = spine.merge(counts, on=["segment", "period"], how="left")
    records = table["records"].fillna(0).astype("int64")
    table = table.assign(records=records, denominator=records, of_period=table["period"].mask(table["closed"]))
    if len(segments) == 1:  # the one line is the whole
        return table.assign(hidden=table["closed"], records=records.astype("Int64").mask(table["closed"]))
    return hide_cells(table, audience, blank=["records"], totals=["of_period", "segment"], closed=["closed"])


def _gaps(whole: pd.DataFrame, by_segment: pd.DataFrame, cells: pd.DataFrame) -> list[Gap]:
    """Every run of empty periods between full ones, of all records and of segments; what is hidden is not told."""
    labels = list(whole["period_label"])
    empty = {label for label, count in zip(labels, whole["records"], strict=True) if not count}
    found = list(_gaps_in("", dict(zip(labels, whole["records"], strict=True)), labels))
    hidden = set(zip(cells.loc[cells["hidden"], "segment"], cells.loc[cells["hidden"], "period_label"], strict=True))
    named = by_segment.merge(whole[["period", "period_label"]], on="period")
    for segment, rows in named.groupby("value"):
        sizes = dict(zip(rows["period_label"], rows["records"], strict=True))
        for gap in _gaps_in(str(segment), sizes, [label for label in labels if label not in empty]):
            if not {(segment, gap.first), (segment, gap.last)} & hidden:
                found.append(gap)
    return sorted(found, key=lambda gap: (bool(gap.segment), -gap.usual * gap.periods, gap.segment))


def _gaps_in(segment: str, sizes: dict[str, int], labels: Sequence[str]) -> Iterator[Gap]:
    there = [place for place, label in enumerate(labels) if sizes.get(label, 0)]
    usual = float(pd.Series([sizes[labels[place]] for place in there], dtype="float64").median()) if there else 0.0
    full = [place for place in there if sizes[labels[place]] >= usual * THIN]
    if len(full) < 2 or usual < FULL:
        return
    inside = labels[full[0] : full[-1] + 1]
    for is_empty, run in groupby(inside, key=lambda label: not sizes.get(label, 0)):
        part = list(run)
        if is_empty:
            yield Gap(segment, part[0], part[-1], len(part), usual)


def _drop(whole: pd.DataFrame, shown: pd.DataFrame, as_of: datetime) -> Drop | None:
    """Whether the last period has far fewer records a day than those before it."""
    today = pd.Timestamp(as_of.date())
    days = (whole["ends_on"].where(whole["ends_on"] < today, today) - whole["period"]).dt.days
    known = whole.assign(a_day=whole["records"] / days.where(days > 0), hidden=shown["hidden"])[days > 0]
    if len(known) < 3 or known["hidden"].iloc[-1]:
        return None
    last, usual = known.iloc[-1], float(known["a_day"].iloc[1:-1].tail(USUAL).median())  # the first may begin late
    if usual * float(days[known.index[-1]]) < FULL or float(last["a_day"]) >= DROP * usual:
        return None
    return Drop(str(last["period_label"]), float(last["a_day"]), usual, bool(last["ends_on"] <= pd.Timestamp(as_of)))


def missing(store: Store, held: Holding, audience: Audience, periods: Sequence[Period]) -> Missing:
    """Count the values that are missing. A number of missing values is one of records like any other."""
    asked = _placed(holdings.missing(store, held), periods)
    cells = asked.groupby(["name", "period"], as_index=False)[["records", "missing"]].sum()
    whole = _sums(cells)
    some = [name for name in held.columns if name in whole.index and whole.at[name, "missing"]]
    cells = cells[cells["name"].isin(some)].merge(_spine(periods), on="period").reset_index(drop=True)
    over = [period for period in periods if period.end <= held.as_of.date()] or list(periods)
    newest = pd.Timestamp(over[-1].start)
    before_it, in_it = cells["period"] < newest, cells["period"] == newest
    sums = {"earlier": _sums(cells[before_it]), "recent": _sums(cells[in_it])}
    closed = _few(whole, audience)
    untold = closed | _few(sums["earlier"], audience)  # columns without a comparison
    counted = cells.assign(
        denominator=cells["missing"],
        of_column=cells["name"].mask(cells["name"].isin(list(closed))),
        of_earlier=cells["name"].where(before_it & ~cells["name"].isin(list(untold))),
    )
    shown = hide_cells(counted, audience, blank=["missing"], totals=["of_earlier", "of_column"])
    untold |= set(shown.loc[in_it & shown["hidden"], "name"])
    compared = pd.DataFrame({side: found["missing"] / found["records"] for side, found in sums.items()}, index=some)
    compared = compared.drop(index=[name for name in some if name in untold]).astype("float64")
    table = whole.loc[some].join(compared).assign(hidden=[name in closed for name in some])
    table = table.assign(change=table["recent"] - table["earlier"]).rename_axis("name").reset_index()
    return Missing(shown, table, [name for name in held.columns if name not in some], over[-1].label)


def _sums(cells: pd.DataFrame) -> pd.DataFrame:
    """Records and missing values by column."""
    return cells.groupby("name")[["records", "missing"]].sum()


def _few(sums: pd.DataFrame, audience: Audience) -> set[str]:
    """The columns that miss so few values that their number may not be shown."""
    return set() if audience == "analyst" else set(sums.index[is_small(sums[["missing"]])])


def codes(store: Store, held: Holding, audience: Audience) -> Codes:
    """The values that are new or gone; those of a few records are only counted."""
    against, since = holdings.before(store, held)
    table = holdings.codes(store, held, earlier_at=against, since=since)
    sizes = (table["earlier"] + table["recent"]).to_frame()
    small = is_small(sizes) & (audience != "analyst")
    order = {name: place for place, name in enumerate(held.dimensions)}
    kept = table[~small].sort_values("dimension", key=lambda names: names.map(order), kind="stable")
    return Codes(kept.reset_index(drop=True), int(small.sum()), against, since)


def rejects(store: Store, as_of: datetime, audience: Audience) -> pd.DataFrame:
    """Rejected rows by fact, column and kind of reason, most frequent first; an example for the analyst alone."""
    told = query_table(store, "reject_reasons", as_of=as_of)
    kinds = [kind(str(reason)) for reason in told["reason"]]
    grouped = (
        told.assign(kind=kinds, source_column=told["source_column"].fillna(""))
        .groupby(["fact", "source_column", "kind"], as_index=False, sort=False)
        .agg(rows_rejected=("rows_rejected", "sum"), example=("example", "first"), first_row=("first_row", "first"))
    )
    if audience != "analyst":
        grouped = grouped.assign(example="")
    return grouped.sort_values("rows_rejected", ascending=False, kind="stable", ignore_index=True)


def kind(reason: str) -> str:
    """What kind of reason this is: a rule of a contract by its id, one of the kinds above, or other."""
    for fact in facts():
        for rule in contract(fact).rules:
            if reason == rule.reason["en"].partition(";")[0]:
                return f"{fact}.{rule.id}"
    found = next((name for start, name in _KINDS if reason.startswith(start)), None)
    if found:
        return found
    return UNKNOWN_CODE if reason.startswith("is no ") and "Known: " in reason else OTHER

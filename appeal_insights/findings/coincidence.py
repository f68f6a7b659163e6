"""Known events near a change, and which of them coincide with a segment: in time, scope and expected direction."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from math import exp

import pandas as pd

from appeal_insights.metrics.query import query_table
from appeal_insights.periods import Period
from appeal_insights.records.scope import Scope, read_scope, touches
from appeal_insights.records.store import Store

COINCIDES_BEFORE, COINCIDES_AFTER = 14, 3  # days around the first day after, in which an event coincides
SIGNS = {"rises": 1, "falls": -1}
COLUMNS = ("event_id", "event_type", "title_en", "title_zh", "starts_on", "scope", "in_time", "in_scope",
           "reach", "sign")  # fmt: skip

Segment = Mapping[str, str]  # dimension -> value; empty for everything


def near(store: Store, metric: str, before: Period, after: Period, *, where: Scope, as_of: datetime) -> pd.DataFrame:
    """Known events near the change, and for each whether it coincides in time and can have touched the scope.

    Gives   COLUMNS and what `listed` does.
    """
    empty = pd.DataFrame(columns=list(COLUMNS))
    if "known_events" not in store.tables:
        return empty
    table = query_table(store, "known_events", as_of=as_of)
    first, last = pd.Timestamp(before.start) - pd.Timedelta(days=COINCIDES_BEFORE), pd.Timestamp(after.end)
    table = table[(table["starts_on"] >= first) & (table["starts_on"] < last)]
    if table.empty:
        return empty
    opens = pd.Timestamp(after.start) - pd.Timedelta(days=COINCIDES_BEFORE)
    closes = pd.Timestamp(after.start) + pd.Timedelta(days=COINCIDES_AFTER)
    table = _read(table, metric)
    return table.assign(
        in_time=table["starts_on"].between(opens, closes),
        in_scope=table["reach"].map(lambda scope: touches(scope, where)),
    ).reset_index(drop=True)


def listed(store: Store, metric: str, as_of: datetime) -> pd.DataFrame:
    """Every event on record at `as_of`.

    Gives   starts_on, reach (its scope), sign (1 where it is expected to raise the metric, -1 to lower it, 0: not said)
    """
    if "known_events" not in store.tables:
        return pd.DataFrame({"starts_on": [], "reach": [], "sign": []})
    table = _read(query_table(store, "known_events", as_of=as_of), metric)
    return table.assign(starts_on=pd.to_datetime(table["starts_on"]))[["starts_on", "reach", "sign"]]


def _read(table: pd.DataFrame, metric: str) -> pd.DataFrame:
    """The same with the scope and the expected direction read; both stand in the row as one text."""
    scopes = [read_scope(text) if isinstance(text, str) else {} for text in table["scope"]]
    expected = [read_scope(text) if isinstance(text, str) else {} for text in table["expected"]]
    signs = [SIGNS.get("".join(each.get(metric, [])), 0) for each in expected]
    return table.assign(reach=pd.Series(scopes, index=table.index, dtype=object), sign=signs)


def by_chance(events: pd.DataFrame, where: Scope, names: Sequence[Segment], moved: float = 0.0) -> float | None:
    """How often an event that coincides with a segment would start near the change by chance alone, 0..1.

    Such events are taken to fall on any day of the span of the list, as often as those of it do. None where the list is
    shorter than the days in which an event coincides.
    """
    window = COINCIDES_BEFORE + COINCIDES_AFTER + 1
    if events.empty:
        return None
    days = (events["starts_on"].max() - events["starts_on"].min()).days + 1
    if days < window:
        return None
    fits = events["reach"].map(lambda scope: any(takes_in(scope, where, segment) for segment in names))
    fits &= ~contrary(events, moved)
    return float(1 - exp(-int(fits.sum()) * window / days))


def may_touch(reach: Scope, segment: Segment) -> bool:
    """Whether an event of that scope can have touched a segment at all."""
    return touches(reach, {name: [value] for name, value in segment.items()})


def takes_in(reach: Scope, where: Scope, segment: Segment) -> bool:
    """Whether an event of that scope can have touched all of a segment: it names no further dimension."""
    return may_touch(reach, segment) and set(reach) <= {*where, *segment}


def contrary(events: pd.DataFrame, moved: float) -> "pd.Series[bool]":
    """Which events are expected to have moved the metric the other way. An event of which nobody said never is."""
    return events["sign"] * moved < 0


def coinciding(events: pd.DataFrame, where: Scope, names: Sequence[Segment], moved: float = 0.0) -> pd.DataFrame:
    """The events in time whose scope takes in a segment, but those expected to move it the other way.

    A segment may have several names: its own first, then aliases. Those events whose scope names a dimension of the
    segment come first, then the latest.

    Takes   moved: what the segment brought to the metric; only its sign is looked at, and 0 is either.
    """
    if events.empty:
        return events
    reach = events["reach"]
    fits = (
        events["in_time"]
        & events["in_scope"]
        & ~contrary(events, moved)
        & reach.map(lambda scope: any(takes_in(scope, where, segment) for segment in names))
    )
    named = reach.map(lambda scope: any(name in scope for segment in names for name in segment))
    return (
        events[fits]
        .assign(named=named[fits])
        .sort_values(["named", "starts_at"], ascending=[False, False], kind="stable")
    )

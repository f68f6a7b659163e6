"""Known events near a change, and which of them coincide with a segment: in time, and in what they can have touched."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from math import exp

import pandas as pd

from appeal_insights.metrics.query import query_table
from appeal_insights.periods import Period
from appeal_insights.records.scope import Scope, read_scope, touches
from appeal_insights.records.store import Store

COINCIDES_BEFORE, COINCIDES_AFTER = 14, 3  # days around the first day after, in which an event coincides
COLUMNS = ("event_id", "event_type", "title_en", "title_zh", "starts_on", "scope", "in_time", "in_scope")

Segment = Mapping[str, str]  # dimension -> value; empty for everything


def near(store: Store, before: Period, after: Period, *, where: Scope, as_of: datetime) -> pd.DataFrame:
    """Known events near the change, and for each whether it coincides in time and can have touched the scope."""
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
    scopes = table["scope"].map(lambda text: read_scope(text) if isinstance(text, str) else {})
    return table.assign(
        in_time=table["starts_on"].between(opens, closes),
        in_scope=scopes.map(lambda scope: touches(scope, where)),
        reach=scopes,
    ).reset_index(drop=True)


def listed(store: Store, as_of: datetime) -> pd.DataFrame:
    """Every event on record at `as_of`: starts_on, reach (its scope)."""
    if "known_events" not in store.tables:
        return pd.DataFrame({"starts_on": [], "reach": []})
    table = query_table(store, "known_events", as_of=as_of)
    scopes = table["scope"].map(lambda text: read_scope(text) if isinstance(text, str) else {})
    return pd.DataFrame({"starts_on": pd.to_datetime(table["starts_on"]), "reach": scopes})


def by_chance(events: pd.DataFrame, where: Scope, names: Sequence[Segment]) -> float | None:
    """How often an event that takes in a segment would start near the change by chance alone, 0..1.

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
    return float(1 - exp(-int(fits.sum()) * window / days))


def may_touch(reach: Scope, segment: Segment) -> bool:
    """Whether an event of that scope can have touched a segment at all."""
    return touches(reach, {name: [value] for name, value in segment.items()})


def takes_in(reach: Scope, where: Scope, segment: Segment) -> bool:
    """Whether an event of that scope can have touched all of a segment: it names no further dimension."""
    return may_touch(reach, segment) and set(reach) <= {*where, *segment}


def coinciding(events: pd.DataFrame, where: Scope, names: Sequence[Segment]) -> pd.DataFrame:
    """The events in time whose scope takes in a segment, which may have several names: its own first, then aliases.

    Those whose scope names a dimension of the segment come first, then the latest.
    """
    if events.empty:
        return events
    reach = events["reach"]
    fits = (
        events["in_time"]
        & events["in_scope"]
        & reach.map(lambda scope: any(takes_in(scope, where, segment) for segment in names))
    )
    named = reach.map(lambda scope: any(name in scope for segment in names for name in segment))
    return (
        events[fits]
        .assign(named=named[fits])
        .sort_values(["named", "starts_at"], ascending=[False, False], kind="stable")
    )

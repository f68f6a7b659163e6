"""What a cause does to the made-up appeals, and the truth about it, summed up part by part."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from appeal_insights.records.sample_draws import DAY, NEVER, Bools, Floats, Integers, column_of, place, read_instant
from appeal_insights.records.sample_plans import Cause, Delay, Flip, Mix, Outage, Rate, Reroute, Segment
from appeal_insights.records.sample_shape import SAMPLE_EXTRACTED_AT

Sums = Counter[str]


def number_of(event_id: str) -> int:
    """EV-007 -> 7; 0 is no event."""
    return int(event_id.removeprefix("EV-"))


def inside(appeals: pd.DataFrame, segment: Segment) -> Bools:
    """Which appeals are in a segment."""
    found = np.ones(len(appeals), dtype=bool)
    for dimension, value in segment.items():
        found &= column_of(appeals, dimension) == place(dimension, value)
    return found


# --- What it does ----------------------------------------------------------------------------------------------------


def lifts(appeals: pd.DataFrame, usual: Floats, rates: Sequence[Rate], *, least: float, most: float) -> pd.DataFrame:
    """What each cause adds to the usual chance of a reversal, in a column `lift EV-...`, within what is possible."""
    added: dict[str, Floats] = {}
    chance = usual
    for cause in rates:
        touched = inside(appeals, {**cause.segment, **cause.only})
        touched &= column_of(appeals, "decided_at") >= read_instant(cause.starts_on)
        if cause.enforced_since:
            touched &= column_of(appeals, "enforced_at") >= read_instant(cause.enforced_since)
        moved = (chance + cause.lift * touched).clip(least, most)
        added[f"lift {cause.event_id}"] = moved - chance
        chance = moved
    return pd.DataFrame(added, index=appeals.index)


def rerouted(appeals: pd.DataFrame, site: Integers, uniform: Floats, reroutes: Sequence[Reroute]) -> Integers:
    """The site of each appeal once appeals go elsewhere."""
    for route in reroutes:
        moved = inside(appeals, route.segment) & (uniform < route.share)
        moved &= column_of(appeals, "received_at") >= read_instant(route.since)
        site = np.where(moved, place("site", route.site), site)
    return site


def delayed(appeals: pd.DataFrame, decided_at: Integers, delays: Sequence[Delay]) -> Integers:
    """When each appeal is decided once decisions come later."""
    for delay in delays:
        starts_at = read_instant(delay.starts_on)
        touched = inside(appeals, delay.segment) & (decided_at >= starts_at)
        left_from = np.maximum(column_of(appeals, "received_at"), starts_at)
        later = left_from + ((decided_at - left_from) * delay.times).astype(np.int64)
        if delay.closed_weekday is not None:
            later += DAY * ((later // DAY + 3) % 7 == delay.closed_weekday)  # 1970-01-01 was a Thursday
        decided_at = np.where(touched, later, decided_at)
    return decided_at


def touched_by(appeals: pd.DataFrame, outage: Outage) -> Bools:
    """Which appeals are against what an outage enforced."""
    enforced_at = column_of(appeals, "enforced_at")
    inside_hours = enforced_at >= read_instant(outage.enforced_from)
    inside_hours &= enforced_at < read_instant(outage.enforced_to)
    return inside(appeals, outage.segment) & inside_hours


def closed_by(appeals: pd.DataFrame, outages: Sequence[Outage]) -> pd.DataFrame:
    """The same with `restored_at`: what an outage enforced is restored at once, and so are its open appeals closed."""
    restored_at = np.full(len(appeals), NEVER)
    outcome, decided_at = column_of(appeals, "outcome"), column_of(appeals, "decided_at")
    for outage in outages:
        at = read_instant(outage.restored_at)
        touched = touched_by(appeals, outage)
        waiting = touched & (column_of(appeals, "received_at") < at)
        outcome = np.where(waiting, place("outcome", "decision_reversed"), outcome)
        decided_at = np.where(waiting, at, decided_at)
        restored_at = np.where(touched, at, restored_at)
    return appeals.assign(outcome=outcome, decided_at=decided_at, restored_at=restored_at)


def flipped(table: pd.DataFrame, flips: Sequence[Flip]) -> pd.DataFrame:
    """The same as the extract shows it, with the wrong labels."""
    for flip in flips:
        one, other = (place(flip.column, value) for value in flip.values)
        found = np.isin(column_of(table, "market"), [place("market", market) for market in flip.markets])
        found &= column_of(table, "enforced_at") >= read_instant(flip.starts_on)
        now = column_of(table, flip.column)
        swapped = np.where(now == one, other, np.where(now == other, one, now))
        table = table.assign(**{flip.column: np.where(found, swapped, now)})
    return table


# --- What is true about it -------------------------------------------------------------------------------------------


def sums_of(seen: pd.DataFrame, cause: Cause) -> Sums:
    """What the truth about a cause is worked out from; sums of parts add up.

    Takes   appeals as extracted, labels still right, with `usual` (the chance of a reversal without any cause),
            `lift EV-...` (what a cause added to it), `added_by` (the event that the appeal would not have come
            without) and `usually_at` (when it would have been decided without any delay).
    """
    on_merits = seen[column_of(seen, "outcome") != place("outcome", "decision_omitted")]
    extracted_at, starts_at = read_instant(SAMPLE_EXTRACTED_AT), read_instant(cause.starts_on)
    decided_at = column_of(on_merits, "decided_at")
    since = on_merits[(decided_at >= starts_at) & (decided_at <= extracted_at)]
    own = inside(since, cause.segment)
    sums = Counter({"since": len(since), "own": int(own.sum())})
    if isinstance(cause, Rate):
        sums["lift"] = since[f"lift {cause.event_id}"].sum()
    elif isinstance(cause, Mix | Outage):
        anyway = column_of(since, "added_by") != number_of(cause.event_id)
        usual = since["usual"].to_numpy()
        sums.update(anyway=int(anyway.sum()), own_anyway=int(own[anyway].sum()))
        sums.update(usual=usual.sum(), usual_anyway=usual[anyway].sum())
        if isinstance(cause, Outage):
            sums.update(_sums_of_outage(since, cause))
    elif isinstance(cause, Delay):
        sums.update(_sums_of_delay(on_merits, cause, starts_at=starts_at, extracted_at=extracted_at))
    else:
        to, gone = (
            flipped(since, [cause])[cause.column].eq(place(cause.column, value))
            & since[cause.column].ne(place(cause.column, value))
            for value in reversed(cause.values)
        )
        sums.update(gained=int(to.sum()), lost=int(gone.sum()))
    return sums


def _sums_of_outage(since: pd.DataFrame, cause: Outage) -> Mapping[str, float]:
    touched = touched_by(since, cause)
    overturned = np.where(touched, 1.0, since["usual"].to_numpy())
    return {"restored": int(touched.sum()), "overturned": overturned.sum()}


def _sums_of_delay(on_merits: pd.DataFrame, cause: Delay, *, starts_at: int, extracted_at: int) -> Mapping[str, float]:
    usually_at, decided_at = column_of(on_merits, "usually_at"), column_of(on_merits, "decided_at")
    usual = on_merits["usual"].to_numpy()
    else_decided = (usually_at >= starts_at) & (usually_at <= extracted_at)
    now_decided = (decided_at >= starts_at) & (decided_at <= extracted_at)
    own = inside(on_merits, cause.segment) & else_decided
    return {
        "else_own": int(own.sum()),
        "hours": float((decided_at - usually_at)[own].sum()) / 3600,
        "else_decided": int(else_decided.sum()),
        "usual_else": usual[else_decided].sum(),
        "usual_now": usual[now_decided].sum(),
        "waiting": int((own & (decided_at > extracted_at)).sum()),
    }


def truth_of(cause: Cause, sums: Sums) -> dict[str, Any]:
    """What was planted, and what it brought."""
    match cause:
        case Rate():
            return _truth_of_rate(cause, sums)
        case Mix():
            return _truth_of_mix(cause, sums)
        case Delay():
            return _truth_of_delay(cause, sums)
        case Flip():
            return _truth_of_flip(cause, sums)
        case Outage():
            return _truth_of_outage(cause, sums)


def _share(part: float, whole: float) -> float:
    return round(float(part / whole), 4) if whole else 0.0


def _named(cause: Cause, kind: str, metric: str = "overturn_rate") -> dict[str, Any]:
    return {
        "event_id": cause.event_id,
        "kind": kind,
        "metric": metric,
        "segment": dict(cause.segment),
        "aliases": [dict(alias) for alias in cause.aliases],
        "starts_on": cause.starts_on,
    }


def _truth_of_rate(cause: Rate, sums: Sums) -> dict[str, Any]:
    enforced = f"enforced since {cause.enforced_since}, " if cause.enforced_since else ""
    only = "".join(f"{dimension}={value}, " for dimension, value in cause.only.items())
    return {
        **_named(cause, "rate"),
        "effect": _share(sums["lift"], sums["own"]),
        "effect_is": "mean share added to the chance of a reversal, over the segment's decisions since starts_on",
        "contribution": _share(sums["lift"], sums["since"]),
        "contribution_is": "the same over all decisions since starts_on",
        "touched": f"{enforced}{only}decided since starts_on",
        "effect_where_touched": cause.lift,
    }


def _truth_of_mix(cause: Mix, sums: Sums) -> dict[str, Any]:
    gained = _share(sums["own"], sums["since"]) - _share(sums["own_anyway"], sums["anyway"])
    brought = _share(sums["usual"], sums["since"]) - _share(sums["usual_anyway"], sums["anyway"])
    return {
        **_named(cause, "mix"),
        "effect": round(gained, 4),
        "effect_is": "share of all decisions since starts_on that the segment gained by the appeals added to it",
        "contribution": round(brought, 4),
        "contribution_is": "what those appeals added to the mean chance of a reversal, other causes left out",
        "touched": f"more appeals against enforcements since {cause.enforced_since}",
        "effect_where_touched": 0.0,
        "appeals_added": sums["since"] - sums["anyway"],
    }


def _truth_of_delay(cause: Delay, sums: Sums) -> dict[str, Any]:
    slower = f"what is left of the turnaround takes {cause.times:g} times as long"
    closed = "what would be decided on a Sunday (UTC) is decided on the Monday after"
    artefact = _share(sums["usual_now"], sums["since"]) - _share(sums["usual_else"], sums["else_decided"])
    return {
        **_named(cause, "delay", metric="turnaround"),
        "effect": round(sums["hours"] / sums["else_own"], 2) if sums["else_own"] else 0.0,
        "effect_is": "mean hours by which the segment's decisions come later, of those that would come since starts_on",
        "contribution": round(artefact, 4),
        "contribution_is": "what is missing by the extract moves the mean chance of a reversal by; no rate is changed",
        "touched": slower if cause.closed_weekday is None else closed,
        "effect_where_touched": 0.0,
        "still_open": sums["waiting"],
    }


def _truth_of_flip(cause: Flip, sums: Sums) -> dict[str, Any]:
    right, wrong = cause.values
    return {
        **_named(cause, "instrumentation"),
        "effect": _share(sums["gained"] - sums["lost"], sums["since"]),
        "effect_is": "share of all decisions since starts_on that the value gained by wrong labels",
        "contribution": 0.0,
        "contribution_is": "wrong labels change no outcome",
        "touched": f"market={','.join(cause.markets)}, enforced since starts_on: {right} and {wrong} are swapped",
        "effect_where_touched": 0.0,
        "labels_changed": sums["gained"] + sums["lost"],
    }


def _truth_of_outage(cause: Outage, sums: Sums) -> dict[str, Any]:
    brought = _share(sums["overturned"], sums["since"]) - _share(sums["usual_anyway"], sums["anyway"])
    return {
        **_named(cause, "bulk"),
        "effect": _share(sums["restored"], sums["own"]),
        "effect_is": "share of the segment's decisions since starts_on that closed appeals when all was restored",
        "contribution": round(brought, 4),
        "contribution_is": "what they added to the share of reversals among all decisions since starts_on",
        "touched": f"enforced {cause.enforced_from} to {cause.enforced_to}, restored at {cause.restored_at}",
        "effect_where_touched": 1.0,
        "appeals_closed": sums["restored"],
    }

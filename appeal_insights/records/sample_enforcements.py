"""The made-up enforcements: one row for each that is appealed, and counts of those that nobody has appealed so far."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import ndtr

from appeal_insights.records import sample_shape as shape
from appeal_insights.records.sample_causes import flipped, inside
from appeal_insights.records.sample_draws import (
    DAY,
    NEVER,
    Floats,
    Integers,
    by_who_and_what,
    column_of,
    counts,
    place,
    read_instant,
    stream,
    who_and_what,
)
from appeal_insights.records.sample_plans import Plan
from appeal_insights.records.sample_submission import (
    APPELLANTS,
    COMPLAINT_TYPES,
    FIRST_APPEALS,
    FRIDAY_SATURDAY,
    GROUP_OF,
    LAST_DAY,
    SELLER,
    Days,
    day_weights,
)
from appeal_insights.records.sample_writing import csv_rows, ids, instants, known, whole, words

COLUMNS = ("enforcement_id", "market", "actor", "restriction_class", "policy_group", "policy", "automated_decision",
           "enforced_at", "informed_at", "reversed_at", "reversal_reason", "stands_for")  # fmt: skip
SAME_AS_THE_APPEAL = ("market", "appellant", "complaint_type", "policy_group", "policy", "automated_decision")
NOON = 11 * 3600  # seconds into the UTC day: the middle of the same day on the clock of every market
NOT_APPEALED = 3  # their draws, apart from all others of the sample


# --- Those that are appealed -----------------------------------------------------------------------------------------


def numbered(seen: pd.DataFrame, *, after: int) -> pd.DataFrame:
    """The appeals with `enforcement_number`, counted up in the order of the enforcements; 0 for those without one.

    An appeal against a decision not to act on a notice is against no enforcement.
    """
    has_one = column_of(seen, "appellant") != place("appellant", "notifier")
    there = seen[has_one].sort_values("enforced_at", kind="stable")
    codes, _ = pd.factorize(there["enforcement"])
    number = pd.Series(after + 1 + codes, index=there.index).reindex(seen.index, fill_value=0)
    return seen.assign(enforcement_number=number)


def appealed(seen: pd.DataFrame, plan: Plan) -> tuple[bytes, int]:
    """Rows of the enforcements that these appeals are against, and how many there are.

    The first appeal to be lifted reverses the enforcement, unless all that an outage enforced was restored before.
    """
    linked = seen[column_of(seen, "enforcement_number") > 0]
    of_one = linked.groupby("enforcement_number")
    rows = flipped(of_one[[*SAME_AS_THE_APPEAL, "enforced_at", "restored_at"]].first(), plan.flips)
    lifted_at, restored_at = of_one["reinstated_at"].min().to_numpy(), column_of(rows, "restored_at")
    reversed_at = np.minimum(lifted_at, restored_at)
    reason = np.where(restored_at <= lifted_at, np.bytes_(b"bulk_restore"), np.bytes_(b"appeal"))
    return csv_rows(
        [
            ids("E", rows.index.to_numpy()),
            *(words(column_of(rows, column), column) for column in SAME_AS_THE_APPEAL),
            *2 * [instants(column_of(rows, "enforced_at"))],  # the reasons are sent at once
            instants(reversed_at),
            known(reversed_at, reason),
            np.full(len(rows), b"", dtype="S1"),
        ]
    ), len(rows)


# --- Those that are not ----------------------------------------------------------------------------------------------


class Cells(NamedTuple):
    """Each possible market, party, restriction, policy and kind of decision of an enforcement."""

    table: pd.DataFrame
    a_day: Floats  # enforcements that will be appealed, on a usual day
    appealed_share: Floats


def cells_of(days: Days) -> Cells:
    """The cells, with the shares that the appeals are drawn by."""
    rows = [
        (market, appellant, kind, policy, automation,
         of_market.weight * APPELLANTS[appellant] * of_kind / sum(COMPLAINT_TYPES[appellant].values())
         * of_policy / sum(shape.POLICIES[appellant].values()) * of_automation)
        for market, of_market in shape.MARKETS.items()
        for appellant, kinds in COMPLAINT_TYPES.items() if appellant != "notifier"
        for kind, of_kind in kinds.items()
        for policy, of_policy in shape.POLICIES[appellant].items()
        for automation, of_automation in shape.AUTOMATION.items()
    ]  # fmt: skip
    *columns, share = zip(*rows, strict=True)
    names = ("market", "appellant", "complaint_type", "policy", "automated_decision")
    table = pd.DataFrame(
        {name: [place(name, word) for word in column] for name, column in zip(names, columns, strict=True)}
    )
    table = table.assign(policy_group=GROUP_OF[column_of(table, "policy")])
    markets = sum(each.weight for each in shape.MARKETS.values())
    a_day = days.a_day * np.array(share, dtype=np.float64) / markets * FIRST_APPEALS
    return Cells(table, a_day, by_who_and_what(shape.APPEALED_SHARES)[who_and_what(table)])


def appealed_within(hours: float) -> float:
    """Share of the enforcements that are ever appealed whose first appeal comes within so many hours."""
    soon = min(1.0, (max(hours, 0.0) / 24) ** 0.5)
    days = hours / 24 - 1
    later = float(ndtr(np.log(days / shape.LATER_MEDIAN_DAYS) / shape.LATER_SIGMA)) if days > 0 else 0.0
    within: float = shape.WITHIN_A_DAY * soon + (1 - shape.WITHIN_A_DAY) * later
    return within


def not_appealed(seed: int, days: Days, plan: Plan, *, after: int) -> Iterator[tuple[bytes, int, int]]:
    """Day by day rows that stand for all enforcements of a cell which nobody has appealed by the extract.

    Gives   the rows, how many they are, and how many enforcements they stand for.
    """
    cells = cells_of(days)
    extracted_at = read_instant(shape.SAMPLE_EXTRACTED_AT)
    for day, weights in _weights_by_day(cells.table, days):
        noon = DAY * day + NOON
        left = 1 / cells.appealed_share - appealed_within((extracted_at - noon) / 3600)
        uniform = stream(seed, NOT_APPEALED, day).random((2, len(cells.table)))
        usual = counts(uniform[0], cells.a_day * weights * left * _grown(cells.table, plan, noon))
        restored, restored_at = _restored(uniform[1], cells, plan, day)
        for stands_for, reversed_at in ((usual, NEVER), (restored, restored_at)):
            rows = _rows(cells.table, plan, stands_for, enforced_at=noon, reversed_at=reversed_at, after=after)
            written = int((stands_for > 0).sum())
            after += written
            yield rows, written, int(stands_for.sum())


def _weights_by_day(table: pd.DataFrame, days: Days) -> Iterator[tuple[int, Floats]]:
    """Each day since the first week with the volume of each cell against that of its mean day."""
    friday_saturday = FRIDAY_SATURDAY[column_of(table, "market")]
    seller = column_of(table, "appellant") == SELLER
    of_kinds = np.stack(
        [
            weights / weights.mean()
            for weekend in (False, True)
            for sells in (False, True)
            for weights in [day_weights(days.all, friday_saturday=weekend, seller=sells)]
        ]
    )
    kind = 2 * friday_saturday.astype(np.int64) + seller
    for day in range(days.first, LAST_DAY + 1):
        yield day, of_kinds[kind, day - days.all[0]]


def _grown(table: pd.DataFrame, plan: Plan, noon: int) -> Floats:
    """How many times the usual number of enforcements there is in each cell."""
    grown = np.ones(len(table))
    for cause in plan.mixes:
        if noon >= read_instant(cause.enforced_since):
            grown = grown * (1 + cause.growth * inside(table, cause.segment))
    return grown


def _restored(uniform: Floats, cells: Cells, plan: Plan, day: int) -> tuple[Integers, int]:
    """What an outage enforced on that day beyond the usual, and when it was restored."""
    for outage in plan.outages:
        if day == read_instant(outage.enforced_from) // DAY:
            more = cells.a_day * (1 / cells.appealed_share - 1) * outage.days_worth
            return counts(uniform, more * inside(cells.table, outage.segment)), read_instant(outage.restored_at)
    return np.zeros(len(uniform), dtype=np.int64), NEVER


def _rows(
    table: pd.DataFrame, plan: Plan, stands_for: Integers, *, enforced_at: int, reversed_at: int, after: int
) -> bytes:
    there = flipped(table.assign(enforced_at=enforced_at)[stands_for > 0], plan.flips)
    lifted = np.full(len(there), reversed_at)
    return csv_rows(
        [
            ids("E", after + 1 + np.arange(len(there))),
            *(words(column_of(there, column), column) for column in SAME_AS_THE_APPEAL),
            *2 * [instants(column_of(there, "enforced_at"))],
            instants(lifted),
            known(lifted, np.full(len(there), b"bulk_restore")),
            whole(stands_for[stands_for > 0]),
        ]
    )

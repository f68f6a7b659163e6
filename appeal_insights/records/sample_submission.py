"""Who appeals against what in the made-up records, and when, part by part."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from appeal_insights.records import sample_shape as shape
from appeal_insights.records.sample_causes import inside, number_of
from appeal_insights.records.sample_draws import (
    DAY,
    Floats,
    Integers,
    column_of,
    lognormal,
    pick,
    pick_by,
    place,
    read_instant,
    seconds,
    stacked,
    told_apart,
    who_and_what,
)
from appeal_insights.records.sample_plans import Mix, Outage, Segment

MOST_AT_ONCE = 60_000  # enforcements in one part: what bounds the memory
LAST_DAY, EXTRACT_DAY = (read_instant(text) // DAY for text in (str(shape.LAST_DAY), shape.SAMPLE_EXTRACTED_AT))
# Long enough for a first appeal, a wait and a second appeal, so that the first week is like any other.
WARM_UP_DAYS = 70
GROUP_OF = np.array([shape.VALUES["policy_group"].index(group) for group in shape.POLICY_GROUPS.values()])
SELLER = place("appellant", "seller")
FRIDAY_SATURDAY = np.isin(np.array(shape.VALUES["market"]), shape.FRIDAY_SATURDAY_MARKETS)  # by place


def first_appeals(complaint_type: str) -> float:
    """How many first-round appeals come against one enforcement that is appealed."""
    return shape.JOINED.get(complaint_type, shape.JOINED_ELSE).appeals


def _of_enforcements(appellant: str) -> shape.Weights:
    """Complaint types as shares of enforcements: one that is appealed by many counts once."""
    return {kind: share / first_appeals(kind) for kind, share in shape.COMPLAINT_TYPES[appellant].items()}


COMPLAINT_TYPES = {name: _of_enforcements(name) for name in shape.APPELLANTS}
APPELLANTS = {name: share * sum(COMPLAINT_TYPES[name].values()) for name, share in shape.APPELLANTS.items()}
FIRST_APPEALS = 1 / sum(APPELLANTS.values())  # against one enforcement, over all of them
SECOND_APPEALS = shape.RE_APPEAL_SHARE / 2  # for each first one: about half of all are upheld


class Days(NamedTuple):
    """The days on which first appeals come, and how many enforcements with a first appeal come on one of them."""

    first: int  # of the weeks that were asked for, since 1970
    all: Integers
    a_day: float


class Part(NamedTuple):
    """A stretch of days, and what comes in it."""

    number: int
    days: Integers
    enforcements: int  # that are appealed
    seller_factor: float  # their share in these days against that of all days


def plan_days(*, weeks: int, appeals: int) -> Days:
    """Spread the appeals that were asked for over the weeks."""
    first = LAST_DAY + 1 - 7 * weeks
    a_day = appeals / (7 * weeks) / FIRST_APPEALS / (1 + SECOND_APPEALS)
    return Days(first, np.arange(first - WARM_UP_DAYS, EXTRACT_DAY + 1), a_day)


def parts_of(days: Days) -> Iterator[Part]:
    """Whole weeks, or a share of one where it is too much at once."""
    length = len(days.all)
    at_once = length if days.a_day * length <= MOST_AT_ONCE else 7 * max(1, int(MOST_AT_ONCE / (7 * days.a_day)))
    number = 0
    usual, of_sellers = (day_weights(days.all, friday_saturday=False, seller=each) for each in (False, True))
    sellers = APPELLANTS["seller"] * FIRST_APPEALS
    for start in range(0, length, at_once):
        there = slice(start, start + at_once)
        share = usual[there].sum() / usual.sum()
        factor = of_sellers[there].sum() / of_sellers.sum() / share
        count = days.a_day * length * share * (1 - sellers + sellers * factor)
        pieces = math.ceil(count / MOST_AT_ONCE)
        for _ in range(pieces):
            yield Part(number, days.all[there], round(count / pieces), factor)
            number += 1


def day_weights(days: Integers, *, friday_saturday: bool, seller: bool) -> Floats:
    """The volume of days against that of a working day: less at the weekend, more of sellers on sale days."""
    weekend = shape.WEEKEND_DAYS["fri-sat" if friday_saturday else "sat-sun"]
    weights = np.where(np.isin((days + 3) % 7, weekend), shape.WEEKEND_FACTOR, 1.0)  # 1970-01-01 was a Thursday
    start, end = (day.astype(np.int64) for day in shape.SALE_DAYS)
    return np.where(seller & (days >= start) & (days < end), weights * shape.SALE_FACTOR, weights)


def submit(rng: np.random.Generator, part: Part) -> pd.DataFrame:
    """Draw who appeals against what, when they do, and when the enforcement was."""
    draws = iter(rng.random((13, part.enforcements)))
    markets = list(shape.MARKETS.values())
    market = pick(next(draws), {name: each.weight for name, each in shape.MARKETS.items()}, "market")
    weights = {**APPELLANTS, "seller": APPELLANTS["seller"] * part.seller_factor}
    appellant = pick(next(draws), weights, "appellant")
    names = shape.VALUES["appellant"]
    complaint_type = pick_by(next(draws), appellant, lambda who: COMPLAINT_TYPES[names[who]], "complaint_type")
    policy = pick_by(next(draws), appellant, lambda who: shape.POLICIES[names[who]], "policy")
    received_at = _received_at(next(draws), next(draws), next(draws), part, market=market, appellant=appellant)
    waited_hours = _waited_hours(next(draws), next(draws))
    submitted = pd.DataFrame({"market": market, "appellant": appellant, "complaint_type": complaint_type})
    return submitted.assign(
        enforcement=np.arange(part.enforcements),
        policy_group=GROUP_OF[policy],
        policy=policy,
        surface=pick_by(next(draws), who_and_what(submitted), _surfaces, "surface"),
        content_language=pick_by(next(draws), market, lambda each: markets[each].languages, "content_language"),
        automated_decision=pick(next(draws), shape.AUTOMATION, "automated_decision"),
        appeal_round=1,
        enforced_at=received_at - seconds(waited_hours),
        received_at=received_at,
        reversed_draw=next(draws),
        added_by=0,
    )


def _surfaces(key: int) -> shape.Weights:
    appellant, complaint_type = told_apart(key)
    if appellant == "notifier":
        return shape.SURFACES["notifier"]
    return shape.SURFACES.get(f"{appellant} {complaint_type}") or shape.SURFACES[complaint_type]


def _received_at(
    day: Floats, hour: Floats, second: Floats, part: Part, *, market: Integers, appellant: Integers
) -> Integers:
    received_at = np.zeros(len(day), dtype=np.int64)
    for friday_saturday in (False, True):
        for seller in (False, True):
            rows = np.flatnonzero((FRIDAY_SATURDAY[market] == friday_saturday) & ((appellant == SELLER) == seller))
            edges = np.cumsum(day_weights(part.days, friday_saturday=friday_saturday, seller=seller))
            received_at[rows] = DAY * part.days[np.searchsorted(edges / edges[-1], day[rows], side="right")]
    edges = np.cumsum(np.array(shape.HOUR_WEIGHTS, dtype=np.float64))
    hours = np.searchsorted(edges / edges[-1], hour, side="right")
    return received_at + seconds(hours + second)


def _waited_hours(soon: Floats, wait: Floats) -> Floats:
    later_days = np.minimum(
        1 + lognormal(wait, shape.LATER_MEDIAN_DAYS, shape.LATER_SIGMA), float(shape.LONGEST_WAIT_DAYS)
    )
    waited: Floats = np.where(soon < shape.WITHIN_A_DAY, 24 * wait**2, 24 * later_days)
    return waited


def join(rng: np.random.Generator, submitted: pd.DataFrame) -> pd.DataFrame:
    """Draw the others whom an enforcement restricts and who appeal against it too, within days and in the same round.

    Most of their appeals end as the first one does: they carry its draw of the outcome.
    """
    how_many = rng.random(len(submitted))
    joining = [shape.JOINED.get(kind, shape.JOINED_ELSE) for kind in shape.VALUES["complaint_type"]]
    two, three = np.array(joining).T[:, column_of(submitted, "complaint_type")]
    others = (how_many < two + three).astype(np.int64) + (how_many < three)
    joined = submitted.loc[np.repeat(np.arange(len(submitted)), others)]
    wait, agrees, own = rng.random((3, len(joined)))
    joined = joined.assign(
        received_at=column_of(joined, "received_at") + seconds(24 * shape.LONGEST_JOIN_DAYS * wait**2),
        reversed_draw=np.where(agrees < shape.SAME_OUTCOME_SHARE, joined["reversed_draw"].to_numpy(), own),
    )
    return stacked([submitted, joined])


def submit_more(rng: np.random.Generator, part: Part, cause: Mix) -> pd.DataFrame:
    """Draw the appeals that come only because of a cause of mix: drawn as any, those of its segment are kept."""
    since = read_instant(cause.enforced_since)
    days = part.days[part.days >= since // DAY]
    if not len(days):
        days, count = part.days, 0
    else:
        count = round(cause.growth * part.enforcements * len(days) / len(part.days))
    more = submit(rng, part._replace(days=days, enforcements=count))
    return _kept(more[column_of(more, "enforced_at") >= since], cause.segment, cause.event_id)


def submit_faulty(rng: np.random.Generator, part: Part, cause: Outage) -> pd.DataFrame:
    """Draw the appeals against what an outage enforced."""
    start, end = read_instant(cause.enforced_from), read_instant(cause.enforced_to)
    its_own = int((part.days == start // DAY).sum())
    more = submit(
        rng, part._replace(enforcements=round(cause.days_worth * its_own * part.enforcements / len(part.days)))
    )
    wait = column_of(more, "received_at") - column_of(more, "enforced_at")
    enforced_at = start + np.floor((end - start) * rng.random(len(more))).astype(np.int64)
    return _kept(more.assign(enforced_at=enforced_at, received_at=enforced_at + wait), cause.segment, cause.event_id)


def _kept(more: pd.DataFrame, segment: Segment, event_id: str) -> pd.DataFrame:
    return more[inside(more, segment)].assign(added_by=number_of(event_id))

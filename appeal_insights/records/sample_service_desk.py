"""The desks of made-up service levels: who is planned when, and how appeals wait for them, first in, first out.

A desk is a queue at a site. What it can do is counted up over slots of a quarter of an hour; an appeal is taken up when
all that came before it is done, and done when so much more work has been possible as it takes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from appeal_insights.records import sample_service_plans as plans
from appeal_insights.records import sample_shape as shape
from appeal_insights.records.business_time import OpenTime, open_seconds
from appeal_insights.records.sample_draws import DAY, Floats, Integers, read_instant, stream
from appeal_insights.records.sample_service_plans import Cause

SLOT = 900  # seconds
SLOTS = DAY // SLOT
WHOLE_DAYS = plans.DAYS + plans.PLANNED_DAYS
START = read_instant(str(plans.FIRST_DAY))
EDGES = START + SLOT * np.arange(WHOLE_DAYS * SLOTS + 1)
FAR = START + 3000 * DAY  # the instant of what is not to be in these days; something later is as far
FIRST, LAST = date(2026, 5, 1), date(2026, 12, 31)  # of the calendars: enough before and after
STAFF = 61  # its draws


class Desk(NamedTuple):
    queue: str
    site: str


def desks() -> list[Desk]:
    """Every desk there is, in the order of their numbers."""
    return [
        Desk(queue, site)
        for queue in plans.QUEUES
        for site in plans.SITES
        if site == plans.ROUND_THE_CLOCK or queue not in plans.AT_ONE_SITE
    ]


@dataclass(frozen=True)
class Staffed:
    """The hours of one desk: planned and worked by day, and what can be done up to each edge of a slot, in seconds."""

    desk: Desk
    planned: Floats  # hours, by day
    productive: Floats
    done: Floats  # at each of EDGES

    def at(self, instants: Integers) -> Floats:
        """What could be done up to those instants."""
        return np.asarray(np.interp(instants.clip(EDGES[0], EDGES[-1]), EDGES, self.done))

    def when(self, done: Floats) -> Integers:
        """When so much is done, or next worked on; FAR if not in these days."""
        slot = np.searchsorted(self.done, done, side="right") - 1
        inside = slot < len(EDGES) - 1
        slot = np.minimum(slot, len(EDGES) - 2)
        rate = self.done[slot + 1] - self.done[slot]
        share = (done - self.done[slot]) / np.where(rate > 0, rate, 1)
        return np.where(inside, EDGES[slot] + np.floor(SLOT * share.clip(0, 1)).astype(np.int64), FAR)

    def takes(self, received_at: Integers, work: Integers) -> tuple[Integers, Integers]:
        """When each is taken up and done, given in the order of their coming."""
        total = np.cumsum(work)
        start = np.maximum.accumulate(self.at(received_at) - (total - work)) + (total - work)
        return np.maximum(self.when(start), received_at), self.when(start + work)


def expected_appeals() -> dict[tuple[str, str], Floats]:
    """Appeals expected by market and queue, one number for each day, where nothing is planted."""
    weights = np.array([shape.MARKETS[market].weight for market in plans.MARKETS])
    mix = queue_mix()
    day = (plans.FIRST_DAY + np.arange(WHOLE_DAYS)).astype("datetime64[D]").astype(int)
    weekday = (day + 3) % 7
    found: dict[tuple[str, str], Floats] = {}
    for market, weight in zip(plans.MARKETS, weights / weights.sum(), strict=True):
        factor = np.where(np.isin(weekday, weekend(market)), shape.WEEKEND_FACTOR, 1.0)
        a_day = plans.APPEALS / plans.DAYS * weight * factor / ((5 + 2 * shape.WEEKEND_FACTOR) / 7)
        found |= {(market, queue): a_day * share for queue, share in mix.items()}
    return found


def weekend(market: str) -> tuple[int, ...]:
    return shape.WEEKEND_DAYS["fri-sat" if market in plans.FRIDAY_SATURDAY else "sat-sun"]


def queue_of(appellant: str, complaint_type: str) -> str:
    """The queue of its own kind, or nothing: then it is the fast lane or the general one."""
    if complaint_type in ("account", "service"):
        return "account_integrity" if complaint_type == "account" else "live"
    return "seller_support" if appellant == "seller" else ""


def queue_mix() -> dict[str, float]:
    """The share of each queue among all appeals."""
    mix = dict.fromkeys(plans.QUEUES, 0.0)
    for appellant, share in plans.APPELLANTS.items():
        types = shape.COMPLAINT_TYPES[appellant]
        for complaint_type, weight in types.items():
            part = share * weight / sum(types.values())
            if queue := queue_of(appellant, complaint_type):
                mix[queue] += part
            else:
                mix["fast_lane"] += part * plans.FAST_LANE_SHARE
                mix["general"] += part * (1 - plans.FAST_LANE_SHARE)
    return mix


def staffed(seed: int, plan: tuple[Cause, ...], hours: OpenTime) -> list[Staffed]:
    """The hours of every desk."""
    expected = expected_appeals()
    hour_of_slot = np.repeat(np.array(shape.HOUR_WEIGHTS) / sum(shape.HOUR_WEIGHTS), SLOTS // 24) / (SLOTS // 24)
    found = []
    for number, desk in enumerate(desks()):
        markets = plans.MARKETS if desk.queue in plans.AT_ONE_SITE else plans.SITES[desk.site]
        a_day = np.sum([expected[market, desk.queue] for market in markets], axis=0)
        luck = np.exp(plans.PRODUCTIVE_SIGMA * ndtri(stream(seed, STAFF, number).random(WHOLE_DAYS)))
        found.append(_staffed(desk, np.outer(a_day, hour_of_slot).ravel(), luck, plan, hours))
    return found


def _staffed(desk: Desk, arrivals: Floats, luck: Floats, plan: tuple[Cause, ...], hours: OpenTime) -> Staffed:
    """One desk: for each day that it is open, hours for what comes between its last closing and this one."""
    opened = open_seconds(hours, desk.site, *(_instants(edge) for edge in (EDGES[:-1], EDGES[1:]))).astype(np.int64)
    opened_of_day = opened.reshape(-1, SLOTS).sum(axis=1)
    closing = np.where(opened > 0, np.arange(len(opened)), -1).reshape(-1, SLOTS).max(axis=1)
    come = np.concatenate([[0.0], np.cumsum(arrivals)])
    by_closing = np.maximum.accumulate(np.where(opened_of_day > 0, come[closing + 1], 0.0))
    cases = np.diff(by_closing, prepend=0.0)
    median, sigma = plans.HANDLING_SECONDS[desk.queue]
    each = median * np.exp(sigma**2 / 2)
    spread = np.sqrt(cases * (1 + np.expm1(sigma**2))) * each
    wanted = np.where(opened_of_day > 0, cases * each / plans.OCCUPANCY + plans.MARGIN_CASES * spread, 0)
    planned = np.ceil(2 * wanted / 3600 / plans.PRODUCTIVE_SHARE) / 2
    productive = planned * plans.PRODUCTIVE_SHARE * luck
    for cause in plan:
        if cause.kind == "staffing_dip" and cause.segment["site"] == desk.site:
            productive[slice(*cause.days())] *= cause.size
    productive = np.round(productive, 2)
    rate = np.where(opened_of_day > 0, 3600 * productive / np.maximum(opened_of_day, 1), 0.0)
    done = np.concatenate([[0.0], np.cumsum(np.repeat(rate, SLOTS) * opened)])
    return Staffed(desk, planned, productive, done)


def on_call_hours(seed: int, plan: tuple[Cause, ...]) -> tuple[Floats, Floats]:
    """The planned and worked hours of the on-call desk: two people around the clock."""
    luck = np.exp(plans.PRODUCTIVE_SIGMA * ndtri(stream(seed, STAFF, 99).random(WHOLE_DAYS)))
    planned = np.full(WHOLE_DAYS, 6 * plans.SHIFT_HOURS)
    for cause in plan:
        if cause.kind == "night_shift":
            planned[cause.days()[0] :] -= plans.SHIFT_HOURS
    return planned, np.round(planned * plans.PRODUCTIVE_SHARE * luck, 2)


def numbers_of(desks: list[Desk]) -> Mapping[tuple[str, str], int]:
    return {(desk.queue, desk.site): number for number, desk in enumerate(desks)}


def _instants(seconds: Integers) -> np.ndarray:
    return seconds.view("datetime64[s]")

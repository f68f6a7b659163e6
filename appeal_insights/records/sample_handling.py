"""How a made-up appeal is handled and decided, and what follows: the telling, the lifting, the second round."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import ndtri

from appeal_insights.records import sample_shape as shape
from appeal_insights.records.sample_causes import closed_by, delayed, lifts, rerouted
from appeal_insights.records.sample_draws import (
    DAY,
    NEVER,
    Floats,
    Integers,
    by_who_and_what,
    column_of,
    lognormal,
    look_up,
    medians_and_sigmas,
    pick,
    pick_by,
    place,
    seconds,
    stacked,
    who_and_what,
)
from appeal_insights.records.sample_plans import Plan

DRAWS = 12  # uniform numbers that handling and deciding one appeal takes
FOR_A_SECOND = 3  # and those that say whether and when its second round comes, and how it ends


class Luck(NamedTuple):
    """What moves the chance of a reversal beside the appeal itself."""

    market_shocks: Floats  # by the place of the market
    first_day: int  # since 1970
    day_shocks: Floats


def draw_luck(rng: np.random.Generator, days: Integers) -> Luck:
    """The luck of markets and days, the same for all parts of a sample."""
    markets = shape.MARKET_SIGMA * ndtri(rng.random(len(shape.MARKETS)))
    return Luck(markets, int(days[0]), shape.DAY_SIGMA * ndtri(rng.random(len(days))))


def to_the_end(rng: np.random.Generator, first: pd.DataFrame, luck: Luck, plan: Plan) -> pd.DataFrame:
    """Decide first-round appeals, and the second round that follows from those.

    All is drawn for each first appeal, so that an outcome changed by a cause shifts the draws of no other appeal.
    """
    draws = rng.random((2 * DRAWS + FOR_A_SECOND, len(first)))
    first = _concluded(first, draws[:DRAWS], luck, plan)
    again, wait, own = draws[DRAWS : DRAWS + FOR_A_SECOND]
    chosen = (column_of(first, "outcome") == place("outcome", "decision_upheld")) & (again < shape.RE_APPEAL_SHARE)
    received_at = column_of(first, "decided_at") + seconds(24 * shape.LONGEST_RE_APPEAL_DAYS * wait**2)
    second = first.assign(appeal_round=2, received_at=received_at, reversed_draw=own)[chosen]
    return stacked([first, _concluded(second, draws[DRAWS + FOR_A_SECOND :, chosen], luck, plan)])


def _concluded(appeals: pd.DataFrame, draws: Floats, luck: Luck, plan: Plan) -> pd.DataFrame:
    handled = _handle(appeals, draws[:8], plan)
    decided = closed_by(_decide(handled, draws[8], luck, plan), plan.outages)
    return _told_and_lifted(decided, draws[9:12])


def _handle(appeals: pd.DataFrame, draws: Floats, plan: Plan) -> pd.DataFrame:
    """Queue, site, evidence and the time of the decision."""
    queue_draw, site_draw, blank_draw, evidence_draw, lane_draw, time_draw, route_draw, decider_draw = draws
    queue = _queue(appeals, queue_draw)
    markets = list(shape.MARKETS.values())
    site = pick_by(site_draw, column_of(appeals, "market"), lambda market: _sites(markets[market]), "site")
    site = np.where(queue == place("queue", "legal_notices"), place("site", shape.INTERNAL_SITE), site)
    site = rerouted(appeals, site, route_draw, plan.reroutes)
    lanes = list(shape.LANES.values())
    lane = pick_by(lane_draw, queue, lambda name: lanes[name], "lane")
    median, sigma = medians_and_sigmas(lane, shape.TURNAROUND_HOURS, "lane")
    hours = np.minimum(lognormal(time_draw, median, sigma), shape.LONGEST_TURNAROUND_HOURS)
    deciders = list(shape.DECIDED_BY.values())
    handled = appeals.assign(
        queue=queue,
        site=np.where(blank_draw < shape.BLANK_SITE_SHARE, place("site", ""), site),
        evidence_provided=(evidence_draw < look_up(appeals, "appellant", shape.EVIDENCE_SHARES)).astype(np.int64),
        lane=lane,
        decided_by=pick_by(decider_draw, lane, lambda name: deciders[name], "decided_by"),
        usually_at=column_of(appeals, "received_at") + seconds(hours),
        slowness=ndtri(time_draw),
    )
    return handled.assign(decided_at=delayed(handled, column_of(handled, "usually_at"), plan.delays))


def _queue(appeals: pd.DataFrame, uniform: Floats) -> Integers:
    of_type = {"service": "live", "account": "account_integrity"}
    of_appellant = {"seller": "seller_support", "notifier": "legal_notices"}
    queue = pick(uniform, {"fast_lane": shape.FAST_LANE_SHARE, "general": 1 - shape.FAST_LANE_SHARE}, "queue")
    for column, queues in (("complaint_type", of_type), ("appellant", of_appellant)):
        for value, name in queues.items():
            queue = np.where(column_of(appeals, column) == place(column, value), place("queue", name), queue)
    return queue


def _sites(market: shape.Market) -> shape.Weights:
    others = (1 - shape.HOME_SITE_SHARE - shape.INTERNAL_SHARE) / (len(shape.VENDOR_SITES) - 1)
    vendors = {site: shape.HOME_SITE_SHARE if site == market.home_site else others for site in shape.VENDOR_SITES}
    return {**vendors, shape.INTERNAL_SITE: shape.INTERNAL_SHARE}


def _decide(appeals: pd.DataFrame, omitted_draw: Floats, luck: Luck, plan: Plan) -> pd.DataFrame:
    """Outcomes, with `usual` (the chance of a reversal without any cause) and what each cause added to it."""
    day = (column_of(appeals, "decided_at") // DAY - luck.first_day).clip(0, len(luck.day_shocks) - 1)
    evidence = column_of(appeals, "evidence_provided") - look_up(appeals, "appellant", shape.EVIDENCE_SHARES)
    usual = (
        by_who_and_what(shape.BASE_RATES)[who_and_what(appeals)]
        + look_up(appeals, "policy", shape.POLICY_DEVIATIONS)
        + luck.market_shocks[column_of(appeals, "market")]
        + luck.day_shocks[day]
        + shape.EVIDENCE_EFFECT * evidence
        + shape.SLOWER_BY_ONE_SIGMA * appeals["slowness"].to_numpy()
        + shape.SECOND_ROUND_EFFECT * (column_of(appeals, "appeal_round") == 2)
    ).clip(shape.LEAST_LIKELY, shape.MOST_LIKELY)
    added = lifts(appeals, usual, plan.rates, least=shape.LEAST_LIKELY, most=shape.MOST_LIKELY)
    chance, reversed_draw = usual + added.to_numpy().sum(axis=1), appeals["reversed_draw"].to_numpy()
    upheld, overturned, in_part, omitted = range(4)  # as in VALUES
    partial = np.minimum(look_up(appeals, "appellant", shape.PARTIAL_SHARES, otherwise=0.005), chance)
    outcome = np.where(reversed_draw < chance, overturned, upheld)
    outcome = np.where(reversed_draw < partial, in_part, outcome)
    no_merits = omitted_draw < look_up(appeals, "appellant", shape.OMITTED_SHARES, otherwise=0.02)
    return appeals.assign(outcome=np.where(no_merits, omitted, outcome), usual=usual, **added)


def _told_and_lifted(appeals: pd.DataFrame, draws: Floats) -> pd.DataFrame:
    """When the appellant is told, when a reversed restriction is lifted, and how long people worked on it."""
    told_draw, lifted_draw, work_draw = draws
    decided_at = column_of(appeals, "decided_at")
    median, sigma = medians_and_sigmas(column_of(appeals, "complaint_type"), shape.REINSTATED_HOURS, "complaint_type")
    lifted_at = decided_at + seconds(lognormal(lifted_draw, median, sigma))
    restored_at = np.maximum(column_of(appeals, "restored_at"), decided_at)
    overturned = np.isin(column_of(appeals, "outcome"), (1, 2))
    has_restriction = column_of(appeals, "appellant") != place("appellant", "notifier")
    median, sigma = medians_and_sigmas(column_of(appeals, "lane"), shape.HANDLING_SECONDS, "lane")
    worked = np.floor(lognormal(work_draw, median, sigma)).astype(np.int64) + 1
    return appeals.assign(
        notified_at=decided_at + seconds(lognormal(told_draw, *shape.NOTIFIED_HOURS)),
        reinstated_at=np.where(overturned & has_restriction, np.minimum(lifted_at, restored_at), NEVER),
        handling_seconds=np.minimum(worked, decided_at - column_of(appeals, "received_at")),
    )

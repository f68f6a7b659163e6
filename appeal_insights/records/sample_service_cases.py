"""The appeals of made-up service levels: what comes, how long the desks take, what follows, and the log of steps."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.special import ndtri

from appeal_insights.records import sample_service_plans as plans
from appeal_insights.records import sample_shape as shape
from appeal_insights.records.sample_draws import (
    DAY,
    Floats,
    Integers,
    counts,
    lognormal,
    read_instant,
    seconds,
    stream,
)
from appeal_insights.records.sample_service_desk import (
    FAR,
    START,
    Staffed,
    desks,
    expected_appeals,
    numbers_of,
    queue_of,
)
from appeal_insights.records.sample_service_plans import Cause

COLUMNS = ("appeal_id", "enforcement_id", "market", "appellant", "complaint_type", "policy_group", "policy", "surface",
           "content_language", "automated_decision", "appeal_round", "queue", "site", "evidence_provided",
           "enforced_at", "received_at", "decided_at", "outcome", "decided_by", "notified_at", "reinstated_at",
           "handling_seconds")  # fmt: skip
STEP_COLUMNS = ("step_id", "subject_type", "subject_id", "status", "queue", "actor", "happened_at")
EXTRACTED_AT = read_instant(shape.SAMPLE_EXTRACTED_AT)
ARRIVALS, ANYWAY, ADDED = 62, 63, 64  # draws of their own
DRAWS = 26  # uniform numbers that one appeal takes
PARTIAL, REVERSED, OMITTED, UPHELD = (
    "decision_partially_reversed", "decision_reversed", "decision_omitted", "decision_upheld",
)  # fmt: skip
REVIEWERS = 12  # at each site


def chosen(weights: Mapping[str, float], uniform: Floats) -> np.ndarray:
    """Words, each as often as its weight says."""
    edges = np.cumsum(np.array(list(weights.values()), dtype=np.float64))
    return np.array(list(weights), dtype=object)[np.searchsorted(edges / edges[-1], uniform, side="right")]


def later(since: Integers, uniform: Floats, law: tuple[float, float], *, unit: int = 3600) -> Integers:
    """An instant so much later, by a lognormal law."""
    return since + np.floor(unit * lognormal(uniform, *law)).astype(np.int64)


def appeals(seed: int, plan: tuple[Cause, ...], staff: list[Staffed]) -> pd.DataFrame:
    """All appeals received by the extract in the order of their coming, each to its end, which may be FAR."""
    come = [_usual(seed), *(_surge(seed, cause) for cause in plan if cause.kind == "surge")]
    table = pd.concat(come, ignore_index=True)
    table = table[table["received_at"] <= EXTRACTED_AT].sort_values("received_at", kind="stable", ignore_index=True)
    return _outcome(_handled(table, plan, staff), plan)


def _usual(seed: int) -> pd.DataFrame:
    """What comes anyway, the same in each scenario: appeals of every market on every day, and on the extract's."""
    expected = expected_appeals()
    parts = []
    for number, market in enumerate(plans.MARKETS):
        total = np.sum([expected[market, queue] for queue in plans.QUEUES], axis=0)[: plans.DAYS + 1]
        noise, luck = stream(seed, ARRIVALS, number).random((2, len(total)))
        busy = np.exp(plans.DAY_SIGMA * ndtri(noise) - plans.DAY_SIGMA**2 / 2)
        day = np.repeat(np.arange(len(total)), counts(luck, total * busy))
        draws = stream(seed, ANYWAY, number).random((len(day), DRAWS))
        parts.append(_appeals(market, day, draws, plans.APPELLANTS))
    return pd.concat(parts, ignore_index=True)


def _surge(seed: int, cause: Cause) -> pd.DataFrame:
    """What a surge adds: appeals of sellers, of the kinds that have no queue of their own beside the sellers' one."""
    expected, parts = expected_appeals(), []
    first, end = cause.days()
    for number, market in enumerate(cause.segment["market"].split(",")):
        rng = stream(seed, ADDED, number)
        more = expected[market, cause.segment["queue"]][first:end] * (cause.size - 1)
        day = np.repeat(np.arange(first, end), counts(rng.random(end - first), more))
        added = _appeals(market, day, rng.random((len(day), DRAWS)), {"seller": 1.0}, only="seller_support")
        parts.append(added)
    return pd.concat(parts, ignore_index=True)


def _appeals(
    market: str, day: Integers, draws: Floats, appellants: Mapping[str, float], *, only: str = ""
) -> pd.DataFrame:
    """Who appeals against what and when, on those days."""
    draw = draws.T
    appellant = chosen(appellants, draw[0])
    kinds = {name: dict(shape.COMPLAINT_TYPES[name]) for name in appellants}
    if only:
        kinds = {
            name: {kind: share for kind, share in of.items() if queue_of(name, kind) == only}
            for name, of in kinds.items()
        }
    complaint_type, policy = np.empty(len(day), dtype=object), np.empty(len(day), dtype=object)
    for name, of in kinds.items():
        rows = appellant == name
        complaint_type[rows] = chosen(of, draw[1, rows])
        policy[rows] = chosen(shape.POLICIES[name], draw[2, rows])
    surface = np.empty(len(day), dtype=object)
    who = pd.Series([f"{name} {kind}" for name, kind in zip(appellant, complaint_type, strict=True)], dtype=object)
    for key in who.unique():
        rows = (who == key).to_numpy()
        name, kind = key.split(" ")
        weights = shape.SURFACES.get(key) or shape.SURFACES.get(name) or shape.SURFACES[kind]
        surface[rows] = chosen(weights, draw[3, rows])
    queue = np.where(draw[4] < plans.FAST_LANE_SHARE, "fast_lane", "general").astype(object)
    own = pd.Series([queue_of(*key.split(" ")) for key in who.unique()], index=who.unique(), dtype=object)
    own_queue = who.map(own).to_numpy(dtype=object) if len(who) else queue
    queue = np.where(own_queue != "", own_queue, queue)
    home = next(site for site, markets in plans.SITES.items() if market in markets)
    hour = np.searchsorted(np.cumsum(shape.HOUR_WEIGHTS) / sum(shape.HOUR_WEIGHTS), draw[5], side="right")
    received_at = START + DAY * day + 3600 * hour + np.floor(3600 * draw[6]).astype(np.int64)
    waited = np.where(draw[7] < shape.WITHIN_A_DAY, 24 * draw[8], 24 + 24 * 30 * draw[8] ** 2)
    evidence = pd.Series(appellant, dtype=object).map(shape.EVIDENCE_SHARES).to_numpy(dtype=np.float64)
    table = pd.DataFrame(
        {
            "market": np.full(len(day), market, dtype=object),
            "appellant": appellant,
            "complaint_type": complaint_type,
            "policy_group": pd.Series(policy, dtype=object).map(shape.POLICY_GROUPS).to_numpy(dtype=object),
            "policy": policy,
            "surface": surface,
            "content_language": chosen(shape.MARKETS[market].languages, draw[9]),
            "automated_decision": chosen(shape.AUTOMATION, draw[10]),
            "queue": queue,
            "site": np.where(np.isin(queue, plans.AT_ONE_SITE), plans.ROUND_THE_CLOCK, home),
            "evidence_provided": draw[11] < evidence,
            "enforced_at": received_at - seconds(waited),
            "received_at": received_at,
        }
    )
    return table.assign(**{f"u{number}": draw[number] for number in range(12, DRAWS)})


def _handled(table: pd.DataFrame, plan: tuple[Cause, ...], staff: list[Staffed]) -> pd.DataFrame:
    """When each is taken up, whether its appellant is asked and answers, and when it is decided."""
    number = numbers_of(desks())
    desk = pd.Series(list(zip(table["queue"], table["site"], strict=True)), index=table.index).map(number).to_numpy()
    received_at = table["received_at"].to_numpy()
    work, taken_up = np.zeros(len(table), dtype=np.int64), np.full(len(table), FAR)
    decided_at, waits_at, resumes_at = taken_up.copy(), taken_up.copy(), taken_up.copy()
    waits_for = _waits_for(table, plan, received_at)
    for place, one in enumerate(staff):
        rows = np.flatnonzero(desk == place)
        usual, waits = plans.HANDLING_SECONDS[one.desk.queue], waits_for[rows] != ""
        work[rows] = np.floor(lognormal(table["u12"].to_numpy()[rows], *usual)).clip(30)
        taken_up[rows], done = one.takes(received_at[rows], work[rows])
        first_part = np.floor(plans.ASKED_AFTER * work[rows]).astype(np.int64)
        waits_at[rows] = np.where(waits, taken_up[rows] + first_part, FAR)
        resumes_at[rows] = waits_at[rows] + _answer(waits_for[rows], table["u13"].to_numpy()[rows])
        # What comes back goes first: the desk has kept time for it.
        resumed = np.maximum(one.when(one.at(resumes_at[rows])), resumes_at[rows])
        straight = np.maximum(done, taken_up[rows] + work[rows])
        decided_at[rows] = np.where(waits, resumed + work[rows] - first_part, straight)
    return table.assign(
        handling_seconds=work, taken_up_at=taken_up, waits_for=waits_for, waits_at=waits_at, resumes_at=resumes_at,
        decided_at=decided_at,
    )  # fmt: skip


def _waits_for(table: pd.DataFrame, plan: tuple[Cause, ...], received_at: Integers) -> np.ndarray:
    """For whose answer each waits once it is taken up: its appellant's, an expert's, or nobody's."""
    queue, luck = table["queue"], table["u14"].to_numpy()
    asked = queue.map(plans.ASKED).to_numpy(dtype=np.float64)
    for cause in plan:
        if cause.kind == "asking":
            since = received_at >= START + DAY * cause.days()[0]
            asked = np.where((queue == cause.segment["queue"]) & since, asked * cause.size, asked)
    escalated = luck > 1 - queue.map(plans.ESCALATED).to_numpy(dtype=np.float64)
    return np.where(luck < asked, "appellant", np.where(escalated, "internal", "")).astype(object)


def _answer(waits_for: np.ndarray, uniform: Floats) -> Integers:
    """How long the answer takes, in seconds."""
    law = np.where((waits_for == "appellant")[:, np.newaxis], plans.ANSWER_HOURS, plans.EXPERT_HOURS)
    return seconds(lognormal(uniform, law[:, 0], law[:, 1]).clip(None, plans.LONGEST_ANSWER_HOURS))


def _outcome(table: pd.DataFrame, plan: tuple[Cause, ...]) -> pd.DataFrame:
    """How each is decided, by whom, and when that is told and done."""
    seller = table["appellant"] == "seller"
    kind = table["complaint_type"]
    chance = kind.map(shape.BASE_RATES).to_numpy(dtype=np.float64)
    special = (pd.Series("seller ", index=table.index) + kind).map(shape.BASE_RATES)
    chance = np.where(seller & special.notna(), special.fillna(0).to_numpy(dtype=np.float64), chance)
    chance = chance + shape.EVIDENCE_EFFECT * (table["evidence_provided"].to_numpy() - 0.3)
    overturned = table["u15"].to_numpy() < chance
    partial = table["u16"].to_numpy() < np.where(seller, 0.05, 0.01)
    omitted = table["u17"].to_numpy() < np.where(seller, 0.03, 0.02)
    outcome = np.where(omitted, OMITTED, np.where(overturned, np.where(partial, PARTIAL, REVERSED), UPHELD))
    decided_at = table["decided_at"].to_numpy()
    assisted = table["u18"].to_numpy() < np.where(np.isin(table["queue"], ("fast_lane", "live")), 0.55, 0.1)
    lifted = np.isin(outcome, (REVERSED, PARTIAL))
    law = np.array([plans.REINSTATED_HOURS.get(name, (1.0, 1.0)) for name in kind])
    wait = lognormal(table["u19"].to_numpy(), law[:, 0], law[:, 1]) * _slow(table, plan, decided_at)
    return table.assign(
        outcome=outcome,
        decided_by=np.where(assisted, "human_assisted", "human"),
        notified_at=later(decided_at, table["u20"].to_numpy(), plans.NOTIFIED_HOURS),
        reinstated_at=np.where(lifted, decided_at + seconds(wait), FAR),
    )


def _slow(table: pd.DataFrame, plan: tuple[Cause, ...], decided_at: Integers) -> Floats:
    """How many times as long it takes to lift a restriction."""
    times = np.ones(len(table))
    for cause in plan:
        if cause.kind == "reinstatement":
            since = decided_at >= START + DAY * cause.days()[0]
            times[(table["market"] == cause.segment["market"]).to_numpy() & since] = cause.size
    return times


def reviewers(site: np.ndarray, uniform: Floats) -> np.ndarray:
    """Who took a step: one of the reviewers of the site, under a pseudonym."""
    first = pd.Series(site, dtype=object).map({name: REVIEWERS * n for n, name in enumerate(plans.SITES)})
    number = first.to_numpy(dtype=np.int64) + np.floor(REVIEWERS * uniform).astype(np.int64) + 1
    return ("R-" + pd.Series(number).astype(str).str.zfill(3)).to_numpy(dtype=object)


def steps(table: pd.DataFrame) -> pd.DataFrame:
    """The steps of appeals up to the extract: subject_type, subject_id, status, queue, actor, at (seconds)."""
    received, taken, waits, decided = (
        table[name].to_numpy() for name in ("received_at", "taken_up_at", "waits_at", "decided_at")
    )
    draw = {number: table[f"u{number}"].to_numpy() for number in range(21, DRAWS)}
    between = received + np.floor((taken - received) * draw[22]).astype(np.int64)
    handed = np.where(draw[21] < plans.HANDED_OVER_SHARE, between, FAR)
    again = (draw[23] < plans.REOPENED_SHARE) & (table["outcome"] != OMITTED).to_numpy() & (decided <= EXTRACTED_AT)
    reopened = np.where(again, later(decided, draw[24], plans.REOPENED_DAYS, unit=DAY), FAR)
    seen = later(reopened, draw[25], plans.AGAIN_HOURS)
    actor = reviewers(table["site"].to_numpy(dtype=object), draw[25])
    told = (
        ("handed_over", handed), ("in_review", taken),
        *((f"waiting_{who}", np.where(table["waits_for"] == who, waits, FAR)) for who in ("appellant", "internal")),
        ("queued", table["resumes_at"].to_numpy()), ("decided", decided), ("reopened", reopened),
        ("in_review", seen), ("decided", seen + table["handling_seconds"].to_numpy()),
    )  # fmt: skip
    parts = [
        pd.DataFrame(
            {
                "subject_type": "appeal",
                "subject_id": table["appeal_id"].to_numpy(dtype=object)[at <= EXTRACTED_AT],
                "status": status,
                "queue": table["queue"].to_numpy(dtype=object)[at <= EXTRACTED_AT],
                "actor": np.where(status == "queued", "", actor[at <= EXTRACTED_AT]),
                "at": at[at <= EXTRACTED_AT],
            }
        )
        for status, at in told
    ]
    return pd.concat(parts, ignore_index=True)

"""Made-up appeals with a few planted causes, and the truth about them in a file of its own.

Only uniform numbers are drawn and everything else is worked out from them here, so the same seed gives the same bytes
on every version of numpy. Times are counted in whole seconds, and every appeal gets its decision time before its
outcome: the outcome may then depend on the day of the decision.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtri

from appeal_insights.errors import BadParameter, choice
from appeal_insights.records import sample_shape as shape
from appeal_insights.records.sample_causes import (
    MIX_CAUSES,
    RATE_CAUSES,
    MixCause,
    RateCause,
    Scenario,
    inside,
    known_events,
    lifts,
    read_instant,
    truth_of_causes,
)
from appeal_insights.records.sample_shape import Weights

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.datetime64]
Words = npt.NDArray[np.str_]

SAMPLE_EXTRACTED_AT = "2026-11-16T06:00:00Z"
LAST_DAY = np.datetime64("2026-11-15")  # a Sunday, so the sample ends with a whole ISO week
DAY = np.timedelta64(1, "D")
# Long enough for a first appeal, a wait and a second appeal, so that the first week is like any other.
WARM_UP_DAYS = 70
LONGEST_TURNAROUND_HOURS = 28 * 24
LONGEST_RE_APPEAL_DAYS = 14
FEWEST_APPEALS = 1000  # below, a cause may not show in any row
MOST_LIKELY, LEAST_LIKELY = 0.98, 0.02  # the chance of a reversal; nothing is ever sure

SCENARIOS: tuple[Scenario, ...] = ("planted", "quiet")
COLUMNS = ("appeal_id", "enforcement_id", "market", "appellant", "complaint_type", "policy_group", "policy", "surface",
           "content_language", "automated_decision", "appeal_round", "queue", "site", "evidence_provided",
           "enforced_at", "received_at", "decided_at", "outcome")  # fmt: skip


def write_sample(
    folder: Path,
    *,
    seed: int = 7,
    weeks: int = 26,
    appeals: int = 30_000,
    scenario: str = "planted",
) -> Path:
    """Write made-up appeals, the known events beside them and the truth of what was planted; gives the folder.

    Takes   weeks      whole ISO weeks up to and with 2026-W46, counted by decision; causes are in the last three.
            appeals    about as many rows: decided in those weeks or later, or open at `SAMPLE_EXTRACTED_AT`.
            scenario   "planted", or "quiet": the same appeals as they would be with nothing planted.
    Gives   appeals.csv, known_events.csv and truth.json, each put in place whole. The same seed gives the same bytes.
    Raises  BadParameter   fewer than one week or than a thousand appeals, or no such scenario.
    """
    chosen = choice("scenario", scenario, SCENARIOS)
    if weeks < 1 or appeals < FEWEST_APPEALS:
        raise BadParameter(f"A sample needs at least 1 week and {FEWEST_APPEALS} appeals. Given: {weeks}, {appeals}.")
    first_day = LAST_DAY + DAY - 7 * weeks * DAY
    drawn = _draw(np.random.Generator(np.random.PCG64(seed)), chosen, first_day=first_day, appeals=appeals)
    table = _as_extracted(drawn, first_day)
    folder.mkdir(parents=True, exist_ok=True)
    asked = {"seed": seed, "scenario": chosen, "weeks": weeks, "first_day": str(first_day)}
    _put(folder / "appeals.csv", table[list(COLUMNS)].to_csv(index=False, lineterminator="\n"))
    _put(folder / "known_events.csv", known_events(chosen).to_csv(index=False, lineterminator="\n"))
    _put(folder / "truth.json", json.dumps(asked | _truth(table, chosen), indent=2) + "\n")
    return folder


def _put(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.write_bytes(text.encode("utf-8"))
    part.replace(path)


def _pick(uniform: Floats, weights: Weights) -> Words:
    """Turn uniform numbers into words, each as often as its weight says."""
    edges = np.cumsum(np.array(list(weights.values()), dtype=np.float64))
    picked: Words = np.array(list(weights))[np.searchsorted(edges / edges[-1], uniform, side="right")]
    return picked


def _pick_by(uniform: Floats, keys: Words, weights: Mapping[str, Weights]) -> Words:
    """The same where each row has a key that says which weights hold for it."""
    picked = np.full(len(keys), "", dtype="U32")
    for key in np.unique(keys):
        picked[keys == key] = _pick(uniform[keys == key], weights[key])
    return picked


def _look_up(keys: Words, values: Weights, *, otherwise: float = 0.0) -> Floats:
    found, places = np.unique(keys, return_inverse=True)
    looked_up: Floats = np.array([values.get(key, otherwise) for key in found], dtype=np.float64)[places]
    return looked_up


def _seconds(hours: Floats) -> npt.NDArray[np.timedelta64]:
    return np.floor(hours * 3600).astype(np.int64).astype("timedelta64[s]")


def _written(times: "pd.Series[pd.Timestamp]") -> Words:
    return np.char.add(np.datetime_as_string(times.to_numpy(), unit="s"), "Z")


class _Decisions(NamedTuple):
    """What moves the chance of a reversal beside the appeal itself."""

    market_shocks: Weights
    day_shocks: "pd.Series[float]"
    causes: tuple[RateCause, ...]


def _draw(rng: np.random.Generator, scenario: Scenario, *, first_day: np.datetime64, appeals: int) -> pd.DataFrame:
    """Draw all appeals, warm-up included, each to its end.

    What comes anyway is drawn first and by the same numbers in each scenario; then what the causes of mix add to it.
    """
    days = np.arange(first_day - WARM_UP_DAYS * DAY, read_instant(SAMPLE_EXTRACTED_AT).astype("datetime64[D]") + DAY)
    decisions = _Decisions(
        market_shocks=dict(zip(shape.MARKETS, shape.MARKET_SIGMA * ndtri(rng.random(len(shape.MARKETS))), strict=True)),
        day_shocks=pd.Series(shape.DAY_SIGMA * ndtri(rng.random(len(days))), index=days),
        causes=RATE_CAUSES[scenario],
    )
    first_appeals = 1 + shape.TWO_APPEALS_SHARE + 2 * shape.THREE_APPEALS_SHARE  # against one enforcement
    second_appeals = shape.RE_APPEAL_SHARE / 2  # for each first one: about half of all are upheld
    asked_days = int((LAST_DAY + DAY - first_day) / DAY)
    a_day = appeals / asked_days / first_appeals / (1 + second_appeals)  # enforcements that are appealed
    drawn = [_to_the_end(rng, _submit(rng, days, count=round(a_day * len(days))), decisions)]
    for cause in MIX_CAUSES[scenario]:
        more = _submit_more(rng, days, cause, a_day=a_day, first_number=sum(len(part) for part in drawn))
        drawn.append(_to_the_end(rng, more, decisions))
    return pd.concat(drawn, ignore_index=True)


def _to_the_end(rng: np.random.Generator, submitted: pd.DataFrame, decisions: _Decisions) -> pd.DataFrame:
    """Draw who else appeals the same, the decisions on all of them, and the second round that follows from those."""
    first = _join(rng, submitted)
    first = _decide(_handle(first, rng.random((6, len(first)))), rng.random(len(first)), decisions)
    # Drawn for each first appeal, so that an outcome changed by a cause shifts the draws of no other appeal.
    second, draws = _submit_again(first, rng.random((10, len(first))))
    second = _decide(_handle(second, draws[:6]), draws[6], decisions)
    return pd.concat([first, second], ignore_index=True)


def _submit(rng: np.random.Generator, days: Times, *, count: int) -> pd.DataFrame:
    """Draw who appeals against what, when they do, and when the enforcement was."""
    draws = iter(rng.random((13, count)))
    market = _pick(next(draws), {name: each.weight for name, each in shape.MARKETS.items()})
    appellant = _pick(next(draws), shape.APPELLANTS)
    complaint_type = _pick_by(next(draws), appellant, shape.COMPLAINT_TYPES)
    policy = _pick_by(next(draws), appellant, shape.POLICIES)
    received_at = _received_at(next(draws), next(draws), next(draws), days, market=market, appellant=appellant)
    soon, wait = next(draws), next(draws)
    later_days = np.minimum(
        1 + shape.LATER_MEDIAN_DAYS * np.exp(shape.LATER_SIGMA * ndtri(wait)), shape.LONGEST_WAIT_DAYS
    )
    waited_hours = np.where(soon < shape.WITHIN_A_DAY, 24 * wait**2, 24 * later_days)
    return pd.DataFrame(
        {
            "enforcement": np.arange(count),
            "market": market,
            "appellant": appellant,
            "complaint_type": complaint_type,
            "policy_group": np.array([shape.POLICY_GROUPS[name] for name in policy]),
            "policy": policy,
            "surface": _pick_by(next(draws), _surface_key(appellant, complaint_type), shape.SURFACES),
            "content_language": _pick_by(
                next(draws), market, {name: each.languages for name, each in shape.MARKETS.items()}
            ),
            "automated_decision": _pick(next(draws), shape.AUTOMATION),
            "appeal_round": 1,
            "enforced_at": received_at - _seconds(waited_hours),
            "received_at": received_at,
            "reversed_draw": next(draws),
            "added_by": "",
        }
    )


def _submit_more(
    rng: np.random.Generator, days: Times, cause: MixCause, *, a_day: float, first_number: int
) -> pd.DataFrame:
    """Draw the appeals that come only because of a cause of mix: drawn as any, those of its segment are kept."""
    since = days[days >= read_instant(cause.enforced_since).astype("datetime64[D]")]
    more = _submit(rng, since, count=round(cause.growth * a_day * len(since)))
    of_it = inside(more, cause.segment) & (more["enforced_at"].to_numpy() >= read_instant(cause.enforced_since))
    kept = more[of_it].reset_index(drop=True)
    return kept.assign(added_by=cause.event_id, enforcement=first_number + np.arange(len(kept)))


def _surface_key(appellant: Words, complaint_type: Words) -> Words:
    both = np.char.add(np.char.add(appellant, " "), complaint_type)
    key = np.where(np.isin(both, list(shape.SURFACES)), both, complaint_type)
    return np.where(appellant == "notifier", "notifier", key)


def _received_at(day: Floats, hour: Floats, second: Floats, days: Times, *, market: Words, appellant: Words) -> Times:
    """Spread appeals over the days: fewer at the weekend of their market, more of sellers on sale days."""
    weekday = (days.astype(int) + 3) % 7  # 1970-01-01 was a Thursday
    on_sale = (days >= shape.SALE_DAYS[0]) & (days < shape.SALE_DAYS[1])
    weekend = np.where(np.isin(market, shape.FRIDAY_SATURDAY_MARKETS), "fri-sat", "sat-sun")
    names = days.astype(str)
    weights: dict[str, Weights] = {}
    for kind, weekend_days in shape.WEEKEND_DAYS.items():
        usual = np.where(np.isin(weekday, weekend_days), shape.WEEKEND_FACTOR, 1.0)
        weights[kind] = dict(zip(names, usual, strict=True))
        weights[f"{kind} seller"] = dict(zip(names, usual * np.where(on_sale, shape.SALE_FACTOR, 1.0), strict=True))
    key = np.where(appellant == "seller", np.char.add(weekend, " seller"), weekend)
    picked_days = _pick_by(day, key, weights).astype("datetime64[s]")
    hours = _pick(hour, {str(each): weight for each, weight in enumerate(shape.HOUR_WEIGHTS)}).astype(np.float64)
    received_at: Times = np.add(picked_days, _seconds(hours + second))
    return received_at


def _join(rng: np.random.Generator, submitted: pd.DataFrame) -> pd.DataFrame:
    """Draw the others whom an enforcement restricts and who appeal against it too, within days and in the same round.

    Most of their appeals end as the first one does: they carry its draw of the outcome.
    """
    how_many = rng.random(len(submitted))
    few = how_many < shape.THREE_APPEALS_SHARE + shape.TWO_APPEALS_SHARE
    others = few.astype(int) + (how_many < shape.THREE_APPEALS_SHARE)
    joined = submitted.loc[np.repeat(np.arange(len(submitted)), others)].reset_index(drop=True)
    wait, agrees, own = rng.random((3, len(joined)))
    joined = joined.assign(
        received_at=joined["received_at"] + _seconds(24 * shape.LONGEST_JOIN_DAYS * wait**2),
        reversed_draw=np.where(agrees < shape.SAME_OUTCOME_SHARE, joined["reversed_draw"], own),
    )
    return pd.concat([submitted, joined], ignore_index=True)


def _submit_again(first: pd.DataFrame, draws: Floats) -> tuple[pd.DataFrame, Floats]:
    """Second appeals against enforcements whose first appeal was rejected, and the draws that are left for them."""
    again, wait, own, *_ = draws
    chosen = (first["outcome"] == "decision_upheld").to_numpy() & (again < shape.RE_APPEAL_SHARE)
    received_at = first["decided_at"] + _seconds(24 * LONGEST_RE_APPEAL_DAYS * wait**2)
    second = first.assign(appeal_round=2, received_at=received_at, reversed_draw=own).loc[chosen]
    return second.reset_index(drop=True), draws[3:, chosen]


def _handle(appeals: pd.DataFrame, draws: Floats) -> pd.DataFrame:
    """Queue, site, evidence and the time of the decision; takes six draws for each appeal."""
    queue_draw, site_draw, blank_draw, evidence_draw, lane_draw, time_draw = draws
    appellant, kind = _words(appeals, "appellant"), _words(appeals, "complaint_type")
    queue = np.where(queue_draw < shape.FAST_LANE_SHARE, "fast_lane", "general")
    queue = np.where(kind == "service", "live", queue)
    queue = np.where(kind == "account", "account_integrity", queue)
    queue = np.where(appellant == "seller", "seller_support", queue)
    queue = np.where(appellant == "notifier", "legal_notices", queue)
    site = _pick_by(site_draw, _words(appeals, "market"), {name: _sites(each) for name, each in shape.MARKETS.items()})
    site = np.where(queue == "legal_notices", "internal_dublin", site)
    lane = _pick_by(lane_draw, queue, shape.LANES)
    median_hours = _look_up(lane, {name: median for name, (median, _) in shape.TURNAROUND.items()})
    sigma = _look_up(lane, {name: sigma for name, (_, sigma) in shape.TURNAROUND.items()})
    slowness = ndtri(time_draw)
    hours = np.minimum(median_hours * np.exp(sigma * slowness), LONGEST_TURNAROUND_HOURS)
    return appeals.assign(
        queue=queue,
        site=np.where(blank_draw < shape.BLANK_SITE_SHARE, "", site),
        evidence_provided=np.where(evidence_draw < _look_up(appellant, shape.EVIDENCE_SHARES), "true", "false"),
        decided_at=appeals["received_at"] + _seconds(hours),
        slowness=slowness,
    )


def _sites(market: shape.Market) -> Weights:
    others = (1 - shape.HOME_SITE_SHARE - shape.INTERNAL_SHARE) / (len(shape.VENDOR_SITES) - 1)
    vendors = {site: shape.HOME_SITE_SHARE if site == market.home_site else others for site in shape.VENDOR_SITES}
    return {**vendors, "internal_dublin": shape.INTERNAL_SHARE}


def _decide(appeals: pd.DataFrame, omitted_draw: Floats, decisions: _Decisions) -> pd.DataFrame:
    """Outcomes, with `usual` (the chance of a reversal without any cause) and what each cause added to it."""
    appellant, kind = _words(appeals, "appellant"), _words(appeals, "complaint_type")
    both = np.char.add(np.char.add(appellant, " "), kind)
    day_shocks = decisions.day_shocks
    day = np.minimum(appeals["decided_at"].to_numpy().astype("datetime64[D]"), day_shocks.index.to_numpy()[-1])
    has_evidence = (appeals["evidence_provided"] == "true").to_numpy()
    usual = (
        _look_up(np.where(np.isin(both, list(shape.BASE_RATES)), both, kind), shape.BASE_RATES)
        + _look_up(_words(appeals, "policy"), shape.POLICY_DEVIATIONS)
        + _look_up(_words(appeals, "market"), decisions.market_shocks)
        + day_shocks.reindex(day).to_numpy()
        + shape.EVIDENCE_EFFECT * (has_evidence - _look_up(appellant, shape.EVIDENCE_SHARES))
        + shape.SLOWER_BY_ONE_SIGMA * appeals["slowness"].to_numpy()
        + shape.SECOND_ROUND_EFFECT * (appeals["appeal_round"].to_numpy() == 2)
    ).clip(LEAST_LIKELY, MOST_LIKELY)
    added = lifts(appeals, usual, decisions.causes, most=MOST_LIKELY)
    chance, reversed_draw = usual + added.to_numpy().sum(axis=1), appeals["reversed_draw"].to_numpy()
    partial = reversed_draw < np.minimum(_look_up(appellant, shape.PARTIAL_SHARES, otherwise=0.005), chance)
    outcome = np.where(reversed_draw < chance, "decision_reversed", "decision_upheld")
    outcome = np.where(partial, "decision_partially_reversed", outcome)
    omitted = omitted_draw < _look_up(appellant, shape.OMITTED_SHARES, otherwise=0.02)
    return appeals.assign(outcome=np.where(omitted, "decision_omitted", outcome), usual=usual, **added)


def _words(table: pd.DataFrame, column: str) -> Words:
    return table[column].to_numpy().astype(np.str_)


def _as_extracted(drawn: pd.DataFrame, first_day: np.datetime64) -> pd.DataFrame:
    """What an extract would show: decided since the first day or still open, later facts unknown, ids in time order."""
    extracted_at = read_instant(SAMPLE_EXTRACTED_AT)
    seen = (drawn["received_at"] <= extracted_at) & (drawn["decided_at"] >= first_day)
    table = drawn[seen].sort_values("received_at", kind="stable", ignore_index=True)
    is_open = (table["decided_at"] > extracted_at).to_numpy()
    enforced_in_order = table.sort_values("enforced_at", kind="stable")["enforcement"].unique()
    enforcement_number = pd.Series(np.arange(1, len(enforced_in_order) + 1), index=enforced_in_order)
    return table.assign(
        appeal_id=[f"A{number:07d}" for number in range(1, len(table) + 1)],
        enforcement_id=[f"E{number:07d}" for number in enforcement_number.reindex(table["enforcement"])],
        enforced_at=_written(table["enforced_at"]),
        received_at=_written(table["received_at"]),
        decided_at=np.where(is_open, "", _written(table["decided_at"])),
        outcome=table["outcome"].mask(is_open, ""),
    )


def _truth(table: pd.DataFrame, scenario: Scenario) -> dict[str, Any]:
    """What was planted, and what came of it. No column of the appeals says which rows were touched."""
    decided = table[table["outcome"] != ""]
    on_merits = decided[decided["outcome"] != "decision_omitted"]
    appeals_of_one = table["enforcement_id"].value_counts()
    totals = {
        "appeals": len(table),
        "decided": len(decided),
        "open": len(table) - len(decided),
        "outcomes": _counts(decided["outcome"]),
        "enforcements": len(appeals_of_one),
        "appeals_per_enforcement": _counts(appeals_of_one),
    }
    causes = truth_of_causes(on_merits, scenario)
    return {"last_day": str(LAST_DAY), "extracted_at": SAMPLE_EXTRACTED_AT, "causes": causes, "totals": totals}


def _counts(values: "pd.Series[Any]") -> dict[str, int]:
    return {str(value): int(count) for value, count in values.value_counts().sort_index().items()}

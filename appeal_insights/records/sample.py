"""Made-up appeals with one planted cause, and its truth in a file of its own.

Only uniform numbers are drawn and everything else is worked out from them here, so the same seed gives the same bytes
on every version of numpy. Times are counted in whole seconds, and every appeal gets its decision time before its
outcome: the outcome may then depend on the day of the decision.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtri

from appeal_insights.errors import BadParameter
from appeal_insights.records import sample_shape as shape
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
FEWEST_APPEALS = 1000  # below, the cause may not show in any row

# --- The planted cause -----------------------------------------------------------------------------------------------
CAUSE_EVENT = "EV-003"
CAUSE_POLICY = "misleading_claims"
CAUSE_RELEASED_AT = "2026-10-23T09:00:00Z"  # enforcements from this instant on are touched ...
CAUSE_STARTS_ON = "2026-10-26"  # ... where the appeal is decided on this day or later (a Monday, in UTC)
CAUSE_LIFT = 0.30  # share added to the chance of a reversal; about 25 points over all decisions of the policy

KNOWN_EVENTS = (
    ("event_id", "event_type", "title_en", "title_zh", "starts_at", "ends_at", "scope", "source"),
    ("EV-001", "policy_change", "Hateful behaviour policy clarified in GB and IE", "英国与爱尔兰明确仇恨行为规则",
     "2026-08-10T08:00:00Z", "", "market=GB,IE; policy=hateful_behaviour", "policy register"),
    ("EV-002", "training", "Calibration training week at the Sofia site", "索菲亚站点校准培训周",
     "2026-09-21T06:00:00Z", "2026-09-25T16:00:00Z", "site=site_sofia", "site calendar"),
    (CAUSE_EVENT, "model_release", "New misleading claims model, lower threshold", "误导性宣传新模型上线，阈值下调",
     CAUSE_RELEASED_AT, "", f"policy={CAUSE_POLICY}", "release calendar"),
    ("EV-004", "holiday", "Republic Day in Türkiye", "土耳其共和国日",
     "2026-10-28T10:00:00Z", "2026-10-29T21:00:00Z", "market=TR", "public holiday calendar"),
    ("EV-005", "sale_event", "11.11 sale", "双十一大促",
     "2026-11-11T00:00:00Z", "2026-11-14T00:00:00Z", "appellant=seller", "campaign calendar"),
)  # fmt: skip

COLUMNS = ("appeal_id", "enforcement_id", "market", "appellant", "complaint_type", "policy_group", "policy", "surface",
           "content_language", "automated_decision", "appeal_round", "queue", "site", "evidence_provided",
           "enforced_at", "received_at", "decided_at", "outcome")  # fmt: skip


def write_sample(folder: Path, *, seed: int = 7, weeks: int = 26, appeals: int = 30_000) -> Path:
    """Write made-up appeals, the known events beside them and the truth of what was planted; gives the folder.

    Takes   weeks     whole ISO weeks up to and with 2026-W46, counted by decision; the cause is in the last three.
            appeals   about as many rows: decided in those weeks or later, or open at `SAMPLE_EXTRACTED_AT`.
    Gives   appeals.csv, known_events.csv and truth.json, each put in place whole. The same seed gives the same bytes.
    Raises  BadParameter   fewer than one week or than a thousand appeals.
    """
    if weeks < 1 or appeals < FEWEST_APPEALS:
        raise BadParameter(f"A sample needs at least 1 week and {FEWEST_APPEALS} appeals. Given: {weeks}, {appeals}.")
    first_day = LAST_DAY + DAY - 7 * weeks * DAY
    drawn = _draw(np.random.Generator(np.random.PCG64(seed)), first_day=first_day, appeals=appeals)
    table = _as_extracted(drawn, first_day)
    folder.mkdir(parents=True, exist_ok=True)
    events = pd.DataFrame(list(KNOWN_EVENTS[1:]), columns=list(KNOWN_EVENTS[0]))
    truth = {"seed": seed, "weeks": weeks, "first_day": str(first_day), **_truth(table)}
    _put(folder / "appeals.csv", table[list(COLUMNS)].to_csv(index=False, lineterminator="\n"))
    _put(folder / "known_events.csv", events.to_csv(index=False, lineterminator="\n"))
    _put(folder / "truth.json", json.dumps(truth, indent=2) + "\n")
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


def _instant(text: str) -> np.datetime64:
    return np.datetime64(text.removesuffix("Z"), "s")


def _draw(rng: np.random.Generator, *, first_day: np.datetime64, appeals: int) -> pd.DataFrame:
    """Draw first appeals and the second appeals that follow from them, warm-up included, each to its end."""
    days = np.arange(first_day - WARM_UP_DAYS * DAY, _instant(SAMPLE_EXTRACTED_AT).astype("datetime64[D]") + DAY)
    market_shocks = dict(zip(shape.MARKETS, shape.MARKET_SIGMA * ndtri(rng.random(len(shape.MARKETS))), strict=True))
    day_shocks = pd.Series(shape.DAY_SIGMA * ndtri(rng.random(len(days))), index=days)
    share_of_first = 1 / (1 + shape.RE_APPEAL_SHARE / 2)  # about half of all appeals are upheld
    asked_days = int((LAST_DAY + DAY - first_day) / DAY)
    first = _submit(rng, days, count=round(appeals * share_of_first * len(days) / asked_days))
    first = _decide(rng, _handle(rng, first), market_shocks=market_shocks, day_shocks=day_shocks)
    second = _handle(rng, _submit_again(rng, first))
    second = _decide(rng, second, market_shocks=market_shocks, day_shocks=day_shocks)
    return pd.concat([first, second], ignore_index=True)


def _submit(rng: np.random.Generator, days: Times, *, count: int) -> pd.DataFrame:
    """Draw who appeals against what, when they do, and when the enforcement was."""
    draws = iter(rng.random((12, count)))
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
        }
    )


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


def _submit_again(rng: np.random.Generator, first: pd.DataFrame) -> pd.DataFrame:
    """Draw second appeals against enforcements whose first appeal was rejected."""
    again, wait = rng.random((2, len(first)))
    chosen = (first["outcome"] == "decision_upheld").to_numpy() & (again < shape.RE_APPEAL_SHARE)
    received_at = first["decided_at"] + _seconds(24 * LONGEST_RE_APPEAL_DAYS * wait**2)
    second: pd.DataFrame = first.assign(appeal_round=2, received_at=received_at).loc[chosen]
    return second


def _handle(rng: np.random.Generator, appeals: pd.DataFrame) -> pd.DataFrame:
    """Draw queue, site, evidence and the time of the decision."""
    queue_draw, site_draw, blank_draw, evidence_draw, lane_draw, time_draw = rng.random((6, len(appeals)))
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
        evidence_provided=evidence_draw < _look_up(appellant, shape.EVIDENCE_SHARES),
        decided_at=appeals["received_at"] + _seconds(hours),
        slowness=slowness,
    )


def _sites(market: shape.Market) -> Weights:
    others = (1 - shape.HOME_SITE_SHARE - shape.INTERNAL_SHARE) / (len(shape.VENDOR_SITES) - 1)
    vendors = {site: shape.HOME_SITE_SHARE if site == market.home_site else others for site in shape.VENDOR_SITES}
    return {**vendors, "internal_dublin": shape.INTERNAL_SHARE}


def _decide(
    rng: np.random.Generator, appeals: pd.DataFrame, *, market_shocks: Weights, day_shocks: "pd.Series[float]"
) -> pd.DataFrame:
    """Draw outcomes; `lift` is what the planted cause added to the chance of a reversal."""
    omitted_draw, reversed_draw = rng.random((2, len(appeals)))
    appellant, kind = _words(appeals, "appellant"), _words(appeals, "complaint_type")
    both = np.char.add(np.char.add(appellant, " "), kind)
    day = np.minimum(appeals["decided_at"].to_numpy().astype("datetime64[D]"), day_shocks.index.to_numpy()[-1])
    usual = (
        _look_up(np.where(np.isin(both, list(shape.BASE_RATES)), both, kind), shape.BASE_RATES)
        + _look_up(_words(appeals, "policy"), shape.POLICY_DEVIATIONS)
        + _look_up(_words(appeals, "market"), market_shocks)
        + day_shocks.reindex(day).to_numpy()
        + shape.EVIDENCE_EFFECT * (appeals["evidence_provided"].to_numpy() - _look_up(appellant, shape.EVIDENCE_SHARES))
        + shape.SLOWER_BY_ONE_SIGMA * appeals["slowness"].to_numpy()
        + shape.SECOND_ROUND_EFFECT * (appeals["appeal_round"].to_numpy() == 2)
    ).clip(0.02, 0.98)
    chance = np.minimum(usual + CAUSE_LIFT * _touched(appeals), 0.98)
    partial = reversed_draw < np.minimum(_look_up(appellant, shape.PARTIAL_SHARES, otherwise=0.005), chance)
    outcome = np.where(reversed_draw < chance, "decision_reversed", "decision_upheld")
    outcome = np.where(partial, "decision_partially_reversed", outcome)
    omitted = omitted_draw < _look_up(appellant, shape.OMITTED_SHARES, otherwise=0.02)
    return appeals.assign(outcome=np.where(omitted, "decision_omitted", outcome), lift=chance - usual)


def _touched(appeals: pd.DataFrame) -> npt.NDArray[np.bool_]:
    touched: npt.NDArray[np.bool_] = (
        (_words(appeals, "policy") == CAUSE_POLICY)
        & (_words(appeals, "automated_decision") == "AUTOMATED_DECISION_FULLY")
        & (appeals["enforced_at"].to_numpy() >= _instant(CAUSE_RELEASED_AT))
        & (appeals["decided_at"].to_numpy() >= np.datetime64(CAUSE_STARTS_ON))
    )
    return touched


def _words(table: pd.DataFrame, column: str) -> Words:
    return table[column].to_numpy().astype(np.str_)


def _as_extracted(drawn: pd.DataFrame, first_day: np.datetime64) -> pd.DataFrame:
    """What an extract would show: decided since the first day or still open, later facts unknown, ids in time order."""
    extracted_at = _instant(SAMPLE_EXTRACTED_AT)
    seen = (drawn["received_at"] <= extracted_at) & (drawn["decided_at"] >= first_day)
    table = drawn[seen].sort_values("received_at", kind="stable", ignore_index=True)
    is_open = (table["decided_at"] > extracted_at).to_numpy()
    enforced_in_order = table.sort_values("enforced_at", kind="stable")["enforcement"].unique()
    enforcement_number = pd.Series(np.arange(1, len(enforced_in_order) + 1), index=enforced_in_order)
    return table.assign(
        appeal_id=[f"A{number:07d}" for number in range(1, len(table) + 1)],
        enforcement_id=[f"E{number:07d}" for number in enforcement_number.reindex(table["enforcement"])],
        evidence_provided=np.where(table["evidence_provided"], "true", "false"),
        enforced_at=_written(table["enforced_at"]),
        received_at=_written(table["received_at"]),
        decided_at=np.where(is_open, "", _written(table["decided_at"])),
        outcome=table["outcome"].mask(is_open, ""),
    )


def _truth(table: pd.DataFrame) -> dict[str, Any]:
    """What was planted, and what came of it. No column of the appeals says which rows were touched."""
    decided = table[table["outcome"] != ""]
    on_merits = decided[decided["outcome"] != "decision_omitted"]
    segment = on_merits[(on_merits["policy"] == CAUSE_POLICY) & (on_merits["decided_at"] >= CAUSE_STARTS_ON)]
    cause = {
        "event_id": CAUSE_EVENT,
        "kind": "rate",
        "metric": "overturn_rate",
        "segment": {"policy": CAUSE_POLICY},
        "starts_on": CAUSE_STARTS_ON,
        "effect": round(float(segment["lift"].mean()), 4),
        "effect_is": "mean share added to the chance of a reversal, over the segment's decisions since starts_on",
        "touched": f"enforced since {CAUSE_RELEASED_AT}, AUTOMATED_DECISION_FULLY, decided since starts_on",
        "effect_where_touched": CAUSE_LIFT,
    }
    totals = {
        "appeals": len(table),
        "decided": len(decided),
        "open": len(table) - len(decided),
        "outcomes": {str(name): int(count) for name, count in decided["outcome"].value_counts().sort_index().items()},
    }
    return {"last_day": str(LAST_DAY), "extracted_at": SAMPLE_EXTRACTED_AT, "causes": [cause], "totals": totals}

"""What is planted in the made-up appeals, the known events, and the truth about both."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

Scenario = Literal["planted", "quiet"]
Segment = Mapping[str, str]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


class RateCause(NamedTuple):
    """More reversals in a segment, of appeals decided on `starts_on` or later."""

    event_id: str
    segment: Segment
    aliases: tuple[Segment, ...]  # the same records, or nearly so, by another name
    lift: float  # share added to the chance of a reversal where touched
    starts_on: str  # day in UTC
    only: Segment  # touched only where this holds too ...
    enforced_since: str  # ... and the enforcement is of this instant or later; empty: whenever it was


class MixCause(NamedTuple):
    """More appeals of a segment, against enforcements of `enforced_since` or later. It changes no rate."""

    event_id: str
    segment: Segment
    aliases: tuple[Segment, ...]
    growth: float  # appeals added for each that would come anyway, once all of them are against such enforcements
    starts_on: str  # day in UTC of the first decision
    enforced_since: str


MODEL_RELEASE = RateCause(
    "EV-003",
    segment={"policy": "misleading_claims"},
    aliases=({"policy": "misleading_claims", "automated_decision": "AUTOMATED_DECISION_FULLY"},),
    lift=0.30,  # about 25 points over all decisions of the policy
    starts_on="2026-10-26",
    only={"automated_decision": "AUTOMATED_DECISION_FULLY"},
    enforced_since="2026-10-23T09:00:00Z",
)
STATEMENTS = RateCause(
    "EV-006",
    segment={"appellant": "seller", "evidence_provided": "false"},
    aliases=({"queue": "seller_support", "evidence_provided": "false"},),
    lift=0.38,  # one appeal in twenty: less would drown among all pairs of dimensions
    starts_on="2026-10-26",
    only={},
    enforced_since="",
)
CAMPAIGN = MixCause(
    "EV-007",
    segment={"complaint_type": "service"},
    aliases=({"queue": "live"},),
    growth=0.9,  # a fifth of it is of appeals against older enforcements, and stays away
    starts_on="2026-10-26",
    enforced_since="2026-10-26T06:00:00Z",
)
RATE_CAUSES: Mapping[Scenario, tuple[RateCause, ...]] = {"planted": (MODEL_RELEASE, STATEMENTS), "quiet": ()}
MIX_CAUSES: Mapping[Scenario, tuple[MixCause, ...]] = {"planted": (CAMPAIGN,), "quiet": ()}

EVENT_COLUMNS = ("event_id", "event_type", "title_en", "title_zh", "starts_at", "ends_at", "scope", "source")
EVENTS = (
    ("EV-001", "policy_change", "Hateful behaviour policy clarified in GB and IE", "英国与爱尔兰明确仇恨行为规则",
     "2026-08-10T08:00:00Z", "", "market=GB,IE; policy=hateful_behaviour", "policy register"),
    ("EV-002", "training", "Calibration training week at the Sofia site", "索菲亚站点校准培训周",
     "2026-09-21T06:00:00Z", "2026-09-25T16:00:00Z", "site=site_sofia", "site calendar"),
    ("EV-003", "model_release", "New misleading claims model, lower threshold", "误导性宣传新模型上线，阈值下调",
     "2026-10-23T09:00:00Z", "", "policy=misleading_claims", "release calendar"),
    ("EV-006", "policy_change", "Sellers: a written statement counts as evidence", "商家书面说明可视为申诉证据",
     "2026-10-26T00:00:00Z", "", "appellant=seller; evidence_provided=false", "policy register"),
    ("EV-007", "policy_launch", "Live-stream safety campaign, more live restrictions", "直播安全专项行动，直播限制增多",
     "2026-10-26T06:00:00Z", "", "complaint_type=service", "policy register"),
    ("EV-004", "holiday", "Republic Day in Türkiye", "土耳其共和国日",
     "2026-10-28T10:00:00Z", "2026-10-29T21:00:00Z", "market=TR", "public holiday calendar"),
    ("EV-005", "sale_event", "11.11 sale", "双十一大促",
     "2026-11-11T00:00:00Z", "2026-11-14T00:00:00Z", "appellant=seller", "campaign calendar"),
)  # fmt: skip


def known_events(scenario: Scenario) -> pd.DataFrame:
    """The dated events by their start: those behind what was planted, and others that changed nothing."""
    planted = {cause.event_id for causes in (RATE_CAUSES, MIX_CAUSES) for cause in causes["planted"]}
    held = {cause.event_id for causes in (RATE_CAUSES, MIX_CAUSES) for cause in causes[scenario]}
    rows = [event for event in EVENTS if event[0] in held or event[0] not in planted]
    return pd.DataFrame(rows, columns=list(EVENT_COLUMNS))


def read_instant(text: str) -> np.datetime64:
    """A written time as seconds since 1970, in UTC."""
    return np.datetime64(text.removesuffix("Z"), "s")


def inside(appeals: pd.DataFrame, segment: Segment) -> Bools:
    """Which appeals are in a segment."""
    found = np.ones(len(appeals), dtype=bool)
    for dimension, value in segment.items():
        found &= (appeals[dimension] == value).to_numpy()
    return found


def touched(appeals: pd.DataFrame, cause: RateCause) -> Bools:
    """Which appeals a cause touches."""
    found = inside(appeals, {**cause.segment, **cause.only})
    found &= appeals["decided_at"].to_numpy() >= np.datetime64(cause.starts_on)
    if cause.enforced_since:
        found &= appeals["enforced_at"].to_numpy() >= read_instant(cause.enforced_since)
    return found


def lifts(appeals: pd.DataFrame, usual: Floats, causes: Sequence[RateCause], *, most: float) -> pd.DataFrame:
    """What each cause adds to the usual chance of a reversal, in a column `lift EV-...`; no chance passes `most`."""
    added: dict[str, Floats] = {}
    chance = usual
    for cause in causes:
        raised = np.minimum(chance + cause.lift * touched(appeals, cause), most)
        added[f"lift {cause.event_id}"] = raised - chance
        chance = raised
    return pd.DataFrame(added, index=appeals.index)


def truth_of_causes(on_merits: pd.DataFrame, scenario: Scenario) -> list[dict[str, Any]]:
    """What was planted, and what it brought.

    Takes   appeals decided on their merits, with `usual` (the chance of a reversal without any cause), `lift EV-...`
            (what a cause added to it) and `added_by` (the event that the appeal would not have come without).
    """
    rates = [_truth_of_rate(on_merits, cause) for cause in RATE_CAUSES[scenario]]
    return rates + [_truth_of_mix(on_merits, cause) for cause in MIX_CAUSES[scenario]]


def _since(on_merits: pd.DataFrame, starts_on: str) -> pd.DataFrame:
    since: pd.DataFrame = on_merits[on_merits["decided_at"] >= starts_on]
    return since


def _share(part: float, whole: float) -> float:
    return round(float(part / whole), 4) if whole else 0.0


def _named(cause: RateCause | MixCause, kind: str) -> dict[str, Any]:
    return {
        "event_id": cause.event_id,
        "kind": kind,
        "metric": "overturn_rate",
        "segment": dict(cause.segment),
        "aliases": [dict(alias) for alias in cause.aliases],
        "starts_on": cause.starts_on,
    }


def _truth_of_rate(on_merits: pd.DataFrame, cause: RateCause) -> dict[str, Any]:
    since = _since(on_merits, cause.starts_on)
    lift = since[f"lift {cause.event_id}"]
    enforced = f"enforced since {cause.enforced_since}, " if cause.enforced_since else ""
    only = "".join(f"{dimension}={value}, " for dimension, value in cause.only.items())
    return {
        **_named(cause, "rate"),
        "effect": _share(lift.sum(), inside(since, cause.segment).sum()),
        "effect_is": "mean share added to the chance of a reversal, over the segment's decisions since starts_on",
        "contribution": _share(lift.sum(), len(since)),
        "contribution_is": "the same over all decisions since starts_on",
        "touched": f"{enforced}{only}decided since starts_on",
        "effect_where_touched": cause.lift,
    }


def _truth_of_mix(on_merits: pd.DataFrame, cause: MixCause) -> dict[str, Any]:
    since = _since(on_merits, cause.starts_on)
    own = inside(since, cause.segment)
    came_anyway = (since["added_by"] != cause.event_id).to_numpy()
    usual = since["usual"].to_numpy()
    return {
        **_named(cause, "mix"),
        "effect": round(_share(own.sum(), len(since)) - _share(own[came_anyway].sum(), came_anyway.sum()), 4),
        "effect_is": "share of all decisions since starts_on that the segment gained by the appeals added to it",
        "contribution": round(_share(usual.sum(), len(since)) - _share(usual[came_anyway].sum(), came_anyway.sum()), 4),
        "contribution_is": "what those appeals added to the mean chance of a reversal, other causes left out",
        "touched": f"more appeals against enforcements since {cause.enforced_since}",
        "effect_where_touched": 0.0,
        "appeals_added": int((~came_anyway).sum()),
    }

"""The scenarios of the made-up records: what is planted in each, and the known events."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import pandas as pd

from appeal_insights.records import sample_shape as shape

Segment = Mapping[str, str]


class Rate(NamedTuple):
    """More or fewer reversals in a segment, of appeals decided on `starts_on` or later."""

    event_id: str
    segment: Segment
    aliases: tuple[Segment, ...]  # the same records, or nearly so, by another name
    lift: float  # share added to the chance of a reversal where touched
    starts_on: str  # day in UTC
    only: Segment = MappingProxyType({})  # touched only where this holds too ...
    enforced_since: str = ""  # ... and the enforcement is of this instant or later; empty: whenever it was


class Mix(NamedTuple):
    """More appeals of a segment, against enforcements of `enforced_since` or later. It changes no rate."""

    event_id: str
    segment: Segment  # by columns that enforcements have too
    aliases: tuple[Segment, ...]
    growth: float  # appeals added for each that would come anyway, once all of them are against such enforcements
    starts_on: str  # day in UTC of the first decision
    enforced_since: str


class Delay(NamedTuple):
    """Later decisions in a segment from `starts_on`. It changes no outcome, only which are known by the extract."""

    event_id: str
    segment: Segment
    aliases: tuple[Segment, ...]
    starts_on: str
    times: float = 1.0  # what is left of the turnaround takes so many times as long
    closed_weekday: int | None = None  # nothing is decided on it, Monday is 0: it waits for the day after


class Flip(NamedTuple):
    """From `starts_on` on enforcements of some markets bear the wrong one of two values. Nothing else changes."""

    event_id: str
    column: str
    values: tuple[str, str]
    markets: tuple[str, ...]
    starts_on: str

    @property
    def segment(self) -> Segment:
        return {self.column: self.values[1]}

    @property
    def aliases(self) -> tuple[Segment, ...]:
        there = ({"market": market, **self.segment} for market in self.markets)
        return ({self.column: self.values[0]}, *there)


class Reroute(NamedTuple):
    """From `since` on a share of the appeals of a segment goes to another site."""

    segment: Segment
    site: str
    share: float
    since: str


class Outage(NamedTuple):
    """A fault enforces far too much for some hours; its appeals wait until all of it is restored at once."""

    event_id: str
    segment: Segment  # by columns that enforcements have too
    aliases: tuple[Segment, ...]
    days_worth: float  # what it brings, as so many usual days of the segment
    enforced_from: str
    enforced_to: str
    restored_at: str

    @property
    def starts_on(self) -> str:
        return self.restored_at[:10]


Cause = Rate | Mix | Delay | Flip | Outage


class Plan(NamedTuple):
    """What is planted in a scenario."""

    rates: tuple[Rate, ...] = ()
    mixes: tuple[Mix, ...] = ()
    delays: tuple[Delay, ...] = ()
    flips: tuple[Flip, ...] = ()
    outages: tuple[Outage, ...] = ()
    reroutes: tuple[Reroute, ...] = ()  # what goes with a rate, and is no cause of its own

    @property
    def causes(self) -> tuple[Cause, ...]:
        return (*self.rates, *self.mixes, *self.delays, *self.flips, *self.outages)


MODEL_RELEASE = Rate(
    "EV-003",
    segment={"policy": "misleading_claims"},
    aliases=({"policy": "misleading_claims", "automated_decision": "AUTOMATED_DECISION_FULLY"},),
    lift=0.30,  # about 25 points over all decisions of the policy
    starts_on="2026-10-26",
    only={"automated_decision": "AUTOMATED_DECISION_FULLY"},
    enforced_since="2026-10-23T09:00:00Z",
)
STATEMENTS = Rate(
    "EV-006",
    segment={"appellant": "seller", "evidence_provided": "false"},
    aliases=({"queue": "seller_support", "evidence_provided": "false"},),
    lift=0.38,  # one appeal in twenty: less would drown among all pairs of dimensions
    starts_on="2026-10-26",
)
CAMPAIGN = Mix(
    "EV-007",
    segment={"complaint_type": "service"},
    aliases=({"queue": "live"},),
    growth=1.2,  # a fifth of it is of appeals against older enforcements, and stays away
    starts_on="2026-10-26",
    enforced_since="2026-10-26T06:00:00Z",
)
THRESHOLD = Rate(
    "EV-008",
    segment={"policy": "adult_nudity"},
    aliases=({"policy": "adult_nudity", "automated_decision": "AUTOMATED_DECISION_FULLY"},),
    lift=0.32,
    starts_on="2026-10-26",
    only={"automated_decision": "AUTOMATED_DECISION_FULLY"},
    enforced_since="2026-10-24T08:00:00Z",
)
NEW_VENDOR = Rate(
    "EV-009",
    segment={"market": "GB"},
    aliases=({"site": shape.NEW_SITE}, {"market": "GB", "site": shape.NEW_SITE}),
    lift=0.30,  # its reviewers are new to the job
    starts_on="2026-10-26",
    only={"site": shape.NEW_SITE},
)
FEWER_STAFF = Delay(
    "EV-010", segment={"site": "site_lisbon"}, aliases=({"site": "site_lisbon"},), starts_on="2026-10-26", times=6.0
)
SPAM_OUTAGE = Outage(
    "EV-011",
    segment={"policy": "spam_engagement"},
    aliases=({"policy": "spam_engagement", "complaint_type": "visibility"},),
    days_worth=30.0,
    enforced_from="2026-11-03T02:00:00Z",
    enforced_to="2026-11-03T11:00:00Z",
    restored_at="2026-11-04T16:00:00Z",
)
LABEL_FLIP = Flip(
    "EV-013",
    column="automated_decision",
    values=("AUTOMATED_DECISION_FULLY", "AUTOMATED_DECISION_NOT_AUTOMATED"),
    markets=("DE", "AT", "CH"),
    starts_on="2026-10-26",
)
ARABIC_ROUTING = Rate(
    "EV-014",
    segment={"content_language": "ar"},
    aliases=({"content_language": "ar", "site": "site_sofia"},),
    lift=-0.28,  # few there read it, so they leave things as they are
    starts_on="2026-10-26",
    only={"site": "site_sofia"},
)
WRONG_WEEKEND = Delay(
    "EV-015", segment={"market": "SA"}, aliases=({"market": "SA"},), starts_on="2026-10-26", closed_weekday=6
)
MORE_SELLERS = Mix(
    "EV-016",
    segment={"appellant": "seller"},
    aliases=({"queue": "seller_support"},),
    growth=1.6,
    starts_on="2026-10-26",
    enforced_since="2026-10-26T06:00:00Z",
)

PLANS: Mapping[str, Plan] = {
    "planted": Plan(rates=(MODEL_RELEASE, STATEMENTS), mixes=(CAMPAIGN,)),
    "quiet": Plan(),
    "mix_only": Plan(mixes=(MORE_SELLERS,)),
    "policy_launch": Plan(mixes=(CAMPAIGN,)),
    "model_release": Plan(rates=(MODEL_RELEASE,)),
    "threshold_change": Plan(rates=(THRESHOLD,)),
    "vendor_site": Plan(
        rates=(NEW_VENDOR,), reroutes=(Reroute({"market": "GB"}, shape.NEW_SITE, 0.95, "2026-10-26T06:00:00Z"),)
    ),
    "staffing_dip": Plan(delays=(FEWER_STAFF,)),
    "outage": Plan(outages=(SPAM_OUTAGE,)),
    "instrumentation_flip": Plan(flips=(LABEL_FLIP,)),
    "language_routing": Plan(
        rates=(ARABIC_ROUTING,),
        reroutes=(Reroute({"content_language": "ar"}, "site_sofia", 0.95, "2026-10-26T00:00:00Z"),),
    ),
    "holiday_calendar": Plan(delays=(WRONG_WEEKEND,)),
}

EVENT_COLUMNS = ("event_id", "event_type", "title_en", "title_zh", "starts_at", "ends_at", "scope", "source",
                 "expected")  # fmt: skip
DECOYS = ("EV-001", "EV-002", "EV-004", "EV-005")  # they changed nothing
EVENTS = (
    ("EV-001", "policy_change", "Hateful behaviour policy clarified in GB and IE", "英国与爱尔兰明确仇恨行为规则",
     "2026-08-10T08:00:00Z", "", "market=GB,IE; policy=hateful_behaviour", "policy register", ""),
    ("EV-002", "training", "Calibration training week at the Sofia site", "索菲亚站点校准培训周",
     "2026-09-21T06:00:00Z", "2026-09-25T16:00:00Z", "site=site_sofia", "site calendar", "wrong_uphold_rate=falls"),
    ("EV-003", "model_release", "New misleading claims model, lower threshold", "误导性宣传新模型上线，阈值下调",
     "2026-10-23T09:00:00Z", "", "policy=misleading_claims", "release calendar", "overturn_rate=rises"),
    ("EV-008", "threshold_change", "Adult nudity: threshold lowered", "成人裸露：阈值下调",
     "2026-10-24T08:00:00Z", "", "policy=adult_nudity", "release calendar", "overturn_rate=rises"),
    ("EV-006", "policy_change", "Sellers: a written statement counts as evidence", "商家书面说明可视为申诉证据",
     "2026-10-26T00:00:00Z", "", "appellant=seller; evidence_provided=false", "policy register", "overturn_rate=rises"),
    ("EV-010", "staffing", "Lisbon site short of staff", "里斯本站点人手不足",
     "2026-10-26T00:00:00Z", "", "site=site_lisbon", "site calendar", "turnaround=rises"),
    ("EV-013", "instrumentation", "Automation label inverted in DE, AT and CH", "德国、奥地利与瑞士的自动化标签填反",
     "2026-10-26T00:00:00Z", "", "market=DE,AT,CH", "data quality log", ""),
    ("EV-014", "routing_change", "Arabic appeals routed to Sofia", "阿拉伯语申诉改由索菲亚站点处理",
     "2026-10-26T00:00:00Z", "", "content_language=ar", "routing register", "overturn_rate=falls"),
    ("EV-015", "tooling_change", "Working calendar replaced, Sundays off in SA", "更换工作日历，沙特被误设周日休息",
     "2026-10-26T00:00:00Z", "", "market=SA", "tooling register", ""),
    ("EV-007", "policy_launch", "Live-stream safety campaign, more live restrictions", "直播安全专项行动，直播限制增多",
     "2026-10-26T06:00:00Z", "", "complaint_type=service", "policy register", "received=rises"),
    ("EV-016", "external", "Fee holiday brings many new sellers", "佣金减免带来大量新商家",
     "2026-10-26T06:00:00Z", "", "appellant=seller", "campaign calendar", "received=rises"),
    ("EV-009", "vendor_change", "Warsaw vendor site takes over GB", "华沙供应商站点接手英国申诉",
     "2026-10-26T06:00:00Z", "", "market=GB", "site calendar", "overturn_rate=rises"),
    ("EV-004", "holiday", "Republic Day in Türkiye", "土耳其共和国日",
     "2026-10-28T10:00:00Z", "2026-10-29T21:00:00Z", "market=TR", "public holiday calendar", ""),
    ("EV-011", "bulk_restore", "Spam filter outage, all it restricted restored", "垃圾信息过滤故障，误处罚批量恢复",
     "2026-11-03T02:00:00Z", "2026-11-04T16:00:00Z", "policy=spam_engagement", "incident log", "overturn_rate=rises"),
    ("EV-005", "sale_event", "11.11 sale", "双十一大促",
     "2026-11-11T00:00:00Z", "2026-11-14T00:00:00Z", "appellant=seller", "campaign calendar", "received=rises"),
)  # fmt: skip


def known_events(plan: Plan) -> pd.DataFrame:
    """The dated events by their start: those behind what was planted, and others that changed nothing."""
    held = {*DECOYS, *(cause.event_id for cause in plan.causes)}
    return pd.DataFrame([event for event in EVENTS if event[0] in held], columns=list(EVENT_COLUMNS))

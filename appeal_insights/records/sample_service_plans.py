"""What is planted in half a year of made-up service levels, where and since when; and what stands beside the records.

Nothing here is published: volumes, times and promises are assumptions, of the size that a large platform has.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from appeal_insights.records import sample_shape as shape

LAST_DAY = shape.LAST_DAY
DAYS = 26 * 7  # up to and with the last one
FIRST_DAY = LAST_DAY - (DAYS - 1)
PLANNED_DAYS = 28  # after the last day: hours that are planned and not yet worked

APPEALS = 30_000  # in those days, before what a cause adds
MARKETS = ("IT", "ES", "DE", "FR", "PL", "GB", "TR", "SA", "EG", "AE", "MA")  # as many appeals each as in other samples
FRIDAY_SATURDAY = ("SA", "EG")
SITES: Mapping[str, tuple[str, ...]] = {  # and the markets that they work for
    "site_lisbon": ("IT", "ES", "FR", "MA"),
    "site_sofia": ("DE", "PL", "GB", "AE"),  # around the clock
    "site_istanbul": ("TR",),
    "site_cairo": ("SA", "EG"),
}
ROUND_THE_CLOCK = "site_sofia"
ON_CALL = "on_call"
QUEUES = ("fast_lane", "general", "seller_support", "live", "account_integrity")
AT_ONE_SITE = ("live", "account_integrity")  # the cases of all markets go to the site that never closes
FAST_LANE_SHARE = 0.6  # of the appeals that have no queue of their own kind
APPELLANTS = {"creator": 0.62, "seller": 0.25, "viewer": 0.07, "advertiser": 0.04, "notifier": 0.02}
DAY_SIGMA = 0.06  # of the logarithm of the appeals of a market on one day

# Lognormal: median and sigma of the logarithm.
HANDLING_SECONDS: Mapping[str, tuple[float, float]] = {
    "fast_lane": (420, 0.5), "general": (1200, 0.6), "seller_support": (1800, 0.6), "live": (300, 0.5),
    "account_integrity": (1500, 0.6),
}  # fmt: skip
ASKED = {"fast_lane": 0.0, "general": 0.05, "seller_support": 0.14, "live": 0.0, "account_integrity": 0.11}
ESCALATED = {"fast_lane": 0.02, "general": 0.025, "seller_support": 0.03, "live": 0.015, "account_integrity": 0.03}
ASKED_AFTER = 0.3  # of the handling: then the appellant or an expert is asked, and the rest follows the answer
EXPERT_HOURS = (12.0, 0.9)
ANSWER_HOURS, LONGEST_ANSWER_HOURS = (20.0, 0.8), 7 * 24
HANDED_OVER_SHARE, REOPENED_SHARE = 0.03, 0.012
REOPENED_DAYS, AGAIN_HOURS = (3.0, 0.7), (20.0, 0.6)
NOTIFIED_HOURS = (0.25, 1.3)
REINSTATED_HOURS: Mapping[str, tuple[float, float]] = {  # at most 24 are promised
    "visibility": (0.5, 1.4), "service": (0.1, 1.2), "account": (3.0, 0.9), "monetary": (4.0, 0.9),
}  # fmt: skip

# How desks are staffed: for the work expected since the desk was last open, and a margin, larger where work is little.
OCCUPANCY = 0.78  # of the productive hours that are planned, on average
MARGIN_CASES = 2.6  # so many times the spread of a day's work on top
PRODUCTIVE_SHARE = 0.85  # of the planned hours
PRODUCTIVE_SIGMA = 0.03
SHIFT_HOURS = 8.0


# --- What is planted -------------------------------------------------------------------------------------------------
class Cause(NamedTuple):
    """What happens in a segment from a day to another, both included."""

    kind: str
    event_id: str
    segment: Mapping[str, str]
    subject_type: str
    clock: str  # whose promises are broken, or stay kept though something else moves
    first_day: str
    last_day: str
    size: float  # by its kind

    def days(self) -> tuple[int, int]:
        """The number of its first day, and of the one after its last."""
        first, last = (int((np.datetime64(day) - FIRST_DAY).astype(int)) for day in (self.first_day, self.last_day))
        return first, last + 1


LAST = str(LAST_DAY)
SEGMENTS = {
    "staffing_dip": {"site": "site_lisbon"},
    "surge": {"market": "DE,GB", "queue": "seller_support"},
    "asking": {"queue": "account_integrity"},
    "holidays": {"market": "TR"},
    "reinstatement": {"market": "SA"},
    "night_shift": {"severity": "P1", "shift": "night"},
}
SHARED_DESK = {"market": "PL,AE", "queue": "seller_support"}  # waits behind the surge at the same desk
SERVICE_LEVELS = (
    Cause("staffing_dip", "EV-201", SEGMENTS["staffing_dip"], "appeal", "decide", "2026-08-31", "2026-09-20", 0.5),
    Cause("surge", "EV-202", SEGMENTS["surge"], "appeal", "decide", "2026-11-06", "2026-11-14", 6.0),
    Cause("asking", "EV-203", SEGMENTS["asking"], "appeal", "decide", "2026-09-28", LAST, 3.0),
    Cause("holidays", "EV-204", SEGMENTS["holidays"], "appeal", "decide", "2026-10-28", "2026-10-30", 0.0),
    Cause("reinstatement", "EV-205", SEGMENTS["reinstatement"], "appeal", "reinstate", "2026-10-05", LAST, 24.0),
    Cause("night_shift", "EV-206", SEGMENTS["night_shift"], "ticket", "acknowledge", "2026-09-07", LAST, 4.5),
)
SERVICE_PLANS: Mapping[str, tuple[Cause, ...]] = {"service_levels": SERVICE_LEVELS, "service_quiet": ()}

# --- Tickets of the on-call desk -------------------------------------------------------------------------------------
TICKETS_A_DAY = 8.0
TICKET_WEEKDAYS = (1.1, 1.05, 1.0, 1.0, 1.1, 0.9, 0.85)  # Monday first
SEVERITIES = {"P0": 0.03, "P1": 0.20, "P2": 0.45, "P3": 0.32}
CATEGORIES = {"live_safety": 0.3, "restore_request": 0.25, "queue_fault": 0.2, "press_enquiry": 0.1, "authority": 0.15}
SOURCES = {"monitoring": 0.35, "market_team": 0.45, "user_support": 0.2}
ACK_MINUTES: Mapping[str, tuple[float, float]] = {"P0": (5, 0.45), "P1": (18, 0.5), "P2": (80, 0.7), "P3": (240, 0.7)}
RESOLVE_HOURS: Mapping[str, tuple[float, float]] = {"P0": (1.6, 0.45), "P1": (8, 0.5), "P2": (24, 0.5), "P3": (60, 0.5)}
AUTO_ACK_SHARE, REPEAT_SHARE, REPEAT_DAYS = 0.2, 0.09, 7  # of P2 and P3; of those with an earlier one within so long
TICKET_HOURS = (3, 3, 2, 2, 2, 2, 3, 4, 5, 6, 6, 6, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 4)  # UTC
TICKET_SECONDS = (1500, 0.6)


class Incident(NamedTuple):
    event_id: str
    market: str
    starts_at: str
    hours: float
    tickets: int


INCIDENTS = (
    Incident("EV-207", "FR", "2026-06-24T08:10:00Z", 6, 18),
    Incident("EV-208", "GB", "2026-08-05T19:30:00Z", 9, 26),
    Incident("EV-209", "DE", "2026-10-14T05:00:00Z", 5, 16),
)
# Open at the extract: incident, market, severity, raised and taken on at.
OPEN_TICKETS = (
    ("P0", "EG", "2026-11-16T03:42:11Z", "2026-11-16T03:48:27Z"),
    ("P1", "EG", "2026-11-16T04:20:05Z", "2026-11-16T04:55:40Z"),
    ("P1", "SA", "2026-11-16T05:38:50Z", ""),
)
OPEN_INCIDENT = "EV-210"

# --- Disputes before out-of-court bodies -----------------------------------------------------------------------------
DISPUTES = 60
UNION = ("IT", "ES", "DE", "FR", "PL")
BODIES = {"body_dublin": 0.6, "body_munich": 0.25, "body_valletta": 0.15}
OUTCOMES = {"upheld": 0.42, "reversed_merits": 0.33, "partially_reversed": 0.08, "reversed_default": 0.05,
            "omitted": 0.06, "inadmissible": 0.06}  # fmt: skip
COMPLEX_SHARE, COMPLEX_TIMES = 0.1, 1.8
DISPUTED_DAYS, INFORMED_DAYS, ANSWERED_DAYS = (9, 0.8), (2, 0.5), (4.5, 0.35)
BODY_DAYS, IMPLEMENTED_DAYS = (42, 0.45), (4, 0.6)

# --- What stands beside the records ----------------------------------------------------------------------------------
AUDITED_SHARE, WRONG_SHARE, UNCLEAR_SHARE, AUDITED_DAYS = 0.03, 0.045, 0.01, (1.5, 0.7)

EVENT_COLUMNS = ("event_id", "event_type", "title_en", "title_zh", "starts_at", "ends_at", "scope", "source",
                 "expected")  # fmt: skip
LATE, SLOW = "sla_attainment=falls", "turnaround=rises"
EVENTS = (
    ("EV-211", "tooling_change", "Search added to the review screen", "审核界面新增搜索功能",
     "2026-06-08T08:00:00Z", "", "", "tooling register", ""),
    ("EV-207", "incident", "Wrong strikes in FR", "法国误判罚分",
     "2026-06-24T08:10:00Z", "2026-06-24T14:10:00Z", "market=FR", "incident log", "tickets_created=rises"),
    ("EV-212", "holiday", "Summer rota at the Sofia site", "索菲亚站点夏季排班",
     "2026-07-20T06:00:00Z", "2026-08-10T06:00:00Z", "site=site_sofia", "site calendar", ""),
    ("EV-208", "incident", "Live streams cut off in GB", "英国直播中断",
     "2026-08-05T19:30:00Z", "2026-08-06T04:30:00Z", "market=GB", "incident log", "tickets_created=rises"),
    ("EV-213", "policy_change", "Promise for creators: 6 business hours, before 8",
     "创作者时效承诺由 8 个营业小时改为 6 个",
     "2026-08-17T00:00:00Z", "", "appellant=creator,viewer,advertiser,notifier", "service agreement", ""),
    ("EV-201", "staffing", "Sick leave at the Lisbon site", "里斯本站点病假",
     "2026-08-31T07:00:00Z", "2026-09-20T19:00:00Z", "site=site_lisbon", "site calendar", f"{LATE}; {SLOW}"),
    ("EV-206", "staffing", "One person fewer on call at night", "夜间值班减少一人",
     "2026-09-07T00:00:00Z", "", "queue=on_call", "on-call rota", f"{LATE}; time_to_acknowledge=rises"),
    ("EV-214", "training", "Refresher training at the Cairo site", "开罗站点复训",
     "2026-09-14T06:00:00Z", "2026-09-16T14:00:00Z", "site=site_cairo", "site calendar", LATE),
    ("EV-203", "tooling_change", "Button to ask the appellant, in account appeals", "账号申诉新增“请补充材料”按钮",
     "2026-09-28T06:00:00Z", "", "queue=account_integrity", "tooling register", "paused_share=rises"),
    ("EV-205", "tooling_change", "New tool to lift restrictions in SA", "沙特启用新的解除限制工具",
     "2026-10-05T06:00:00Z", "", "market=SA", "tooling register", "time_to_reinstate=rises"),
    ("EV-209", "incident", "Queue not refreshed in DE", "德国队列未刷新",
     "2026-10-14T05:00:00Z", "2026-10-14T10:00:00Z", "market=DE", "incident log", "tickets_created=rises"),
    ("EV-215", "model_release", "Counterfeit detection model, version 5", "假冒商品检测模型第 5 版",
     "2026-10-19T09:00:00Z", "", "policy=counterfeit", "release calendar", ""),
    ("EV-204", "holiday", "Republic Day and a day between in TR", "土耳其共和国日及调休",
     "2026-10-28T10:00:00Z", "2026-11-01T21:00:00Z", "market=TR", "site calendar", "backlog=rises"),
    ("EV-202", "sale_event", "11.11 sale in DE and GB", "德国、英国双十一大促",
     "2026-11-06T00:00:00Z", "2026-11-15T00:00:00Z", "market=DE,GB; appellant=seller", "campaign calendar",
     f"{LATE}; received=rises"),
    ("EV-210", "incident", "Live moderation outage in EG", "埃及直播审核故障",
     "2026-11-16T03:40:00Z", "", "market=EG,SA", "incident log", "tickets_created=rises"),
)  # fmt: skip
DECOYS = (  # they changed nothing
    Cause("decoy", "EV-211", {}, "appeal", "decide", "2026-06-08", "2026-06-21", 0.0),
    Cause("decoy", "EV-212", {"site": "site_sofia"}, "appeal", "decide", "2026-07-20", "2026-08-09", 0.0),
    Cause("decoy", "EV-214", {"site": "site_cairo"}, "appeal", "decide", "2026-09-14", "2026-09-16", 0.0),
    Cause("decoy", "EV-215", {"policy": "counterfeit"}, "appeal", "decide", "2026-10-19", "2026-11-01", 0.0),
)

START, CUT = "2026-01-01T00:00:00Z", "2026-08-17T00:00:00Z"
POLICY_COLUMNS = ("policy_id", "subject_type", "clock", "scope", "hours", "calendar", "pauses", "valid_from",
                  "valid_to", "owner", "approved_by")  # fmt: skip
DESK, CALL, BODY = "Appeals operations", "Moderation on call", "Out-of-court body"
RULE = "Regulation (EU) 2022/2065"
AGREED, OTHERS = "Service agreement", "appellant=creator,viewer,advertiser,notifier"
LIVE, ACCOUNT = "queue=live; complaint_type=service", "queue=account_integrity; complaint_type=account"
POLICIES = (
    ("SLA-01", "appeal", "decide", "appellant=seller", "24", "market", "waiting_appellant", START, "", DESK, AGREED),
    ("SLA-02", "appeal", "decide", OTHERS, "8", "market", "waiting_appellant", START, CUT, DESK, AGREED),
    ("SLA-03", "appeal", "decide", OTHERS, "6", "market", "waiting_appellant", CUT, "", DESK, AGREED),
    ("SLA-04", "appeal", "decide", LIVE, "6", "always", "none", START, "", DESK, AGREED),
    ("SLA-05", "appeal", "decide", ACCOUNT, "16", "always", "waiting_appellant", START, "", DESK, AGREED),
    ("SLA-06", "appeal", "acknowledge", "", "24", "market", "none", START, "", DESK, AGREED),
    ("SLA-07", "appeal", "notify", "", "24", "always", "none", START, "", DESK, f"{RULE}, article 20"),
    ("SLA-08", "appeal", "reinstate", "", "24", "always", "none", START, "", "Enforcement tools", AGREED),
    ("SLA-11", "ticket", "acknowledge", "severity=P0", "0.25", "always", "none", START, "", CALL, AGREED),
    ("SLA-12", "ticket", "acknowledge", "severity=P1", "1", "always", "none", START, "", CALL, AGREED),
    ("SLA-13", "ticket", "acknowledge", "severity=P2", "8", "market", "none", START, "", CALL, AGREED),
    ("SLA-14", "ticket", "acknowledge", "severity=P3", "24", "market", "none", START, "", CALL, AGREED),
    ("SLA-15", "ticket", "resolve", "severity=P0", "4", "always", "none", START, "", CALL, AGREED),
    ("SLA-16", "ticket", "resolve", "severity=P1", "24", "always", "waiting", START, "", CALL, AGREED),
    ("SLA-17", "ticket", "resolve", "severity=P2", "72", "always", "waiting", START, "", CALL, AGREED),
    ("SLA-18", "ticket", "resolve", "severity=P3", "168", "always", "waiting", START, "", CALL, AGREED),
    ("SLA-21", "dispute", "answer", "", "240", "always", "none", START, "", "Legal operations", AGREED),
    ("SLA-22", "dispute", "decide", "", "2160", "always", "none", START, "", BODY, f"{RULE}, article 21"),
)  # fmt: skip

TARGET_COLUMNS = ("target_id", "metric", "definition_version", "scope", "value", "direction", "per", "valid_from",
                  "valid_to", "owner", "approved_by")  # fmt: skip
REVIEW = "Annual planning review"
TARGETS = (
    ("TG-201", "sla_attainment", "1", "", "0.95", "at_least", "", START, "", DESK, REVIEW),
    ("TG-202", "sla_attainment", "1", "subject_type=appeal; clock=decide", "0.95", "at_least", "", START, "", DESK,
     REVIEW),
    ("TG-203", "sla_attainment", "1", "subject_type=appeal; clock=reinstate", "0.95", "at_least", "", START, "",
     "Enforcement tools", REVIEW),
    ("TG-204", "sla_attainment", "1", "subject_type=ticket", "0.9", "at_least", "", START, "", CALL, REVIEW),
    ("TG-205", "turnaround", "1", "", "0.2", "at_most", "", START, "", DESK, REVIEW),
    ("TG-206", "backlog", "1", "", "600", "at_most", "", START, "", DESK, REVIEW),
    ("TG-207", "handling_accuracy", "1", "", "0.95", "at_least", "", START, "", "Quality assurance", REVIEW),
    ("TG-208", "overturn_rate", "1", "", "0.48", "at_most", "", START, "", "Enforcement quality", REVIEW),
    ("TG-209", "handling_time", "1", "", "1800", "at_most", "", START, "", DESK, REVIEW),
)  # fmt: skip

# The team's own calendar file. Sites work on public holidays, in shifts, unless it says something else.
CALENDARS = """\
# Whose hours promises and desks run on. Vendor sites work on public holidays unless a day is named here.

[site_lisbon]
like = "PT"
holidays = ""
hours = ["07:30-20:00"]
days = [{{ date = 2026-11-27, name = "the site moves house", open = [] }}]

[site_sofia]
like = "always"

[site_istanbul]
like = "TR"
holidays = ""
hours = ["08:00-20:00"]
{istanbul}
[site_cairo]
like = "EG"
holidays = ""
hours = ["08:00-20:00"]

# The moon was sighted a day later than reckoned.
[EG]
days = [
    {{ date = 2026-08-25, name = "worked after all", open = "usual", known_from = 2026-08-24T18:00:00Z }},
    {{ date = 2026-08-26, name = "Prophet's birthday", open = [], known_from = 2026-08-24T18:00:00Z }},
]
{turkey}"""
CLOSED = """\
days = [
    {{ date = 2026-10-28, name = "eve of Republic Day", open = ["{opens}-13:00"] }},
    {{ date = 2026-10-29, name = "Republic Day", open = [] }},
    {{ date = 2026-10-30, name = "day between", open = [] }},
    {{ first = 2026-10-31, last = 2026-11-01, name = "weekend", open = [] }},
]
"""


def calendars_text(plan: tuple[Cause, ...]) -> str:
    """The calendar file of a scenario: the long holiday is in it where it is planted."""
    if any(cause.kind == "holidays" for cause in plan):
        closed, turkey = CLOSED.format(opens="08:00"), f"\n[TR]\n{CLOSED.format(opens='09:00')}"
    else:
        closed, turkey = "", ""
    return CALENDARS.format(istanbul=closed, turkey=turkey)

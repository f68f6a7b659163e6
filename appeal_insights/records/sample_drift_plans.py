"""What is planted in a year of made-up audits, where and since when; and the known events beside it.

Nothing here is published: volumes, accuracies and effects are assumptions, of the size that audits of a large platform
have. A share is 0..1; points are points of accuracy.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from appeal_insights.records import sample_shape as shape

LAST_DAY = shape.LAST_DAY
DAYS = 365  # up to and with the last one
FIRST_DAY = LAST_DAY - (DAYS - 1)
CLEAN_DAYS = 141  # the first ones, in which nothing happens: the baseline of whoever watches

POLICIES = ("misleading_claims", "adult_nudity", "counterfeit")
# Audits a weekday, by those policies: from 80 down to 4, which is too few to be watched.
AUDITS_A_WEEKDAY: Mapping[str, tuple[int, int, int]] = {
    "GB": (80, 30, 24),
    "IT": (40, 60, 16),
    "ES": (48, 20, 70),
    "ZA": (36, 8, 4),
    "DE": (50, 36, 28),
    "FR": (44, 30, 18),
    "SA": (40, 24, 12),
    "AE": (20, 6, 14),
}
AUDITS_OF_ENFORCEMENTS = ("GB", "misleading_claims", 40)
SITES = ("site_lisbon", "site_sofia", "site_casablanca")  # the home of each market is that of the other samples
HOME_SHARE = 0.85  # of its cases; the others go to the next site
QUEUES: Mapping[str, float] = {"fast_lane": 0.7, "general": 0.3}
STRATA = ("easy", "middle", "hard")
STRATUM_SHARES = (0.7, 0.2, 0.1)  # of cases
STRATUM_ERRORS = (1.0, 2.0, 4.0)  # against each other
STRATUM_SAMPLED = (1.0, 2.0, 5.0)
CASES_PER_AUDIT = 25
LEAST_ACCURATE, MOST_ACCURATE = 0.90, 0.98
WEEKDAY_ERRORS = (1.10, 0.98, 0.96, 0.98, 1.02, 1.0, 1.0)  # Monday first, against each other
MOST_DISPERSED = 1.5  # variance of a day's rate over that of independent cases; the least is 1

REVIEWERS = {"site_lisbon": 22, "site_sofia": 14, "site_casablanca": 16}
JOIN_IN_THE_YEAR = 3  # of each site, on any day; they are no worse than others
REVIEWER_SIGMA = 0.3  # of the logarithm of the errors of one reviewer over those of the others
NEW_REVIEWERS = 8  # of a new cohort, on top
NEW_SHARE = 0.45  # of the cases at the home site of their market, once they are all at work
NEW_WITHIN_DAYS = 7
# Errors of a new cohort for each of the others, by tenure.
TENURES: Mapping[str, float] = {"under_30_days": 3.0, "30_to_89_days": 2.4, "90_days_and_more": 1.5}
TENURE_FROM_DAYS = (0, 30, 90)
AUDITORS = {"GB": 2, "IT": 2, "DE": 2, "FR": 2, "ES": 1, "ZA": 1, "SA": 1, "AE": 1}  # of each market
GOLD_A_WEEKDAY = {"GB": 28, "IT": 24, "ES": 20, "ZA": 12, "DE": 26, "FR": 24, "SA": 16, "AE": 10}
GOLD_ITEMS = 300  # of each market
GOLD_WRONG = 0.3  # share of the gold cases that are decided wrongly
GOLD_PASSED = 0.97
STRICTER = 0.09  # of the right decisions, gold cases or not, that stricter auditors find wrong


class Change(NamedTuple):
    """What happens in a segment from a day on."""

    kind: str  # a key of CAUSES
    segment: Mapping[str, str]  # market, and policy where it is only one
    first_day: str
    event_id: str
    points: float = 0.0  # of accuracy, at its full size, at the usual mix of cases
    days: int = 0  # until a ramp has its full size, or a dip is over
    times: float = 1.0  # so many hard cases, audits of hard cases or cases of all kinds for each before

    @property
    def first(self) -> int:
        """The number of its first day."""
        return int((np.datetime64(self.first_day) - FIRST_DAY).astype(int))


# What measured accuracy moves by; nothing where it does not move, though a poor rule would say so.
CAUSES = {"step": "work", "ramp": "work", "dip": "work", "cohort": "work", "auditors": "auditors", "mix": "mix",
          "sampling": "", "volume": "", "wander": ""}  # fmt: skip
DRIFT = (
    Change("step", {"market": "GB", "policy": "misleading_claims"}, "2026-06-15", "EV-101", points=-8),
    Change("step", {"market": "IT", "policy": "adult_nudity"}, "2026-07-06", "EV-102", points=-4),
    Change("ramp", {"market": "ES", "policy": "counterfeit"}, "2026-05-18", "EV-103", points=-6, days=35),
    Change("dip", {"market": "ZA", "policy": "misleading_claims"}, "2026-05-04", "EV-104", points=-8, days=35),
    Change("cohort", {"market": "DE"}, "2026-06-29", "EV-105"),
    Change("auditors", {"market": "FR"}, "2026-05-25", "EV-106"),
    Change("mix", {"market": "SA"}, "2026-07-12", "EV-107", times=3),
    Change("sampling", {"market": "IT", "policy": "misleading_claims"}, "2026-06-01", "EV-108", times=2),
    Change("volume", {"market": "GB", "policy": "counterfeit"}, "2026-07-20", "EV-109", times=1.9),
    Change("wander", {"market": "ES", "policy": "misleading_claims"}, str(FIRST_DAY), ""),
)
WANDER_SIGMA, WANDER_DAYS = 0.25, 15  # of the logarithm of the errors; days over which it is forgotten
DRIFT_PLANS: Mapping[str, tuple[Change, ...]] = {"accuracy_drift": DRIFT, "accuracy_quiet": ()}

DECOYS = tuple(f"EV-{number}" for number in range(110, 117))  # they changed nothing
FALLS = "handling_accuracy=falls"
EVENT_COLUMNS = ("event_id", "event_type", "title_en", "title_zh", "starts_at", "ends_at", "scope", "source",
                 "expected")  # fmt: skip
EVENTS = (
    ("EV-110", "holiday", "New year shifts at all sites", "各站点元旦轮班",
     "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "", "site calendar", ""),
    ("EV-111", "model_release", "Counterfeit detection model, version 4", "假冒商品检测模型第 4 版",
     "2026-04-20T09:00:00Z", "", "policy=counterfeit", "release calendar", ""),
    ("EV-104", "staffing", "Weekend crew covers English queues in ZA", "南非英语队列由周末班组代班",
     "2026-05-03T06:00:00Z", "2026-06-07T22:00:00Z", "market=ZA; policy=misleading_claims", "site calendar", FALLS),
    ("EV-112", "training", "Refresher training at the Lisbon site", "里斯本站点复训",
     "2026-05-11T06:00:00Z", "2026-05-13T16:00:00Z", "site=site_lisbon", "site calendar", ""),
    ("EV-103", "routing_change", "Counterfeit appeals in ES routed by seller tier", "西班牙假冒申诉按商家等级分派",
     "2026-05-18T06:00:00Z", "", "market=ES; policy=counterfeit", "routing register", FALLS),
    ("EV-106", "training", "Auditors in FR calibrated anew", "法国质检员重新校准",
     "2026-05-25T06:00:00Z", "", "market=FR", "quality calendar", FALLS),
    ("EV-108", "instrumentation", "Audit plan: twice the hard cases for IT", "质检计划：意大利困难案件抽检加倍",
     "2026-06-01T00:00:00Z", "", "market=IT; policy=misleading_claims", "audit plan", ""),
    ("EV-101", "policy_change", "Misleading claims guideline rewritten for GB", "英国误导性宣传审核指南改版",
     "2026-06-15T06:00:00Z", "", "market=GB; policy=misleading_claims", "policy register", FALLS),
    ("EV-113", "tooling_change", "New review screen at all sites", "各站点启用新审核界面",
     "2026-06-22T06:00:00Z", "", "", "tooling register", ""),
    ("EV-105", "vendor_change", "New cohort of reviewers for DE at the Sofia site", "索菲亚站点新一批德国审核员上岗",
     "2026-06-29T06:00:00Z", "", "market=DE", "site calendar", FALLS),
    ("EV-102", "tooling_change", "Blurring by default for adult nudity in IT", "意大利成人裸露内容默认模糊显示",
     "2026-07-06T06:00:00Z", "", "market=IT; policy=adult_nudity", "tooling register", FALLS),
    ("EV-107", "external", "A new video format brings harder cases in SA", "新视频形式使沙特案件变难",
     "2026-07-12T00:00:00Z", "", "market=SA", "campaign calendar", FALLS),
    ("EV-109", "sale_event", "Summer sale in GB", "英国夏季大促",
     "2026-07-20T00:00:00Z", "", "market=GB; policy=counterfeit", "campaign calendar", ""),
    ("EV-114", "holiday", "Summer holidays at the Casablanca site", "卡萨布兰卡站点夏休",
     "2026-08-03T00:00:00Z", "2026-08-15T00:00:00Z", "site=site_casablanca", "site calendar", ""),
    ("EV-115", "policy_change", "Adult nudity: art and education clarified", "成人裸露：明确艺术与教育例外",
     "2026-08-17T08:00:00Z", "", "policy=adult_nudity", "policy register", ""),
    ("EV-116", "incident", "Queue outage in AE", "阿联酋队列故障",
     "2026-09-21T02:00:00Z", "2026-09-21T16:00:00Z", "market=AE", "incident log", ""),
)  # fmt: skip
TARGET_COLUMNS = ("target_id", "metric", "definition_version", "scope", "value", "direction", "valid_from", "valid_to",
                  "owner", "approved_by")  # fmt: skip
TARGETS = (
    ("TG-101", "handling_accuracy", "1", "", "0.9", "at_least", "2025-11-16T00:00:00Z", "", "Appeals operations",
     "Annual planning review"),
    ("TG-102", "gold_pass_rate", "1", "role=auditor", "0.95", "at_least", "2025-11-16T00:00:00Z", "",
     "Quality assurance", "Annual planning review"),
)  # fmt: skip


class Line(NamedTuple):
    """One series of audits: decisions of one kind in one market under one policy."""

    number: int
    subject_type: str
    market: str
    policy: str
    audits_a_weekday: int

    @property
    def home_site(self) -> str:
        return shape.MARKETS[self.market].home_site

    @property
    def sites(self) -> tuple[str, str]:
        """Where its cases go: home, and the next site."""
        return self.home_site, SITES[(SITES.index(self.home_site) + 1) % len(SITES)]

    def touched(self, plan: tuple[Change, ...], *kinds: str) -> list[Change]:
        """The changes of those kinds that touch it. What is planted, is planted in appeals."""
        mine = {"market": self.market, "policy": self.policy}
        return [
            change for change in plan
            if change.kind in kinds and self.subject_type == "appeal" and change.segment.items() <= mine.items()
        ]  # fmt: skip


def lines() -> list[Line]:
    """Every series, those of appeals first."""
    cells = [
        ("appeal", market, policy, audits)
        for market, row in AUDITS_A_WEEKDAY.items()
        for policy, audits in zip(POLICIES, row, strict=True)
    ]
    return [Line(number, *cell) for number, cell in enumerate([*cells, ("enforcement", *AUDITS_OF_ENFORCEMENTS)])]


def works(market: str) -> npt.NDArray[np.bool_]:
    """On which of the days people of a market audit: not at its weekend."""
    days = FIRST_DAY + np.arange(DAYS)
    weekday = (days.astype("datetime64[D]").astype(int) + 3) % 7  # Monday is 0
    weekend = shape.WEEKEND_DAYS["fri-sat" if market in shape.FRIDAY_SATURDAY_MARKETS else "sat-sun"]
    return ~np.isin(weekday, weekend)

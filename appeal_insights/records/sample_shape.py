"""The numbers behind the made-up records: who appeals against what, how it is handled, how it is decided.

Sources  Shares of complaint types, overturn rates, turnaround, automation and measures by country follow the reports
         that very large platforms publish under Implementing Regulation (EU) 2024/2835 for July 2025 to June 2026.
         What nobody publishes is an assumption and marked so. A share is 0..1; a weight counts against its neighbours.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

Weights = Mapping[str, float]

SAMPLE_EXTRACTED_AT = "2026-11-16T06:00:00Z"
LAST_DAY = np.datetime64("2026-11-15")  # a Sunday, so the sample ends with a whole ISO week


# --- Who appeals, and against what -----------------------------------------------------------------------------------
class Market(NamedTuple):
    weight: float  # measures of January to June 2026 in millions for the EU, an assumption elsewhere
    home_site: str
    languages: Weights


MARKETS = {
    "IT": Market(33.6, "site_lisbon", {"it": 95, "en": 5}),
    "ES": Market(32.5, "site_lisbon", {"es": 90, "ca": 6, "en": 4}),
    "DE": Market(28.0, "site_sofia", {"de": 86, "tr": 6, "en": 8}),
    "FR": Market(24.1, "site_casablanca", {"fr": 92, "ar": 4, "en": 4}),
    "RO": Market(17.8, "site_sofia", {"ro": 93, "hu": 3, "en": 4}),
    "PL": Market(14.4, "site_sofia", {"pl": 92, "uk": 5, "en": 3}),
    "NL": Market(12.5, "site_lisbon", {"nl": 85, "en": 12, "tr": 3}),
    "BG": Market(7.3, "site_sofia", {"bg": 94, "tr": 4, "en": 2}),
    "SE": Market(6.2, "site_lisbon", {"sv": 82, "en": 12, "ar": 6}),
    "CZ": Market(4.8, "site_sofia", {"cs": 93, "sk": 4, "en": 3}),
    "GR": Market(4.5, "site_sofia", {"el": 92, "en": 8}),
    "BE": Market(4.0, "site_casablanca", {"nl": 52, "fr": 42, "en": 6}),
    "IE": Market(4.0, "site_lisbon", {"en": 96, "pl": 4}),
    "HU": Market(3.9, "site_sofia", {"hu": 96, "en": 4}),
    "AT": Market(3.3, "site_sofia", {"de": 88, "en": 8, "tr": 4}),
    "FI": Market(3.1, "site_lisbon", {"fi": 86, "sv": 6, "en": 8}),
    "PT": Market(2.7, "site_lisbon", {"pt": 95, "en": 5}),
    "DK": Market(2.6, "site_lisbon", {"da": 85, "en": 15}),
    "SK": Market(2.4, "site_sofia", {"sk": 90, "hu": 7, "en": 3}),
    "GB": Market(30.0, "site_lisbon", {"en": 97, "pl": 3}),
    "TR": Market(26.0, "site_istanbul", {"tr": 95, "ku": 3, "en": 2}),
    "SA": Market(16.0, "site_casablanca", {"ar": 90, "en": 10}),
    "EG": Market(14.0, "site_casablanca", {"ar": 96, "en": 4}),
    "AE": Market(9.0, "site_casablanca", {"ar": 55, "en": 45}),
    "ZA": Market(8.0, "site_lisbon", {"en": 84, "af": 16}),
    "MA": Market(8.0, "site_casablanca", {"ar": 68, "fr": 32}),
    "NG": Market(6.0, "site_lisbon", {"en": 94, "ha": 6}),
    "IL": Market(5.0, "site_istanbul", {"he": 78, "ar": 14, "en": 8}),
    "KE": Market(5.0, "site_lisbon", {"en": 70, "sw": 30}),
    "CH": Market(4.0, "site_sofia", {"de": 60, "fr": 24, "it": 10, "en": 6}),
    "NO": Market(3.0, "site_lisbon", {"nb": 84, "en": 16}),
}
WEEKEND_DAYS = {"fri-sat": (4, 5), "sat-sun": (5, 6)}  # Monday is 0
FRIDAY_SATURDAY_MARKETS = ("SA", "EG", "IL")
WEEKEND_FACTOR = 0.8  # of a working day's volume; assumption
SALE_DAYS = (np.datetime64("2026-11-11"), np.datetime64("2026-11-14"))
SALE_FACTOR = 1.3  # of the usual volume, for sellers
HOUR_WEIGHTS = (3, 2, 1, 1, 2, 3, 4, 5, 6, 6, 6, 6, 6, 6, 6, 6, 7, 8, 8, 9, 9, 8, 6, 4)  # UTC; assumption

# Shares of first appeals.
APPELLANTS = {"creator": 0.77, "seller": 0.12, "viewer": 0.06, "advertiser": 0.04, "notifier": 0.01}
COMPLAINT_TYPES = {
    "creator": {"visibility": 0.80, "service": 0.15, "account": 0.04, "monetary": 0.01},
    "seller": {"visibility": 0.72, "account": 0.18, "monetary": 0.10},
    "viewer": {"visibility": 0.60, "service": 0.15, "account": 0.25},
    "advertiser": {"visibility": 0.88, "account": 0.12},
    "notifier": {"art16_no_action": 0.90, "art16_no_action_tf": 0.10},
}
POLICY_GROUPS = {
    "misleading_claims": "integrity", "spam_engagement": "integrity", "dangerous_acts": "safety",
    "violent_content": "safety", "self_harm": "safety", "adult_nudity": "adult", "sexual_solicitation": "adult",
    "hateful_behaviour": "hate", "minor_safety": "minors", "counterfeit": "commerce", "prohibited_goods": "commerce",
    "misleading_listing": "commerce", "seller_misconduct": "commerce", "copyright": "ip",
}  # fmt: skip
CONTENT_POLICIES = {
    "misleading_claims": 17, "spam_engagement": 12, "dangerous_acts": 10, "violent_content": 7, "self_harm": 3,
    "adult_nudity": 13, "sexual_solicitation": 5, "hateful_behaviour": 10, "minor_safety": 19, "copyright": 4,
}  # fmt: skip
POLICIES: Mapping[str, Weights] = {
    "creator": CONTENT_POLICIES,
    "viewer": CONTENT_POLICIES,
    "notifier": {"hateful_behaviour": 40, "copyright": 30, "counterfeit": 20, "misleading_claims": 10},
    "seller": {"counterfeit": 22, "prohibited_goods": 27, "misleading_listing": 27, "seller_misconduct": 18,
               "misleading_claims": 6},
    "advertiser": {"misleading_claims": 45, "prohibited_goods": 25, "adult_nudity": 15, "copyright": 15},
}  # fmt: skip
SURFACES: Mapping[str, Weights] = {
    "creator visibility": {"video": 80, "comment": 9, "live": 4, "profile": 4, "message": 3},
    "viewer visibility": {"comment": 75, "profile": 20, "message": 5},
    "seller visibility": {"product_listing": 88, "shop": 12},
    "advertiser visibility": {"ad": 1},
    "creator monetary": {"video": 70, "live": 30},
    "seller monetary": {"shop": 1},
    "service": {"live": 94, "message": 6},
    "account": {"profile": 1},
    "seller account": {"shop": 1},
    "notifier": {"video": 65, "comment": 15, "product_listing": 20},
}
AUTOMATION = {
    "AUTOMATED_DECISION_FULLY": 0.94, "AUTOMATED_DECISION_NOT_AUTOMATED": 0.04, "AUTOMATED_DECISION_PARTIALLY": 0.02,
}  # fmt: skip
EVIDENCE_SHARES = {"creator": 0.2, "seller": 0.55, "viewer": 0.1, "advertiser": 0.4, "notifier": 0.5}  # assumption


# --- How many appeal against one enforcement, and how many enforcements nobody appeals -------------------------------
class Others(NamedTuple):
    two: float  # share of appealed enforcements with two appeals in the first round
    three: float  # with three

    @property
    def appeals(self) -> float:
        """First-round appeals against one enforcement that is appealed."""
        return 1 + self.two + 2 * self.three


JOINED = {"service": Others(0.30, 0.55)}  # a stopped live stream is appealed up to three times
JOINED_ELSE = Others(0.11, 0.025)  # its uploader, and others whom it restricts; assumption
LONGEST_JOIN_DAYS = 5  # after the first of them; half come within 30 hours
SAME_OUTCOME_SHARE = 0.7  # of those appeals end as the first one does, the others by a draw of their own; assumption
# Share of enforcements that are ever appealed: of content 5.5 appeals on 100 measures, of live streams 150.
APPEALED_SHARES = {
    "visibility": 0.046, "service": 0.60, "account": 0.205, "monetary": 0.042, "seller visibility": 0.017,
    "seller account": 0.17,
}  # fmt: skip

# --- How an appeal is handled ----------------------------------------------------------------------------------------
WITHIN_A_DAY = 0.70  # share of appeals received within 24 hours of the enforcement; assumption
LATER_MEDIAN_DAYS, LATER_SIGMA, LONGEST_WAIT_DAYS = 4.0, 1.3, 180  # the others; six months is the window to appeal
FAST_LANE_SHARE = 0.78  # of the appeals that have no queue of their own kind
HOME_SITE_SHARE, INTERNAL_SHARE, BLANK_SITE_SHARE = 0.85, 0.02, 0.005
VENDOR_SITES = ("site_lisbon", "site_casablanca", "site_sofia", "site_istanbul")
NEW_SITE, INTERNAL_SITE = "site_warsaw", "internal_dublin"
LANES: Mapping[str, Weights] = {
    "fast_lane": {"fast": 95, "human": 5},
    "general": {"human": 90, "evidence": 10},
    "live": {"instant": 80, "human": 20},
    "account_integrity": {"fast": 40, "human": 50, "evidence": 10},
    "seller_support": {"seller": 80, "evidence": 20},
    "legal_notices": {"fast": 30, "human": 60, "evidence": 10},
}
# Lognormal: median, sigma of the logarithm.
TURNAROUND_HOURS: Mapping[str, tuple[float, float]] = {
    "instant": (0.02, 0.8), "fast": (0.3, 1.0), "human": (6.0, 1.62), "evidence": (54.0, 0.8), "seller": (24.0, 0.9),
}  # fmt: skip
LONGEST_TURNAROUND_HOURS = 28 * 24
# Of people's work on it, never more than the turnaround; assumption.
HANDLING_SECONDS: Mapping[str, tuple[float, float]] = {
    "instant": (25, 0.5), "fast": (60, 0.6), "human": (240, 0.7), "evidence": (600, 0.7), "seller": (420, 0.7),
}  # fmt: skip
DECIDED_BY: Mapping[str, Weights] = {
    lane: {"human": 0.4, "human_assisted": 0.5999, "auto_only": 0.0001}
    if lane in ("instant", "fast")
    else {"human": 0.9, "human_assisted": 0.1}
    for lane in TURNAROUND_HOURS
}  # a handful nobody looked at, so that a check has something to find; assumption
NOTIFIED_HOURS = (0.25, 1.3)  # after the decision; assumption
REINSTATED_HOURS: Mapping[str, tuple[float, float]] = {
    "visibility": (0.5, 1.6),
    "service": (0.1, 1.4),
    "account": (5.0, 1.3),
    "monetary": (12.0, 1.3),
}
LONGEST_RE_APPEAL_DAYS = 14

# --- How it is decided: shares of decisions on the merits ------------------------------------------------------------
BASE_RATES = {
    "visibility": 0.505, "service": 0.32, "account": 0.43, "monetary": 0.45, "art16_no_action": 0.11,
    "art16_no_action_tf": 0.11, "seller visibility": 0.35, "seller account": 0.60,
}  # fmt: skip
POLICY_DEVIATIONS = {"minor_safety": -0.05, "adult_nudity": 0.05, "spam_engagement": -0.02, "dangerous_acts": 0.03,
                     "violent_content": 0.02, "copyright": -0.03}  # fmt: skip
EVIDENCE_EFFECT = 0.08  # between appeals with and without evidence
SLOWER_BY_ONE_SIGMA = -0.05  # appeals that take longer are reversed less often
SECOND_ROUND_EFFECT = -0.10
MARKET_SIGMA = 0.02
DAY_SIGMA = 0.0175  # with about 165 decisions a day, a dispersion near 1.2
RE_APPEAL_SHARE = 0.065  # of appeals upheld in the first round
PARTIAL_SHARES = {"seller": 0.025}  # of decisions; others 0.005
OMITTED_SHARES = {"seller": 0.03}  # of closed appeals; others 0.02
MOST_LIKELY, LEAST_LIKELY = 0.98, 0.02  # the chance of a reversal; nothing is ever sure

# --- What audits find: assumptions, but for the size of the sample ---------------------------------------------------
AUDITED_SHARE = 0.04  # of decisions on the merits, drawn by chance
TARGETED = {"new_hire": 0.05, "targeted": 0.03, "escalation": 0.02}  # shares of what each of them looks at
NEW_HIRES_SITE = "site_istanbul"
WRONG_SHARES = {"decision_upheld": 0.038, "decision_reversed": 0.055, "decision_partially_reversed": 0.055}
WRONG_IN_SMALL_LANGUAGES = 0.08  # on top, where few speak the language
SMALL_LANGUAGES = ("da", "fi", "hu", "sk", "el", "nb", "he", "sw", "ha", "af", "ku", "ca")
WRONG_WHERE_TARGETED = 0.10  # on top: they are looked at because something seemed amiss
UNCLEAR_SHARE = 0.01
AUDITED_AFTER_DAYS = (1.5, 0.7)  # lognormal: median, sigma
ERRORS: Mapping[str, Weights] = {
    "upheld": {"false_positive": 70, "wrong_policy": 15, "wrong_action": 8, "technical": 4, "process": 3},
    "overturned": {"false_negative": 75, "wrong_policy": 10, "wrong_action": 8, "technical": 4, "process": 3},
}

# --- Every word, by column: a table of the sample holds its place here -----------------------------------------------
VALUES: Mapping[str, tuple[str, ...]] = {
    "market": tuple(MARKETS),
    "appellant": tuple(APPELLANTS),
    "complaint_type": ("visibility", "service", "account", "monetary", "art16_no_action", "art16_no_action_tf"),
    "policy_group": tuple(dict.fromkeys(POLICY_GROUPS.values())),
    "policy": tuple(POLICY_GROUPS),
    "surface": ("video", "live", "comment", "profile", "ad", "product_listing", "shop", "message"),
    "content_language": tuple(sorted({name for market in MARKETS.values() for name in market.languages})),
    "automated_decision": tuple(AUTOMATION),
    "appeal_round": ("", "1", "2"),
    "queue": tuple(LANES),
    "lane": tuple(TURNAROUND_HOURS),
    "site": (*VENDOR_SITES, NEW_SITE, INTERNAL_SITE, ""),
    "evidence_provided": ("false", "true"),
    "outcome": ("decision_upheld", "decision_reversed", "decision_partially_reversed", "decision_omitted", ""),
    "error_type": ("false_positive", "false_negative", "wrong_policy", "wrong_action", "technical", "process"),
    "decided_by": ("human", "human_assisted", "auto_only", ""),
}

"""What a look at a store brought for its landing page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from appeal_insights.disclosure import Audience
from appeal_insights.errors import AppealInsightsError
from appeal_insights.findings.gate import Test
from appeal_insights.findings.overview_counted import Headline


@dataclass(frozen=True)
class Held:
    """The records of one fact that were known at an instant."""

    fact: str
    rows: int
    first: date | None  # the first and the last day on which something happened
    last: date | None
    loaded_at: datetime | None  # the newest load, naive UTC


@dataclass(frozen=True)
class Looked:
    """A store as the landing page tells of it."""

    store: str
    as_of: datetime
    audience: Audience
    held: Sequence[Held]
    gate: Sequence[Test]
    headlines: Sequence[Headline]
    not_counted: Mapping[str, AppealInsightsError]  # by metric: its records are there, but cannot say it
    other_stores: Sequence[str]

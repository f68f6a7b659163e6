"""What analysts noted by hand, in the report that it belongs to: their words, and the numbers of then and of now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from appeal_insights.disclosure import SMALLEST_SHOWN, Audience
from appeal_insights.errors import AppealInsightsError
from appeal_insights.findings.cells import NOTHING
from appeal_insights.findings.kept import Kept, kept
from appeal_insights.findings.naming import headed
from appeal_insights.findings.shown import Exhibit
from appeal_insights.findings.view_numbers import Number, Report, metric_of, numbers_of, report_of
from appeal_insights.language import Language, count, say, share, share_range
from appeal_insights.language import instant as told_instant
from appeal_insights.metrics.metric import metric
from appeal_insights.periods import instant
from appeal_insights.records.scope import Scope, touches

MOST = 20  # notes that a report shows, the newest
HEADS = ("kept_words", "kept_what", "kept_then", "kept_now", "kept_as_of", "kept_by")


@dataclass(frozen=True)
class Noted:
    """One kept finding and its numbers as the report has them; none, and why, where they cannot be counted."""

    kept: Kept
    now: Sequence[Number]
    error: AppealInsightsError | None = None


@dataclass(frozen=True)
class Notes:
    """What analysts noted, for one report and its audience."""

    audience: Audience
    found: Sequence[Noted] = ()
    more: int = 0  # older ones that are not shown

    def exhibits(self, language: Language) -> list[Exhibit]:
        """The notes as one exhibit; nothing where there are none."""
        if not self.found:
            return []
        rows = [row for one in self.found for row in _rows(one, self.audience, language)]
        notes = [say("kept.explained", language, grade=say("kept.grade", language))]
        notes += [say("kept.more", language, count=str(self.more))] if self.more else []
        cells = headed([(head, "left") for head in HEADS], rows, language)
        return [Exhibit("noted", language, say("kept.title", language), notes, cells=cells)]


NO_NOTES = Notes("stakeholder")


def notes(
    store: str, report: Report, *, as_of: datetime, where: Scope, audience: Audience, workspace: Path | None = None
) -> Notes:
    """What analysts kept of a store that belongs to a report, its numbers counted anew as of the report's instant.

    Left out is what was seen in later data than the report knows, and what is about other records than it looks at.
    """
    there = [
        one
        for one in kept(store, workspace=workspace)
        if report_of(one.view) == report and instant(one.as_of) <= as_of and touches(one.view.where, where)
    ]
    found = [_counted(one, as_of, workspace) for one in there[:MOST]]
    return Notes(audience, found, max(0, len(there) - MOST))


def _counted(one: Kept, as_of: datetime, workspace: Path | None) -> Noted:
    try:
        return Noted(one, numbers_of(one.view, store=one.store, as_of=as_of, workspace=workspace))
    except AppealInsightsError as error:
        return Noted(one, [], error)


def _rows(one: Noted, audience: Audience, language: Language) -> list[list[str]]:
    """A row for each side of what was looked at."""
    told = one.kept
    date = told_instant(instant(told.as_of), language)
    author = told.author or say("kept.no_author", language)
    rows = []
    for place, then in enumerate(told.numbers):
        now = one.now[place] if place < len(one.now) else None
        said = one.error.say(language) if one.error else _told(now, audience, language)
        rows.append(
            [told.said(language), _what(told, then, language), _told(then, audience, language), said, date, author]
        )
    return rows


def _what(told: Kept, number: Number, language: Language) -> str:
    name = metric(metric_of(told.view)).name["zh" if language == "zh-CN" else "en"]
    return say(
        "kept.what", language, metric=name, scope=number.scope or say("segment.everything", language), span=number.span
    )


def _told(number: Number | None, audience: Audience, language: Language) -> str:
    """A rate with its interval and its counts, past disclosure."""
    if number is None or number.rate is None or number.low is None or number.high is None:
        return NOTHING
    if audience != "analyst" and 0 < number.denominator < SMALLEST_SHOWN:
        return say("column.hidden", language)
    counted: Mapping[str, str] = {
        "rate": share(number.rate, language),
        "range": share_range(number.low, number.high, language),
        "numerator": count(number.numerator, language),
        "denominator": count(number.denominator, language),
    }
    return say("kept.number", language, **counted)

"""Is the handling accurate, and has it drifted? `review_accuracy` is the one call of the notebook."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from appeal_insights.disclosure import AUDIENCES
from appeal_insights.errors import BadParameter, also_said_in, choice
from appeal_insights.findings import quality_charts as charts
from appeal_insights.findings import quality_exhibits as exhibits
from appeal_insights.findings import quality_pages as pages
from appeal_insights.findings.finding import Finding
from appeal_insights.findings.quality_gather import gather
from appeal_insights.findings.quality_held import Quality
from appeal_insights.findings.quality_told import conclude
from appeal_insights.findings.shown import Exhibit, Shown
from appeal_insights.language import Language, languages
from appeal_insights.periods import instant
from appeal_insights.records.scope import Scope, read_names, read_scope
from appeal_insights.records.store import Store
from appeal_insights.records.workspace import find_workspace

Show = Callable[[Quality, Language], Sequence[Exhibit]]


@dataclass(frozen=True)
class AccuracyReview:
    """What a review of accuracy found, part by part. Each part shows itself in every language asked for."""

    quality: Quality
    languages: tuple[Language, ...]

    def _shown(self, *shows: Show) -> Shown:
        """Some exhibits, one language after the other."""
        return Shown([part for language in self.languages for show in shows for part in show(self.quality, language)])

    @property
    def summary(self) -> Shown:
        """How accurate, what alarmed, how sure, what next."""
        return self._shown(exhibits.summary)

    @property
    def estate(self) -> Shown:
        """Every series by week, with its alarms."""
        return self._shown(charts.estate)

    @property
    def alarms(self) -> Shown:
        """Every alarm, and a page for each of the newest: its rate with limits, its date, and what it goes with."""
        return self._shown(pages.alarm_list, pages.alarms)

    @property
    def parts(self) -> Shown:
        """What the changes are made of: mix, work and auditors; new against experienced reviewers."""
        return self._shown(pages.parts)

    @property
    def funnel(self) -> Shown:
        """Reviewers, auditors and sites against each other."""
        return self._shown(exhibits.funnels)

    @property
    def estimates(self) -> Shown:
        """Accuracy by series, what was wrong, how well raters agree, and how many audits would show more."""
        return self._shown(exhibits.estimates, exhibits.errors, exhibits.plan)

    @property
    def scorecard(self) -> Shown:
        """Sites, each held to what others make of its cases."""
        return self._shown(exhibits.scorecard)

    @cached_property
    def conclusions(self) -> Sequence[Finding]:
        """The findings: what is new first, at most three."""
        return conclude(self.quality, self.languages)

    @property
    def findings(self) -> Shown:
        """The findings, to be shown and collected."""
        return Shown(tuple(self.conclusions))

    @property
    def limits(self) -> Shown:
        """What was not looked at, and which series are too thin."""
        return self._shown(exhibits.refused, exhibits.limits)

    @property
    def about(self) -> Shown:
        """The data's date and fingerprint, the definitions and the queries."""
        told = self._shown(exhibits.about)
        return Shown([*told.parts, *exhibits.queries(self.quality, self.languages[0])])


def review_accuracy(
    *,
    store: str,
    start: str = "",
    end: str = "",
    where: str | Scope = "",
    by: str | Sequence[str] = "market,policy_group",
    as_of: str = "",
    budget: str | float = 3650,
    language: str = "en",
    audience: str = "stakeholder",
    workspace: Path | None = None,
) -> AccuracyReview:
    """Find out how accurate handling is, which series drifted since when, and what that is consistent with.

    Takes   `store`: the name of a store in the workspace. `start`, `end`: days such as 2025-11-17; the first audit and
            the instant if empty. `where`: 'market=DE,AT; queue=live' or a dictionary. `by`: what names a series.
            `as_of`: an instant; the newest load if empty. `budget`: expected days between false alarms of one series.
            `language`: en, zh-CN or both. `audience`: analyst sees persons by pseudonym, stakeholder aggregates only.
    Raises  what is wrong with a parameter; EmptyPeriod where nothing was audited.
    """
    wanted = languages(language)
    with also_said_in(wanted), Store(find_workspace(workspace).existing_store(store)) as opened:
        quality = gather(
            opened,
            start=start,
            end=end,
            where=read_scope(where),
            by=tuple(read_names(by)),
            as_of=instant(as_of) if as_of else opened.latest(),
            budget=_budget(budget),
            audience=choice("audience", audience, AUDIENCES),
        )
    return AccuracyReview(quality, wanted)


def _budget(given: str | float) -> float:
    try:
        return float(given)
    except ValueError as error:
        raise BadParameter.of("parameter.budget", given=str(given)) from error

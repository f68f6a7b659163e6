"""Why did a rate move? Ask for everything, conclude, and say it: `investigate` is the one call of the notebook."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from appeal_insights.disclosure import AUDIENCES
from appeal_insights.errors import also_said_in, choice
from appeal_insights.findings import exhibits, parts, sentences
from appeal_insights.findings.by_period import with_periods
from appeal_insights.findings.cause_pictures import with_histories
from appeal_insights.findings.comparison import comparison
from appeal_insights.findings.counter_check import counter_check, with_counter_check
from appeal_insights.findings.evidence import Evidence, gather
from appeal_insights.findings.finding import Finding
from appeal_insights.findings.judged import main_view
from appeal_insights.findings.maturing import cohorts, with_cohorts
from appeal_insights.findings.reading import Cases, draw_cases
from appeal_insights.findings.robust_exhibit import robustness
from appeal_insights.findings.robustness import with_robustness
from appeal_insights.findings.shown import Shown
from appeal_insights.findings.tally import Tally, kept_tallies, reading, with_reading
from appeal_insights.findings.tested import AsTest
from appeal_insights.language import Language, languages
from appeal_insights.metrics.metric import BASES, metric
from appeal_insights.periods import instant, resolve
from appeal_insights.records.scope import Scope, read_names, read_scope
from appeal_insights.records.store import Store
from appeal_insights.records.workspace import find_workspace


@dataclass(frozen=True)
class Inquiry:
    """What an investigation found, part by part. Each part shows itself in a notebook, in every language asked for."""

    evidence: Evidence
    languages: tuple[Language, ...]
    tallies: Mapping[str, Tally] = field(default_factory=dict)  # what was read of its causes, by finding

    @property
    def summary(self) -> Shown:
        """What moved, how much, how sure, why, what next."""
        return Shown([exhibits.summary(self.evidence, language) for language in self.languages])

    @property
    def trend(self) -> Shown:
        """The metric period by period, with known events."""
        return Shown([exhibits.trend(self.evidence, language) for language in self.languages])

    @property
    def comparable(self) -> Shown:
        """Whether the two periods can be compared at all: what makes searches lie, looked at first."""
        return Shown([comparison(self.evidence, language) for language in self.languages])

    @property
    def cohorts(self) -> Shown:
        """How weeks of submission settle, and where the newest are likely to stand."""
        return Shown([part for language in self.languages for part in cohorts(self.evidence, language)])

    @property
    def change(self) -> Shown:
        """Mix and rate, by each dimension."""
        return Shown([part for language in self.languages for part in parts.change(self.evidence, language)])

    @property
    def segments(self) -> Shown:
        """What each segment brought, by the dimension that tells most, and what stands out over all dimensions."""
        return Shown([part for language in self.languages for part in parts.segments(self.evidence, language)])

    @property
    def events(self) -> Shown:
        """What happened near the change, and what audits of both sides say."""
        return Shown(
            [
                part
                for language in self.languages
                for part in (exhibits.events(self.evidence, language), *counter_check(self.evidence, language))
            ]
        )

    @cached_property
    def conclusions(self) -> Sequence[Finding]:
        """The findings, the most important first."""
        return with_reading(self.evidence, sentences.conclude(self.evidence, self.languages), self.tallies)

    @property
    def findings(self) -> Shown:
        """The findings, to be shown and collected."""
        read = [part for language in self.languages for part in reading(self.evidence, self.tallies, language)]
        return Shown([*self.conclusions, *read])

    def read_cases(self, cause: int = 1, *, size: int = 50, seed: int = 1, workspace: Path | None = None) -> Cases:
        """Appeals of a cause and matched controls, drawn to be read blind. For an analyst only."""
        place = find_workspace(workspace)
        with also_said_in(self.languages), Store(place.existing_store(self.evidence.store)) as opened:
            return draw_cases(opened, self.evidence, cause, size=size, seed=seed, languages=self.languages)

    @property
    def robustness(self) -> Shown:
        """In how many other ways of counting each finding holds."""
        return Shown([robustness(self.evidence, language) for language in self.languages])

    @property
    def limits(self) -> Shown:
        """What was not looked at."""
        return Shown([exhibits.limits(self.evidence, language) for language in self.languages])

    @property
    def about(self) -> Shown:
        """The data's date and fingerprint, the definitions and the queries."""
        tables = [
            each(self.evidence, language) for language in self.languages for each in (exhibits.about, exhibits.checked)
        ]
        asked = exhibits.queries(self.evidence, self.languages[0])
        return Shown([*tables, AsTest(self.evidence, self.languages), *asked])


def investigate(
    *,
    store: str,
    before: str,
    after: str,
    metric: str = "overturn_rate",
    where: str | Scope = "",
    by: str | Sequence[str] = "",
    basis: str = "decision",
    as_of: str = "",
    language: str = "en",
    audience: str = "stakeholder",
    workspace: Path | None = None,
) -> Inquiry:
    """Find out whether and why a rate moved between two periods.

    Takes   `store`: the name of a store in the workspace. `before`, `after`: periods, as periods.resolve reads
            them: 2026-W40..2026-W43, or 'last week' against '4 weeks before'.
            `where`: 'market=DE,AT; queue=live' or a dictionary. `by`: dimensions to look at, all of them if empty.
            `basis`: decision, submission or enforcement. `as_of`: an instant; the newest load if empty.
            `language`: en, zh-CN or both. `audience`: analyst sees all, stakeholder nothing of under ten records.
    Raises  what is wrong with a parameter, before anything is counted; EmptyPeriod where nothing was counted.
    """
    wanted = languages(language)
    place = find_workspace(workspace)
    with also_said_in(wanted), Store(place.existing_store(store)) as opened:
        moment = instant(as_of) if as_of else opened.latest()
        later = resolve(after, moment)
        spans = resolve(before, moment, ahead_of=later), later
        evidence = gather(
            opened,
            _metric(metric),
            before=spans[0],
            after=spans[1],
            where=read_scope(where),
            by=read_names(by),
            basis=choice("basis", basis, BASES),
            as_of=moment,
            audience=choice("audience", audience, AUDIENCES),
        )
        evidence = with_periods(opened, evidence, main_view(evidence))
        evidence = with_counter_check(opened, with_robustness(opened, evidence))
        evidence = with_histories(opened, with_cohorts(opened, evidence))
    return Inquiry(evidence, wanted, kept_tallies(place, evidence))


_metric = metric

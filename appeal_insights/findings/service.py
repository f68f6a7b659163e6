"""Are we keeping our promises of time? `review_service` is the one call of the notebook."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from appeal_insights.disclosure import AUDIENCES
from appeal_insights.errors import UnknownStore, also_said_in, choice
from appeal_insights.findings import service_charts as charts
from appeal_insights.findings import service_exhibits as exhibits
from appeal_insights.findings.finding import Finding
from appeal_insights.findings.service_found import conclude
from appeal_insights.findings.service_gather import gather
from appeal_insights.findings.service_handover import handover
from appeal_insights.findings.service_held import Service
from appeal_insights.findings.service_landing import landing_exhibits
from appeal_insights.findings.service_year import year_exhibits
from appeal_insights.findings.shown import Exhibit, Shown
from appeal_insights.language import Language, languages
from appeal_insights.periods import instant
from appeal_insights.records.scope import Scope, read_names, read_scope
from appeal_insights.records.store import Store
from appeal_insights.records.workspace import find_workspace

Show = Callable[[Service, Language], Sequence[Exhibit]]


@dataclass(frozen=True)
class ServiceReview:
    """What a review of service levels found, part by part. Each part shows itself in every language asked for."""

    service: Service
    languages: tuple[Language, ...]

    def _shown(self, *shows: Show) -> Shown:
        """Some exhibits, one language after the other."""
        return Shown([part for language in self.languages for show in shows for part in show(self.service, language)])

    @property
    def summary(self) -> Shown:
        """Are we keeping our promises, what is open, what next."""
        return self._shown(exhibits.summary)

    @property
    def handover(self) -> Shown:
        """The page for the next shift."""
        return self._shown(handover)

    @property
    def promises(self) -> Shown:
        """Every kind of promise with its target, and the main one by week."""
        return self._shown(charts.promises, exhibits.promises, landing_exhibits, year_exhibits)

    @property
    def where(self) -> Shown:
        """Where the most were late, and since when."""
        return self._shown(exhibits.segments, charts.heat)

    @property
    def why(self) -> Shown:
        """Pauses, events, volume and hours beside what was late."""
        return self._shown(exhibits.why)

    @property
    def at_risk(self) -> Shown:
        """What is overdue, and what falls due in the next 8, 24 and 48 hours."""
        return self._shown(exhibits.at_risk, exhibits.backlog)

    @property
    def waits(self) -> Shown:
        """How long it takes, gross and net, open cases counted as open."""
        return self._shown(exhibits.waits)

    @property
    def on_call(self) -> Shown:
        """The on-call desk."""
        return self._shown(exhibits.on_call)

    @property
    def capacity(self) -> Shown:
        """What will come in, and the hours that it needs."""
        return self._shown(charts.forecast, charts.hours)

    @property
    def statutory(self) -> Shown:
        """What the law wants to know."""
        return self._shown(exhibits.statutory)

    @cached_property
    def conclusions(self) -> Sequence[Finding]:
        """The findings: promises missed, where they were missed or fell, queues that pause more."""
        return conclude(self.service, self.languages)

    @property
    def findings(self) -> Shown:
        """The findings, to be shown and collected."""
        return Shown(tuple(self.conclusions))

    @property
    def limits(self) -> Shown:
        """What was not looked at."""
        return self._shown(exhibits.limits)

    @property
    def about(self) -> Shown:
        """The data's date and fingerprint, the definition and the queries."""
        told = self._shown(exhibits.about)
        return Shown([*told.parts, *exhibits.queries(self.service, self.languages[0])])


def review_service(
    *,
    store: str,
    end: str = "",
    where: str | Scope = "",
    by: str | Sequence[str] = "market,queue",
    as_of: str = "",
    language: str = "en",
    audience: str = "stakeholder",
    workspace: Path | None = None,
) -> ServiceReview:
    """Find out whether promises of time are kept, where not, what is at risk, and what capacity would mend it.

    Takes   `store`: the name of a store in the workspace. `end`: the last day, such as 2026-11-15; the day before the
            instant if empty. `where`: 'market=DE,AT; queue=live' or a dictionary. `by`: what makes a segment.
            `as_of`: an instant; the newest load if empty. `language`: en, zh-CN or both. `audience`: analyst sees
            single cases, stakeholder nothing of under ten records.
    Raises  what is wrong with a parameter; UnknownStore where no SLA policy was taken in; EmptyPeriod where nothing
            fell due.
    """
    wanted = languages(language)
    with also_said_in(wanted), Store(find_workspace(workspace).existing_store(store)) as opened:
        if "clocks" not in opened.tables:
            raise UnknownStore.of("store.no_promises", store=store)
        service = gather(
            opened,
            end=end,
            where=read_scope(where),
            by=tuple(read_names(by)),
            as_of=instant(as_of) if as_of else opened.latest(),
            audience=choice("audience", audience, AUDIENCES),
        )
    return ServiceReview(service, wanted)

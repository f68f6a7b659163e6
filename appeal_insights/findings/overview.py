"""Where do things stand? What a store holds, its headline metrics, and what alarmed: the landing page's one call."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from pathlib import Path

import pandas as pd

from appeal_insights.disclosure import AUDIENCES, Audience
from appeal_insights.errors import AppealInsightsError, also_said_in, choice
from appeal_insights.findings import overview_exhibits as exhibits
from appeal_insights.findings.alerts import check
from appeal_insights.findings.alerts_held import Checked
from appeal_insights.findings.choices import read_choices
from appeal_insights.findings.gate import gate
from appeal_insights.findings.overview_counted import Headline, headline
from appeal_insights.findings.overview_exhibits import Make
from appeal_insights.findings.overview_held import Held, Looked
from appeal_insights.findings.shown import Bundle, Exhibit, Shown
from appeal_insights.language import Language, languages
from appeal_insights.metrics.holdings import holdings
from appeal_insights.metrics.metric import metric
from appeal_insights.periods import instant
from appeal_insights.records.shared import shared
from appeal_insights.records.store import Store
from appeal_insights.records.workspace import find_workspace

# What a page begins with, as far as there are records; the first that is there is what is asked about first.
HEADLINES = (
    "overturn_rate", "handling_accuracy", "sla_attainment", "turnaround", "received", "decided", "backlog",
)  # fmt: skip


@dataclass(frozen=True)
class Overview:
    """What a store holds and where it stands. It shows itself in a notebook; `alarmed` looks longer, so it is apart."""

    looked: Looked
    languages: tuple[Language, ...]
    workspace: Path | None = field(default=None, repr=False)

    @property
    def metric(self) -> str:
        """The first headline metric that the store can count; empty where there is none."""
        return self.looked.headlines[0].metric.id if self.looked.headlines else ""

    @property
    def coverage(self) -> Shown:
        """The data's date, which records there are, and what was checked of them."""
        return self._shown(exhibits.coverage)

    @property
    def headlines(self) -> Shown:
        """Each headline metric: its course, its newest whole period, and that against the usual."""
        return self._shown(exhibits.headlines)

    @cached_property
    def checked(self) -> Checked:
        """What a look for alarms brings; nothing is written down, and nobody is told."""
        looked = self.looked
        with shared(find_workspace(self.workspace).existing_store(looked.store)) as opened:
            return check(opened, as_of=looked.as_of, audience=looked.audience)

    @property
    def alarmed(self) -> Shown:
        """What alarmed, a line each: targets that were missed, series that moved."""
        found = [exhibits.alarms(self.looked, self.checked, language) for language in self.languages]
        return Shown([part for one in found for part in one])

    def exhibits(self) -> list[Exhibit]:
        """All but the alarms, one language after the other."""
        makes = (exhibits.coverage, exhibits.headlines)
        return [part for language in self.languages for make in makes for part in make(self.looked, language)]

    def bundles(self) -> Iterator[Bundle]:
        """Every output, as a notebook shows them."""
        yield from Shown(self.exhibits()).bundles()

    def _ipython_display_(self) -> None:
        Shown([self])._ipython_display_()

    def __repr__(self) -> str:
        return repr(Shown(self.exhibits()))

    def _shown(self, make: Make) -> Shown:
        return Shown([part for language in self.languages for part in make(self.looked, language)])


def overview(
    *,
    store: str = "demo",
    language: str = "en",
    audience: str = "stakeholder",
    as_of: str = "",
    workspace: Path | None = None,
) -> Overview:
    """Say what a store holds and where its headline metrics stand, each in its newest whole period against the usual.

    Takes   `store`: the name of a store in the workspace. `language`: en, zh-CN or both. `audience`: analyst sees all,
            stakeholder nothing of under ten records. `as_of`: an instant; the newest load if empty.
    Gives   an Overview: name it in a cell to see it. `.alarmed` looks for missed targets and for series that moved,
            which takes longer; `.metric` is the first headline metric that these records can say.
    Raises  what is wrong with a parameter. A metric that cannot be counted is no error: it is not there, or says why.
    """
    wanted = languages(language)
    with also_said_in(wanted):
        place = find_workspace(workspace)
        reader: Audience = choice("audience", audience, AUDIENCES)
        with shared(place.existing_store(store)) as opened:
            moment = instant(as_of) if as_of else opened.latest()
            held = _held(opened, moment)
            tests = gate(opened, moment)
            names = _names(opened)
            tables = opened.tables
        counted, why = _headlines(store, names, tables, moment, reader, workspace)
        known = sorted(file.stem for file in place.stores.glob("*.duckdb"))
        others = [name for name in known if name != store]
        return Overview(Looked(store, moment, reader, held, tests, counted, why, others), wanted, workspace)


def _names(store: Store) -> list[str]:
    """The headline metrics; of figures those that were published, and if there are none of them the first few."""
    if "figures" not in store.tables:
        return list(HEADLINES)
    published = list(store.declared("figures")["metrics"])
    return [name for name in HEADLINES if name in published] or published[:3]


def _headlines(
    store: str, names: Sequence[str], tables: Sequence[str], moment: datetime, reader: Audience, workspace: Path | None
) -> tuple[list[Headline], Mapping[str, AppealInsightsError]]:
    """Those that can be counted, and why others whose records are there cannot."""
    found: list[Headline] = []
    why: dict[str, AppealInsightsError] = {}
    for name in names:
        of = metric(name)
        if "figures" not in tables and not set(of.facts) <= set(tables):
            continue
        try:
            choices = read_choices(store=store, name=name, as_of=moment.isoformat() + "Z", workspace=workspace)
            with shared(find_workspace(workspace).existing_store(store)) as opened:
                counted = headline(opened, of, choices, as_of=moment, audience=reader)
        except AppealInsightsError as error:
            why[name] = error
            continue
        if counted is not None:
            found.append(counted)
    return found, why


def _held(store: Store, moment: datetime) -> list[Held]:
    """The records of each fact that are known at an instant: how many, from when to when, and when they came."""
    loads = store.loads
    loads = loads[loads["loaded_at"] <= pd.Timestamp(moment)]
    found = []
    for one in holdings(store, moment):
        ends = one.by_figures and store.span(one.fact, "ends_on")
        span = store.span(one.fact, one.day)
        last = (pd.Timestamp(ends[1]) - pd.Timedelta(days=1)).date() if ends else span[1] if span else None
        of = loads.loc[loads["fact"] == one.fact, "loaded_at"]
        rows = store.fingerprint(one.fact, moment).rows
        newest = of.max().to_pydatetime() if len(of) else None
        found.append(Held(one.fact, rows, span[0] if span else None, _until(last, moment), newest))
    return found


def _until(last: date | None, moment: datetime) -> date | None:
    """What came later was not known then."""
    return None if last is None else min(last, moment.date())

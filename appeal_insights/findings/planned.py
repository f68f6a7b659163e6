"""How accurate is the handling of some days, who stands out, and how many audits would show more? Asked by hand."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from appeal_insights.disclosure import AUDIENCES, Audience
from appeal_insights.errors import BadParameter, also_said_in, choice
from appeal_insights.findings import planned_exhibits as exhibits
from appeal_insights.findings.choices import read_choices
from appeal_insights.findings.planned_counted import (
    CHANGE,
    Planned,
    count_accuracy,
    number,
    read_costs,
    with_units,
)
from appeal_insights.findings.shown import Bundle, Exhibit, Shown
from appeal_insights.findings.view import View, read_where, write_where
from appeal_insights.language import Language, languages
from appeal_insights.metrics.audited import AUDITS
from appeal_insights.metrics.metric import metric
from appeal_insights.metrics.query import dimensions
from appeal_insights.periods import Period, instant, resolve
from appeal_insights.records.scope import Scope, read_names
from appeal_insights.records.shared import shared
from appeal_insights.records.workspace import find_workspace

PARTS = ("estimates", "funnel", "plan")
NEWEST = 4  # whole weeks that are looked at where no period is named
MOST_DIMENSIONS = 2


@dataclass(frozen=True)
class AskedAccuracy:
    """What is asked of the audits, as it was typed."""

    during: str = ""  # the newest four whole weeks where nothing is said
    by: str = ""
    where: str | Scope = ""
    lift: str = ""  # the fall that is planned for, in points
    costs: str = ""  # of one audit by stratum: 'high=2; low=1'
    part: str = ""  # which of PARTS is looked at
    as_of: str = ""


@dataclass(frozen=True)
class Accuracy:
    """Accuracy asked by hand. It shows its estimates in a notebook; `funnel` and `plan` are the other parts."""

    asked: AskedAccuracy
    planned: Planned
    languages: tuple[Language, ...]
    workspace: Path | None

    @property
    def estimates(self) -> Shown:
        """How accurate the whole and each segment is, with its interval and the smallest change that would be seen."""
        return self._shown(exhibits.estimates)

    @cached_property
    def with_units(self) -> Planned:
        """The same with persons and sites: asked for when first looked at."""
        with shared(find_workspace(self.workspace).existing_store(self.planned.store)) as opened:
            return with_units(opened, self.planned)

    @property
    def funnel(self) -> Shown:
        """Reviewers, sites and auditors against each other: an analyst sees persons by pseudonym."""
        found = self.with_units
        return Shown([part for language in self.languages for part in exhibits.funnels(found, language)])

    @property
    def plan(self) -> Shown:
        """How many audits of each stratum would show a fall of so many points, and what they cost."""
        return self._shown(exhibits.plan)

    @property
    def view(self) -> View:
        """What was asked, as plain data that travels."""
        return view_of(self.asked, store=self.planned.store, languages=self.languages)

    def exhibits(self, part: str = "") -> list[Exhibit]:
        """What one part shows, one language after the other; the part that was asked for where none is named."""
        shown = getattr(self, choice("part", part or self.asked.part or PARTS[0], PARTS))
        return [one for one in shown.parts if isinstance(one, Exhibit)]

    def bundles(self) -> Iterator[Bundle]:
        """Every output, as a notebook shows them."""
        yield from Shown(self.exhibits()).bundles()

    def _ipython_display_(self) -> None:
        Shown([self])._ipython_display_()

    def __repr__(self) -> str:
        return repr(Shown(self.exhibits()))

    def spoken_in(self, wanted: tuple[Language, ...]) -> "Accuracy":
        """The same in other languages: nothing is asked again."""
        found = replace(self, languages=wanted)
        if "with_units" in self.__dict__:
            found.__dict__["with_units"] = self.with_units
        return found

    def _shown(self, make: Callable[[Planned, Language], Sequence[Exhibit]]) -> Shown:
        return Shown([part for language in self.languages for part in make(self.planned, language)])


def accuracy(
    *,
    store: str,
    during: str = "",
    by: str | Sequence[str] = "",
    where: str | Scope = "",
    lift: str | float = "",
    costs: str | Mapping[str, float] = "",
    part: str = "",
    as_of: str = "",
    language: str = "en",
    audience: str = "stakeholder",
    workspace: Path | None = None,
) -> Accuracy:
    """Say how accurate the handling of some days was, of everything and of any segment, as audits know it.

    Takes   `store`: the name of a store in the workspace. `during`: a period such as 2026-W40..2026-W43; the newest
            four whole weeks if empty. `by`: up to two dimensions. `where`: 'market=DE,AT; queue=live'. `lift`: the fall
            in points that audits are planned for; 2 if empty. `costs`: of one audit by stratum, 'high=2; low=1'; 1 if
            empty. `part`: estimates, funnel or plan, which it shows first. `as_of`, `language`, `audience` as always.
    Gives   an Accuracy: `.estimates`, `.funnel` and `.plan` show themselves, `.view` travels.
    Raises  what is wrong with a parameter; EmptyPeriod where nothing was audited in these days.
    """
    wanted = languages(language)
    with also_said_in(wanted):
        told = ",".join(read_names(by))
        cost = costs if isinstance(costs, str) else "; ".join(f"{name}={of:g}" for name, of in costs.items())
        scope = read_where(where) if isinstance(where, str) else dict(where)
        asked = AskedAccuracy(during, told, scope, str(lift), cost, part, as_of)
        return accuracy_of(asked, store=store, audience=choice("audience", audience, AUDIENCES), languages=wanted,
                           workspace=workspace)  # fmt: skip


def accuracy_of(
    asked: AskedAccuracy, *, store: str, audience: Audience, languages: tuple[Language, ...], workspace: Path | None
) -> Accuracy:
    """The same of what was typed. Raises what `accuracy` does."""
    if asked.part:
        choice("part", asked.part, PARTS)
    names = tuple(read_names(asked.by))
    if len(names) > MOST_DIMENSIONS:
        raise BadParameter.of("parameter.two_dimensions", names=list(names))
    change, costs = number("lift", asked.lift or str(CHANGE)), read_costs(asked.costs)
    span = span_of(asked, store=store, workspace=workspace)
    where = read_where(asked.where) if isinstance(asked.where, str) else dict(asked.where)
    with shared(find_workspace(workspace).existing_store(store)) as opened:
        opened.require("audits")
        for name in (*names, *where):
            choice("dimension", name, dimensions(opened, metric(AUDITS)))
        moment = instant(asked.as_of) if asked.as_of else opened.latest()
        planned = count_accuracy(
            opened, span, by=names, where=where, as_of=moment, audience=audience, change=change, costs=costs
        )
    return Accuracy(replace(asked, where=where), planned, languages, workspace)


def span_of(asked: AskedAccuracy, *, store: str, workspace: Path | None) -> Period:
    """The period that was typed, else the newest four whole weeks with audits. Raises BadPeriod, UnknownStore."""
    choices = read_choices(store=store, name=AUDITS, as_of=asked.as_of, workspace=workspace)
    if asked.during.strip():
        return resolve(asked.during.strip(), choices.as_of)
    grain = "week" if "week" in choices.grains else choices.grains[0]
    last = choices.complete(grain)[-NEWEST:]
    label = last[0].label if len(last) == 1 else f"{last[0].label}..{last[-1].label}"
    return Period(last[0].start, last[-1].end, label)


def view_of(asked: AskedAccuracy, *, store: str, languages: tuple[Language, ...]) -> View:
    """What was asked, as plain data."""
    told = {name: str(getattr(asked, name)) for name in ("during", "by", "lift", "costs", "part", "as_of")}
    where = asked.where if isinstance(asked.where, str) else write_where(asked.where)
    spoken = languages[0] if len(languages) == 1 else "both"
    return View("quality", {**told, "where": where, "store": store, "language": spoken})


def asked_of(view: View) -> AskedAccuracy:
    """What a view asks."""
    told = view.arguments("during", "by", "lift", "costs", "part", "as_of")
    during = told.pop("during", "") or _days(view)
    return AskedAccuracy(during=during, where=view.where, **told)


def _days(view: View) -> str:
    """The period of a view that names its first and its last day."""
    first, last = view.asked.get("start", ""), view.asked.get("end", "")
    return f"{first}..{last}" if first and last else ""

"""The records behind a number live, for an analyst: which part, which columns, the newest or a sample, and a file."""

import html
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from appeal_insights.disclosure import AUDIENCES
from appeal_insights.errors import AppealInsightsError, also_said_in, choice
from appeal_insights.explorer.compare_controls import SPOKEN, offer
from appeal_insights.explorer.compare_results import told
from appeal_insights.explorer.filters import Filters
from appeal_insights.explorer.frame import Frame, Holds, Place
from appeal_insights.explorer.last_views import served
from appeal_insights.explorer.latest import Latest
from appeal_insights.explorer.results import STYLE
from appeal_insights.findings.cases import USUAL, CaseList, cases, columns_of, heading
from appeal_insights.findings.choices import Values, find_values, read_choices
from appeal_insights.findings.shown import Exhibit, joined
from appeal_insights.findings.view import View, write_where
from appeal_insights.language import Language, languages, say
from appeal_insights.metrics.listed import PARTS
from appeal_insights.metrics.metric import metric
from appeal_insights.records.scope import Scope, read_names, read_scope
from appeal_insights.reports.case_list import FORMS, write_case_list

NAMES = ("metric", "during", "part", "columns", "sampled", "most", "seed", "language")
SHARED_WORDS = ("metric", "language")  # with the first explorer
SIZES = (50, 100, 500, 1000, 5000, 10_000)
DRAWN = "yes"


@dataclass(frozen=True)
class Listing:
    """What a list of records is asked with, as typed."""

    metric: str = "overturn_rate"
    during: str = ""
    where: str | Scope = ""
    part: str = "denominator"
    columns: str = ""
    sampled: str = ""
    most: str = str(USUAL)
    seed: str = "1"
    basis: str = ""
    as_of: str = ""


class CaseExplorer:
    """The controls and the list. It shows itself in a notebook; its controls can be set by a program as well."""

    def __init__(self, place: Place, asked: Listing, *, name: str = "", view: str = "") -> None:
        self.place = place
        self._asked = asked
        self._seen: CaseList | None = None
        self._quiet = False
        self._make()
        holds = Holds("cases", lambda: self.view, self.show, self._exhibits)
        made_with = {key: str(of) for key, of in vars(asked).items() if of} | {"in": place.language}
        self.frame = Frame(place, holds, name=name, made_with=made_with | {"store": place.store})
        self._latest = Latest(self.redraw)
        with self._without_redrawing():
            self._set(asked)
            self._speak_labels()
        for key in NAMES:
            getattr(self, key).observe(lambda _, key=key: self._changed(key), names="value")
        self.filters.on_change(self._changed)
        if view:
            self.frame.open(view)
        elif (last := self.frame.restore()) is None:
            self.redraw()
        elif "language" in last.asked:
            self.language.value = last.asked["language"]

    metric: Any
    during: Any
    part: Any
    columns: Any
    sampled: Any
    most: Any
    seed: Any
    language: Any

    @property
    def seen(self) -> CaseList | None:
        """The list on the screen; None where it could not be made."""
        self._latest.now()
        return self._seen

    @property
    def asked(self) -> Listing:
        """The list as the controls have it."""
        return replace(
            self._asked,
            metric=self.metric.value,
            during=self.during.value.strip(),
            where=self.filters.scope,
            part=self.part.value,
            columns=",".join(self.columns.value),
            sampled=self.sampled.value,
            most=str(self.most.value),
            seed=str(self.seed.value),
        )

    @property
    def view(self) -> View:
        """What is shown, as plain data."""
        asked = self.asked
        kept = {key: of for key, of in vars(asked).items() if isinstance(of, str)}
        where = write_where(read_scope(asked.where))
        return View("cases", {**kept, "where": where, "store": self.place.store, "language": self.place.language})

    def show(self, view: View) -> None:
        """Set the controls from a view, and show it. Raises what is wrong with it; then all is as it was."""
        kept = self.asked
        words = {key: of for key, of in view.arguments().items() if key not in ("store", "language")}
        try:
            with self._without_redrawing():
                self._set(Listing(**words))
        except AppealInsightsError:
            with self._without_redrawing():
                self._set(kept)
            raise
        self.redraw()

    def redraw(self) -> None:
        """Ask again and show what comes back, or in one calm sentence why there is nothing."""
        place, asked = self.place, vars(self.asked)
        self.said.value = ""
        try:
            self._seen = cases(
                store=place.store, audience=place.audience, language=place.language, workspace=place.workspace, **asked
            )
        except AppealInsightsError as error:
            self._seen = None
            self.list.value = _instead(joined({one: error.say(one) for one in place.languages}))
        else:
            self.list.value = "".join(map(told, self._seen.exhibits()))
        self.write.disabled = self._seen is None
        self.frame.changed()

    def write_file(self) -> None:
        """Write every row of the list as a file, in the form chosen."""
        if (seen := self.seen) is None:
            return
        try:
            path = write_case_list(seen, form=self.form.value, workspace=self.place.workspace)
        except AppealInsightsError as error:
            self.said.value = _instead(self.place.tell(error))
        else:
            self.said.value = _instead(f"{self._say('written')} {path}")

    def _make(self) -> None:
        """The widgets, without words."""
        for key in NAMES:
            make: Callable[..., Any] = widgets.Dropdown
            if key == "during":
                make = widgets.Combobox
            elif key == "columns":
                make = widgets.SelectMultiple
            elif key == "seed":
                make = widgets.BoundedIntText
            setattr(self, key, make(**({"continuous_update": False} if key == "during" else {}), **self._look()))
        self.seed.max, self.columns.rows = 10**9, 8
        self.filters = Filters(
            say=lambda key, **values: self._in_all(f"explorer.{key}", **values), look=self._look, find=self._find
        )
        self.form, self.write = widgets.Dropdown(options=list(FORMS), **self._look()), widgets.Button()
        self.write.on_click(lambda _: self.write_file())
        self.said, self.list, self.hint = widgets.HTML(), widgets.HTML(), widgets.HTML(layout=self._look()["layout"])
        self.hint.add_class("appeal-insights-quiet")
        own = [self.metric, self.during, self.part, *self.filters.parts, self.columns, self.hint]
        files = [] if served() else [self.form, self.write, self.said]
        left = widgets.VBox(
            [*own, self.sampled, self.most, self.seed, self.language, *files], layout=widgets.Layout(flex="0 0 auto")
        )
        self._own = left.children
        right = widgets.VBox([widgets.HTML(STYLE), self.list], layout=widgets.Layout(flex="1 1 630px", min_width="0"))
        self.panel = widgets.HBox([left, right], layout=widgets.Layout(flex_flow="row wrap"))
        self.panel.add_class("appeal-insights-explorer")

    def _set(self, asked: Listing) -> None:
        """Set the controls from what is asked: the newest complete period where none is named."""
        place = self.place
        of = metric(asked.metric)
        choices = read_choices(
            store=place.store, name=of.id, basis=asked.basis, as_of=asked.as_of, workspace=place.workspace
        )
        scope = read_scope(asked.where)
        for name in scope:
            choice("dimension", name, choices.dimensions)
        choice("part", asked.part, PARTS)
        chosen = read_names(asked.columns)
        known = columns_of(of.id, store=place.store, workspace=place.workspace)
        for name in chosen:
            choice("column", name, known)
        self._asked, self._choices = asked, choices
        self._offer(known, asked.metric)
        grain = "week" if "week" in choices.grains else choices.grains[0]
        self.during.options = [one.label for one in reversed(choices.periods(grain))]
        self.during.value = asked.during or choices.complete(grain)[-1].label
        self.part.value, self.sampled.value = asked.part, DRAWN if asked.sampled == DRAWN else ""
        sizes = sorted({*SIZES, int(asked.most)}) if asked.most.isdigit() else list(SIZES)
        offer(self.most, [(f"{size:,}", str(size)) for size in sizes], asked.most)
        self.seed.value = int(asked.seed) if asked.seed.isdigit() else 1
        self.columns.value = tuple(chosen)
        self.filters.choose(scope)

    def _offer(self, known: Sequence[str], name: str) -> None:
        choices, of = self._choices, metric(name)
        self._known = known
        named = [
            (joined({one: _named(each, one) for one in self.place.languages}), each.id) for each in choices.metrics
        ]
        offer(self.metric, named, name)
        offer(self.part, [(self._in_all(f"case_list.part.{one}"), one) for one in PARTS])
        offer(self.sampled, [(self._say("first"), ""), (self._say("drawn"), DRAWN)])
        kept = [column for column in self.columns.value if column in known]
        self.columns.options = [
            (joined({one: heading(of, column, one) for one in self.place.languages}), column) for column in known
        ]
        self.columns.value = tuple(kept)
        self.filters.offer(choices.dimensions, self._label)

    def _label(self, name: str) -> str:
        return joined({one: heading(metric(self.metric.value), name, one) for one in self.place.languages})

    def _speak_labels(self) -> None:
        """Say every label and every option in the languages of the place."""
        for part in self._own:
            part.layout.width = self._look()["layout"].width
            if hasattr(part, "description"):
                part.style = {**self._look()["style"]} if part is not self.write else part.style
        for key in NAMES:
            getattr(self, key).description = self._say(key)
        self.form.description, self.write.description = self._say("write"), self._say("write_do")
        self.hint.value = self._say("columns_hint")
        spoken = [(self._in_all(f"explorer.spoken.{word}"), one) for one, word in SPOKEN.items()]
        offer(self.language, spoken, self.place.language)
        self.filters.speak()
        self._offer(self._known, self.metric.value)

    def _changed(self, control: str) -> None:
        if self._quiet:
            return
        if control == "language":
            self._speak(languages(self.language.value))
            return
        if control == "metric":
            with self._without_redrawing():
                try:
                    self._set(replace(self.asked, columns="", where={}, basis=""))
                except AppealInsightsError as error:
                    self.list.value = _instead(self.place.tell(error))
        if control != "filter":
            self._latest.ask()

    def _speak(self, spoken: tuple[Language, ...]) -> None:
        self.place = replace(self.place, languages=spoken)
        with self._without_redrawing():
            self._speak_labels()
            self.frame.speak(self.place)
        self.redraw()

    def _exhibits(self) -> Sequence[Exhibit]:
        return self.seen.exhibits() if self.seen else []

    def _find(self, dimension: str, holds: str) -> Values:
        place, name = self.place, self.metric.value
        try:
            return find_values(dimension, store=place.store, name=name, holds=holds, workspace=place.workspace)
        except AppealInsightsError:  # the store is gone: the question says so
            return Values([], 0)

    def _look(self) -> dict[str, Any]:
        wide = len(self.place.languages) > 1
        return {
            "style": {"description_width": "130px" if wide else "92px"},
            "layout": widgets.Layout(width="370px" if wide else "284px"),
        }

    def _say(self, key: str) -> str:
        return self._in_all(f"explorer.{key}" if key in SHARED_WORDS else f"case_list.explorer.{key}")

    def _in_all(self, key: str, **values: str) -> str:
        return joined({one: say(key, one, **values) for one in self.place.languages})

    @contextmanager
    def _without_redrawing(self) -> Iterator[None]:
        quiet, self._quiet = self._quiet, True
        try:
            yield
        finally:
            self._quiet = quiet

    def _repr_mimebundle_(self, **how: Any) -> Any:
        return self.frame.around(self.panel)._repr_mimebundle_(**how)

    def __repr__(self) -> str:
        return self.view.code()


def explore_cases(
    store: str = "demo",
    *,
    metric: str = "",
    during: str = "",
    where: str | Scope = "",
    part: str = "",
    columns: str = "",
    language: str = "en",
    audience: str = "stakeholder",
    view: str = "",
    name: str = "",
    workspace: Path | None = None,
) -> CaseExplorer:
    """List the records behind a number live, for an analyst; anybody else is told why not.

    Takes   what `cases` takes, as what it opens with: the newest complete period where none is named. `view`: the token
            of a view to open with. `name` tells several of one notebook apart.
    Gives   a CaseExplorer: show it by naming it in a cell.
    Raises  what is wrong with a parameter. A question that cannot be answered is no error: a sentence says why.
    """
    wanted = languages(language)
    with also_said_in(wanted):
        place = Place(store, choice("audience", audience, AUDIENCES), wanted, workspace)
        asked = Listing(metric or "overturn_rate", during, where, part or "denominator", columns)
        return CaseExplorer(place, asked, name=name, view=view)


def _named(of: Any, language: Language) -> str:
    return str(of.name["zh" if language == "zh-CN" else "en"])


def _instead(sentence: str) -> str:
    return f'<div class="appeal-insights-instead" role="status">{html.escape(sentence)}</div>'

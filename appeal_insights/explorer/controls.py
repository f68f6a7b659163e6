"""What one asks by: metric, period, grain, dimension and filter, in words of either language."""

from collections.abc import Callable, Collection, Sequence
from datetime import date
from typing import Any

import ipywidgets as widgets

from appeal_insights.findings.shown import joined
from appeal_insights.language import Language, say
from appeal_insights.metrics.metric import Metric
from appeal_insights.periods import Grain, Period

NAMES = ("metric", "first", "last", "during", "every", "by", "filter", "values")
MOST_VALUES = 10  # rows of the list of values before it scrolls


class Controls:
    """The controls by name. They offer what they are given, and keep what was chosen where it is still there."""

    def __init__(self, metrics: Sequence[Metric], languages: tuple[Language, ...]) -> None:
        self._languages = languages
        self._metrics = metrics
        self._periods: list[Period] = []
        self._days: tuple[date, date] | None = None
        self.metric = self._dropdown("metric", [(self._named(one.name), one.id) for one in metrics])
        self.first, self.last = self._dropdown("first"), self._dropdown("last")
        self.during = widgets.Text(
            description=self._say("during"),
            placeholder="2026-09..2026-10",
            continuous_update=False,
            **self._look(),
        )
        self.every = self._dropdown("every")
        self.by = self._dropdown("by")
        self.filter = self._dropdown("filter")
        self.values = widgets.SelectMultiple(description=self._say("values"), rows=1, **self._look())
        self._hint = widgets.HTML(self._say("values_hint"), layout=self._width())
        self._hint.add_class("appeal-insights-quiet")
        self.panel = widgets.VBox(
            [*(getattr(self, name) for name in NAMES), self._hint], layout=widgets.Layout(flex="0 0 auto")
        )
        self.offer_values([])

    def on_change(self, call: Callable[[str], None]) -> None:
        """Call with the name of the control whenever another value is chosen."""
        for name in NAMES:
            getattr(self, name).observe(lambda _, name=name: call(name), names="value")

    def offer_dimensions(self, names: Sequence[str], *, held: Collection[str]) -> None:
        """Dimensions to break by, and to filter by; one that is held to some values already is not for filtering."""
        labels = self._metric.contract.columns
        offered = [(self._named(labels[name].label), name) for name in names]
        _offer(self.by, [(self._say("no_by"), ""), *offered])
        free = [pair for pair in offered if pair[1] not in held]
        _offer(self.filter, [(self._say("no_filter"), ""), *free])

    def offer_grains(self, grains: Sequence[Grain]) -> None:
        """Grains, weeks chosen first where there are any."""
        new = not self.every.options
        _offer(self.every, [(self._say(f"grain.{grain}"), grain) for grain in grains])
        if new:
            self.every.value = "week" if "week" in grains else grains[0]

    def offer_periods(self, periods: list[Period]) -> None:
        """Periods to begin and to end with; of another grain, those that hold the days chosen so far."""
        start, last_day = self._days or (periods[0].start, periods[-1].last_day)
        self._periods = periods
        names = [(one.label, one.label) for one in periods]
        _offer(self.first, names, next((one.label for one in periods if start < one.end), names[0][1]))
        _offer(self.last, names, next((one.label for one in periods if last_day < one.end), names[-1][1]))

    def choose_days(self) -> None:
        """Remember the days from the first period chosen to the last, for when the grain is changed and back again."""
        chosen = {one.label: one for one in self._periods}
        self._days = chosen[self.first.value].start, chosen[self.last.value].last_day

    def offer_values(self, values: Sequence[str]) -> None:
        """Values to filter by, none chosen."""
        self.values.value = ()
        self.values.options = list(values)
        self.values.rows = max(1, min(MOST_VALUES, len(values)))
        self.values.layout.display = self._hint.layout.display = None if values else "none"

    def mark_typed(self) -> None:
        """A period that is typed in stands before the two that are chosen."""
        self.first.disabled = self.last.disabled = bool(self.during.value.strip())

    @property
    def _metric(self) -> Metric:
        return next(one for one in self._metrics if one.id == self.metric.value)

    def _dropdown(self, name: str, options: Sequence[tuple[str, str]] = ()) -> Any:
        return widgets.Dropdown(description=self._say(name), options=list(options), **self._look())

    @property
    def _narrow(self) -> bool:
        return len(self._languages) == 1

    def _width(self) -> Any:
        return widgets.Layout(width="284px" if self._narrow else "370px")

    def _look(self) -> dict[str, Any]:
        return {"style": {"description_width": "92px" if self._narrow else "130px"}, "layout": self._width()}

    def _say(self, key: str) -> str:
        return joined({one: say(f"explorer.{key}", one) for one in self._languages})

    def _named(self, names: Any) -> str:
        return joined({one: names["zh" if one == "zh-CN" else "en"] for one in self._languages})


def _offer(control: Any, options: list[tuple[str, str]], wanted: str | None = None) -> None:
    """Give a control its options; what was chosen stays chosen where it is among them."""
    kept = control.value if wanted is None else wanted
    control.options = options
    known = [value for _, value in options]
    control.value = kept if kept in known else known[0]

"""Every family of charts with a question that it answers, the table it takes, and the few lines that make it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from appeal_insights.charts import gallery_tables
from appeal_insights.charts.behaviour import behaviour
from appeal_insights.charts.calendar_map import calendar_map
from appeal_insights.charts.capacity import forecast_chart, hours_chart
from appeal_insights.charts.change_dates import change_dates
from appeal_insights.charts.contributions import contributions
from appeal_insights.charts.coverage import coverage
from appeal_insights.charts.estate import estate
from appeal_insights.charts.funnel import funnel_plot
from appeal_insights.charts.heat_map import heat_map
from appeal_insights.charts.landing import landing
from appeal_insights.charts.maturing_fan import maturing_fan
from appeal_insights.charts.ranges import ranges
from appeal_insights.charts.segment_tree import segment_tree
from appeal_insights.charts.slope import slope
from appeal_insights.charts.small_multiples import small_multiples
from appeal_insights.charts.sparkline import sparklines
from appeal_insights.charts.split import split_chart
from appeal_insights.charts.theme import Chart
from appeal_insights.charts.trend import trend
from appeal_insights.charts.waiting_curve import waiting_curve
from appeal_insights.charts.waterfall import waterfall
from appeal_insights.errors import BadParameter
from appeal_insights.language import Language, say

# In the order in which questions come: did it move, where, why, is the work good, will it land.
BUILDERS: tuple[Callable[..., Chart], ...] = (
    trend, sparklines, small_multiples, heat_map, calendar_map, coverage, slope, contributions, waterfall, segment_tree,
    behaviour, change_dates, estate, funnel_plot, ranges, split_chart, maturing_fan, waiting_curve, landing,
    forecast_chart, hours_chart,
)  # fmt: skip
WITH_UNIT = {
    "trend", "small_multiples", "slope", "waterfall", "behaviour", "funnel_plot", "ranges", "split_chart",
    "maturing_fan", "waiting_curve", "landing", "forecast_chart", "hours_chart",
}  # fmt: skip


@dataclass(frozen=True)
class Family:
    """One family of charts."""

    builder: Callable[..., Chart]

    @property
    def name(self) -> str:
        return self.builder.__name__

    def told(self, word: str, language: Language) -> str:
        """Its question, when to use it, or the title, unit and description of its example."""
        return say(f"gallery.{self.name}.{word}", language)

    def tables(self, language: Language) -> dict[str, Any]:
        """What the example is drawn from: by keyword, the table itself first."""
        found: dict[str, Any] = getattr(gallery_tables, self.name)(language)
        return found

    def texts(self, language: Language) -> dict[str, str]:
        """What the example says, by keyword."""
        words = ("title", *(("unit",) if self.name in WITH_UNIT else ()), "description")
        return {word: self.told(word, language) for word in words}

    def table(self, language: Language) -> pd.DataFrame:
        """The table that says the same as the picture."""
        first: pd.DataFrame = next(iter(self.tables(language).values()))
        return first

    def chart(self, language: Language) -> Chart:
        return self.builder(**self.tables(language), **self.texts(language), language=language)

    def code(self, language: Language) -> str:
        """The few lines that make the example; they run as they stand."""
        texts = [f"    {word}={json.dumps(text, ensure_ascii=False)}," for word, text in self.texts(language).items()]
        lines = [
            "from appeal_insights.charts.gallery import family",
            f"from {self.builder.__module__} import {self.name}",
            "",
            f'tables = family("{self.name}").tables("{language}")  # {", ".join(self.tables(language))}',
            f"chart = {self.name}(",
            "    **tables,",
            *texts,
            f'    language="{language}",',
            ")",
        ]
        return "\n".join(lines)


def families() -> Mapping[str, Family]:
    """Every family by the name of its builder."""
    return {builder.__name__: Family(builder) for builder in BUILDERS}


def family(name: str) -> Family:
    """The family of a builder. Raises BadParameter with the names there are."""
    known = families()
    if name not in known:
        raise BadParameter(f"No family of charts {name!r}. There are: {', '.join(known)}.")
    return known[name]

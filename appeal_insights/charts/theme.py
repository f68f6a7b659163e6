"""How every chart looks: one theme, one renderer, and the checks a table passes before it is drawn."""

import textwrap
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, cast

import altair as alt
import pandas as pd
from altair.utils.schemapi import debug_mode

from appeal_insights.charts.palette import (
    COLOURS,
    DARK,
    EDGE,
    GRID,
    GROUND,
    INK,
    LIGHT,
    QUIET,
    VARIANTS,
    Variant,
    turned,
)
from appeal_insights.errors import BadTable, choice, did_you_mean
from appeal_insights.language import Language, say

__all__ = ["COLOURS", "DARK", "EDGE", "GRID", "GROUND", "INK", "LIGHT", "QUIET"]

NAME = "appeal_insights"
Chart = alt.TopLevelMixin  # what a chart function returns, for those who only pass it on

# JupyterLab draws what carries this type, and the notebook format accepts it. The library's own default ends in
# ".json" without the plus sign: the format refuses it, and with it the whole run.
MIME_TYPE = "application/vnd.vegalite.v5+json"

WIDTH, HEIGHT = 640, 300  # pixels, where nothing else is asked for
ROOM = f"(containerSize()[0] || {WIDTH})"  # an expression: pixels across that the page gives the chart

FONTS = "Noto Sans, Noto Sans SC, Noto Sans CJK SC, Microsoft YaHei, PingFang SC, sans-serif"
MARKS = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")
DASHES = ([1, 0], [7, 3], [2, 2], [10, 3, 2, 3], [4, 4], [12, 4])
MOST_SEGMENTS = len(COLOURS)

_shown: dict[str, Variant] = {"variant": "light"}  # how a notebook shows charts

TITLE_COLUMNS = 80  # of half-width characters: what one line of a title holds at WIDTH


def use_theme(variant: Variant | None = None) -> None:
    """Register and enable the theme and the renderer. Every chart function calls this first; twice does no harm.

    Takes   variant   light, dark or print: how a notebook shows charts from now on; if not given, it stays as it is.
                      Files choose for themselves: a report is light on a light screen and print on paper.
    Raises  BadParameter   there is no such variant.
    """
    if variant is not None:
        _shown["variant"] = choice("variant", variant, VARIANTS)
    _register()
    alt.theme.enable(NAME)
    alt.renderers.enable(NAME)


@cache  # to look up what is registered takes longer than all the rest: every installed package is asked
def _register() -> None:
    alt.theme.register(NAME, enable=False)(_theme)
    alt.renderers.register(NAME, _bundle)


def spec_of(chart: alt.TopLevelMixin, *, checked: bool = True, variant: Variant = "light") -> dict[str, Any]:
    """The finished Vega-Lite specification of a chart, theme and data inside: same table, same bytes.

    Takes   `checked`: whether every part is held against Vega-Lite's schema, which takes as long as all the rest.
            `variant`: light, dark or print.
    """
    use_theme()
    with alt.data_transformers.enable("default"):
        return turned(chart.to_dict(validate=checked), variant)


@contextmanager
def unchecked() -> Iterator[None]:
    """Build charts without holding every part against Vega-Lite's schema: for one of ours that is drawn while asked.

    What is built by the same functions is checked in every report and every test.
    """
    with debug_mode(False):
        yield


def check_table(table: pd.DataFrame, columns: Iterable[str], temporal: Collection[str] = ()) -> None:
    """Check that a table can be drawn: it has the columns, and its dates are days without a time zone.

    Raises  BadTable   a column is missing; a date is text, has a zone or a time of day. A viewer's own time zone
                       would move such a point to another day.
    """
    for name in columns:
        if name not in table.columns:
            known = [str(column) for column in table.columns]
            hint = did_you_mean(name, known)
            raise BadTable(f"The table has no column {name!r}.{hint} It has: {', '.join(known) or 'none'}.")
    for name in temporal:
        _check_days(table[name])


def check_once(table: pd.DataFrame, keys: list[str]) -> None:
    """Raises BadTable where two rows have the same keys: they would be drawn on top of each other."""
    twice = table.loc[table.duplicated(keys)]
    if len(twice):
        first = ", ".join(str(value) for value in twice[keys].iloc[0])
        raise BadTable(f"The table has two rows for {first}. Give one row for each {' and '.join(keys)}.")


def with_numbers(table: pd.DataFrame, columns: Iterable[str]) -> pd.DataFrame:
    """The table with numbers in these columns, nothing being nothing: in a column of objects it would not be null.

    Raises  BadTable   a column holds text.
    """
    try:
        return table.assign(**{name: pd.to_numeric(table[name]) for name in columns})
    except (ValueError, TypeError) as error:
        raise BadTable(f"A column to be drawn holds something that is no number: {error}.") from error


def counted(language: Language) -> list[alt.Tooltip]:
    """What every tooltip of a rate says: the rate, its interval, and the counts behind it."""
    formats = {"rate": ".1%", "low": ".1%", "high": ".1%", "numerator": ",", "denominator": ","}
    return [alt.Tooltip(f"{name}:Q", title=say(f"chart.{name}", language), format=how) for name, how in formats.items()]


def counts_axis(language: Language) -> dict[str, Any]:
    """How an axis of counts is labelled: every digit in English; in Chinese 1.5万, as large numbers are read there."""
    if language == "en":
        return {"format": ",.0f"}
    steps = "".join(
        f"abs(datum.value) >= {size} ? format(datum.value / {size}, ',.2~f') + '{unit}' : "
        for size, unit in ((10**8, "亿"), (10**4, "万"))
    )
    return {"labelExpr": steps + "format(datum.value, ',.0f')"}


def titled(text: str) -> alt.TitleParams:
    """A title on as many lines as it needs: a chart does not break lines by itself."""
    return alt.TitleParams(text=wrapped(text, TITLE_COLUMNS))


def wrapped(text: str, columns: int) -> list[str]:
    """The text in lines of at most so many half-width characters; a Chinese character is as wide as two."""
    if not text or columns_of(text) <= columns:
        return [text]
    return textwrap.wrap(text, width=max(8, columns * len(text) // columns_of(text)))


def columns_of(text: str) -> int:
    """How wide a text is, in half-width characters."""
    return len(text) + sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)


def _check_days(values: "pd.Series[Any]") -> None:
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        raise BadTable(f"The dates in {values.name!r} have a time zone. Give plain days of the market's own calendar.")
    if not pd.api.types.is_datetime64_dtype(values.dtype):
        raise BadTable(f"The column {values.name!r} holds {values.dtype}, not dates. Convert it by pandas.to_datetime.")
    if values.isna().any():
        raise BadTable(f"A date is missing in {values.name!r}. Drop the row or give it its day.")
    if (values != values.dt.normalize()).any():
        raise BadTable(f"The dates in {values.name!r} have a time of day. Give the first instant of the day.")


def as_shown(spec: dict[str, Any]) -> dict[str, Any]:
    """A finished specification in the variant that notebooks show now."""
    return turned(spec, _shown["variant"])


def _bundle(spec: dict[str, Any], **_: object) -> dict[str, Any]:
    """What a notebook stores of a chart: the specification, and its description for who cannot see it."""
    return {MIME_TYPE: as_shown(spec), "text/plain": str(spec.get("description", ""))}


def _theme() -> alt.theme.ThemeConfig:
    return cast(
        alt.theme.ThemeConfig,
        {
            "config": {
                "background": GROUND,
                "font": FONTS,
                "padding": 4,
                "view": {"stroke": None, "continuousWidth": WIDTH, "continuousHeight": HEIGHT},
                "range": {"category": list(COLOURS), "symbol": list(MARKS)},
                "title": _TITLE,
                "axis": _AXIS,
                "axisX": {"grid": False, "tickSize": 5, "labelPadding": 6},
                "axisY": {"domain": False, "ticks": False, "labelPadding": 8},
                "legend": _LEGEND,
                "line": {"strokeWidth": 2, "strokeCap": "round", "strokeJoin": "round"},
                "text": {"color": INK, "fontSize": 12},
            }
        },
    )


_TITLE: Mapping[str, object] = {
    "anchor": "start",
    "color": INK,
    "fontSize": 15,
    "fontWeight": 600,
    "lineHeight": 20,
    "offset": 16,
}
_AXIS: Mapping[str, object] = {
    "labelColor": QUIET,
    "labelFontSize": 12,
    "labelLimit": 240,
    "titleColor": QUIET,
    "titleFontSize": 12,
    "titleFontWeight": "normal",
    "titlePadding": 10,
    "domainColor": EDGE,
    "tickColor": EDGE,
    "gridColor": GRID,
}
_LEGEND: Mapping[str, object] = {
    "orient": "top",
    "direction": "horizontal",
    "title": None,
    "labelColor": INK,
    "labelFontSize": 12,
    "labelLimit": 300,
    "titleColor": QUIET,
    "titleFontSize": 12,
    "titleFontWeight": "normal",
    "columnPadding": 20,
    "rowPadding": 4,
    "symbolSize": 90,
    "offset": 12,
    "layout": {"top": {"anchor": "start", "direction": "vertical", "margin": 4}},
}

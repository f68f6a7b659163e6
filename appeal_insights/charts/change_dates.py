"""When did it change: how likely each day is to be the first one, the 90 % set, the median, and known events by it."""

import json
from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from appeal_insights.charts.days import Days, event_lines, numbered
from appeal_insights.charts.theme import (
    DARK,
    GROUND,
    INK,
    LIGHT,
    ROOM,
    WIDTH,
    check_once,
    check_table,
    titled,
    use_theme,
    with_numbers,
)
from appeal_insights.errors import BadTable
from appeal_insights.language import Language, day, say

COLUMNS = ("day", "probability")
DATES = ("change_date", "low", "high", "alarm_day")
NAMES, TOP, HEIGHT = (24, 40), 62, 240  # pixels down: names of the lines below the numbers of events, bars, all
AROUND = 4  # days drawn before those that matter and after the alarm
MATTERS = 0.002  # of the probability: days below that before the first one above it are not drawn
LEFT = {"median": 0.4, "alarm": 0.62}  # of the axis: further right, a name stands to the left of its line


def change_dates(
    table: pd.DataFrame,
    *,
    title: str,
    description: str,
    alarm: Mapping[str, Any],
    events: pd.DataFrame | None = None,
    language: Language = "en",
) -> alt.LayerChart:
    """The probability of each day to be the first of a change; the 90 % set dark, its median and the alarm marked.

    Takes   table   the rows of `Drift.dates` of one alarm: day, probability.
            alarm   its row of `Drift.alarms`, by name: change_date (the median), low, high, alarm_day.
            events  starts_on (day), number, title: dashed lines with their numbers.
    Gives   a plain chart. `description` is its text for who cannot see it; `title` says what it shows.
    Raises  BadTable   a column is missing, a day comes twice, a probability is none, or there is no row.
    """
    use_theme()
    check_table(table, COLUMNS, temporal=["day"])
    check_once(table, ["day"])
    rows = with_numbers(table.loc[:, list(COLUMNS)], ["probability"]).sort_values("day", ignore_index=True)
    dates = _dates(alarm)
    _check_rows(rows)
    days = _days(rows, dates, language)
    shown = rows[(rows["day"] >= days.first) & (rows["day"] < days.end)]
    inside = shown["day"].between(dates["low"], dates["high"])
    shown = shown.assign(part=inside.map({True: "in_set", False: "outside"}), until=shown["day"] + pd.Timedelta(days=1))
    layers = [
        days.frame(),
        *_bars(shown, days, dates, language),
        *event_lines(numbered(events, days), days),
        *_lines(days, dates, language),
    ]
    chart = alt.LayerChart(layer=layers)
    return chart.properties(title=titled(title), description=description, width=WIDTH, height=HEIGHT)


def change_dates_alt(alarm: Mapping[str, Any], language: Language, *, events: pd.DataFrame | None = None) -> str:
    """The reading of the chart for who cannot see it. `alarm` also names its series."""
    dates = _dates(alarm)
    told = {"series": str(alarm["series"]), "when": _when(dates, language)}
    told |= {
        name: day(dates[key].date(), language) for name, key in (("median", "change_date"), ("alarm_day", "alarm_day"))
    }
    said = [say("change_dates.alt", language, **told)]
    if events is not None and len(events):
        inside = events.loc[events["starts_on"].between(dates["low"], dates["high"]), "title"].astype(str)
        names = ("、" if language == "zh-CN" else ", ").join(inside)
        key = "alt_events" if names else "alt_no_event"
        said.append(say(f"change_dates.{key}", language, events=names))
    return ("" if language == "zh-CN" else " ").join(said)


def _dates(alarm: Mapping[str, Any]) -> dict[str, pd.Timestamp]:
    missing = [name for name in DATES if name not in alarm or pd.isna(alarm[name])]
    if missing:
        raise BadTable(f"The alarm lacks {', '.join(missing)}. Give its row of the alarms.")
    return {name: pd.Timestamp(alarm[name]) for name in DATES}


def _when(dates: Mapping[str, pd.Timestamp], language: Language) -> str:
    """The days of the 90 % set, or the one it is."""
    low, high = (day(dates[name].date(), language) for name in ("low", "high"))
    return low if low == high else say("unit.from_to", language, low=low, high=high)


def _check_rows(rows: pd.DataFrame) -> None:
    if rows.empty:
        raise BadTable("The table has no row, so there is no day to draw. Give the dates of one alarm.")
    if not rows["probability"].between(0, 1).all():
        raise BadTable("A probability is missing or not between 0 and 1.")


def _days(rows: pd.DataFrame, dates: Mapping[str, pd.Timestamp], language: Language) -> Days:
    """From a week before the first day that matters to a week after the alarm."""
    matters = rows.loc[rows["probability"] >= MATTERS * rows["probability"].sum(), "day"]
    around = pd.Timedelta(days=AROUND)
    first = min(matters.min(), dates["low"]) - around
    return Days(first, max(dates["alarm_day"], rows["day"].iloc[-1]) + around, language)


def _bars(rows: pd.DataFrame, days: Days, dates: Mapping[str, pd.Timestamp], language: Language) -> list[alt.Chart]:
    when = _when(dates, language)
    names = {part: say(f"change_dates.{part}", language, when=when) for part in ("in_set", "outside")}
    legend = alt.Legend(
        symbolType="square",
        symbolStrokeColor=DARK,
        offset=34,
        columns=alt.ExprRef(f"{ROOM} < 520 ? 1 : 2"),
        labelExpr=f"{json.dumps(names)}[datum.label]",
    )
    colours = alt.Scale(domain=list(names), range=[DARK, LIGHT])
    probability = say("change_dates.probability", language)
    axis = alt.Axis(
        format="~%",
        tickCount=4,
        titleAngle=0,
        titleAlign="left",
        titleAnchor="end",
        titleX=0,
        titleY=-12,
        titleLimit=600,
    )
    scale = alt.Scale(domainMin=0, range=[HEIGHT, TOP], nice=False)
    bars = alt.Chart(rows).mark_rect(stroke=GROUND, strokeWidth=0.5)
    return [
        bars.encode(
            days.x("day"),
            alt.Y("probability:Q", axis=axis, scale=scale, title=probability),
            alt.X2("until:T"),
            alt.Y2(datum=0),
            alt.Color("part:N", title=None, scale=colours, legend=legend),
            tooltip=[
                days.tooltip("day", "change_dates.day"),
                alt.Tooltip("probability:Q", title=probability, format=".1%"),
            ],
        )
    ]


def _lines(days: Days, dates: Mapping[str, pd.Timestamp], language: Language) -> list[alt.Chart]:
    """The median in the middle of its day, and the day of the alarm, each with its name."""
    half = pd.Timedelta(hours=12)
    found = []
    for name, key, dash, down in (
        ("change_date", "median", [1, 0], NAMES[0]),
        ("alarm_day", "alarm", [8, 3, 2, 3], NAMES[1]),
    ):
        text = say(f"change_dates.{key}", language, day=day(dates[name].date(), language))
        left = days.fraction(dates[name]) > LEFT[key]
        how: dict[str, Any] = {
            "align": "right" if left else "left", "baseline": "top", "dx": -6 if left else 6, "fontSize": 11,
            "fontWeight": 600, "tooltip": None,
        }  # fmt: skip
        base = alt.Chart(pd.DataFrame({"at": [dates[name] + half], "text": [text]})).encode(days.x("at"))
        named = base.encode(alt.Text("text:N"), y=alt.value(down))
        found += [
            base.mark_rule(color=INK, strokeWidth=1.6, strokeDash=dash, tooltip=None),
            named.mark_text(**how, stroke=GROUND, strokeWidth=4, strokeJoin="round"),
            named.mark_text(**how, color=INK),
        ]
    return found

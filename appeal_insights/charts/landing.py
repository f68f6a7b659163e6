"""A running period: what it is to date, where it will end, its target, and what the rest would have to be."""

import json
from typing import Any

import altair as alt
import pandas as pd

from appeal_insights.charts.days import Days
from appeal_insights.charts.theme import (
    DARK,
    GROUND,
    INK,
    check_once,
    check_table,
    titled,
    use_theme,
    with_numbers,
)
from appeal_insights.errors import BadTable
from appeal_insights.language import Language, count, day, say, share

COLUMNS = ("day", "to_date", "numerator", "denominator")
ENDS = ("start", "end", "through", "projected", "low", "high", "target", "needed", "standing")
PROJECTED, NEEDED = "#b54f12", "#2a9cc4"  # apart from each other and from the line to date, also in grey
LOOKS = {"to_date": (DARK, [1, 0]), "projected": (PROJECTED, [5, 3]), "needed": (NEEDED, [3, 4]),
         "target": (INK, [8, 3, 2, 3])}  # fmt: skip
MOST_DAYS = 370
ABOVE_UNIT = 34  # pixels: the legend stands above the unit, which stands above the vertical axis
POINT = 110  # square pixels
EARLY = 0.75  # of the axis: the line of what the rest must be is long enough for its label if it begins before this


def landing(
    so_far: pd.DataFrame,
    ends: pd.DataFrame,
    *,
    title: str,
    unit: str,
    description: str,
    shares: bool = True,
    language: Language = "en",
) -> alt.LayerChart:
    """The number to date by day, the projected end with its interval, the target, and what the rest must be.

    Takes   so_far  one row a day: day, to_date (the number up to the end of that day), numerator, denominator (of
                    all days up to it; null of a sum).
            ends    one row, as of `analysis.landing`: start, end (the day after the last), through, projected, low,
                    high, target, needed, standing. What the rest must be is drawn while it can still be: of a rate
                    as a level over the days left, of a sum as the path to the target.
            shares  whether the numbers are shares 0..1, else counts.
    Gives   a plain chart. `description` is its text for who cannot see it; `title` says what it shows.
    Raises  BadTable   a column is missing, a date is not a plain day, a day comes twice or lies outside the period,
                       there is not one row of ends, or over 370 days.
    """
    use_theme()
    check_table(so_far, COLUMNS, temporal=["day"])
    check_table(ends, ENDS)
    if len(ends) != 1:
        raise BadTable(f"A chart is of one period; the table of its end has {len(ends)} rows.")
    check_once(so_far, ["day"])
    rows = with_numbers(so_far.loc[:, list(COLUMNS)], COLUMNS[1:]).sort_values("day", ignore_index=True)
    view = _View(rows, ends.iloc[0], unit, shares, language)
    layers = [view.days.frame(), *view.target(), *view.needed(), view.line(), *view.projected(), *view.labels()]
    chart: alt.LayerChart = alt.LayerChart(layer=layers)
    return chart.properties(title=titled(title), description=description)


def landing_alt(ends: pd.DataFrame, language: Language, *, shares: bool = True) -> str:
    """The reading of the chart for who cannot see it. `ends` is one row with to_date, chance and expected_rest too."""
    row = ends.iloc[0]
    told = {
        name: _told(row[name], language, shares)
        for name in ("to_date", "projected", "low", "high", "target", "needed", "expected_rest")
    }
    said = []
    if pd.isna(row["to_date"]):
        said.append(say("landing_alt.not_begun", language))
    else:
        said.append(say("landing_alt.to_date", language, through=_written(row["through"], language), **told))
    if row["standing"] != "over":
        last = pd.Timestamp(row["end"]) - pd.Timedelta(days=1)
        said.append(say("landing_alt.projected", language, end=_written(last, language), **told))
    if pd.notna(row["target"]):
        said.append(say("landing_alt.target", language, **told))
        kind = "open_path" if row["standing"] == "open" and not shares else row["standing"]
        said.append(say(f"landing_alt.{kind}", language, expected=told["expected_rest"], needed=told["needed"]))
        if row["standing"] == "open":
            said.append(say("landing_alt.chance", language, chance=share(float(row["chance"]), language, digits=0)))
    return ("" if language == "zh-CN" else " ").join(said)


def _told(value: float, language: Language, shares: bool) -> str:
    if pd.isna(value):
        return ""
    if shares:
        return share(float(value), language)
    # A minus sign is written by the language's own rules of signed numbers; a day of a backlog may well be below 0.
    return ("\N{MINUS SIGN}" if round(value) < 0 else "") + count(abs(round(float(value))), language)


def _written(value: Any, language: Language) -> str:
    return day(pd.Timestamp(value).date(), language)


class _View:
    """What the layers share."""

    def __init__(self, rows: pd.DataFrame, ends: "pd.Series[Any]", unit: str, shares: bool, language: Language) -> None:
        first, end = pd.Timestamp(ends["start"]), pd.Timestamp(ends["end"])
        if not 0 < (end - first).days <= MOST_DAYS:
            raise BadTable(f"A period of 1 to {MOST_DAYS} days can be drawn, not one of {(end - first).days}.")
        if len(rows) and not rows["day"].between(first, end - pd.Timedelta(days=1)).all():
            raise BadTable("A day lies outside the period that is drawn. Keep the days of the period itself.")
        self.rows, self.ends, self.unit, self.shares, self.language = rows, ends, unit, shares, language
        self.days = Days(first, end, language)
        self.last = end - pd.Timedelta(days=1)
        through = pd.Timestamp(ends["through"])
        self.next = max(through + pd.Timedelta(days=1), first)
        self.over = ends["standing"] == "over"
        self.goal = None if pd.isna(ends["target"]) else float(ends["target"])
        self.can = ends["standing"] == "open"  # what the rest must be, it can be
        self.now = rows["to_date"].dropna().iloc[-1] if rows["to_date"].notna().any() else None
        drawn = [name for name in LOOKS if self._there(name)]
        names = {name: say(f"landing.{self._word(name)}", language) for name in drawn}
        how: dict[str, Any] = {"labelExpr": f"{json.dumps(names)}[datum.label]", "symbolType": "stroke"}
        legend = alt.Legend(offset=ABOVE_UNIT, symbolStrokeWidth=2, symbolSize=400, **how)
        looks = [LOOKS[name] for name in drawn]
        self.colour = alt.Color(
            "line:N", title=None, scale=alt.Scale(domain=drawn, range=[colour for colour, _ in looks]), legend=legend
        )
        self.dash = alt.StrokeDash(
            "line:N", title=None, scale=alt.Scale(domain=drawn, range=[dash for _, dash in looks]), legend=legend
        )

    def _there(self, name: str) -> bool:
        return bool({"projected": not self.over, "needed": self.can, "target": self.goal is not None}.get(name, True))

    def _word(self, name: str) -> str:
        return "path" if name == "needed" and not self.shares else name

    def _y(self, field: str) -> alt.Y:
        axis = alt.Axis(
            format=".1~%" if self.shares else ",.0f", tickCount=5, titleAngle=0, titleAlign="left", titleAnchor="end",
            titleX=0, titleY=-12,
        )  # fmt: skip
        # A share moves by points: from nothing on nobody would see it. Twice as many is twice as high.
        return alt.Y(f"{field}:Q", axis=axis, scale=alt.Scale(zero=not self.shares, nice=True), title=self.unit)

    def _number(self, field: str, key: str) -> alt.Tooltip:
        return alt.Tooltip(f"{field}:Q", title=say(key, self.language), format=".1%" if self.shares else ",.0f")

    def line(self) -> alt.Chart:
        """The number to date, by day."""
        told = [self.days.tooltip("day", "landing.day"), self._number("to_date", "landing.to_date")]
        if self.shares:
            titles = {name: say(f"chart.{name}", self.language) for name in ("numerator", "denominator")}
            told += [alt.Tooltip(f"{name}:Q", title=said, format=",") for name, said in titles.items()]
        base = alt.Chart(self.rows.assign(line="to_date")).mark_line(point={"size": 20, "filled": True})
        chart: alt.Chart = base.encode(self.days.x("day"), self._y("to_date"), self.colour, self.dash, tooltip=told)
        return chart

    def projected(self) -> list[alt.Chart]:
        """From what is there to the end: a dashed line, a point, and the interval as a stroke."""
        if self.over:
            return []
        end = pd.DataFrame(
            {"day": [self.last], "line": "projected"} | {n: [self.ends[n]] for n in ("projected", "low", "high")}
        )
        path = end[["day", "line", "projected"]]
        if self.now is not None and len(self.rows):
            here = pd.DataFrame({"day": [self.rows["day"].iloc[-1]], "line": "projected", "projected": [self.now]})
            path = pd.concat([here, path], ignore_index=True)
        told = [
            self.days.tooltip("day", "landing.day"), self._number("projected", "landing.projected"),
            self._number("low", "chart.low"), self._number("high", "chart.high"),
        ]  # fmt: skip
        at = alt.Chart(end).encode(self.days.x("day"), tooltip=told)
        point = at.mark_point(shape="diamond", size=POINT, filled=True, color=PROJECTED, stroke=GROUND, opacity=1)
        way = alt.Chart(path).mark_line(tooltip=None)
        return [
            way.encode(self.days.x("day"), self._y("projected"), self.colour, self.dash),
            at.mark_rule(color=PROJECTED, strokeWidth=3).encode(self._y("low"), alt.Y2("high:Q")),
            point.encode(self._y("projected")),
        ]  # fmt: skip

    def target(self) -> list[alt.Chart]:
        if self.goal is None:
            return []
        return [self._level("target", self.goal, self.days.first, self.days.end)]

    def needed(self) -> list[alt.Chart]:
        """Of a rate the level of the days left; of a sum the way from here to the target."""
        if not self.can:
            return []
        if self.shares:
            return [self._level("needed", float(self.ends["needed"]), self.next, self.days.end)]
        start = self.rows["day"].iloc[-1] if len(self.rows) else self.days.first
        now = self.now if self.now is not None else 0.0
        way = pd.DataFrame({"day": [start, self.last], "value": [now, self.goal], "line": "needed"})
        return [
            alt.Chart(way).mark_line(tooltip=None).encode(self.days.x("day"), self._y("value"), self.colour, self.dash)
        ]

    def _level(self, line: str, value: float, first: pd.Timestamp, end: pd.Timestamp) -> alt.Chart:
        across = pd.DataFrame({"day": [first, end], "value": value, "line": line})
        width = 1.4 if line == "target" else 2.4
        told = [self._number("value", f"landing.{self._word(line)}")]
        base = alt.Chart(across).mark_line(strokeWidth=width)
        chart: alt.Chart = base.encode(self.days.x("day"), self._y("value"), self.colour, self.dash, tooltip=told)
        return chart

    def labels(self) -> list[alt.Chart]:
        """The numbers themselves, written on their lines: who prints in grey has no tooltip."""
        layers = []
        if self.goal is not None:
            text = say("landing.target_label", self.language, value=self._said(self.goal))
            layers += self._text(self.days.first, self.goal, text, INK, below=self._highest() <= self.goal)
        if self.can and self.shares:
            value = float(self.ends["needed"])
            text = say("landing.needed_label", self.language, value=self._said(value))
            # Over its line where that is long enough, else in front of it; away from the target's line.
            room = self.days.fraction(self.next) < EARLY
            how = {"below": value < (self.goal or 0)} if room else {"below": None, "align": "right", "dx": -7}
            layers += self._text(self.next, value, text, INK, **how)
        if not self.over:
            value = float(self.ends["projected"])
            layers += self._text(self.last, value, self._said(value), PROJECTED, dx=9, below=None)
        return layers

    def _highest(self) -> float:
        """The highest number drawn beside the target."""
        drawn = [
            self.rows["to_date"].max(),
            self.ends["high"],
            self.ends["needed"] if self.can and self.shares else None,
        ]
        return max((float(one) for one in drawn if pd.notna(one)), default=0.0)

    def _said(self, value: float) -> str:
        return _told(value, self.language, self.shares)

    def _text(
        self, at: pd.Timestamp, value: float, text: str, colour: str, *, below: Any, align: str = "left", dx: int = 0
    ) -> list[alt.Chart]:
        """A text above, below or (None) beside a point, free of what lies behind it."""
        place: dict[Any, dict[str, Any]] = {
            None: {"baseline": "middle"},
            True: {"baseline": "top", "dy": 6},
            False: {"baseline": "bottom", "dy": -5},
        }
        how: dict[str, Any] = {"align": align, "fontSize": 11, "tooltip": None, "dx": dx, **place[below]}
        rows = pd.DataFrame({"day": [at], "value": [value], "text": [text]})
        base = alt.Chart(rows).encode(self.days.x("day"), self._y("value"), alt.Text("text:N"))
        return [
            base.mark_text(**how, stroke=GROUND, strokeWidth=3, strokeJoin="round"),
            base.mark_text(**how, color=colour),
        ]

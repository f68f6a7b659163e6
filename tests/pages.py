"""Notebooks as a run leaves them, small enough to see through: the tests of the exporter start from these."""

from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from appeal_insights.charts.contributions import contributions
from appeal_insights.charts.heat_map import heat_map
from appeal_insights.charts.slope import slope
from appeal_insights.charts.theme import spec_of
from appeal_insights.charts.trend import trend
from appeal_insights.reports.export import About

# Each fires a dialog where it is taken for markup or code. alert is the witness.
HOSTILE = (
    "</script><script>alert('S1')</script>",
    "<img src=x onerror=alert('I1')>",
    "<svg onload=alert('V1')>",
    "javascript:alert('J1')",
    "[x](javascript:alert(1))",
    "`${alert('T1')}`",
    "\u2028</style><script>alert('U1')</script>",
    "<!--<script>alert('C1')",
    "\"' onmouseover=alert('A1') x='",
    "{{ 7 * 7 }}{% include 'x' %}",
)
ABOUT = About(
    title="Why did the overturn rate rise?",
    language="en",
    facts=[("Data as of", "16 November 2026 06:00 UTC"), ("Fingerprint", "7c1e9a0f")],
    audience="stakeholders",
)
CHINESE = About(title="改判率为何上升？", language="zh-CN", facts=[("数据截至", "2026年11月16日")], audience="业务方")


def weeks(label: str = "DE") -> pd.DataFrame:
    """Eight weeks of two segments, the last week not settled."""
    rows = []
    for number in range(16):
        nth, segment = divmod(number, 2)
        start = pd.Timestamp("2026-09-14") + pd.Timedelta(weeks=nth)
        year, week, _ = start.isocalendar()
        rate = 0.3 + 0.02 * nth + 0.1 * segment
        rows.append(
            {
                "period": start,
                "period_label": f"{year}-W{week}",
                "segment": "GB" if segment else label,
                "rate": rate,
                "low": rate - 0.04,
                "high": rate + 0.04,
                "numerator": round(500 * rate),
                "denominator": 500,
                "mature": nth < 7,
            }
        )
    return pd.DataFrame(rows)


def segments(label: str = "DE") -> pd.DataFrame:
    """What two segments brought to a change."""
    effects = {"mix_effect": [0.001, -0.004], "rate_effect": [0.02, 0.001], "contribution": [0.021, -0.003]}
    interval = {"low": [0.01, None], "high": [0.03, None]}
    counts = dict.fromkeys(("numerator_before", "denominator_before", "numerator_after", "denominator_after"), 100)
    return pd.DataFrame({"segment": [label, "GB"], **effects, **interval, **counts})


def lines(*labels: str) -> pd.DataFrame:
    """The rates of segments before and after; the first one rose."""
    periods = {"period_before": "2026-W40..2026-W43", "period_after": "2026-W44..2026-W46"}
    rows = []
    for nth, label in enumerate(labels or ("DE", "GB", "ZA")):
        row = {"segment": label, **periods}
        for side, rate in (("before", 0.3 + 0.01 * nth), ("after", 0.5 if nth == 0 else 0.3 + 0.008 * nth)):
            shares = {"rate": rate, "low": rate - 0.04, "high": rate + 0.04}
            counts = {"numerator": round(500 * rate), "denominator": 500}
            row |= {f"{name}_{side}": value for name, value in (shares | counts).items()}
        rows.append(row)
    return pd.DataFrame(rows)


def cells(label: str = "DE", periods: int = 8) -> pd.DataFrame:
    """Three segments by week; one cell is hidden, one has no records."""
    rows = []
    for number in range(3 * periods):
        nth, segment = divmod(number, 3)
        start = pd.Timestamp("2026-08-03") + pd.Timedelta(weeks=nth)
        rate = 0.3 + 0.02 * nth + 0.05 * segment
        shares = {"rate": rate, "low": rate - 0.04, "high": rate + 0.04}
        counts = {"numerator": round(100 * rate), "denominator": 100}
        hidden, empty = number == 4, number == 8
        known = shares | counts if not hidden else dict.fromkeys(shares | counts)
        known = known if not empty else dict.fromkeys(shares) | {"numerator": 0, "denominator": 0}
        where = {"period": start, "period_label": f"2026-W{32 + nth}", "segment": (label, "GB", "ZA")[segment]}
        rows.append({**where, **known, "hidden": hidden})
    return pd.DataFrame(rows)


def slope_spec(title: str = "DE rose", *labels: str, language: Any = "en") -> dict[str, Any]:
    unit = "改判率" if language == "zh-CN" else "Overturn rate"
    return spec_of(slope(lines(*labels), title=title, unit=unit, description="Alt", language=language))


def heat_spec(title: str = "By week", label: str = "DE", periods: int = 8, language: Any = "en") -> dict[str, Any]:
    return spec_of(heat_map(cells(label, periods), title=title, description="Alt", language=language))


def table(cell: str = "DE") -> dict[str, Any]:
    columns = [{"key": "a", "label": "Segment", "align": "left"}, {"key": "b", "label": "Points", "align": "right"}]
    return {"columns": columns, "rows": [[cell, "+2.10"], ["GB", "\N{MINUS SIGN}0.30"]]}


def trend_spec(
    title: str = "It rose", label: str = "DE", language: Any = "en", changed: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    rows = weeks(label).drop_duplicates("period").assign(**changed) if changed else weeks(label)
    chart = trend(rows, title=title, unit="Overturn rate", description="Alt", language=language, **more)
    return spec_of(chart)


def change_spec(title: str = "DE brought it", label: str = "DE", language: Any = "en") -> dict[str, Any]:
    return spec_of(contributions(segments(label), title=title, description="Alt", language=language))


def exhibit(name: str = "trend", **more: Any) -> nbformat.NotebookNode:
    """An output that is a chart, its table and its notes."""
    content = {"id": name, "language": "en", "title": "It rose", "alt": "A rising line", "spec": None, "table": None}
    return shown({"application/vnd.appeal-insights.exhibit+json": {**content, "notes": [], **more}, "text/html": "no"})


def finding(
    languages: tuple[str, ...] = ("en",), text: str = "DE brought the rise", **more: Any
) -> nbformat.NotebookNode:
    """An output that is a finding, with every field saying `text`."""
    said = dict.fromkeys(("claim", "size", "segment", "grade", "owner", "next_step"), text) | {"ruled_out": [text]}
    named = {name: name for name in ("size", "segment", "grade", "ruled_out", "owner", "next_step", "evidence")}
    content = {
        "id": "F1",
        "grade": "likely",
        "texts": dict.fromkeys(languages, said),
        "labels": dict.fromkeys(languages, named),
        "evidence": dict.fromkeys(languages, table(text)),
    }
    return shown({"application/vnd.appeal-insights.finding+json": {**content, **more}, "text/html": "no"})


def shown(data: dict[str, Any]) -> nbformat.NotebookNode:
    return new_output("display_data", data)


def notebook(*parts: str | nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Prose for each text, a cell with its code for each output."""
    cells = [
        new_markdown_cell(part) if isinstance(part, str) else new_code_cell("inquiry.trend", outputs=[part])
        for part in parts
    ]
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"
    made = new_notebook(cells=cells)
    nbformat.validate(made)
    return made


def written(made: nbformat.NotebookNode, path: Path) -> Path:
    nbformat.write(made, path)
    return path

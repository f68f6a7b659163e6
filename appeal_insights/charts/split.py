"""What a measured change is made of: from before to after by mix of cases, work and auditors, which add up."""

from collections.abc import Mapping

import altair as alt
import pandas as pd

from appeal_insights.charts.theme import check_table
from appeal_insights.charts.waterfall import waterfall
from appeal_insights.errors import BadTable
from appeal_insights.language import Language, points_number, say, share

STEPS = {"mix": "mix", "work": "rate", "auditors": "rest"}  # part -> the kind of step that a waterfall draws it as
SAME = 1e-9  # share: parts that differ from the change by more do not add up to it


def split_steps(
    parts: Mapping[str, float], language: Language, *, intervals: pd.DataFrame | None = None
) -> pd.DataFrame:
    """The parts of a change as the rows of a waterfall.

    Takes   parts      before, after, mix, work, auditors of an `analysis.drift_split.Split` (shares).
            intervals  part (one of mix, work, auditors), low, high (shares), where they are known.
    Gives   label, kind, from, to, low, high: as `waterfall` takes them. Where auditors brought nothing, because nobody
            could tell, they have no row.
    Raises  BadTable   the parts do not add up to the change, or an interval is of no part.
    """
    whole = sum(parts[name] for name in STEPS)
    if not abs(parts["before"] + whole - parts["after"]) <= SAME:
        raise BadTable("The parts do not add up to the change. Give those of one split.")
    known = {}
    if intervals is not None:
        check_table(intervals, ["part", "low", "high"])
        known = {
            str(part): (low, high) for part, low, high in intervals[["part", "low", "high"]].itertuples(index=False)
        }
        if not set(known) <= set(STEPS):
            raise BadTable(f"An interval is of no part. The parts are {', '.join(STEPS)}.")
    at = parts["before"]
    rows: list[tuple[object, ...]] = [(say("split_chart.before", language), "start", at, at, None, None)]
    for name, kind in STEPS.items():
        if name == "auditors" and parts[name] == 0:
            continue
        low, high = known.get(name, (None, None))
        rows.append((say(f"split_chart.{name}", language), kind, at, at + parts[name], low, high))
        at += parts[name]
    rows.append((say("split_chart.after", language), "end", at, at, None, None))
    return pd.DataFrame(rows, columns=["label", "kind", "from", "to", "low", "high"])


def split_chart(
    steps: pd.DataFrame, *, title: str, unit: str, description: str, language: Language = "en"
) -> alt.LayerChart:
    """A waterfall of `split_steps`: the bars of mix, work and auditors lead from the rate before to that after."""
    kinds = {kind: say(f"split_chart.{name}", language) for name, kind in STEPS.items()}
    return waterfall(steps, title=title, unit=unit, description=description, kinds=kinds, language=language)


def split_alt(parts: Mapping[str, float], language: Language) -> str:
    """The reading of the chart for who cannot see it."""
    told = {name: points_number(parts[name], language) for name in STEPS}
    told |= {name: share(parts[name], language) for name in ("before", "after")}
    return say("split_chart.alt", language, **told)

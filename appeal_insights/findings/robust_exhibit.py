"""In how many other ways of counting each finding holds, as a table to be read."""

import pandas as pd

from appeal_insights.findings.cells import points_with_range_cell
from appeal_insights.findings.evidence import Evidence
from appeal_insights.findings.judged import drivers
from appeal_insights.findings.naming import metric_name, segment_names
from appeal_insights.findings.robustness import held
from appeal_insights.findings.shown import Cells, Exhibit
from appeal_insights.language import Language, count, say


def robustness(evidence: Evidence, language: Language) -> Exhibit:
    """One row per variant, one column per finding. Only an analyst sees the numbers behind it."""
    table = evidence.robust
    if table is None or table.empty:
        return Exhibit("robustness", language, say("robust.title_none", language), [say("robust.none", language)])
    names = _names(evidence, language)
    scores = {finding: held(evidence, finding) for finding in names}
    told = [
        say("robust.holds", language, finding=names[finding], held=count(score[0], language),
            all=count(score[1], language))
        for finding, score in scores.items() if score
    ]  # fmt: skip
    heads = [("variant", say("column.variant", language), "left")]
    heads += [(finding, name, "left") for finding, name in names.items()]
    wide = {str(key): rows.set_index("finding") for key, rows in table.groupby("variant", sort=False)}
    rows = [
        [say(f"robust_variant.{key}", language), *(_cell(evidence, found, finding, language) for finding in names)]
        for key, found in wide.items()
    ]
    title = say("robust.title", language, variants=count(len(wide), language))
    return Exhibit("robustness", language, title, [*told, say("robust.explained", language)], cells=Cells(heads, rows))


def _names(evidence: Evidence, language: Language) -> dict[str, str]:
    named = [each for each in drivers(evidence) if each.segment]
    return {"moved": metric_name(evidence, language)} | {
        f"segment_{nth}": segment_names(evidence, each.segment, language) for nth, each in enumerate(named, 1)
    }


def _cell(evidence: Evidence, found: pd.DataFrame, finding: str, language: Language) -> str:
    row = found.loc[finding]
    if pd.isna(row["holds"]):
        return say("robust.too_few", language)
    said = say("robust.yes" if row["holds"] else "robust.no", language)
    if evidence.audience != "analyst":
        return said
    return f"{said} · {points_with_range_cell(row['change'], row['low'], row['high'], language)}"

"""What a reader found in the cases of a cause, against its controls: why, how sure, and what it does to a grade."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

import pandas as pd

from appeal_insights.analysis.dispersion import Dispersion
from appeal_insights.analysis.intervals import change_intervals, rate_with_interval
from appeal_insights.disclosure import SMALLEST_SHOWN
from appeal_insights.findings.cells import NOTHING, points_with_range_cell, ratio, share_range_cell
from appeal_insights.findings.evidence import Evidence
from appeal_insights.findings.finding import Finding, Grade
from appeal_insights.findings.judged import drivers
from appeal_insights.findings.naming import headed, rows_of, segment_names
from appeal_insights.findings.shown import Exhibit
from appeal_insights.findings.tested import asked_of
from appeal_insights.language import Language, count, points, points_range, say, share
from appeal_insights.records.workspace import Workspace

Reason = Literal["wrong_enforcement", "lenient_review", "new_evidence", "policy_unclear", "tooling", "other"]
REASONS: tuple[Reason, ...] = get_args(Reason)
UNTELLING = "other"  # says that it is none of those, so it can be no answer to why
LEAST_CODED = 30  # of each group: with fewer, an interval of a difference is too rough to hang a grade on
LEAST_PART = 0.8  # of those drawn: what is left uncoded may be what was hard to say
LEVEL = 1 - 0.05 / len(REASONS)  # of each interval, so that all of them hold together 95 times of 100 (Bonferroni)
KEY, CODED = "key.json", "coded.json"  # the files of a draw: which case is of which group, and what was coded
SIDES = {"control": "before", "case": "after"}  # a difference is what cases have beyond controls

Why = Literal["tells", "few", "left_out", "no_leader", "not_more"]


@dataclass(frozen=True)
class Tally:
    """What was coded.

    table     a row for each reason: controls as numerator_before, denominator_before, and cases as ..._after, each with
              rate, low and high; `change`, change_low, change_high: cases less controls. In share; the intervals of all
              reasons hold together
    drawn     how many of each group were drawn; `coded`: how many of them got a reason
    leading   the reason given most often among the cases, None where there is no such
    why       whether it tells the cause, or what stands against it: few (were coded), left_out (too many),
              no_leader (a tie, or "other"), not_more (than among controls, beyond noise)
    """

    table: pd.DataFrame
    drawn: Mapping[str, int]
    coded: Mapping[str, int]
    leading: Reason | None
    why: Why


def tally(coded: pd.DataFrame) -> Tally:
    """Count the reasons of cases and controls.

    Appeals of one cluster share their merits, so they are counted as if they were one: the largest that clusters can
    do to an interval.

    Takes   one row per appeal drawn: group (case or control), cluster, reason (one of REASONS, empty where not coded).
    """
    there = coded[coded["reason"].isin(REASONS)]
    groups = {group: there[there["group"] == group] for group in SIDES}
    rows = [
        {"reason": reason}
        | {f"numerator_{side}": int((groups[group]["reason"] == reason).sum()) for group, side in SIDES.items()}
        | {f"denominator_{side}": len(groups[group]) for group, side in SIDES.items()}
        for reason in REASONS
    ]
    shared = max(_shared(rows) for rows in groups.values())
    table = change_intervals(pd.DataFrame(rows), Dispersion(shared), level=LEVEL)
    for side in SIDES.values():
        counts = {name: table[f"{name}_{side}"] for name in ("numerator", "denominator")}
        rates = rate_with_interval(pd.DataFrame(counts), Dispersion(shared), level=LEVEL)
        table = table.assign(**{f"{name}_{side}": rates[name] for name in ("rate", "low", "high")})
    drawn = {group: int((coded["group"] == group).sum()) for group in SIDES}
    done = {group: len(groups[group]) for group in SIDES}
    leading = _leading(table)
    return Tally(table, drawn, done, leading, _why(table, drawn, done, leading))


def _shared(rows: pd.DataFrame) -> float:
    """How many appeals count as one, were all of a cluster alike: the sum of squares of clusters over their sum."""
    own = rows["cluster"].astype("object").where(rows["cluster"].notna(), "alone " + rows.index.astype("str"))
    sizes = own.value_counts()
    return float((sizes**2).sum() / sizes.sum()) if len(sizes) else 1.0


def _leading(table: pd.DataFrame) -> Reason | None:
    most = table["numerator_after"].max()
    first = table[table["numerator_after"] == most]["reason"]
    if not most or len(first) > 1 or first.iloc[0] == UNTELLING:
        return None
    found: Reason = first.iloc[0]
    return found


def _why(table: pd.DataFrame, drawn: Mapping[str, int], coded: Mapping[str, int], leading: Reason | None) -> Why:
    if min(coded.values()) < LEAST_CODED:
        return "few"
    if any(coded[group] < LEAST_PART * drawn[group] for group in drawn):
        return "left_out"
    if leading is None:
        return "no_leader"
    low = table.loc[table["reason"] == leading, "change_low"]
    return "tells" if float(low.iloc[0]) > 0 else "not_more"


def raised(grade: Grade, found: Tally | None) -> Grade:
    """The grade of a finding after its cases were read: from likely to confirmed where the reading tells the cause.

    That a segment moved says where, not why, so no test of rates alone confirms a cause. A reading is another look, at
    the cases themselves, by somebody who did not know which of them belong to the cause. It confirms where the reason
    given most among the cases is given more often there than among controls, with the whole interval of the difference
    above zero; at least 30 of each group were coded, and four in five of those drawn. The intervals of the six reasons
    hold together, so that no reason leads by luck because there are six. A finding that is only possible (few days,
    noise unknown) stays so: reading cannot say that the rate moved.
    """
    return "confirmed" if grade == "likely" and found is not None and found.why == "tells" else grade


def kept_tallies(place: Workspace, evidence: Evidence) -> dict[str, Tally]:
    """What was coded of the causes of this inquiry before, by the id of their findings.

    A draw belongs to a cause where it was of the same segment, metric, scope, basis and periods, whatever was known by
    then. All that was read of a cause counts, so to draw again until a reading tells is no way to confirm anything. A
    folder that is not whole counts as none.
    """
    asked, found = asked_of(evidence), {}
    draws = [_draw(folder) for folder in sorted(cases_folder(place).glob("*"))]
    ours = [(about, table) for about, table in filter(None, draws) if asked.items() <= about.items()]
    for nth, named in enumerate(drivers(evidence), start=1):
        own = [table for about, table in ours if about.get("segment") == dict(named.segment)]
        if named.segment and own:
            together = pd.concat(own, ignore_index=True)
            together = together.sort_values("reason", kind="stable", na_position="first")
            found[f"segment_{nth}"] = tally(together.drop_duplicates("case", keep="last"))
    return found


def with_reading(evidence: Evidence, findings: Sequence[Finding], tallies: Mapping[str, Tally]) -> list[Finding]:
    """The findings with what was read of their cases behind the claim, and the grade that follows from it."""
    shown = {id: found for id, found in tallies.items() if not _hidden(evidence, found)}
    return [_read(each, shown[each.id]) if each.id in shown else each for each in findings]


def _read(finding: Finding, found: Tally) -> Finding:
    told = {
        language: replace(
            text, claim=f"{text.claim}{'' if language == 'zh-CN' else ' '}{tally_sentence(found, language)}"
        )
        for language, text in finding.told.items()
    }
    grade = raised(finding.grade, found)
    words = finding.grades if grade == finding.grade else "reading_grade"
    return replace(finding, told=told, grade=grade, grades=words)


def _hidden(evidence: Evidence, found: Tally) -> bool:
    return evidence.audience != "analyst" and min(found.coded.values()) < SMALLEST_SHOWN


def cases_folder(place: Workspace) -> Path:
    """Where draws lie, a folder each. They hold ids of cases, so they are no part of what is published."""
    return place.root / "data" / "cases"


def _draw(folder: Path) -> tuple[dict[str, Any], pd.DataFrame] | None:
    """What was asked of a draw, and its cases with the reasons given; None where nothing was taken in."""
    try:
        key = json.loads((folder / KEY).read_text(encoding="utf-8"))
        coded = json.loads((folder / CODED).read_text(encoding="utf-8"))
        drawn = pd.DataFrame(key["cases"], columns=["case", "group", "cluster", "matched"])
        reasons = {str(row["case"]): row["reason"] for row in coded["cases"]}
        return dict(key["about"]), drawn.assign(reason=drawn["case"].astype("str").map(reasons))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def tally_sentence(found: Tally, language: Language) -> str:
    """What the reading says of the cause, and whether that counts; for the claim of a finding."""
    if found.why != "tells":
        return say(f"reading.{found.why}", language, least=str(LEAST_CODED), **_coded(found, language))
    row = found.table[found.table["reason"] == found.leading].iloc[0]
    told = {"reason": say(f"reading_reason.{found.leading}", language), **_coded(found, language)}
    told |= {side: share(float(row[f"rate_{side}"]), language) for side in SIDES.values()}
    told |= {"points": points(float(row["change"]), language)}
    return say("reading.tells", language, **told, range=points_range(row["change_low"], row["change_high"], language))


def _coded(found: Tally, language: Language) -> dict[str, str]:
    sizes = {"cases": found.coded["case"], "controls": found.coded["control"]}
    sizes |= {"drawn_cases": found.drawn["case"], "drawn_controls": found.drawn["control"]}
    return {name: count(number, language) for name, number in sizes.items()}


def reading(evidence: Evidence, tallies: Mapping[str, Tally], language: Language) -> list[Exhibit]:
    """What was read of each cause, reason by reason; nothing of those that nobody read."""
    named = {f"segment_{nth}": each for nth, each in enumerate(drivers(evidence), start=1)}
    return [
        _exhibit(evidence, found, segment_names(evidence, named[id].segment, language), language)
        for id, found in tallies.items()
        if id in named
    ]


def _exhibit(evidence: Evidence, found: Tally, segment: str, language: Language) -> Exhibit:
    title = say("reading.title", language, segment=segment)
    if _hidden(evidence, found):
        return Exhibit("reading", language, title, [say("reading.hidden", language)])
    numbers = ("controls", "controls_interval", "cases", "cases_interval", "difference")
    heads = [("reading_reason", "left"), *((f"reading_{key}", "right") for key in numbers)]
    rows = [_row(row, language) for row in rows_of(found.table)]
    notes = [tally_sentence(found, language), say("reading.explained", language, least=str(LEAST_CODED))]
    return Exhibit("reading", language, title, notes, cells=headed(heads, rows, language))


def _row(row: Mapping[str, Any], language: Language) -> Sequence[str]:
    told: list[str] = [say(f"reading_reason.{row['reason']}", language)]
    for side in SIDES.values():
        low, high = row[f"low_{side}"], row[f"high_{side}"]
        told += [ratio(row, side, language), NOTHING if pd.isna(low) else share_range_cell(low, high, language)]
    if pd.isna(row["change"]):
        return [*told, NOTHING]
    return [*told, points_with_range_cell(row["change"], row["change_low"], row["change_high"], language)]

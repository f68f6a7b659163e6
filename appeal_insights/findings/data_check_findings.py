"""The findings of a data check: whether the records are sound, then what is missing of them."""

from collections.abc import Sequence
from datetime import timedelta

from appeal_insights.findings.cells import NOTHING, count_cell
from appeal_insights.findings.data_check_exhibits import headed, missing_cells, reject_cells
from appeal_insights.findings.data_check_sentences import (
    column_name,
    drop_sentence,
    gap_segment,
    gap_step,
    inline,
    next_step,
    number,
    read_and_rejected,
    rejected,
    rise_sentence,
    rises,
    segment_name,
    verdict,
    when,
)
from appeal_insights.findings.data_held import Drop, Held, Part
from appeal_insights.findings.finding import Finding, Grade, Told
from appeal_insights.findings.gate import in_short, worst
from appeal_insights.findings.gate_exhibit import exhibit as gate_exhibit
from appeal_insights.findings.shown import Cells
from appeal_insights.language import Language, points, say, share

CHECK_AGAIN = 7  # days after the data's date: by then the next load should be in
MOST_GAPS = 20  # rows of the evidence


def conclude(held: Held, languages: Sequence[Language]) -> list[Finding]:
    """Everything worth saying, the soundness of the records first: it is the headline of a run."""
    found = [_finding(held, "soundness", _grade(held), {each: _soundness(held, each) for each in languages})]
    for part in held.parts:
        if part.gaps:
            found.append(_finding(held, "gaps", "likely", {each: _gaps(part, each) for each in languages}))
        if part.drop:
            found.append(_finding(held, "drop", "possible", {each: _drop(part.drop, each) for each in languages}))
    if len(held.rejects):
        found.append(_finding(held, "rejects", "confirmed", {each: _rejects(held, each) for each in languages}))
    for part in held.parts:
        if len(rises(part)):
            found.append(_finding(held, "missing", "likely", {each: _missing(part, each) for each in languages}))
    return found


def _finding(held: Held, id: str, grade: Grade, told: dict[Language, Told]) -> Finding:
    return Finding(id, grade, told, (held.as_of + timedelta(days=CHECK_AGAIN)).date(), grades="data_grade")


def _grade(held: Held) -> Grade:
    return "unknown" if worst(held.gate) == "not_there" else "confirmed"


def _everything(language: Language) -> str:
    whole = segment_name("", language)
    return whole[:1].upper() + whole[1:]


def _soundness(held: Held, language: Language) -> Told:
    shown = gate_exhibit(held.gate, language)
    step = next_step(held, language)
    size = in_short(held.gate, language) or NOTHING
    return Told(verdict(held, language), size, _everything(language), step, (), shown.cells or Cells([], []))


def _gaps(part: Part, language: Language) -> Told:
    gaps = part.gaps
    first = gaps[0]
    named = gap_segment(part, first, language)
    claim = say("data_finding.gap", language, segment=named, when=when(first, language), count=str(len(gaps)))
    heads = [("segment", "left"), ("when", "left"), ("usual", "right")]
    rows = [
        [segment_name(gap.segment, language), when(gap, language), count_cell(round(gap.usual), language)]
        for gap in gaps[:MOST_GAPS]
    ]
    size = say("data_finding.gap_size", language, lacking=number(first.usual * first.periods, language))
    step = gap_step(part, first, language)
    return Told(claim[:1].upper() + claim[1:], size, named.strip(), step, (), headed(heads, rows, language))


def _drop(drop: Drop, language: Language) -> Told:
    told = {"a_day": number(drop.a_day, language), "usual": number(drop.usual, language)}
    heads = [("when", "left"), ("a_day", "right"), ("usual_a_day", "right")]
    evidence = headed(heads, [[drop.period, *told.values()]], language)
    step = say("data_next.drop", language, period=drop.period)
    size = say("data_finding.drop_size", language, **told)
    return Told(drop_sentence(drop, language), size, _everything(language), step, (), evidence)


def _rejects(held: Held, language: Language) -> Told:
    read, set_aside = read_and_rejected(held)
    size = say("data_finding.rejected_size", language, share=share(set_aside / read, language))
    claim = rejected(held, "data_finding.rejected", language)
    segment = say("data_finding.rows", language)
    return Told(
        claim,
        size,
        segment[:1].upper() + segment[1:],
        say("data_next.rejected", language),
        (),
        reject_cells(held, language),
    )


def _missing(part: Part, language: Language) -> Told:
    first = rises(part).iloc[0]
    name = column_name(part, first["name"], language)
    claim = rise_sentence(part, first, "data_finding.missing", language)
    size = say("data_finding.missing_size", language, points=points(float(first["change"]), language))
    step = say("data_finding.missing_next", language, column=inline(name, language))
    return Told(claim, size, name, step, (), missing_cells(part, language))

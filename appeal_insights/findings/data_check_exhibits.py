"""The parts of a data check as exhibits: sentences, a chart and its table twin."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from appeal_insights.charts.coverage import coverage as draw_coverage
from appeal_insights.disclosure import SMALLEST_SHOWN
from appeal_insights.findings.cells import NOTHING, count_cell, points_cell, share_cell
from appeal_insights.findings.data_check_sentences import (
    column_name,
    drop_sentence,
    ends,
    fact_name,
    gap_segment,
    grain,
    inline,
    listed,
    next_step,
    number,
    read_and_rejected,
    reason,
    rejected,
    rise_sentence,
    rises,
    segment_name,
    verdict,
    what,
    when,
)
from appeal_insights.findings.data_held import DROP, FULL, USUAL, Coverage, Held, Part
from appeal_insights.findings.gate import in_short
from appeal_insights.findings.naming import rows_of
from appeal_insights.findings.shown import Cells, Code, Exhibit
from appeal_insights.language import Language, count, day, instant, say, share
from appeal_insights.metrics.metric import metrics
from appeal_insights.records.contract import contract

MOST_ROWS = 30  # of a table that may have any number
MOST_GAPS = 5  # told one by one
COUNTS = ("rows_read", "rows_new", "rows_changed", "rows_unchanged", "rows_rejected")


def summary(held: Held, language: Language) -> Exhibit:
    """The first screen: can it be trusted, what came in, what was rejected, where it is thin, what next."""
    heading = say(
        "data_check.heading",
        language,
        what=what(held, language),
        store=held.store,
        as_of=instant(held.as_of, language),
    )
    if not held.parts:
        return Exhibit("summary", language, heading, [_events_only(held, language), _rejected(held, language)])
    notes = [verdict(held, language), *(_came_in(held, part, language) for part in held.parts)]
    notes += [_rejected(held, language), *_gaps(held, language)]
    notes.append(say("data_check.next", language, step=next_step(held, language)))
    return Exhibit("summary", language, heading, notes)


def _came_in(held: Held, part: Part, language: Language) -> str:
    if part.coverage is None:
        return say("data_check.few", language, smallest=str(SMALLEST_SHOWN))
    newest = held.loads[held.loads["fact"] == part.holding.fact].iloc[-1]
    told = {
        "count": count(part.records, language),
        "what": inline(fact_name(part.holding.fact, language), language),
        **ends(part),
        "loaded_at": instant(newest["loaded_at"], language),
        "source": str(newest["source"]),
    }
    return say("data_check.came_in", language, **told)


def _rejected(held: Held, language: Language) -> str:
    if len(held.rejects):
        return rejected(held, "data_check.rejected", language)
    return say("data_check.none_rejected", language, read=count(read_and_rejected(held)[0], language))


def _gaps(held: Held, language: Language) -> list[str]:
    """The largest gap, and a thin end."""
    notes = [drop_sentence(drop, language) for _, drop in held.drops[:1]]
    if not held.gaps:
        return notes or [say("data_check.no_gap", language, grain=grain(held.parts[0], language))]
    part, first = held.gaps[0]
    told = {"segment": gap_segment(part, first, language), "when": when(first, language)}
    return [say("data_check.gap", language, count=str(len(held.gaps)), **told), *notes]


def loads(held: Held, language: Language) -> Exhibit:
    """Every load, the newest first."""
    if held.loads.empty:
        return Exhibit("loads", language, notes=[say("data_loads.none", language)])
    table = held.loads.iloc[::-1]
    newest = instant(table["loaded_at"].iloc[0], language)
    title = say("data_loads.title", language, count=str(len(table)), loaded_at=newest)
    sums = table[list(COUNTS[1:])].sum(axis=1)
    wrong = table[sums != table["rows_read"]]
    notes = [say("data_loads.agree", language)]
    if len(wrong):
        first = str(wrong["load_id"].iloc[-1])
        notes = [say("data_loads.differ", language, count=str(len(wrong)), load=first)]
    if len(table) > MOST_ROWS:
        notes.append(say("data_loads.older", language, shown=str(MOST_ROWS), older=str(len(table) - MOST_ROWS)))
    heads = [("load", "right"), ("fact", "left"), ("source", "left"), ("loaded_at", "left")]
    heads += [(name, "right") for name in COUNTS]
    rows = [
        [
            count_cell(row["load_id"], language),
            fact_name(str(row["fact"]), language),
            str(row["source"]),
            instant(row["loaded_at"], language),
            *(count_cell(row[name], language) for name in COUNTS),
        ]
        for row in rows_of(table.head(MOST_ROWS))
    ]
    return Exhibit("loads", language, title, notes, cells=headed(heads, rows, language))


def rejects(held: Held, language: Language) -> Exhibit:
    """Why rows were not taken in, and how to take them in after all."""
    if held.rejects.empty:
        return Exhibit("rejects", language, notes=[say("data_rejects.none", language)])
    read, set_aside = read_and_rejected(held)
    title = say("data_rejects.title", language, rejected=count(set_aside, language), read=count(read, language))
    notes = [say("data_rejects.explained", language)]
    if held.to_mend:
        notes.append(say("data_rejects.mend", language, files=listed(held.to_mend, language), store=held.store))
    else:
        notes.append(say("data_rejects.mend_source", language))
    if held.audience != "analyst":
        notes.append(say("data_rejects.values", language))
    left = held.rejects.iloc[MOST_ROWS:]
    if len(left):
        rows = count(int(left["rows_rejected"].sum()), language)
        notes.append(say("data_rejects.more", language, count=str(len(left)), rows=rows))
    return Exhibit("rejects", language, title, notes, cells=reject_cells(held, language))


def reject_cells(held: Held, language: Language) -> Cells:
    """Rejected rows by column and reason; a value only for who may see it."""
    read = held.loads.groupby("fact")["rows_read"].sum()
    analyst = held.audience == "analyst"
    heads = [("fact", "left"), ("column", "left"), ("reason", "left"), ("rows_rejected", "right"), ("share", "right")]
    heads += [("first_row", "right"), ("example", "left")] if analyst else []
    rows = [
        [
            fact_name(str(row["fact"]), language),
            str(row["source_column"]) or NOTHING,
            reason(str(row["kind"]), language),
            count_cell(row["rows_rejected"], language),
            share_cell(row["rows_rejected"] / read[row["fact"]], language),
            *([count_cell(row["first_row"], language), _text(row["example"])] if analyst else []),
        ]
        for row in rows_of(held.rejects.head(MOST_ROWS))
    ]
    return headed(heads, rows, language)


def coverage(held: Held, part: Part, language: Language) -> Exhibit:
    """Records by period and segment, with what is lacking."""
    found = part.coverage
    if found is None:
        return _few("coverage", language)
    told = {
        "what": fact_name(part.holding.fact, language),
        "grain": grain(part, language),
        "dimension": _dimension(part, found, language),
        **ends(part),
    }
    title = say("data_coverage.title" if found.dimension else "data_coverage.title_alone", language, **told)
    alt = say(
        "data_coverage.alt" if found.dimension else "data_coverage.alt_alone",
        language,
        **told,
        lines=str(len(found.totals)),
        whole=count(part.records, language),
        gaps=str(len(found.gaps)),
    )
    drawn = found.cells.assign(segment=[segment_name(str(name), language) for name in found.cells["segment"]])
    chart = draw_coverage(drawn, title=title, description=alt, language=language)
    cells = _coverage_cells(part, found, language)
    return Exhibit("coverage", language, title, _coverage_notes(held, part, found, language), alt, chart, cells)


def _dimension(part: Part, found: Coverage, language: Language) -> str:
    return inline(column_name(part, found.dimension, language), language) if found.dimension else ""


def _coverage_notes(held: Held, part: Part, found: Coverage, language: Language) -> list[str]:
    """Gaps and a thin end first; then how to read it."""
    each, smallest = {"grain": grain(part, language)}, str(SMALLEST_SHOWN)
    notes = [
        say(
            "data_coverage.gap",
            language,
            segment=gap_segment(part, gap, language),
            when=when(gap, language),
            usual=number(gap.usual, language),
            **each,
        )
        for gap in found.gaps[:MOST_GAPS]
    ] or [say("data_coverage.no_gap", language, **each)]
    if len(found.gaps) > MOST_GAPS:
        notes.append(say("data_coverage.more_gaps", language, count=str(len(found.gaps) - MOST_GAPS)))
    notes += [drop_sentence(found.drop, language)] if found.drop else []
    last = found.whole.iloc[-1]
    if last["ends_on"] > pd.Timestamp(held.as_of.date()):
        notes.append(say("data_coverage.unfinished", language, period=str(last["period_label"])))
    if found.too_small:
        dimension = inline(column_name(part, found.too_small, language), language)
        notes.append(say("data_coverage.too_small", language, dimension=dimension, smallest=smallest))
    notes.append(_how_counted(part, language))
    notes.append(say("data_coverage.explained", language, **each))
    if found.folded and found.dimension:
        notes.append(say("data_coverage.folded", language, count=str(found.folded)))
    first = str(found.whole["period_label"].iloc[0])
    if ".." in first:
        notes.append(say("data_coverage.joined", language, smallest=smallest, period=first, **each))
    if found.cells["hidden"].any():
        notes.append(say("data_coverage.hidden", language, smallest=smallest))
    return notes


def _how_counted(part: Part, language: Language) -> str:
    zh = "zh" if language == "zh-CN" else "en"
    if part.holding.by_figures:
        return say("data_coverage.by_sheet", language, metric=metrics()[part.holding.metric].name[zh])
    event = contract(part.holding.fact).derived[part.holding.day].label[zh]
    return say("data_coverage.day", language, event=event, grain=grain(part, language))


def _coverage_cells(part: Part, found: Coverage, language: Language) -> Cells:
    """A line for everything, then one for each segment; a column for each period, then the line's total."""
    labels = [str(label) for label in found.whole["period_label"]]
    lines = dict(iter(found.cells.groupby("segment", sort=False)))
    whole = [segment_name("", language), *(_records(row, language) for row in rows_of(found.whole))]
    rows = [[*whole, count_cell(part.records, language)]]
    if found.dimension:
        rows += [
            [
                segment_name(segment, language),
                *(_records(row, language) for row in rows_of(lines[segment])),
                count_cell(total, language),
            ]
            for segment, total in found.totals.items()
        ]
    named = column_name(part, found.dimension, language) if found.dimension else say("data_column.segment", language)
    columns = [("segment", named, "left"), *((label, label, "right") for label in labels)]
    return Cells([*columns, ("whole", say("data_column.whole", language), "right")], rows)


def _records(row: dict[str, Any], language: Language) -> str:
    return say("column.hidden", language) if row["hidden"] else count_cell(row["records"], language)


def missing(held: Held, part: Part, language: Language) -> Exhibit:
    """Values that are missing, by column and period."""
    found = part.missing
    if found is None:
        return _few("missing", language)
    columns = str(len(part.holding.columns))
    changed = rises(part)
    notes = [rise_sentence(part, row, "data_missing.rose", language) for _, row in changed.head(MOST_GAPS).iterrows()]
    title = say("data_missing.none", language, columns=columns)
    if len(found.whole):
        title = say("data_missing.title", language, some=str(len(found.whole)), columns=columns)
        if found.whole["earlier"].notna().any():
            notes.append(say("data_missing.change", language, period=found.recent))
        if found.complete:
            names = listed([column_name(part, name, language) for name in found.complete], language)
            notes.append(say("data_missing.complete", language, names=names))
    if part.holding.without:
        names = listed([column_name(part, name, language) for name in part.holding.without], language)
        notes.append(say("data_missing.without", language, names=names))
    if not part.holding.by_figures:
        notes.append(say("data_missing.decision", language))
    if len(found.whole) and (found.cells["hidden"].any() or found.whole["hidden"].any()):
        notes.append(say("data_missing.hidden", language, smallest=str(SMALLEST_SHOWN)))
    cells = missing_cells(part, language) if len(found.whole) else None
    return Exhibit("missing", language, title, notes, cells=cells)


def missing_cells(part: Part, language: Language) -> Cells:
    """A line for each column that misses values: in all, period by period, and how it changed."""
    found = part.missing
    assert found is not None
    labels = list(dict.fromkeys(found.cells.sort_values("period")["period_label"]))
    told = {(row["name"], row["period_label"]): _missing(row, language) for row in rows_of(found.cells)}
    rows = [
        [
            column_name(part, row["name"], language),
            _missing(row, language),
            *(told.get((row["name"], label), NOTHING) for label in labels),
            NOTHING if pd.isna(row["change"]) else points_cell(row["change"], language),
        ]
        for row in rows_of(found.whole)
    ]
    columns = [
        ("name", say("data_column.name", language), "left"),
        ("whole", say("data_column.whole", language), "right"),
    ]
    columns += [(str(label), str(label), "right") for label in labels]
    return Cells([*columns, ("change", say("data_column.change", language), "right")], rows)


def _missing(row: dict[str, Any], language: Language) -> str:
    if row["hidden"]:
        return say("column.hidden", language)
    return share_cell(row["missing"] / row["records"], language) if row["records"] else NOTHING


def codes(held: Held, part: Part, language: Language) -> Exhibit:
    """Values of dimensions that are new or gone."""
    found = part.codes
    if found is None:
        return _few("codes", language)
    since = day(found.since, language) if found.since else instant(found.against, language)
    notes = [say("data_codes.of_days" if found.since else "data_codes.of_loads", language, since=since)]
    if found.small:
        small = {"count": str(found.small), "smallest": str(SMALLEST_SHOWN)}
        notes.append(say("data_codes.small", language, **small))
    if found.table.empty:
        return Exhibit("codes", language, say("data_codes.none", language, since=since), notes)
    new = found.table["earlier"] == 0
    numbers = {"new": str(int(new.sum())), "gone": str(int((~new).sum()))}
    if len(found.table) > MOST_ROWS:
        notes.append(say("data_codes.more", language, count=str(len(found.table) - MOST_ROWS)))
    notes.append(say("data_codes.explained", language))
    heads = [("dimension", "left"), ("value", "left"), ("state", "left"), ("earlier", "right"), ("recent", "right")]
    order = (found.table["earlier"] + found.table["recent"]).sort_values(ascending=False, kind="stable").index
    shown = found.table.loc[found.table.index.isin(order[:MOST_ROWS])]
    rows = [
        [
            column_name(part, row["dimension"], language),
            str(row["value"]),
            say("data_codes.gone" if row["earlier"] else "data_codes.new", language),
            count_cell(row["earlier"], language),
            count_cell(row["recent"], language),
        ]
        for row in rows_of(shown)
    ]
    title = say("data_codes.title", language, since=since, **numbers)
    return Exhibit("codes", language, title, notes, cells=headed(heads, rows, language))


def about(held: Held, language: Language) -> Exhibit:
    """The data's date and fingerprint, who reads it, and what the words mean."""
    told = {
        "about.data": held.store,
        "data_about.what": listed([fact_name(fact, language) for fact in held.facts], language),
        "about.as_of": instant(held.as_of, language),
        "about.audience": say(f"about.{held.audience}", language, smallest=str(SMALLEST_SHOWN)),
        "about.fingerprint": listed([str(part.fingerprint) for part in held.parts], language),
        "about.gate": in_short(held.gate, language),
        "data_about.gap": say("data_about.gap_means", language, full=str(FULL)),
        "data_about.thin": say(
            "data_about.thin_means", language, drop=share(DROP, language, digits=0), periods=str(USUAL)
        ),
        "data_about.missing": say("data_about.missing_means", language),
    }
    rows = [[say(key, language), value] for key, value in told.items() if value]
    heads = [("item", say("about.item", language), "left"), ("value", say("about.value", language), "left")]
    return Exhibit("about", language, say("about.title", language), cells=Cells(heads, rows))


def queries(held: Held, language: Language) -> list[Code]:
    """Every query that was asked, each text once."""
    unique = {asked.text: asked for asked in held.asked}.values()
    return [
        Code(language, say("about.query", language, name=asked.what, rows=count(asked.rows, language)), asked.text)
        for asked in unique
    ]


def headed(heads: Sequence[tuple[str, str]], rows: Sequence[Sequence[str]], language: Language) -> Cells:
    """A table to be read, its headings by key."""
    return Cells([(key, say(f"data_column.{key}", language), align) for key, align in heads], rows)


def nothing(held: Held, language: Language) -> Exhibit:
    """Where there are neither records nor figures."""
    return Exhibit("nothing", language, notes=[_events_only(held, language)])


def _few(id: str, language: Language) -> Exhibit:
    return Exhibit(id, language, notes=[say("data_check.few", language, smallest=str(SMALLEST_SHOWN))])


def _events_only(held: Held, language: Language) -> str:
    events = str(int(held.loads["rows_new"].sum()))
    return say("data_check.events_only", language, events=events, store=held.store)


def _text(value: object) -> str:
    return value if isinstance(value, str) and value else NOTHING

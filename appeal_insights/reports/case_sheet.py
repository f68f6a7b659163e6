"""The sheet on which a reader codes cases: written for a draw, and taken back in with nothing lost.

A draw is a folder of data/cases: the sheet, the key that says which case is of which group, and what was coded.
"""

import csv
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from appeal_insights.errors import BadInput, did_you_mean, one_of
from appeal_insights.findings.reading import Cases
from appeal_insights.findings.tally import CODED, KEY, REASONS, Reason, cases_folder
from appeal_insights.language import LANGUAGES, Language, count, say
from appeal_insights.records.reading import is_workbook, read_pages
from appeal_insights.records.sheets import write_sheet
from appeal_insights.records.workspace import find_workspace
from appeal_insights.reports.offline import write_whole
from appeal_insights.reports.tables import safe_cells
from appeal_insights.reports.workbook import can_write, write_form

COLUMNS = ("draw", "number", "case", "reason", "note")
NEEDED = ("draw", "case", "reason")  # a number and a note are for the reader
SHEET = "cases"
Row = dict[str, Any]  # what the sheet has in a row, by column, and its number
HEADER = 1  # rows above the first case, as a spreadsheet counts them


@dataclass(frozen=True)
class Reject:
    """A row that was not taken in: where, what stood there, and why."""

    why: str
    row: int  # as a spreadsheet counts
    column: str
    value: str

    def say(self, language: Language) -> str:
        """The row, the column and the next step."""
        known = [label(reason, (language,)) for reason in REASONS]
        hint = did_you_mean(self.value, known, language=language)
        told = {"row": str(self.row), "column": heading(self.column, (language,)) if self.column else ""}
        listed = one_of(known, language=language)
        return say(f"reading_reject.{self.why}", language, value=self.value, hint=hint, known=listed, **told)


@dataclass(frozen=True)
class TakenIn:
    """What became of the rows of a sheet: rows = coded + blank + rejected.

    table     every case drawn: case, group, cluster, matched, reason (empty where nobody coded it), for `tally`
    missing   cases drawn that are on no row of the sheet; `changed`: cases that had another reason before
    """

    draw: str
    table: pd.DataFrame
    rows: int
    coded: int
    blank: int
    missing: int
    changed: int
    rejects: Sequence[Reject] = field(default=())

    def lines(self, language: Language) -> Iterator[str]:
        """What became of them, for a person."""
        numbers = {
            "rows": self.rows, "coded": self.coded, "blank": self.blank, "rejected": len(self.rejects),
            "missing": self.missing, "drawn": len(self.table),
        }  # fmt: skip
        told = {name: count(number, language) for name, number in numbers.items()}
        yield say("reading.taken_in", language, draw=self.draw, **told)
        if self.changed:
            yield say("reading.changed", language, count=count(self.changed, language))
        yield from (f"  {reject.say(language)}" for reject in self.rejects)


def heading(column: str, languages: Sequence[Language]) -> str:
    """What stands above a column."""
    return " / ".join(say(f"reading_sheet.{column}", language) for language in languages)


def label(reason: Reason, languages: Sequence[Language]) -> str:
    """What a reason is called on the sheet."""
    return " / ".join(say(f"reading_reason.{reason}", language) for language in languages)


def drawn_line(cases: Cases, language: Language) -> str:
    """How much was drawn."""
    sizes = {f"{group}s": count(cases.drawn(group), language) for group in ("case", "control")}
    return say("reading.drawn", language, draw=cases.draw, **sizes)


def write_cases(cases: Cases, *, workspace: Path | None = None) -> list[Path]:
    """Write the sheet of a draw, as CSV and where that is installed as a workbook, and its key beside it.

    A sheet that is there already is left alone: it may be filled in, and the same draw would write the same.
    """
    folder = cases_folder(find_workspace(workspace)) / cases.draw
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)  # ids are nobody else's to read
    key = {"draw": cases.draw, "about": cases.about, "cases": cases.table.astype("object").to_dict("records")}
    _write_json(folder / KEY, key)
    sheet = _sheet(cases)
    made = [folder / f"{SHEET}.csv", *([folder / f"{SHEET}.xlsx"] if can_write() else [])]
    for path in made:
        if path.exists():
            continue
        if path.suffix == ".csv":
            text = safe_cells(sheet).to_csv(index=False, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
            write_whole(path, text.encode("utf-8-sig"))  # a spreadsheet takes it for UTF-8 by its first sign
        else:
            reasons = {COLUMNS.index("reason"): [label(reason, cases.languages) for reason in REASONS]}
            name = say("reading_sheet.name", cases.languages[0])
            write_form(path, name, [str(head) for head in sheet], sheet.to_numpy().tolist(), choices=reasons)
    return made


def _sheet(cases: Cases) -> pd.DataFrame:
    """A row for each case, in the order of reading, with nothing that tells its group."""
    ids = cases.table["case"].astype("str")
    numbers = [str(place) for place in range(1, len(ids) + 1)]
    table = pd.DataFrame({"draw": cases.draw, "number": numbers, "case": ids, "reason": "", "note": ""})
    return table.rename(columns={name: heading(name, cases.languages) for name in COLUMNS})


def take_in_cases(sheet: Path, *, workspace: Path | None = None) -> TakenIn:
    """Take a filled-in sheet (CSV or workbook) back in. What was coded before stays, unless the sheet says otherwise.

    Raises  BadInput   there is no such file, it has not the columns of a sheet, or names no draw of this workspace.
    """
    if not sheet.is_file():
        raise BadInput.of("cases.no_sheet", path=sheet)
    rows, rejects = _read(sheet)
    draw, folder = _draw_of(sheet, rows, cases_folder(find_workspace(workspace)))
    key = json.loads((folder / KEY).read_text(encoding="utf-8"))
    drawn = pd.DataFrame(key["cases"], columns=["case", "group", "cluster", "matched"])
    known = drawn["case"].astype("str")
    found, refused = _checked(rows, draw, set(known))
    before = _coded_before(folder)
    coded = {case: row for case, row in found.items() if row["reason"]}
    changed = sum(before.get(case, row)["reason"] not in ("", row["reason"]) for case, row in coded.items())
    kept = found | before | coded  # a note without a reason is kept, too
    _write_json(folder / CODED, {"draw": draw, "cases": [{"case": case, **row} for case, row in kept.items()]})
    reasons = {case: row["reason"] for case, row in kept.items() if row["reason"]}
    return TakenIn(
        draw=draw,
        table=drawn.assign(reason=known.map(reasons)),
        rows=len(rows) + len(rejects),
        coded=len(coded),
        blank=len(found) - len(coded),
        missing=len(set(known) - {_id(row["case"], set(known)) for row in rows}),
        changed=changed,
        rejects=sorted([*rejects, *refused], key=lambda reject: reject.row),
    )


def _read(sheet: Path) -> tuple[list[Row], list[Reject]]:
    """The rows that are not wholly empty, each by column with its number, and the lines that are no rows."""
    with TemporaryDirectory() as scratch:
        plain = write_sheet(sheet, Path(scratch) / "sheet.csv", None)[0] if is_workbook(sheet) else sheet
        pages = list(read_pages(plain))
    names = {
        form.casefold(): name
        for name in COLUMNS
        for form in (heading(name, LANGUAGES), *(heading(name, (language,)) for language in LANGUAGES))
    }
    table = pd.concat([page.rows for page in pages]) if pages else pd.DataFrame()
    table.columns = pd.Index([names.get(str(head).strip().casefold(), str(head)) for head in table])
    missing = [heading(name, LANGUAGES) for name in NEEDED if name not in table]
    if missing:
        raise BadInput.of("cases.no_columns", path=sheet, missing=missing)
    bad = [
        Reject("unreadable", int(row["row"]) + HEADER, "", str(row["value"]))
        for page in pages
        for row in page.bad.to_dict("records")
    ]
    found = []
    for number, row in zip(table.index, table.fillna("").to_dict("records"), strict=True):
        cells = {name: str(row.get(name, "")).strip() for name in COLUMNS}
        if any(cells[name] for name in ("case", "reason", "note")):
            found.append({**cells, "row": int(number) + HEADER})
    return found, bad


def _draw_of(sheet: Path, rows: Sequence[Row], draws: Path) -> tuple[str, Path]:
    """The draw that most rows name, of those that there are. Raises BadInput where they name none."""
    there = {folder.name: folder for folder in draws.glob("*") if (folder / KEY).is_file()}
    named = Counter(row["draw"] for row in rows if row["draw"] in there)
    if not named:
        raise BadInput.of("cases.no_draw", path=sheet, folder=draws, column=heading("draw", LANGUAGES))
    [(draw, _)] = named.most_common(1)
    return draw, there[draw]


def _checked(rows: Sequence[Row], draw: str, known: set[str]) -> tuple[dict[str, dict[str, str]], list[Reject]]:
    """Reason and note by case, the reason empty where none was given; and the rows refused."""
    reasons = _reasons()
    refused: list[Reject] = []
    fine: dict[str, list[Row]] = {}
    for row in rows:
        case, reason = _id(row["case"], known), reasons.get(row["reason"].casefold(), "")
        if row["draw"] != draw:
            refused.append(Reject("other_draw", row["row"], "draw", row["draw"]))
        elif case not in known:
            refused.append(Reject("unknown_case", row["row"], "case", row["case"]))
        elif row["reason"] and not reason:
            refused.append(Reject("unknown_reason", row["row"], "reason", row["reason"]))
        else:
            fine.setdefault(case, []).append({**row, "case": case, "reason": reason})
    found = {}
    for case, own in fine.items():
        alike = len({row["reason"] for row in own}) == 1
        refused += [Reject("again", row["row"], "case", case) for row in own[1:] if alike]
        refused += [Reject("repeated", row["row"], "case", case) for row in own if not alike]
        if alike:
            found[case] = {name: own[0][name] for name in ("reason", "note")}
    return found, refused


def _id(written: str, known: set[str]) -> str:
    """The id that a cell holds: without the quote that kept a spreadsheet from taking it for a formula."""
    return written if written in known else written.removeprefix("'")


def _reasons() -> dict[str, Reason]:
    """What a reader may write for each reason: its id, its label in either language, or both as the sheet has them."""
    forms = {
        reason: (reason, label(reason, LANGUAGES), *(label(reason, (one,)) for one in LANGUAGES)) for reason in REASONS
    }
    return {form.casefold(): reason for reason, all_of in forms.items() for form in all_of}


def _coded_before(folder: Path) -> dict[str, dict[str, str]]:
    try:
        kept = json.loads((folder / CODED).read_text(encoding="utf-8"))["cases"]
    except FileNotFoundError:
        return {}
    return {str(row["case"]): {"reason": row["reason"], "note": row["note"]} for row in kept}


def _write_json(path: Path, content: Any) -> None:
    write_whole(path, json.dumps(content, ensure_ascii=False, indent=2, default=str) + "\n")

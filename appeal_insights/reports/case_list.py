"""The records behind a number as a file: CSV or a workbook, in which no cell can become a formula."""

import csv
import hashlib
from pathlib import Path

from appeal_insights.errors import BadParameter, choice
from appeal_insights.findings.cases import CaseList
from appeal_insights.records.workspace import find_workspace
from appeal_insights.reports.offline import write_whole
from appeal_insights.reports.tables import safe_cells
from appeal_insights.reports.workbook import can_write, write_form

FORMS = ("xlsx", "csv")
SHEET = "cases"


def write_case_list(cases: CaseList, *, form: str = "xlsx", workspace: Path | None = None) -> Path:
    """Write every row of a list into data/exports, all of it as text; the same list has the same name.

    Takes   `form`: xlsx or csv. Headings are those of the list's first language.
    Raises  BadParameter   another form, or workbooks cannot be written here.
    """
    choice("format", form, FORMS)
    if form == "xlsx" and not can_write():
        raise BadParameter.of("case_list.no_writer")
    table = cases.texts(cases.languages[0])
    folder = find_workspace(workspace).exports
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)  # ids are nobody else's to read
    name = hashlib.sha256(cases.view.token().encode()).hexdigest()[:8]
    path = folder / f"cases-{cases.metric.id}-{name}.{form}"
    if form == "xlsx":
        return write_form(path, SHEET, [str(head) for head in table], table.to_numpy().tolist(), choices={})
    text = safe_cells(table).to_csv(index=False, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    return write_whole(path, text.encode("utf-8-sig"))  # a spreadsheet takes it for UTF-8 by its first sign

"""A sheet of a workbook as a CSV: dates as dates, whole numbers without a point."""

import csv
from datetime import date, datetime, time, timedelta
from pathlib import Path

from appeal_insights.errors import BadInput, did_you_mean, one_of
from appeal_insights.records.mapping import EXCEL, EXCEL_EPOCH, Mapping


def write_sheet(path: Path, plain: Path, mapping: Mapping | None) -> tuple[Path, str]:
    """Write one sheet of a workbook as CSV. Gives the file, and what to say of it.

    Raises  BadInput   it is damaged, has no such sheet, or nothing is installed that reads workbooks.
    """
    try:
        import python_calamine
    except ImportError as error:
        raise BadInput(
            f"{path} is a workbook. Save its sheet as CSV (UTF-8) and take that in, or install what reads workbooks: "
            'pip install "appeal-insights[office]".'
        ) from error
    try:
        book = python_calamine.CalamineWorkbook.from_path(path)
        names = book.sheet_names
        name = mapping.sheet if mapping and mapping.sheet else names[0]
        if name not in names:
            raise BadInput(f"{path} has no sheet {name!r}.{did_you_mean(name, names)} It has: {one_of(names)}.")
        rows = book.get_sheet_by_name(name).iter_rows()
    except (python_calamine.CalamineError, OSError, IndexError) as error:
        raise BadInput(f"Cannot read {path}: {error}. Save it again in your spreadsheet.") from error
    formats = {source.theirs: source.formats for source in mapping.columns.values()} if mapping else {}
    headers: list[str] = []
    plain.parent.mkdir(exist_ok=True)
    with plain.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)  # ends lines with \r\n: with \n alone it leaves a cell with a \r in it unquoted
        for row in rows:
            if not headers and any(str(cell).strip() in formats for cell in row):
                headers = [str(cell).strip() for cell in row]
            forms = [formats.get(header, ()) for header in headers] or [()] * len(row)
            writer.writerow([_as_text(cell, form) for cell, form in zip(row, forms, strict=False)])
    others = f" ({one_of(other for other in names if other != name)} not read)" if len(names) > 1 else ""
    return plain, f"sheet {name!r} read{others}"


def _as_text(cell: object, formats: tuple[str, ...]) -> str:
    """A cell as a CSV has it; a date in the form that the mapping expects of its column."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, date):
        moment = cell if isinstance(cell, datetime) else datetime.combine(cell, time())
        if formats and formats[0] == EXCEL:
            return repr((moment - EXCEL_EPOCH) / timedelta(days=1))
        return moment.strftime(formats[0]) if formats else cell.isoformat()
    return str(cell)

"""Counted workbooks: merged headers over two rows, and weeks that are dates."""

from datetime import date

import xlsxwriter

from appeal_insights.records.figures import ingest_figures, read_figures_mapping
from tests.helpers import FIRST_LOAD, answer

MERGED = {
    "sheet": "周报",
    "header_row": 2,
    "unpivot": {"headers": ["市场", "count"], "keep": ["周"], "skip": ["改判率"]},
    "blank": {"left": ["市场"]},
    "period": {"column": "周", "grain": "week", "pattern": "(?P<year>[0-9]{4})年第(?P<week>[0-9]{1,2})周"},
    "dimensions": {"市场": "market"},
    "values": {"market": {"德国": "DE", "法国": "FR"}},
    "metrics": {"overturn_rate": {"numerator": ["改判量"], "denominator": ["处理量"]}},
    "total": [{"column": "市场", "value": "合计"}, {"column": "周", "value": "总计"}],
    "skip": {"周": ["注：*"]},
}


def test_a_workbook_with_merged_headers_comes_apart(tmp_path):
    book = xlsxwriter.Workbook(tmp_path / "weekly.xlsx")
    book.add_worksheet("说明").write(0, 0, "see next sheet")
    sheet = book.add_worksheet("周报")
    sheet.merge_range(0, 0, 0, 9, "申诉处理周报")
    sheet.merge_range(1, 0, 2, 0, "周")
    for place, market in enumerate(["德国", "法国", "合计"]):
        sheet.merge_range(1, 1 + 3 * place, 1, 3 + 3 * place, market)
        for at, name in enumerate(["处理量", "改判量", "改判率"]):
            sheet.write(2, 1 + 3 * place + at, name)
    rows = [
        ["2026年第44周", 1200, 300, 0.25, 800, 120, 0.15, 2000, 420, 0.21],
        ["2026年第45周", 1000, 260, 0.26, 500, 40, 0.08, 1500, 300, 0.20],
        ["总计", 2200, 560, 0.2545, 1300, 160, 0.123, 3500, 720, 0.2057],
        ["注：处理量不含撤回的申诉。"],
    ]
    for line, row in enumerate(rows, 3):
        sheet.write_row(line, 0, row)
    book.close()
    intake = ingest_figures(
        tmp_path / "weekly.xlsx", tmp_path / "s.duckdb", mapping=read_figures_mapping(MERGED), loaded_at=FIRST_LOAD
    )
    assert (intake.read, intake.new, intake.totals, intake.skipped, intake.agree) == (3, 2, 1, 1, 6)
    [row] = answer(tmp_path / "s.duckdb", "breakdown", "2026-W44..2026-W45").to_dict("records")
    assert (row["numerator"], row["denominator"]) == (720, 3500)


def test_a_workbook_whose_weeks_are_dates(tmp_path):
    book = xlsxwriter.Workbook(tmp_path / "dates.xlsx")
    sheet = book.add_worksheet()
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.write_row(0, 0, ["week of", "market", "decided", "overturned"])
    for line, (start, market, decided, overturned) in enumerate(
        [(date(2026, 10, 26), "GB", 120, 30), (date(2026, 11, 2), "GB", 100, 20)], 1
    ):
        sheet.write_datetime(line, 0, start, day)
        sheet.write_row(line, 1, [market, decided, overturned])
    book.close()
    declared = {
        "period": {"column": "week of", "grain": "week", "day": "first"},
        "dimensions": {"market": "market"},
        "metrics": {"overturn_rate": {"numerator": ["overturned"], "denominator": ["decided"]}},
    }
    ingest_figures(
        tmp_path / "dates.xlsx", tmp_path / "s.duckdb", mapping=read_figures_mapping(declared), loaded_at=FIRST_LOAD
    )
    [row] = answer(tmp_path / "s.duckdb", "breakdown", "2026-W44..2026-W45").to_dict("records")
    assert (row["numerator"], row["denominator"]) == (50, 220)

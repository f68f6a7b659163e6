"""Exports as people send them: each with its mapping file, and each ends in a rate that was worked out by hand."""

import re
import tomllib
from pathlib import Path

import pandas as pd
import pytest

from appeal_insights.errors import BadInput, BadMapping
from appeal_insights.records.figures import ingest_figures, is_figures, read_figures_mapping
from appeal_insights.records.ingest import ingest
from appeal_insights.records.mapping import read_mapping, read_toml
from tests.helpers import FIRST_LOAD, answer, table

EXPORTS = Path(__file__).parent / "exports"


def export(name: str, folder: Path, encoding: str = "utf-8") -> Path:
    """The file as it came: exports/ holds its text, readable, and not its bytes."""
    path = folder / f"{name}.csv"
    path.write_bytes((EXPORTS / f"{name}.txt").read_text(encoding="utf-8").encode(encoding))
    return path


def take_in(name: str, folder: Path, encoding: str = "utf-8", **changed):
    declared = read_toml(EXPORTS / f"{name}.toml") | changed
    file, store = export(name, folder, encoding), folder / "s.duckdb"
    if is_figures(declared):
        return ingest_figures(file, store, mapping=read_figures_mapping(declared), loaded_at=FIRST_LOAD)
    return ingest(file, store, mapping=read_mapping(declared), loaded_at=FIRST_LOAD)


# Numerator and denominator as a person adds them up from the text, leaving out totals and what is set aside.
@pytest.mark.parametrize(
    ("name", "encoding", "during", "numerator", "denominator", "rejected"),
    [
        ("zh_two_header_rows", "utf-8", "2026-W44..2026-W45", 300 + 120 + 260 + 40, 1200 + 800 + 1000 + 500, 0),
        (
            "zh_column_per_week", "gb18030", "2026-W44..2026-W46",
            250 + 180 + 20 + 30 + 60, 1000 + 900 + 400 + 500 + 600, 0,
        ),
        ("de_rates_only", "cp1252", "2026-W44..2026-W45", 156 + 10 + 0, 1250 + 80 + 0, 1),
        (
            "months_with_subtotals", "utf-16", "2026-10..2026-11",
            150 + 50 + 30 + 100 + 150 + 50, 600 + 400 + 300 + 500 + 500 + 200, 0,
        ),
        (
            "half_years_total_off", "utf-8-sig", "2025-H2..2026-H1",
            6091 + 362 + 6019 + 2 + 377, 6458 + 6091 + 555 + 362 + 5708 + 6019 + 2 + 433 + 377, 0,
        ),
        ("header_says_two_things", "utf-8", "2026-W44..2026-W46", 30 + 8 + 20 + 12, 120 + 80 + 100 + 60, 1),
        ("zh_records", "gb18030", "2026-W44", 1 + 1, 4, 0),
        ("utf16_tabs", "utf-16", "2026-W45", 2, 5, 0),
        ("header_in_row_three", "utf-8", "2026-W46", 2, 4, 0),
        ("mixed_dates", "cp1252", "2026-W45", 1, 4, 1),
        ("serial_dates", "utf-8", "2026-W44", 1, 3, 0),
        ("ragged_rows", "utf-8", "2026-W46", 1, 3, 2),
    ],
)  # fmt: skip
def test_an_ugly_export_ends_in_the_right_rate(tmp_path, name, encoding, during, numerator, denominator, rejected):
    intake = take_in(name, tmp_path, encoding)
    assert intake.rejected == rejected
    [row] = answer(tmp_path / "s.duckdb", "breakdown", during).to_dict("records")
    assert (row["numerator"], row["denominator"]) == (numerator, denominator)
    assert row["rate"] == pytest.approx(numerator / denominator, abs=1e-12)


def test_every_export_is_in_the_table_above():
    [cases] = [mark.args[1] for mark in test_an_ugly_export_ends_in_the_right_rate.pytestmark]
    assert sorted(case[0] for case in cases) == sorted(path.stem for path in EXPORTS.glob("*.toml"))
    assert len(cases) >= 12


def test_a_sheet_with_two_header_rows_comes_apart_by_market_and_week(tmp_path):
    intake = take_in("zh_two_header_rows", tmp_path)
    assert (intake.read, intake.new, intake.totals, intake.skipped) == (3, 2, 1, 1)
    # Two weeks and the grand total across; two markets and the grand total down.
    assert (intake.agree, intake.differ) == (3 + 3, ())
    rows = answer(tmp_path / "s.duckdb", "trend", "2026-W44", "2026-W45", by=("market",))
    assert rows[["market", "period_label", "numerator", "denominator"]].to_numpy().tolist() == [
        ["DE", "2026-W44", 300, 1200],
        ["DE", "2026-W45", 260, 1000],
        ["FR", "2026-W44", 120, 800],
        ["FR", "2026-W45", 40, 500],
    ]


@pytest.mark.parametrize(("cell", "says"), [('"2,000"', "2,000"), ('"1,500"', "1,500"), ('"3,500"', "3,500")])
def test_one_wrong_digit_in_any_total_of_a_sheet_is_found(tmp_path, cell, says):
    path = export("zh_two_header_rows", tmp_path)
    path.write_text(path.read_text(encoding="utf-8").replace(cell, cell.replace("00", "01", 1)), encoding="utf-8")
    mapping = read_figures_mapping(read_toml(EXPORTS / "zh_two_header_rows.toml"))
    with pytest.raises(BadInput, match=f"stated total of '处理量' is .* add up to {says}"):
        ingest_figures(path, tmp_path / "s.duckdb", mapping=mapping, loaded_at=FIRST_LOAD)


def test_a_total_that_may_differ_is_said_and_refused_where_it_may_not(tmp_path):
    intake = take_in("half_years_total_off", tmp_path)
    said = "H2 2025: the stated total of 'Reversed' is 6,460, its parts (Content, Account) add up to 6,453, +7"
    assert (intake.totals, intake.agree, intake.differ) == (2, 1, (said,))
    with pytest.raises(BadInput, match=r"add up to 6,453\. .* or say differs = \"warn\" in \[total\]"):
        take_in("half_years_total_off", tmp_path, total={"column": "Kind", "value": "All"})


def test_a_rate_becomes_a_count_only_where_one_count_fits(tmp_path):
    intake = take_in("de_rates_only", tmp_path, "cp1252")
    assert intake.reasons[["column", "reason", "first_row"]].to_numpy().tolist() == [
        ["Aufhebungsquote", "has too few digits: of 12,000 it may be any count from 1,494 to 1,506", 3]
    ]
    rows = answer(tmp_path / "s.duckdb", "breakdown", "2026-W44", by=("market",)).set_index("market")
    assert rows["numerator"].to_dict() == {"DE": 156, "AT": 10}  # 12.48 % of 1,250 and 12.50 % of 80


def test_a_blank_cell_repeats_the_one_above_until_something_new_begins(tmp_path):
    intake = take_in("months_with_subtotals", tmp_path, "utf-16")
    # Two subtotals in each of two months, and the grand total.
    assert (intake.new, intake.totals, intake.agree) == (6, 5, 5)
    rows = answer(tmp_path / "s.duckdb", "breakdown", "2026-11", by=("site", "market"))
    assert sorted(rows[["site", "market", "numerator", "denominator"]].to_numpy().tolist()) == [
        ["APAC", "JP", 50, 200],
        ["EMEA", "DE", 150, 500],
        ["EMEA", "GB", 100, 500],
    ]


def test_without_its_declaration_a_blank_header_cell_is_refused(tmp_path):
    with pytest.raises(BadMapping, match=r"Column 3 of the sheet .* has no 市场 .* \[blank\] left = \['市场'\]"):
        take_in("zh_two_header_rows", tmp_path, blank={})


def test_a_table_with_fewer_header_rows_than_declared_is_refused(tmp_path):
    declared = read_toml(EXPORTS / "zh_two_header_rows.toml")
    with pytest.raises(BadMapping, match=r"has 1 header rows, \[unpivot\] names 2\. A table of pandas wants"):
        ingest_figures(table("周 | 德国\n1 | 2"), tmp_path / "s.duckdb", mapping=read_figures_mapping(declared))


def test_a_pivoted_table_of_pandas_needs_no_file(tmp_path):
    sheet = table("""
        week     | a  | b   | c | d
        2026-W44 | 30 | 100 | 5 | 20
    """)
    sheet.columns = pd.MultiIndex.from_tuples(
        [("week", "Unnamed: 0_level_1"), ("GB", "k"), ("GB", "n"), ("DE", "k"), ("DE", "n")]
    )
    declared = {
        "unpivot": {"headers": ["market", "count"], "keep": ["week"]},
        "period": {"column": "week", "grain": "week"},
        "dimensions": {"market": "market"},
        "metrics": {"overturn_rate": {"numerator": ["k"], "denominator": ["n"]}},
    }
    ingest_figures(sheet, tmp_path / "s.duckdb", mapping=read_figures_mapping(declared), loaded_at=FIRST_LOAD)
    rows = answer(tmp_path / "s.duckdb", "breakdown", "2026-W44", by=("market",)).set_index("market")
    assert rows["numerator"].to_dict() == {"GB": 30, "DE": 5}
    assert rows["denominator"].to_dict() == {"GB": 100, "DE": 20}


def test_the_mappings_in_the_docs_and_in_the_package_hold_together():
    page = (EXPORTS.parents[2] / "docs" / "figures.md").read_text(encoding="utf-8")
    shown = [tomllib.loads(block) for block in re.findall(r"```toml\n(.*?)```", page, re.DOTALL)]
    assert len(shown) == 2
    sources = (EXPORTS.parents[2] / "appeal_insights" / "records" / "sources").glob("*.toml")
    declared = {path.stem: read_toml(path) for path in sources}
    for one in (*shown, *declared.values()):
        (read_figures_mapping if is_figures(one) else read_mapping)(one)
    assert sorted(declared) == sorted(re.findall(r"^\| `(\w+)` \| (?!key)[^|]+\| (?:records|figures) \|$", page, re.M))
    theirs = read_toml(EXPORTS / "zh_two_header_rows.toml")
    assert shown[1] == {name: table for name, table in theirs.items() if name != "header_row"}

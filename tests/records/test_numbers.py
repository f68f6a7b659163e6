"""Whole numbers are taken as they are written by people and by pandas, and nothing that could mean another."""

import csv

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from appeal_insights.records.bulk import uncertain_pages
from appeal_insights.records.checking import check_page
from appeal_insights.records.ingest import ingest
from appeal_insights.records.mapping import read_mapping
from appeal_insights.records.reading import read_pages
from appeal_insights.records.store import Store, writing
from tests.helpers import FIRST_LOAD

NAMES = ["appeal_id", "market", "received_at", "decided_at", "outcome", "handling_seconds"]
TAKEN = {
    "42": 42,
    "94.0": 94,
    "0": 0,
    "007": 7,
    " 42 ": 42,
    "7.000": 7,
    "999999999999999": 999_999_999_999_999,
    "": None,
}
REFUSED = [
    "1e3", "1,200", "1 200", "4.5", "4.", ".0", "+5", "0x1F", "1_000", "12s", "ten", "nan", "inf", "--5", "5-", "٤٢",
    "４２", "1000000000000000", "94,0", "42.0.0", "-", "1/2", "$5", "0.5", "1.0000001",
]  # fmt: skip


def row(seconds: str, number: int = 0) -> dict[str, str]:
    at = {"received_at": "2026-10-05T09:00:00Z", "decided_at": "2026-10-05T12:00:00Z"}
    return {"appeal_id": f"a{number}", "market": "GB", **at, "outcome": "decision_upheld", "handling_seconds": seconds}


def written(path, cells: list[str]):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, NAMES, quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(row(cell, number) for number, cell in enumerate(cells))
    return path


def held(path) -> list[int | None]:
    with Store(path) as store:
        found = store.run("select handling_seconds from appeals order by source_row", what="seconds")[
            "handling_seconds"
        ]
        kind = store.run(
            "select data_type from duckdb_columns() "
            "where column_name = 'handling_seconds' and table_name = 'appeals' and not internal",
            what="type",
        )
    assert kind["data_type"].tolist() == ["BIGINT"]
    return [None if pd.isna(one) else int(one) for one in found]


def test_a_whole_number_is_taken_also_as_pandas_writes_it_beside_an_empty_cell(tmp_path):
    intake = ingest(written(tmp_path / "rows.csv", list(TAKEN)), tmp_path / "s.duckdb", loaded_at=FIRST_LOAD)
    assert intake.rejected == 0
    assert held(tmp_path / "s.duckdb") == list(TAKEN.values())


def test_what_pandas_itself_wrote_is_read_back(tmp_path):
    rows = pd.DataFrame([row("", 0), row("", 1), row("", 2)]).assign(handling_seconds=[42.0, None, 94.0])
    rows.to_csv(tmp_path / "rows.csv", index=False)
    assert "94.0" in (tmp_path / "rows.csv").read_text()
    for name, source in {"csv": tmp_path / "rows.csv", "table": rows, "whole": rows.convert_dtypes()}.items():
        ingest(source, tmp_path / f"{name}.duckdb", loaded_at=FIRST_LOAD)
        assert held(tmp_path / f"{name}.duckdb") == [42, None, 94], name


@pytest.mark.parametrize("kind", ["csv", "table"])
def test_what_could_mean_another_number_is_rejected_with_what_it_should_look_like(tmp_path, kind):
    file = written(tmp_path / "rows.csv", REFUSED)
    source = file if kind == "csv" else pd.read_csv(file, dtype="str", keep_default_na=False)
    intake = ingest(source, tmp_path / "s.duckdb", loaded_at=FIRST_LOAD)
    assert (intake.new, intake.rejected) == (0, len(REFUSED))
    assert intake.reasons[["column", "reason", "example"]].to_numpy().tolist() == [
        ["handling_seconds", "is no whole number like 42, without separators", "1e3"]
    ]


def test_a_handling_time_below_zero_and_a_row_that_stands_for_none_break_a_rule(tmp_path):
    intake = ingest(written(tmp_path / "rows.csv", ["-1", "0"]), tmp_path / "s.duckdb", loaded_at=FIRST_LOAD)
    assert intake.reasons["reason"].tolist() == ["a handling time below zero"]
    enforced = pd.DataFrame(
        {
            "enforcement_id": ["1", "2", "3", "4"],
            "market": "GB",
            "restriction_class": "account",
            "enforced_at": "2026-10-05T09:00:00Z",
            "stands_for": ["0", "-4", "1", ""],
        }
    )
    intake = ingest(enforced, tmp_path / "e.duckdb", fact="enforcements", loaded_at=FIRST_LOAD)
    assert (intake.new, intake.reasons["reason"].tolist()) == (2, ["stands for no enforcement"])


DIGITS = st.text("0123456789", min_size=1, max_size=17)
CELLS = st.one_of(
    DIGITS,
    st.sampled_from([*TAKEN, *REFUSED, "\t7", "7\xa0", "-0", "-5", "-5.0", "5.0\n", "\u200b7"]),
    st.builds(lambda whole, part: f"{whole}.{part}", DIGITS, st.text("05", max_size=3)),
    st.text("0123456789.,-+eE_ ", max_size=8),
)


@settings(max_examples=15)
@given(st.lists(CELLS, min_size=1, max_size=40))
@example([*TAKEN, *REFUSED])
def test_what_the_database_is_certain_of_the_checks_with_reasons_take_as_the_same_number(tmp_path_factory, cells):
    path = written(tmp_path_factory.mktemp("both") / "rows.csv", cells)
    mapping = read_mapping({"columns": {name: name for name in NAMES}})
    [page] = read_pages(path)
    good = check_page(page.rows, mapping).good.set_index("source_row")["handling_seconds"]
    with writing(path.with_suffix(".duckdb")) as target:
        list(uncertain_pages(target, path, mapping))
        certain = (
            target.connection.execute("select rowid + 1 as source_row, handling_seconds from taken where cells is null")
            .df()
            .set_index("source_row")["handling_seconds"]
        )
    assert set(certain.index) <= set(good.index)
    assert certain.astype("Int64").tolist() == good.loc[certain.index].astype("Int64").tolist()
    plain = [number for number, cell in enumerate(cells, 1) if cell.isascii() and cell.isdigit() and len(cell) <= 15]
    assert set(plain) <= set(certain.index), "plain digits are certain, so that a file is taken in fast"


def test_words_for_numbers_can_be_translated(tmp_path):
    declared = {
        "columns": {name: name for name in NAMES},
        "values": {"handling_seconds": {"none": "", "a minute": "60"}},
    }
    file = written(tmp_path / "rows.csv", ["none", "a minute", "61"])
    ingest(file, tmp_path / "s.duckdb", mapping=read_mapping(declared), loaded_at=FIRST_LOAD)
    assert held(tmp_path / "s.duckdb") == [None, 60, 61]

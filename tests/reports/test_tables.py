"""Tables for the shell say every number, and no spreadsheet takes a text of the data for a formula."""

import csv
import io
import json

import pandas as pd
import pytest

from appeal_insights.errors import BadParameter
from appeal_insights.records.ingest import ingest
from appeal_insights.reports.tables import intake_lines, safe_cells, write_table
from tests.helpers import table

FORMULAS = [
    "=1+1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("https://example.org","x")',
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "\0=1+1",
    "＝1+1",
]
# A quote before them, and still to be read by a person.
READABLE = ["-12.5", "+44 20 7946 0000", "@creator_handle"]
HARMLESS = ["misleading_claims", "a=b", "1-2", "误导", "'quoted", ""]


def answer(**columns):
    told = pd.DataFrame(columns)
    told.attrs["about"] = {"store": "demo", "metric": "overturn_rate, version 1"}
    return told


def written(told, form):
    out = io.StringIO()
    write_table(told, form, out)
    return out.getvalue()


@pytest.mark.parametrize("text", FORMULAS + READABLE)
def test_a_text_that_a_spreadsheet_would_run_gets_a_quote_before_it(text):
    told = answer(policy=[text], denominator=[12])
    [_, [policy, denominator]] = list(csv.reader(io.StringIO(written(told, "csv"), newline="")))
    assert (policy, denominator) == ("'" + text, "12")


@pytest.mark.parametrize("text", HARMLESS)
def test_any_other_text_stays_as_it_is(text):
    assert safe_cells(answer(policy=[text]))["policy"].tolist() == [text]


def test_numbers_dates_and_gaps_get_no_quote():
    told = answer(
        change=[-0.125, float("nan")],
        count=pd.array([-3, None], dtype="Int64"),
        day=pd.to_datetime(["2026-10-05", None]),
        settled=[True, False],
        label=["-x", None],
    )
    lines = written(told, "csv").splitlines()
    assert lines == ["change,count,day,settled,label", "-0.125,-3,2026-10-05,True,'-x", ",,,False,"]
    assert told["label"].tolist()[0] == "-x", "the table that came in stays as it was"


def test_csv_is_data_only_and_what_the_numbers_are_stands_beside_it(capsys):
    told = answer(rate=[0.5])
    write_table(told, "csv")
    said = capsys.readouterr()
    assert said.out == "rate\n0.5\n"
    assert said.err == "store: demo; metric: overturn_rate, version 1\n"


def test_json_is_valid_and_says_null_where_there_is_no_number():
    told = answer(
        day=pd.to_datetime(["2026-10-05", None]), rate=[1 / 3, float("nan")], count=[14589660, 0], policy=["误导", None]
    )
    text = written(told, "json")
    found = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert found["about"] == told.attrs["about"]
    assert found["rows"] == [
        {"day": found["rows"][0]["day"], "rate": pytest.approx(1 / 3, abs=1e-15), "count": 14589660, "policy": "误导"},
        {"day": None, "rate": None, "count": 0, "policy": None},
    ]
    assert found["rows"][0]["day"].startswith("2026-10-05T00:00:00")
    assert "误导" in text


def test_json_of_no_rows_is_an_empty_list():
    assert json.loads(written(answer(rate=[]), "json"))["rows"] == []


def test_a_table_for_the_eye_has_shares_in_per_cent_thousands_apart_and_gaps_empty():
    told = answer(
        policy=["spam", "[bold]x[/bold]"], denominator=[14589660, 7], rate=[0.481459, float("nan")], label=[None, "=1"]
    )
    heads, _, first, second, *about = [line.split() for line in written(told, "table").splitlines() if line.strip()]
    assert heads == ["policy", "denominator", "rate", "label"]
    assert first == ["spam", "14,589,660", "48.15%"]
    assert second == ["[bold]x[/bold]", "7", "=1"]
    assert about == [["store:", "demo"], ["metric:", "overturn_rate,", "version", "1"]]


def test_a_form_that_nobody_knows_is_refused_with_the_nearest():
    with pytest.raises(BadParameter, match="Did you mean 'json'"):
        write_table(answer(rate=[0.5]), "jsn")


def test_the_lines_of_an_intake_account_for_every_row(tmp_path):
    rows = table("""
        appeal_id | market | received_at          | decided_at           | outcome           | mood
        a1        | DE     | 2026-10-05T08:00:00Z | 2026-10-05T12:00:00Z | decision_upheld   | good
        a2        | DE     | 2026-10-05T08:00:00Z | 2026-10-05T12:00:00Z | decision_lost     | bad
        a3        | DE     | 2026-10-05T08:00:00Z | yesterday            | decision_reversed | bad
        a4        | DE     | 2026-10-05T08:00:00Z |                      |                   | bad
    """)
    intake = ingest(rows, tmp_path / "s.duckdb", progress=False)
    first, *others = intake_lines(intake, "s")
    assert first.endswith("4 rows read = 2 new + 0 changed + 0 unchanged + 2 rejected (store s)")
    assert sorted(line.split(" (first in row ")[1] for line in others if line.startswith("  rejected ")) == ["2)", "3)"]
    assert any("'decision_lost'" in line and line.startswith("  rejected 1: outcome ") for line in others)
    assert any("'yesterday'" in line and line.startswith("  rejected 1: decided_at ") for line in others)
    assert "  All of them: appeal-insights query rejects --store s" in others
    assert "  not taken: mood" in others
    [lacking] = [line for line in others if line.startswith("  the source does not have: ")]
    assert "policy" in lacking
    assert "market" not in lacking


def test_a_clean_intake_is_one_line_and_what_was_left_out(tmp_path):
    rows = table("""
        appeal_id | market | received_at          | decided_at           | outcome
        a1        | DE     | 2026-10-05T08:00:00Z | 2026-10-05T12:00:00Z | decision_upheld
    """)
    again = [list(intake_lines(ingest(rows, tmp_path / "s.duckdb", progress=False), "s")) for _ in range(2)]
    assert "1 rows read = 1 new + 0 changed + 0 unchanged + 0 rejected" in again[0][0]
    assert "1 rows read = 0 new + 0 changed + 1 unchanged + 0 rejected" in again[1][0]
    assert not any("rejected " in line for lines in again for line in lines[1:])

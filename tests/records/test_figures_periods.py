"""Periods as sheets write them are read as the mapping says, and never guessed."""

import re

import pytest

from appeal_insights.errors import BadMapping
from appeal_insights.records.figures import ingest_figures, read_figures_mapping
from tests.helpers import FIRST_LOAD, SHEET, answer, table


def written(**period):
    return read_figures_mapping({**SHEET, "period": {"column": "week", "grain": "week", **period}}).period


@pytest.mark.parametrize(
    ("text", "declared", "label"),
    [
        ("W44", {"pattern": "W(?P<week>[0-9]+)", "year": 2026}, "2026-W44"),
        ("W4", {"pattern": "W(?P<week>[0-9]+)", "year": 2026}, "2026-W04"),
        ("44", {"pattern": "(?P<week>[0-9]+)", "year": 2026}, "2026-W44"),
        ("KW 44", {"pattern": "KW (?P<week>[0-9]+)", "year": 2026}, "2026-W44"),
        ("2026年第44周", {"pattern": "(?P<year>[0-9]+)年第(?P<week>[0-9]+)周"}, "2026-W44"),
        ("2026-10-26", {"day": "first"}, "2026-W44"),
        ("01.11.2026", {"format": "%d.%m.%Y", "day": "last"}, "2026-W44"),
        ("29/10", {"format": "%d/%m", "year": 2026, "day": "any"}, "2026-W44"),
        ("2026-10-26/2026-11-01", {}, "2026-W44"),
        ("Oct 2026", {"format": "%b %Y", "grain": "month"}, "2026-10"),
        ("2026年10月", {"format": "%Y年%m月", "grain": "month"}, "2026-10"),
        ("10月", {"pattern": "(?P<month>[0-9]+)月", "year": 2026, "grain": "month"}, "2026-10"),
        ("2026-10-01", {"day": "first", "grain": "month"}, "2026-10"),
        ("3Q26", {"pattern": "(?P<quarter>[1-4])Q26", "year": 2026, "grain": "quarter"}, "2026-Q3"),
        ("H1 2026", {"pattern": "H(?P<half>[12]) (?P<year>[0-9]{4})", "grain": "half-year"}, "2026-H1"),
        ("2026", {"format": "%Y", "grain": "year"}, "2026"),
        ("26.10.2026", {"pattern": "(?P<day>[0-9]+).(?P<month>[0-9]+).(?P<year>[0-9]+)", "grain": "day"}, "2026-10-26"),
    ],
)
def test_a_period_is_read_as_the_mapping_says(text, declared, label):
    assert str(written(**declared).read(text)) == label


@pytest.mark.parametrize(
    ("text", "declared", "reason"),
    [
        ("2026-10-27", {"day": "first"}, "it is not the first day of a week"),
        ("2026-10-26", {"day": "last"}, "it is not the last day of a week"),
        ("2026-10-26", {}, "does not consist of whole periods of one week"),
        ("W54", {"pattern": "W(?P<week>[0-9]+)", "year": 2026}, "2026-W54"),
        ("week 44", {"pattern": "W(?P<week>[0-9]+)", "year": 2026}, "it does not look like W"),
        ("Okt 2026", {"format": "%b %Y", "grain": "month"}, "is no period"),
        ("Oct 2026", {"format": "%b %Y"}, "does not consist of whole periods of one week"),
    ],
)
def test_what_is_no_such_period_has_a_reason(text, declared, reason):
    read = written(**declared).read(text)
    assert isinstance(read, str)
    assert reason in read


def test_a_year_and_a_week_may_stand_in_two_columns(tmp_path):
    rows = table("""
        year | week | market | reversed | decided
        2026 | 53   | GB     | 40       | 100
        2027 | 1    | GB     | 10       | 50
    """)
    declared = {
        **SHEET,
        "period": {"column": ["year", "week"], "grain": "week", "pattern": "(?P<year>[0-9]+) (?P<week>[0-9]+)"},
    }
    ingest_figures(rows, tmp_path / "s.duckdb", mapping=read_figures_mapping(declared), loaded_at=FIRST_LOAD)
    counted = answer(tmp_path / "s.duckdb", "trend", "2026-W53", "2027-W01", grain="week")
    assert counted["numerator"].tolist() == [40, 10]


@pytest.mark.parametrize("weeks", [["W51", "W52", "W01"], ["W02", "W01", "W52"]])
def test_a_sheet_that_runs_over_new_year_is_not_taken_for_one_year(tmp_path, weeks):
    rows = table("week | market | reversed | decided\n" + "\n".join(f"{week} | GB | 1 | 2" for week in weeks))
    declared = {**SHEET, "period": {"column": "week", "grain": "week", "pattern": "W(?P<week>[0-9]+)", "year": 2026}}
    with pytest.raises(BadMapping, match="it runs over the end of a year"):
        ingest_figures(rows, tmp_path / "s.duckdb", mapping=read_figures_mapping(declared), loaded_at=FIRST_LOAD)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("declared", "says"),
    [
        ({"pattern": "W(?P<week>[0-9]+)"}, "name no year. Add year = 2026"),
        ({"pattern": "(?P<year>[0-9]+)W(?P<week>[0-9]+)", "year": 2026}, "name their year. Leave year out"),
        ({"pattern": "W(?P<weak>[0-9]+)", "year": 2026}, "no part 'weak'. Did you mean 'week'?"),
        ({"pattern": "W(", "year": 2026}, "cannot be read"),
        ({"pattern": "W[0-9]+", "year": 2026}, "names no period"),
        ({"pattern": "W(?P<week>[0-9]+)", "format": "%Y"}, "a pattern and a format"),
        ({"format": "%d %b"}, "name no year"),
        ({"year": 2026}, "year goes with a pattern or a format"),
        ({"day": "monday"}, "day is one of first, last, any"),
        ({"patern": "W"}, "no key 'patern'. Did you mean 'pattern'?"),
    ],
)
def test_a_declaration_of_periods_that_does_not_hold_together_is_refused(declared, says):
    with pytest.raises(BadMapping, match=re.escape(says)):
        written(**declared)

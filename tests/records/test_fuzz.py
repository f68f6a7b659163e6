"""Made-up files, tables and mappings: each is refused with a sentence, or taken in with every row accounted for."""

import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appeal_insights.errors import AppealInsightsError
from appeal_insights.records.certain import certain_row
from appeal_insights.records.checking import check_page
from appeal_insights.records.figures import ingest_figures, load_figures_mapping, read_figures_mapping
from appeal_insights.records.figures_layout import read_sheet
from appeal_insights.records.ingest import Intake, ingest
from appeal_insights.records.mapping import Mapping, load_mapping, read_mapping
from appeal_insights.records.mending import MARKS
from appeal_insights.records.opening import open_source
from appeal_insights.records.reading import read_pages
from appeal_insights.records.statement import write
from appeal_insights.records.store import Store
from tests.helpers import FIRST_LOAD

SECOND_LOAD = datetime(2026, 11, 17, 6)
SOON = {"mappings": 150, "records": 150, "tables": 30, "figures": 120, "bytes": 90}  # in every run; 300 go into a store
SOAK = {"mappings": 4000, "records": 2000, "tables": 500, "figures": 1500, "bytes": 2000}  # 10,000
OF_A_LINE = (
    "cells, the header",
    "is no row of a CSV",
    "NUL",
    "appears again",
)  # reasons that a mended file may not have


EVERY_SIZE = pytest.mark.parametrize("sizes", [SOON, pytest.param(SOAK, marks=pytest.mark.soak)], ids=["soon", "soak"])


def examples(sizes: dict[str, int], name: str) -> settings:
    """So many examples; the same ones in every run unless it is a soak."""
    return settings(
        max_examples=sizes[name],
        derandomize=sizes is SOON,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


# Cells: what people write, and what breaks readers, spreadsheets, pages and databases.
HOSTILE = [
    "=1+1", '=HYPERLINK("x")', "@sum", "-1", "'quoted", "'", '"', '""', 'a"b', "a\nb", "a\r\nb", "\r", "\n", "\t", " ",
    "'); drop table appeals; --", "<script>alert(1)</script>", "{x}", "$1", "%s", "\\", "\\N", "null", "NaN", "None",
    "\x1b[31m", "\x00", "a\x00b", "\ufeff", "\u200b", "\u202eab", "\x85", "\u2028", "é", "e\u0301", "仿冒品牌",
    "\U0001f600", "x" * 3000, "9" * 400, "1e400", "-0", "０１", "a;b", "a|b", "a,b", "(blank)", "all", "#N/A", "TRUE",
]  # fmt: skip
TIMES = [
    "2026-10-05T10:00:00Z", "2026-10-06", "2026-10-05 10:00", "2026-10-05T10:00:00+02:00", "2026-10-05T10:00:00+0200",
    "2026-03-29T02:30:00", "2026-10-25T02:30:00", "0001-01-01", "9999-12-31", "9999-12-31T23:59:59-14:00", "1970",
    "05/10/2026", "5.10.2026", "2026-W40", "2026-13-01", "2026-02-30", "46341.25", "1e9", "-1", "soon", "24:00",
    "2026-10-05T24:00:00", "2026-10-05T10:00:60Z", "2026-10-05T10:00:00.123456789Z", "2026-10-05T10:00:00+99:99",
    "+2026-10-05", "20261005", "２０２６-10-05", "2026-10-05T10:00:00z", "2026-10-05T10", "10:00", "today",
]  # fmt: skip
COUNTS = ["0", "1", "2", "10", "1,200", "1.200", "12 ", "1e3", "-3", "3.5", "46.2%", "9" * 30, "٣", "½", "inf", "0x1"]
WEEKS = ["2026-W40", "2026-W41", "W40", "2026-W54", "2026-10", "2026", "2026-09-28", "total", "0000-W01", "9999-W52"]
STARTS = [
    b"",
    b"PAR1",
    b"PK\x03\x04",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xfe\xff",
    b"\x1f\x8b",
    b"SQLite format 3\0",
    b"%PDF",
]
IDS = [*map(str, range(40)), "001", "1"]


def cells(known: list[str], *, sound: int = 4) -> st.SearchStrategy[str]:
    """Mostly what is known, at times an empty or a hostile cell, or any text at all."""
    anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
    return st.one_of(*[st.sampled_from(known)] * sound, st.sampled_from(["", *HOSTILE]), anything)


OF_RECORDS = {
    "appeal_id": cells(IDS, sound=8),
    "market": cells(["GB", "DE", "ZA"], sound=8),
    "received_at": cells(TIMES[:4], sound=8) | st.sampled_from(TIMES),
    "decided_at": cells(TIMES),
    "outcome": cells(["decision_upheld", "decision_reversed", "upheld"]),
    "policy": cells(["spam", ""]),
}
OF_FIGURES = {
    "week": cells(WEEKS[:2], sound=8) | st.sampled_from(WEEKS),
    "market": cells(["GB", "DE", "all"]),
    "reversed": cells(COUNTS[:3], sound=8) | st.sampled_from(COUNTS),
    "decided": cells(COUNTS[3:5], sound=8) | st.sampled_from(COUNTS),
}


@st.composite
def sheets(draw, columns: dict[str, st.SearchStrategy[str]]) -> tuple[bytes, int | None]:
    """The bytes of a file with those columns, and how many rows it has; None where they were damaged afterwards."""
    names = draw(st.permutations(list(columns)))
    beside = draw(st.lists(cells(["note", "col"]).filter(lambda name: name.strip() not in names), max_size=2))
    rows = [
        [draw(columns[name]) for name in names] + [draw(st.sampled_from(["", *HOSTILE])) for _ in beside]
        for _ in range(draw(st.integers(0, 6)))
    ]
    for row in rows:
        ragged = draw(st.sampled_from(["", "", "", "", "", "short", "long"]))
        row[:] = row[:-1] if ragged == "short" else [*row, "x"] if ragged == "long" else row
    delimiter, end = draw(st.sampled_from(",;\t|")), draw(st.sampled_from(["\n", "\r\n"]))
    every = draw(st.booleans())

    def line(row: list[str]) -> str:
        quoted = ['"' + cell.replace('"', '""') + '"' for cell in row]
        plain = [any(sign in cell for sign in f'{delimiter}"\r\n') or every for cell in row]
        return delimiter.join(one if quote else cell for one, cell, quote in zip(quoted, row, plain, strict=True)) + end

    titles = draw(
        st.sampled_from(["", "", "", f"Bericht{end}", f"周报{end}{end}", f'"a report, of{end}two lines"{end}'])
    )
    text = titles + line([*names, *beside]) + "".join(map(line, rows))
    text += draw(st.sampled_from(["", end, end * 3]))
    encoding = draw(st.sampled_from(["utf-8"] * 4 + ["utf-8-sig", "utf-16", "utf-16-le", "gb18030", "cp1252"]))
    content = text.encode(encoding, "replace")
    damaged = draw(st.sampled_from(["", "", "", "", "cut", "odd", "both"]))
    if damaged in ("cut", "both"):
        content = content[: draw(st.integers(0, len(content)))]
    if damaged in ("odd", "both"):
        place = draw(st.integers(0, len(content)))
        content = content[:place] + draw(st.binary(max_size=4)) + content[place:]
    return content, None if damaged or titles or encoding not in ("utf-8", "utf-8-sig") else len(rows)


# Mappings: sound ones with something wrong in them, at any place and of any kind.
JUNK = st.one_of(
    st.sampled_from([0, -1, 5, True, 1.5, "", "x", "GB", "all", "Europe", "*", ".", "(", "%Q", "[", "\x00", 10**30]),
    st.sampled_from([[], {}, ["x"], [5], [[]], {"a": 1}, {"of": []}, {"to": "market"}, {"rate": "decided"}]),
    st.sampled_from([["market"], "market", "week", {"market": ["GB", "*"]}, {"market": {"GB": "DE"}}]),
    st.sampled_from(HOSTILE),
)
RECORDS = {
    "zone": ["UTC", "Europe/Berlin", "Asia/Shanghai", "Etc/GMT+12"],
    "header_row": [1, 2, 10**9],
    "encoding": ["utf-8", "gb18030", "cp1252", "utf-16", "klingon"],
    "absent": [["outcome"], ["received_at"]],
    "constants": [{"queue": "=1"}, {"queue": ""}, {"known_from": "2026-11-01"}, {"site": "x\x00"}],
    "values": [{"market": {"DE": "GB", "ZA": ""}}, {"outcome": {"upheld": "decision_upheld"}}],
}
FIGURES = {
    "total": [{"column": "market", "value": "all"}, [{"column": "market", "value": "all", "differs": "warn"}]],
    "values": [{"market": {"DE": "GB"}}],
    "skip": [{"market": ["x*", "total"]}],
    "only": [{"market": ["GB", "DE", "all"]}],
    "blank": [{"zero": ["reversed"]}, {"above": ["market"]}, {"absent": True}, {"marks": ["-", "1"]}],
    "numbers": [{"thousands": "."}, {"thousands": " ", "decimal": ","}, {"decimal": "."}],
    "header_row": [1, 2],
    "encoding": ["utf-8", "gb18030"],
    "counts": [{"column": "market", "value": "decided"}],
    "unpivot": [
        {"headers": ["count"], "keep": ["week", "market"]},
        {"headers": ["market", "count"], "keep": ["week"]},
        {"pattern": "(?P<count>[a-z]+)", "keep": ["week", "market"], "skip": ["note*"]},
    ],
}  # fmt: skip
PERIODS = [
    {}, {"grain": "month"}, {"grain": "day"}, {"format": "%Y-W%W"}, {"format": "%G"}, {"pattern": "W(?P<week>.+)"},
    {"pattern": "(?P<year>.*)-W(?P<week>.*)"}, {"pattern": "(?P<week>.*)", "year": 2026}, {"day": "any"}, {"year": 0},
]  # fmt: skip
FORMATS = ["%Y-%m-%d", "excel", ["%d/%m/%Y", "%Y-%m-%d"], "%Y-%m-%dT%H:%M:%S%z", "%G-W%V", "mixed", "%Q", "", 5]


@st.composite
def mappings(draw, *, figures: bool, wrong: bool = True) -> dict[str, Any]:
    """A mapping file's content: sound at first, then with some of it changed into what it should not be."""
    if figures:
        declared: dict[str, Any] = {
            "period": {"column": "week", "grain": "week", **draw(st.sampled_from(PERIODS[: None if wrong else 1]))},
            "dimensions": {"market": "market"},
            "metrics": {"overturn_rate": {"numerator": ["reversed"], "denominator": ["decided"]}},
        }
    else:
        declared = {"columns": {name: name for name in OF_RECORDS}}
        if form := draw(st.sampled_from([None, None, *FORMATS[: None if wrong else 4]])):
            declared["columns"]["decided_at"] = {"to": "decided_at", "format": form}
    choices = FIGURES if figures else RECORDS
    for name in draw(st.lists(st.sampled_from(list(choices)), unique=True, max_size=2)):
        declared[name] = draw(st.sampled_from(choices[name]))
    for _ in range(draw(st.integers(0, 2)) if wrong else 0):
        place, name = declared, draw(st.sampled_from([*declared, *choices, "column", "fact", "sheet", "nonsense"]))
        while isinstance(place.get(name), dict) and place[name] and draw(st.booleans()):
            place[name] = dict(place[name])
            place, name = place[name], draw(st.sampled_from([*place[name], "x"]))
        place[name] = draw(JUNK)
    return declared


def as_toml(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{as_toml(str(name))} = {as_toml(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(as_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=True).replace("\\ud83d\\ude00", "\U0001f600")


def written(declared: dict[str, Any]) -> str:
    return "".join(f"{as_toml(name)} = {as_toml(value)}\n" for name, value in declared.items())


@st.composite
def mapping_files(draw) -> tuple[bytes, bool]:
    """The bytes of a mapping file, and whether it is one of figures; some are damaged."""
    figures = draw(st.booleans())
    content = written(draw(mappings(figures=figures))).encode()
    if draw(st.sampled_from([False] * 5 + [True])):
        place = draw(st.integers(0, len(content)))
        content = content[:place] + draw(st.binary(max_size=3)) + content[draw(st.integers(place, len(content))) :]
    return content, figures


ROWS = pd.DataFrame({name: ["1", "2026-10-05", "GB"] for name in {**OF_RECORDS, **OF_FIGURES}}, dtype="str")


def is_sentence(error: AppealInsightsError) -> None:
    assert error.message.count(" ") >= 3, error


def load_and_use(content: bytes, figures: bool, folder: Path) -> None:
    path = folder / "mapping.toml"
    path.write_bytes(content)
    try:
        if figures:
            read_sheet(ROWS, load_figures_mapping(path))
            return
        mapping = load_mapping(path)
        made, certain = certain_row(mapping)
        assert all(write(value) for value in [*made.values(), certain])
        if all(source.theirs in ROWS for source in mapping.columns.values()):
            checked = check_page(ROWS, mapping)
            assert sorted({*checked.good["source_row"], *checked.rejects["row"]}) == [0, 1, 2]
    except AppealInsightsError as error:
        is_sentence(error)


def take(source: Path | pd.DataFrame, store: Path, mapping: Any, moment: datetime = FIRST_LOAD) -> Intake | None:
    """What became of a source; None where it was refused, and then the store is as it was."""
    before = store.read_bytes() if store.exists() else None
    how = {"mapping": mapping, "loaded_at": moment}
    try:
        return (
            ingest(source, store, **how)
            if isinstance(mapping, Mapping | None)
            else ingest_figures(source, store, **how)
        )
    except AppealInsightsError as error:
        is_sentence(error)
        assert (store.read_bytes() if store.exists() else None) == before
        return None


def current(store: Path, fact: str) -> tuple[int, int]:
    """How many records of a fact are current in a store opened to be read, and the rows of the file they are from."""
    with Store(store) as opened:
        rows = opened.run(
            f"select count(*) as records, count(distinct source_row) as lines from {fact} where known_to > timestamp "
            "'9000-01-01'",
            what="current",
        )
        loads = opened.loads
    parts = loads["rows_new"] + loads["rows_changed"] + loads["rows_unchanged"] + loads["rows_rejected"]
    assert parts.tolist() == loads["rows_read"].tolist()
    return int(rows["records"][0]), int(rows["lines"][0])


def tell(rejects: Path) -> list[tuple[str, str]]:
    """The columns and reasons of a file of rejects, but those that tell of a line and not of its cells."""
    told = pd.read_csv(rejects, dtype="str", keep_default_na=False, encoding="utf-8-sig", usecols=list(MARKS))
    pairs = zip(told["rejected_column"], told["rejected_reason"], strict=True)
    return sorted(pair for pair in pairs if not any(of in pair[1] for of in OF_A_LINE))


def follow(source: Path | pd.DataFrame, mapping: Any, folder: Path, rows: int | None) -> None:
    """Take a source in, look at what became of it, take it in again, and then its rejects into another store."""
    store, other = folder / "s.duckdb", folder / "other.duckdb"
    store.unlink(missing_ok=True)
    intake = take(source, store, mapping)
    if intake is None:
        assert not store.exists()
        return
    told = intake.new + intake.changed + intake.unchanged + intake.rejected
    assert intake.read == told + intake.totals
    assert rows in (None, intake.read + getattr(intake, "skipped", 0))
    assert intake.changed == intake.unchanged == 0
    assert current(store, intake.fact)[1] == intake.new
    assert (len(intake.reasons) > 0) == (intake.rejected > 0)
    assert intake.reasons["rows"].sum() >= intake.rejected
    again = take(source, store, mapping, SECOND_LOAD)
    assert again is not None
    assert (again.read, again.new, again.changed, again.rejected) == (intake.read, 0, 0, intake.rejected)
    if intake.rejects is None:
        return
    other.unlink(missing_ok=True)
    mended = take(intake.rejects, other, mapping)
    assert mended is not None
    assert mended.read == intake.rejected
    told = tell(intake.rejects)
    left = tell(mended.rejects) if mended.rejects else []
    assert Counter(told) <= Counter(left)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@st.composite
def tables(draw) -> pd.DataFrame:
    """A table of pandas: any objects, also halves of characters, in columns that are not text."""
    kinds = st.one_of(
        st.sampled_from(
            [None, float("nan"), float("inf"), 1, 2.5, True, b"x", "\ud800", "a\udfff", pd.NaT, pd.NA, (1, 2)]
        ),
        st.sampled_from([pd.Timestamp("2026-10-05", tz="UTC"), datetime(2026, 10, 5), 10**30, "2026-10-05", "GB", "1"]),
    )
    length = draw(st.integers(0, 4))
    return pd.DataFrame(
        {name: draw(st.lists(column | kinds, min_size=length, max_size=length)) for name, column in OF_RECORDS.items()}
    )


@EVERY_SIZE
def test_a_mapping_file_is_refused_with_a_sentence_or_can_be_used(folder, sizes):
    @examples(sizes, "mappings")
    @given(mapping_files())
    def look(made):
        load_and_use(*made, folder)

    look()


@EVERY_SIZE
def test_every_row_of_a_file_of_records_is_accounted_for_and_a_refused_one_leaves_nothing(folder, sizes):
    @examples(sizes, "records")
    @given(sheets(OF_RECORDS), st.none() | mappings(figures=False, wrong=False))
    def look(made, declared):
        content, rows = made
        path = folder / "records.csv"
        path.write_bytes(content)
        mapping = read_mapping(declared) if declared else None
        follow(path, mapping, folder, rows if not (mapping and (mapping.header_row or mapping.encoding)) else None)

    look()


@EVERY_SIZE
def test_every_row_of_a_table_of_pandas_is_accounted_for(folder, sizes):
    @examples(sizes, "tables")
    @given(tables())
    def look(made):
        follow(made, None, folder, len(made))

    look()


@EVERY_SIZE
def test_every_row_of_a_counted_sheet_is_accounted_for(folder, sizes):
    @examples(sizes, "figures")
    @given(sheets(OF_FIGURES), mappings(figures=True))
    def look(made, declared):
        path = folder / "figures.csv"
        path.write_bytes(made[0])
        try:
            mapping = read_figures_mapping(declared)
        except AppealInsightsError:
            return
        follow(path, mapping, folder, None)

    look()


@EVERY_SIZE
def test_any_bytes_are_refused_or_opened_and_read(folder, sizes):
    @examples(sizes, "bytes")
    @given(st.sampled_from(STARTS), st.binary(max_size=60), sheets(OF_RECORDS))
    def look(start, junk, made):
        path = folder / "any.csv"
        path.write_bytes(start + junk + made[0])
        try:
            opened = open_source(path, folder / "scratch", fact="appeals", mapping=None)
            pages = list(read_pages(opened.source))
        except AppealInsightsError:
            return
        numbers = [number for page in pages for number in (*page.rows.index, *page.bad["row"])]
        assert sorted(numbers) == list(range(1, len(numbers) + 1))

    look()

"""The workbook says what the page says: its numbers are numbers, and what came from data is text and stays text."""

import io
import re
import zipfile
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appeal_insights.findings.shown import EXHIBIT, FINDING, Cell, Cells
from appeal_insights.language import count, day, points_number, say, share
from appeal_insights.reports.export import About
from appeal_insights.reports.sheets import PARTS, sheets
from appeal_insights.reports.workbook import NUMBER_FORMATS, write_workbook
from tests.demo import bundles

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATED = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
ABOUT = About("Why?", "en", [("Data as of", "16 November 2026 06:00 UTC")], "stakeholder")
FORMULAS = ("=1+1", "+1", "-12.5", "@creator", "\tx", "\rx", "=cmd|' /C calc'!A0", '=HYPERLINK("http://a.b")', "＝1")
COLUMNS = [("segment", "Segment", "left"), ("before", "Before", "right"), ("change", "Change, points", "right")]


@dataclass(frozen=True)
class Found:
    """A cell as the file holds it."""

    value: str | float
    form: str
    quoted: bool


class Book:
    """A workbook read back by the standard library: sheet -> {(row, column): cell}, and the XML of each sheet."""

    def __init__(self, content):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            self.files = {name: packed.read(name).decode() for name in packed.namelist()}
        texts = [
            "".join(part.text or "" for part in entry.iter(f"{MAIN}t"))
            for entry in ElementTree.fromstring(self.files["xl/sharedStrings.xml"])
        ]
        styles = ElementTree.fromstring(self.files["xl/styles.xml"])
        named = {one.get("numFmtId"): one.get("formatCode") for one in styles.iter(f"{MAIN}numFmt")}
        formats = list(styles.find(f"{MAIN}cellXfs"))
        links = ElementTree.fromstring(self.files["xl/_rels/workbook.xml.rels"])
        targets = {one.get("Id"): one.get("Target") for one in links}
        self.sheets, self.trees = {}, {}
        for sheet in ElementTree.fromstring(self.files["xl/workbook.xml"]).iter(f"{MAIN}sheet"):
            tree = ElementTree.fromstring(self.files[f"xl/{targets[sheet.get(f'{RELATED}id')]}"])
            cells = {}
            for cell in tree.iter(f"{MAIN}c"):
                value = cell.find(f"{MAIN}v")
                if value is None:
                    continue
                style = formats[int(cell.get("s", "0"))]
                kept = unescaped(texts[int(value.text)]) if cell.get("t") == "s" else float(value.text)
                form = named.get(style.get("numFmtId"), style.get("numFmtId"))
                cells[place(cell.get("r"))] = Found(kept, form, style.get("quotePrefix") == "1")
            self.sheets[sheet.get("name")], self.trees[sheet.get("name")] = cells, tree

    def rows(self, name):
        """The rows of a sheet from its headings on, None where a cell is empty."""
        cells = self.sheets[name]
        width = max(column for row, column in cells if row == 2)
        rows, number = [], 2
        while any((number, column) in cells for column in range(1, width + 1)):
            rows.append([getattr(cells.get((number, column)), "value", None) for column in range(1, width + 1)])
            number += 1
        return rows


def place(name):
    letters, row = re.fullmatch(r"([A-Z]+)(\d+)", name).groups()
    column = 0
    for letter in letters:
        column = 26 * column + ord(letter) - 64
    return int(row), column


def unescaped(text):
    return re.sub(r"_x([0-9A-F]{4})_", lambda found: chr(int(found[1], 16)), text)


def exhibit(cells, name="trend", language="en", **more):
    return {"id": name, "language": language, "title": "It rose", "table": cells.as_json(), "notes": [], **more}


def finding(text="DE rose", language="en", evidence=None):
    said = {"claim": text, "size": "+1", "segment": "DE", "grade": "Likely: x", "owner": "-", "next_step": "Look"}
    named = {name: name.title() for name in (*said, "ruled_out", "evidence")}
    return {
        "id": "moved",
        "grade": "likely",
        "texts": {language: {**said, "ruled_out": []}},
        "labels": {language: named},
        "evidence": {language: evidence.as_json()} if evidence else {},
    }


@pytest.fixture
def written(tmp_path):
    def write(exhibits, findings=(), about=ABOUT):
        return Book(write_workbook(tmp_path / "x.xlsx", exhibits, list(findings), about=about).read_bytes())

    return write


def of_inquiry(inquiry):
    shown = bundles(inquiry)
    return [one[EXHIBIT] for one in shown if EXHIBIT in one], [one[FINDING] for one in shown if FINDING in one]


def ratio(numerator, denominator):
    text = f"{share(numerator / denominator, 'en')} ({numerator} / {denominator})"
    return Cell(text, "ratio", numerator / denominator, numerator, denominator)


def test_a_combined_cell_becomes_typed_columns(written):
    rows = [["DE", ratio(367, 778), Cell("+4.22", "points", 0.0422)], ["GB", ratio(1, 4), Cell("0.00", "points", 0)]]
    book = written([exhibit(Cells(COLUMNS, rows))])
    assert book.rows("Trend") == [
        ["Segment", "Before: rate", "Before: numerator", "Before: denominator", "Change, points"],
        ["DE", 367 / 778, 367, 778, pytest.approx(4.22)],
        ["GB", 0.25, 1, 4, 0],
    ]
    cells = book.sheets["Trend"]
    assert [cells[3, column].form for column in (2, 3, 4, 5)] == [
        NUMBER_FORMATS["share"], "#,##0", "#,##0", NUMBER_FORMATS["points"],
    ]  # fmt: skip


def test_what_is_hidden_or_not_there_is_text_or_an_empty_cell_and_never_a_number(written):
    rows = [
        ["DE", ratio(3, 4), Cell("+1.00", "points", 0.01)],
        ["GB", "not shown", "not shown"],
        ["AT", Cell("– (0 / 0)", "ratio", None, 0, 0), Cell("–", "points", float("nan"))],
    ]
    [_, _, hidden, empty] = written([exhibit(Cells(COLUMNS, rows))]).rows("Trend")
    assert hidden == ["GB", "not shown", None, None, "not shown"]
    assert empty == ["AT", None, 0, 0, None]


def test_both_languages_share_a_sheet_and_its_numbers(written):
    told = {"en": ("Segment", "(small)", "It rose"), "zh-CN": ("细分", "（小样本）", "上升")}
    parts = [
        exhibit(Cells([("s", head, "left"), ("n", "n", "right")], [[small, Cell("9", "count", 9)]]), language=language)
        | {"title": title}
        for language, (head, small, title) in told.items()
    ]
    book = written(parts, about=About("T", "both", [], ""))
    assert list(book.sheets) == ["Report 报告", "Trend 趋势"]
    assert book.rows("Trend 趋势") == [["Segment / 细分", "n"], ["(small) / （小样本）", 9]]
    assert book.sheets["Trend 趋势"][1, 1].value == "It rose / 上升"


def test_tables_whose_numbers_differ_by_language_stay_apart():
    told = [exhibit(Cells([("n", "n", "right")], [[Cell(str(n), "count", n)]]), language=of) for n, of in
            ((1, "en"), (2, "zh-CN"))]  # fmt: skip
    made, _ = sheets(told, [], "both", first="Report")
    assert [(sheet.name, sheet.rows) for sheet in made] == [("Trend 趋势", [[1]]), ("Trend 趋势 2", [[2]])]


@pytest.mark.parametrize(
    ("asked", "hides"),
    [
        ({"language": "both"}, False),
        ({"language": "en", "where": "market=DE; policy=spam_engagement"}, True),
        ({"language": "zh-CN", "where": "market=IE"}, True),
        ({"language": "en", "where": "market=IE", "audience": "analyst"}, False),
    ],
)
def test_every_number_of_the_page_is_in_the_workbook_and_no_other(demo, written, asked, hides):
    exhibits, findings = of_inquiry(demo.investigate(**asked))
    language = "zh-CN" if asked["language"] == "zh-CN" else "en"
    book = written(exhibits, findings, About("T", asked["language"], [], "stakeholder"))
    made, evidence = sheets(exhibits, findings, asked["language"], first="Report")
    tables = {}
    for one in exhibits:
        if one["table"] and one["id"] != "about":
            tables.setdefault((one["id"], one["language"]), one["table"])
    tables |= {
        (f"evidence {number}", of): table
        for number, one in enumerate(findings)
        for of, table in one["evidence"].items()
    }
    here = [table for (_, of), table in tables.items() if of == language]
    assert len(made) == len(here) == len(book.sheets) - 1
    numbers = 0
    for sheet, table in zip(made, here, strict=True):
        _, *rows = book.rows(sheet.name)
        assert len(rows) == len(table["rows"])
        for row, texts, values in zip(rows, table["rows"], table.get("values", []), strict=True):
            numbers += sum(isinstance(value, float) for value in row)
            kinds = [kind_of(table, column) for column in range(len(texts))]
            for text, kind, cells in zip(texts, kinds, parts_of(row, kinds), strict=True):
                assert reads(cells, kind, text, language), (text, cells)
            assert sum(isinstance(value, float) for value in row) == sum(
                number is not None for value in values if value for number in value[1:]
            )
    assert numbers == sum(
        isinstance(cell.value, float) for name in list(book.sheets)[1:] for cell in book.sheets[name].values()
    )
    assert not any(isinstance(cell.value, float) for cell in book.sheets[next(iter(book.sheets))].values())
    said = "".join(text for table in here for row in table["rows"] for text in row)
    assert (say("column.hidden", language) in said or say("segment.pooled", language) in said) == hides
    assert set(evidence) == set(range(len(findings)))


def kind_of(table, column):
    return next((row[column][0] for row in table.get("values", []) if row[column]), "text")


def parts_of(row, kinds):
    """The cells of a row, by the columns that they came from."""
    ends = [0]
    for kind in kinds:
        ends.append(ends[-1] + len(PARTS.get(kind, [0])))
    return [row[start:end] for start, end in pairwise(ends)]


def reads(cells, kind, text, language):
    """Whether the numbers of these cells are those that a text of the page says."""
    if isinstance(cells[0], str):
        return text in cells[0].split(" / ") or text == cells[0]
    if kind == "day":
        return day(date(1899, 12, 30) + timedelta(days=cells[0]), language) == text
    if kind == "p":
        return text == ("< 0.001" if cells[0] < 0.001 else f"{cells[0]:.3f}")
    writers = {
        "share": lambda value: share(value, language),
        "points": lambda value: points_number(value / 100, language),
        "count": lambda value: count(value, language),
    }
    told = [writers[form](cell) for cell, (_, form) in zip(cells, PARTS[kind], strict=True) if cell is not None]
    between = [text.find(part) for part in told]
    return -1 not in between and re.sub(r"\D", "", "".join(told)) == re.sub(r"\D", "", text)


def test_the_first_sheet_says_what_the_report_is(written):
    evidence = Cells(COLUMNS[:1], [["DE"]])
    book = written([exhibit(Cells(COLUMNS[:1], [["DE"]]))], [finding(evidence=evidence)])
    told = {cell.value for cell in book.sheets["Report"].values()}
    assert {"Why?", "DE rose", "Likely: x", "+1", "Look", "Data as of", "16 November 2026 06:00 UTC"} <= told
    assert {"Made for", "stakeholder", "Trend", "Evidence 1", "It rose"} <= told
    assert list(book.sheets) == ["Report", "Trend", "Evidence 1"]


def test_the_facts_of_the_page_are_not_a_sheet_again(written):
    book = written([exhibit(Cells(COLUMNS[:1], [["DE"]]), name="about")])
    assert list(book.sheets) == ["Report"]


@pytest.mark.parametrize("text", FORMULAS)
def test_nothing_that_came_from_data_is_a_formula_or_a_link_and_all_of_it_is_readable(written, text):
    table = exhibit(Cells([("a", text, "left")], [[text]]), title=text, notes=[text])
    book = written([table], [finding(text, evidence=Cells([("a", text, "left")], [[text]]))],
                   About(text, "en", [(text, text)], text))  # fmt: skip
    assert not [tree for tree in book.trees.values() if tree.find(f".//{MAIN}f") is not None]
    assert not [name for name in book.files if "externalLink" in name or name.startswith("xl/worksheets/_rels")]
    links = [link.attrib for tree in book.trees.values() for link in tree.iter(f"{MAIN}hyperlink")]
    assert {link["location"] for link in links} == {"'Trend'!A1", "'Evidence 1'!A1"}
    held = [cell for cells in book.sheets.values() for cell in cells.values() if cell.value == text]
    assert len(held) >= 9
    assert all(cell.quoted and cell.form == "@" for cell in held)


@pytest.mark.parametrize("text", ["12", "1e5", "2026-11-16", "TRUE", "http://a.b/c", "mailto:a@b.c", "NaN"])
def test_text_that_looks_like_something_else_stays_text(written, text):
    book = written([exhibit(Cells(COLUMNS[:1], [[text]]))])
    assert book.sheets["Trend"][3, 1].value == text


def test_numbers_that_are_none_count_as_text():
    lies = [
        ["share", "0.1"], ["share", True], ["share", 0.1, 0.2], ["formula", 1], ["ratio", 1, 2, "=1"], ["day", "soon"],
        ["share", float("inf")], "share", {}, [], 7,
    ]  # fmt: skip
    for lie in lies:
        table = {"columns": [{"key": "a", "label": "A"}], "rows": [["10%"]], "values": [[lie]]}
        [sheet], _ = sheets([{"id": "x", "language": "en", "table": table}], [], "en", first="Report")
        assert sheet.rows[0][0] == "10%", lie
    for values in ([], [[["share", 1], None]], [3], "x", {"a": 1}):
        table = {"columns": [{"key": "a", "label": "A"}], "rows": [["10%"]], "values": values}
        [sheet], _ = sheets([{"id": "x", "language": "en", "table": table}], [], "en", first="Report")
        assert sheet.rows == [["10%"]]


def test_names_of_sheets_are_allowed_unique_and_short():
    titles = ["a/b[c]:*?'\\d", "x" * 40, "X" * 40, "History", "report", "", "改" * 40, "😀" * 20, "\x00\ud800"]
    cells = Cells(COLUMNS[:1], [["DE"]])
    made, _ = sheets([exhibit(cells, name=f"own {n}") | {"title": title} for n, title in enumerate(titles)], [], "en",
                     first="Report")  # fmt: skip
    names = [sheet.name for sheet in made]
    assert names[:6] == ["a b c d", "x" * 31, "X" * 29 + " 2", "History 2", "report 2", "own 5"]
    assert len({name.casefold() for name in names}) == len(names)
    assert all(0 < len(name.encode("utf-16-le")) <= 62 for name in names)


def test_an_exhibit_shown_twice_is_one_sheet():
    one = exhibit(Cells(COLUMNS[:1], [["DE"]]))
    assert len(sheets([one, one], [], "en", first="Report")[0]) == 1


def test_headings_stay_in_sight_and_pages_print_with_them(written):
    book = written([exhibit(Cells(COLUMNS, [["DE", "a", "b"]]))])
    tree = book.trees["Trend"]
    pane = tree.find(f".//{MAIN}pane").attrib
    assert (pane["state"], pane["ySplit"], pane["xSplit"]) == ("frozen", "2", "1")
    assert tree.find(f"{MAIN}pageSetup").attrib["orientation"] == "landscape"
    assert tree.find(f"{MAIN}pageSetup").attrib["paperSize"] == "9"
    assert "'Trend'!$2:$2" in book.files["xl/workbook.xml"] or "Trend!$2:$2" in book.files["xl/workbook.xml"]
    assert not [sheet for sheet in book.trees.values() if sheet.find(f".//{MAIN}col[@hidden]") is not None]
    assert 'state="hidden"' not in book.files["xl/workbook.xml"]


def test_the_same_tables_give_the_same_bytes_and_a_failure_leaves_the_old_file(tmp_path):
    one, two = (
        write_workbook(tmp_path / name, [exhibit(Cells(COLUMNS[:1], [["DE"]]))], [], about=ABOUT)
        for name in ("a.xlsx", "b.xlsx")
    )
    assert one.read_bytes() == two.read_bytes()
    with pytest.raises(KeyError):
        write_workbook(one, [{"id": "x", "language": "en", "table": {"rows": [["a"]]}}], [], about=ABOUT)
    assert one.read_bytes() == two.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.xlsx", "b.xlsx"]


@settings(max_examples=40)
@given(st.text(max_size=60))
def test_any_text_makes_a_workbook_that_opens_and_says_it(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "any.xlsx"
    table = exhibit(
        Cells(
            [("a", text or "A", "left")],
            [
                [
                    text,
                ]
            ],
        ),
        title=text,
        name=f"x{text}",  # an exhibit called "about" has no sheet of its own
    )
    write_workbook(path, [table], [finding(text)], about=About(text, "en", [(text, text)], text))
    book = Book(path.read_bytes())
    assert len(book.sheets) == 2
    if text:
        assert book.sheets[list(book.sheets)[1]][3, 1].value == text

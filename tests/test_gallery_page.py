"""docs/gallery and its notebook: written from the families, both languages, and pictures that say what they should."""

import re
import xml.etree.ElementTree as ElementTree

import nbformat
import pytest

from appeal_insights.charts.gallery import families
from appeal_insights.charts.theme import spec_of, use_theme
from appeal_insights.findings.gallery import gallery, twin
from appeal_insights.findings.shown import EXHIBIT, VEGA
from appeal_insights.language import LANGUAGES
from appeal_insights.reports.still import still
from tools import gallery as tool

MOST_BYTES = 1_500_000
each_family = pytest.mark.parametrize("name", families())
each_language = pytest.mark.parametrize("language", LANGUAGES)


def words_in(svg):
    """The texts of a picture, in order."""
    return ["".join(part.itertext()) for part in ElementTree.fromstring(svg).iter() if part.tag.endswith("text")]


@pytest.mark.parametrize("path", tool.texts(), ids=lambda path: path.name)
def test_a_page_is_up_to_date(path):
    assert path.read_text(encoding="utf-8") == tool.texts()[path], "run: make docs"


@each_language
@each_family
def test_a_picture_says_what_its_chart_says_now(name, language):
    kept = (tool.PLACE / language / f"{name}.svg").read_text(encoding="utf-8")
    assert words_in(kept) == words_in(tool.picture(families()[name], language)), "run: make docs"
    assert not re.search(r"<script|href|style=|<!--", kept)


def test_the_pages_and_pictures_are_small_enough_to_be_kept():
    files = [path for path in tool.PLACE.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < MOST_BYTES
    assert {path.stem for path in files if path.suffix == ".svg"} == set(families()), "no picture is left over"


@each_language
@each_family
def test_a_page_has_question_picture_text_table_and_lines_of_every_family(name, language):
    found, page = families()[name], tool.page(language)
    assert f"## {found.told('question', language)}" in page
    assert f"![{found.told('description', language)}]({language}/{name}.svg)" in page
    assert found.code(language) in page
    assert "| " + " | ".join(found.table(language).columns) + " |" in page


@each_family
def test_the_table_beside_a_picture_has_every_row_of_it(name):
    table, written = families()[name].table("en"), twin(families()[name], "en")
    assert len(written.rows) == len(table)
    assert [key for key, _, _ in written.columns] == list(table.columns)


def test_a_table_is_written_as_it_is_read():
    cells = twin(families()["trend"], "zh-CN")
    assert list(map(str, cells.rows[0])) == [
        "2026-09-07", "2026-W37", "DE", "416", "1,338", "31.1%", "28.6%", "33.6%", "是",
    ]  # fmt: skip
    assert [side for _, _, side in cells.columns].count("right") == 5  # numerator, denominator, rate, low, high


def test_the_notebook_has_a_question_and_a_cell_for_every_family():
    book = nbformat.read(tool.NOTEBOOK, as_version=4)
    code = [cell.source for cell in book.cells if cell.cell_type == "code"][1:]
    assert [re.findall(r'gallery\("(\w+)", language\)', source)[0] for source in code] == list(families())


def test_a_family_is_shown_in_each_language_with_picture_table_and_lines():
    bundles = list(gallery("waiting_curve", "both").bundles())
    exhibits = [bundle[EXHIBIT] for bundle in bundles if EXHIBIT in bundle]
    assert [exhibit["language"] for exhibit in exhibits] == ["en", "zh-CN"]
    assert exhibits[1]["title"] == "德国约三成案件超出承诺时限"
    assert exhibits[0]["table"]["rows"]
    assert sum(VEGA in bundle for bundle in bundles) == 2


def test_a_notebook_shows_the_variant_asked_for_and_a_report_made_of_it_does_not():
    try:
        use_theme("dark")
        [shown, *_] = gallery("slope").bundles()
    finally:
        use_theme("light")
    assert shown[VEGA]["config"]["background"] == "#12181f"
    assert shown[EXHIBIT]["spec"]["config"]["background"] == "#ffffff"


@pytest.mark.parametrize("variant", ["dark", "print"])
@each_family
def test_a_picture_can_be_drawn_in_every_variant(name, variant):
    spec = spec_of(families()[name].chart("zh-CN"), checked=False, variant=variant)
    drawn = still(spec, "zh-CN")
    assert drawn
    light = still(spec_of(families()[name].chart("zh-CN"), checked=False), "zh-CN")
    assert words_in(str(drawn)) == words_in(str(light))


def test_check_names_what_is_out_of_date_and_writes_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(tool, "ROOT", tmp_path)
    page = tmp_path / "docs" / "gallery" / "README.md"
    monkeypatch.setattr(tool, "texts", lambda: {page: "new\n"})
    assert tool.main(["--check"]) == 1
    assert "README.md is out of date" in capsys.readouterr().err
    assert not page.exists()

"""A notebook's prose holds both languages, and a report keeps the ones that were asked for."""

import nbformat
import pytest

from appeal_insights.errors import AppealInsightsError
from appeal_insights.reports.prose import is_chinese, keep_language, keep_languages
from tests.demo import PROJECT
from tests.pages import exhibit, notebook

BOTH = "## Was it mix or rate? · 是结构还是率值？\n\nEvery row says which.\n\n每行注明。\n\nRead on."
NOTEBOOKS = sorted((PROJECT / "notebooks").glob("*.ipynb"))


def test_a_paragraph_with_a_chinese_character_is_chinese():
    assert is_chinese("95% 区间")
    assert not is_chinese("95% interval, “quoted” – and dashed …")


def test_a_heading_keeps_one_half_and_a_cell_the_paragraphs_of_one_language():
    assert keep_language(BOTH, "en") == "## Was it mix or rate?\n\nEvery row says which.\n\nRead on."
    assert keep_language(BOTH, "zh-CN") == "## 是结构还是率值？\n\n每行注明。"


@pytest.mark.parametrize(
    "heading", ["# Only English", "# A · B", "# 只有中文", "## 甲 · 乙", "# 甲 · B", "# A · B · 丙"]
)
def test_a_heading_that_is_not_one_english_and_one_chinese_half_stays_whole(heading):
    assert keep_language(heading, "en") == keep_language(heading, "zh-CN") == heading


def test_code_and_outputs_stay_as_they_are():
    made = notebook(BOTH, exhibit(title="是结构还是率值？"))
    kept = keep_languages(notebook(BOTH, exhibit(title="是结构还是率值？")), "en")
    assert kept.cells[1] == made.cells[1]
    assert kept.cells[0].source != made.cells[0].source


def test_both_keeps_every_word():
    assert keep_languages(notebook(BOTH), "both").cells[0].source == BOTH


def test_a_language_that_is_not_spoken_is_refused():
    with pytest.raises(AppealInsightsError, match="en, zh-CN, both"):
        keep_languages(notebook(BOTH), "fr")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])
def test_each_cell_of_prose_says_something_in_either_language_and_nothing_in_the_other(path):
    cells = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "markdown"]
    assert cells
    for source in cells:
        english, chinese = keep_language(source, "en"), keep_language(source, "zh-CN")
        assert not is_chinese(english)
        assert english.count("\n\n") == chinese.count("\n\n") == source.count("\n\n") / 2
        assert all(is_chinese(part) for part in chinese.split("\n\n"))

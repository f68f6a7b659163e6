"""The codebook as a reader opens it: from a file, network off, by keyboard, in either language, light and dark."""

import pytest

from appeal_insights.language import LANGUAGES
from appeal_insights.reports.codebook import Entry, codebook_page, entries
from tests.pages import HOSTILE

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    path = tmp_path_factory.mktemp("codebook") / "codebook.html"
    path.write_text(codebook_page(list(entries())), encoding="utf-8")
    return path


def shown(page):
    return page.eval_on_selector_all("article", "all => all.filter(one => one.offsetParent).map(one => one.id)")


def test_a_search_finds_by_words_of_either_language_and_says_how_many(written, page_offline):
    opened = page_offline(written)
    page, every = opened.page, len(list(entries()))
    assert len(shown(page)) == every
    page.get_by_label("Search").fill("overturn_rate")
    assert "metric-overturn_rate" in shown(page)
    found = shown(page)
    assert page.get_by_role("status").inner_text() == f"{len(found)} of {every} entries"
    page.get_by_label("Search").fill("RATE overturn")
    assert set(found) <= set(shown(page)), "words in any order, capital or not"
    page.get_by_label("Search").fill("改判率")
    assert "term-overturn_rate" in shown(page)
    assert len(shown(page)) < every / 4
    page.get_by_label("Search").fill("no such words anywhere")
    assert shown(page) == []
    assert page.locator("#nothing").is_visible()
    page.get_by_label("Search").press("Escape")
    assert len(shown(page)) == every
    opened.check_quiet()


def test_kinds_can_be_left_out_by_keyboard(written, page_offline):
    page = page_offline(written).page
    page.get_by_label("Search").focus()
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.press("Space")  # the second kind: columns
    assert not [name for name in shown(page) if name.startswith("column-")]
    assert [name for name in shown(page) if name.startswith("metric-")]


def test_one_language_or_both_are_read(written, page_offline):
    page = page_offline(written).page
    title = page.locator("h1")
    assert title.inner_text() == "The codebook"
    page.get_by_label("中文", exact=True).check()
    assert title.inner_text() == "指标与字段手册"
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    page.get_by_label("English + 中文").check()
    assert "The codebook" in title.inner_text()
    assert "指标与字段手册" in title.inner_text()


def test_an_address_leads_to_an_entry_that_a_search_keeps_out(written, page_offline):
    page = page_offline(written).page
    page.get_by_label("Search").fill("productive")
    assert "metric-overturn_rate" not in shown(page)
    page.evaluate("location.hash = 'metric-overturn_rate'")
    page.wait_for_function("document.getElementById('metric-overturn_rate').offsetParent !== null")
    assert page.get_by_label("Search").input_value() == ""


def test_without_scripts_everything_is_there_in_both_languages(written, page_offline):
    page = page_offline(written, scripts=False).page
    assert page.locator("#asked").is_hidden()
    assert "指标与字段手册" in page.inner_text("h1")
    assert page.locator("article").count() == len(list(entries()))


@pytest.mark.parametrize("width", [1360, 760, 390])
def test_nothing_runs_out_of_the_page(written, page_offline, width):
    page = page_offline(written, width=width).page
    page.get_by_label("English + 中文").check()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_can_be_read_in_light_and_dark(written, page_offline, scheme):
    page = page_offline(written).page
    page.emulate_media(color_scheme=scheme)
    ink, quiet, ground = page.evaluate(
        """() => ["h1", "dt", "body"].map((name, nth) => {
             const style = getComputedStyle(document.querySelector(name));
             return (nth === 2 ? style.backgroundColor : style.color).match(/\\d+/g).map(Number);
           })"""
    )
    assert contrast(ink, ground) >= 7
    assert contrast(quiet, ground) >= 4.5
    assert (sum(ground) > 380) is (scheme == "light")


def contrast(one, other):
    def luminance(rgb):
        parts = [part / 255 for part in rgb]
        parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_nothing_hostile_fires(tmp_path, page_offline):
    found = [Entry("term", text, dict.fromkeys(LANGUAGES, text), dict.fromkeys(LANGUAGES, text)) for text in HOSTILE]
    path = tmp_path / "hostile.html"
    path.write_text(codebook_page(found), encoding="utf-8")
    opened = page_offline(path)
    opened.page.get_by_label("Search").fill("<img src=x onerror=alert('I1')>")
    assert len(shown(opened.page)) == 1
    opened.check_quiet()

"""Slope and heat map as a reader sees them: whole, legible on any screen, and quiet; and the still picture of each."""

import pytest

from appeal_insights.charts.theme import DARK
from tests.browser.seen import check_apart, check_texts, texts
from tests.pages import CHINESE, HOSTILE, change_spec, exhibit, heat_spec, slope_spec, table, trend_spec

pytestmark = pytest.mark.browser

LONG = ("coordinated_inauthentic_behaviour", "misleading_claims", "hateful_behaviour", "spam", "ZA")
LONG_CHINESE = ("协同性虚假行为与平台操纵", "误导性信息", "仇恨言论", "垃圾信息", "其他")
STILL = "(figure) => [...figure.querySelectorAll('.chart > svg')].length"


@pytest.fixture(scope="module")
def english(page_of):
    return page_of(
        exhibit("slope", spec=slope_spec("Up", *LONG), table=table()),
        exhibit("heat_map", spec=heat_spec(label=LONG[0], periods=19), table=table()),
    )


@pytest.fixture(scope="module")
def chinese(page_of):
    return page_of(
        exhibit("slope", language="zh-CN", spec=slope_spec("升", *LONG_CHINESE, language="zh-CN"), table=table()),
        exhibit("heat_map", language="zh-CN", spec=heat_spec(label=LONG_CHINESE[0], periods=19, language="zh-CN")),
        about=CHINESE,
    )


@pytest.mark.parametrize("width", [390, 820, 1280])
@pytest.mark.parametrize("name", ["english", "chinese"])
def test_no_text_is_cut_and_none_covers_another(request, page_offline, name, width):
    opened = page_offline(request.getfixturevalue(name), width=width)
    for nth in range(2):
        check_texts(opened, nth)
    names = [text for text in texts(opened) if "role-mark" in text["kind"]]
    assert len(names) == 5
    check_apart(names)
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
    opened.check_quiet()


def test_cells_hold_their_number_where_it_fits(english, page_offline):
    def numbers(width):
        found = texts(page_offline(english, width=width), 1)
        return [text["text"] for text in found if "role-mark" in text["kind"]]

    assert numbers(390) == []
    assert len(numbers(1280)) == 3 * 19 - 2
    assert "30%" in numbers(1280)


def test_the_dark_line_and_the_shades_are_drawn(english, page_offline, colours_in):
    opened = page_offline(english)
    slope, cells = (colours_in(figure.query_selector(".chart")) for figure in opened.figures)
    assert slope[DARK] > 300
    assert sum(pixels > 300 for pixels in cells.values()) > 15


def test_a_tooltip_on_a_line_end_and_on_the_number_of_a_cell_shows_the_counts(english, page_offline):
    opened = page_offline(english)
    for figure, part in zip(opened.figures, ("point", "text mark"), strict=True):
        figure.scroll_into_view_if_needed()
        figure.query_selector(f"[aria-roledescription='{part}']").hover(force=True)
        said = opened.page.locator("#vg-tooltip-element").inner_text().split("\n")
        rows = dict(line.split("\t") for line in said if "\t" in line)
        assert {"Segment", "Period", "Rate", "Numerator", "Denominator"} <= set(rows)
    opened.check_quiet()


@pytest.mark.parametrize("name", ["english", "chinese"])
def test_without_scripts_and_on_paper_there_is_a_still_picture(request, page_offline, colours_in, name):
    opened = page_offline(request.getfixturevalue(name), scripts=False)
    for nth, figure in enumerate(opened.figures):
        assert opened.page.evaluate(STILL, figure) == 1
        said = figure.inner_text()
        assert (LONG if name == "english" else LONG_CHINESE)[0][:8] in said
        found = colours_in(figure.query_selector(".chart"))
        assert sum(pixels > 20 for pixels in found.values()) >= (4, 15)[nth]
    assert opened.page.pdf().startswith(b"%PDF")
    opened.check_quiet()


def test_the_live_chart_takes_the_place_of_the_still_one(english, page_offline):
    opened = page_offline(english)
    for figure in opened.figures:
        assert opened.page.evaluate(STILL, figure) == 0
        assert len(figure.query_selector_all(".chart svg")) == 1
        assert figure.query_selector(".chart .live svg") is not None


def test_a_still_picture_stays_where_drawing_fails(page_of, page_offline):
    page = page_of(exhibit("trend", spec=trend_spec(), table=table()))
    broken = page.with_name("undrawn.html")
    text = page.read_text(encoding="utf-8")
    broken.write_text(text.replace('"mark":{"opacity":0.14,"type":"area"}', '"mark":"no such mark"'), encoding="utf-8")
    assert broken.read_text(encoding="utf-8") != text
    opened = page_offline(broken)
    [figure] = opened.figures
    assert figure.get_attribute("data-drawn") == "no"
    assert opened.page.evaluate(STILL, figure) == 1
    assert figure.query_selector(".chart").is_visible()


def test_a_still_picture_on_a_narrow_screen_fits(english, page_offline):
    page = page_offline(english, scripts=False, width=390).page
    for figure in page.query_selector_all(".chart > svg"):
        assert figure.bounding_box()["width"] <= 390
    assert page.locator("html").evaluate("(page) => page.scrollWidth") <= 390


def test_hostile_text_stays_text_in_every_chart_with_and_without_scripts(page_of, page_offline):
    specs = {
        "slope": lambda text: slope_spec(text, *HOSTILE),
        "trend": lambda text: trend_spec(text, text),
        "change": lambda text: change_spec(text, text),
        "heat_map": lambda text: heat_spec(text, text),
    }
    charts = [
        (name, make, text) for name, make in specs.items() for text in HOSTILE if name != "slope" or text == HOSTILE[0]
    ]
    page = page_of(*(exhibit(name, title=text, alt=text, spec=make(text)) for name, make, text in charts))
    for scripts in (True, False):
        opened = page_offline(page, scripts=scripts)
        assert len(opened.figures) == len(charts)
        assert opened.page.locator("figure script:not(.spec), figure img, figure [onload]").count() == 0
        opened.check_quiet()

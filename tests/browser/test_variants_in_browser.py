"""A report follows its reader: light or dark on the screen as the reader has it, and on paper always for print."""

import pytest

from appeal_insights.charts.gallery import families
from appeal_insights.charts.palette import DARK, GROUND, INK, colours
from appeal_insights.charts.theme import spec_of
from tests.pages import exhibit, heat_spec, table, trend_spec

pytestmark = pytest.mark.browser
PAPER = "(figure) => getComputedStyle(figure.querySelector('.chart .paper') ?? document.body).display"
LIVE = "(figure) => getComputedStyle(figure.querySelector('.chart .live')).display"
INKS = """(figure) => [...new Set([...figure.querySelectorAll('.chart svg text')]
  .filter((text) => text.checkVisibility()).map((text) => getComputedStyle(text).fill))]"""


@pytest.fixture(scope="module")
def report(page_of):
    fan = spec_of(families()["maturing_fan"].chart("en"))
    return page_of(
        exhibit("trend", spec=trend_spec(), table=table()),
        exhibit("heat", spec=heat_spec(), table=table()),
        exhibit("fan", spec=fan, table=table()),
    )


def rgb(colour):
    return "rgb(" + ", ".join(str(int(colour[place : place + 2], 16)) for place in (1, 3, 5)) + ")"


def opened_as(page_offline, report, scheme):
    """The report as opened by a reader with that setting."""
    opened = page_offline(report)
    opened.page.emulate_media(color_scheme=scheme)
    opened.page.reload()
    opened.page.wait_for_function(
        "[...document.querySelectorAll('figure.exhibit')].every((figure) => figure.dataset.drawn === 'yes')"
    )
    return opened


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_chart_stands_on_the_ground_of_the_page(report, page_offline, colours_in, scheme):
    opened = opened_as(page_offline, report, scheme)
    known = colours(scheme)
    body = opened.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert body == rgb(known[GROUND])
    for figure in opened.page.query_selector_all("figure.exhibit"):
        found = colours_in(figure.query_selector(".chart"))
        assert max(found, key=found.get) == known[GROUND]
        assert opened.page.evaluate(LIVE, figure) == "block"
    opened.check_quiet()


def test_no_light_ink_is_left_on_a_dark_page(report, page_offline):
    opened = opened_as(page_offline, report, "dark")
    trend, heat, fan = opened.page.query_selector_all("figure.exhibit")
    assert rgb(colours("dark")[INK]) in opened.page.evaluate(INKS, trend)
    for figure in (trend, fan):
        assert rgb(INK) not in opened.page.evaluate(INKS, figure)
    assert set(opened.page.evaluate(INKS, heat)) >= {"rgb(0, 0, 0)", "rgb(255, 255, 255)"}, "on pale and dark cells"


def test_a_dark_report_is_printed_from_its_still_pictures_in_the_colours_of_print(report, page_offline):
    opened = opened_as(page_offline, report, "dark")
    trend = opened.page.query_selector("figure.exhibit")
    assert (opened.page.evaluate(PAPER, trend), opened.page.evaluate(LIVE, trend)) == ("none", "block")
    opened.page.emulate_media(media="print", color_scheme="dark")
    assert (opened.page.evaluate(PAPER, trend), opened.page.evaluate(LIVE, trend)) == ("block", "none")
    assert opened.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    inks = opened.page.evaluate(INKS, trend)
    assert rgb(colours("print")[INK]) in inks
    assert rgb(INK) not in inks


def test_a_light_report_is_printed_in_the_colours_of_print_too(report, page_offline):
    opened = opened_as(page_offline, report, "light")
    trend = opened.page.query_selector("figure.exhibit")
    assert rgb(INK) in opened.page.evaluate(INKS, trend)
    opened.page.emulate_media(media="print", color_scheme="light")
    assert rgb(INK) not in opened.page.evaluate(INKS, trend)
    assert rgb("#000000") in opened.page.evaluate(INKS, trend)


def test_a_reader_who_changes_the_setting_sees_the_charts_change(report, page_offline):
    opened = opened_as(page_offline, report, "light")
    dark, light = rgb(colours("dark")[INK]), rgb(INK)
    seen = f"(ink) => ({INKS})(document.querySelector('figure.exhibit')).includes(ink)"
    for scheme, ink in (("dark", dark), ("light", light), ("dark", dark)):
        opened.page.emulate_media(color_scheme=scheme)
        opened.page.wait_for_function(seen, arg=ink)
        assert opened.page.locator("figure.exhibit .live").count() == 3
    opened.check_quiet()


def test_without_scripts_a_dark_page_has_its_still_pictures_on_paper(report, page_offline):
    opened = page_offline(report, scripts=False)
    opened.page.emulate_media(color_scheme="dark")
    still = opened.page.locator(".chart > svg").first
    assert still.is_visible()
    assert still.evaluate("(svg) => getComputedStyle(svg).backgroundColor") == "rgb(255, 255, 255)"
    assert rgb(DARK) != rgb(colours("dark")[DARK])

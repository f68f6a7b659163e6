"""The exported page as a reader sees it: from a file, without a network, in any time zone, on any screen."""

import pandas as pd
import pytest

from appeal_insights.charts.theme import COLOURS, DARK
from tests.browser.seen import check_texts, texts
from tests.pages import (
    CHINESE,
    HOSTILE,
    change_spec,
    exhibit,
    finding,
    shown,
    table,
    trend_spec,
)

pytestmark = pytest.mark.browser

ZONES = ("Europe/London", "America/New_York", "Asia/Shanghai", "Pacific/Auckland")
EVENTS = pd.DataFrame(
    {"starts_on": pd.to_datetime(["2026-10-14", "2026-10-16"]), "title": ["New model", "Guidance on identity changed"]}
)
SPANS = pd.DataFrame(
    {
        "start": pd.to_datetime(["2026-09-14", "2026-10-12"]),
        "end": pd.to_datetime(["2026-10-12", "2026-11-09"]),
        "label": ["Before", "After"],
    }
)
NO_RATE = dict.fromkeys(("rate", "low", "high", "numerator", "denominator"))


@pytest.fixture(scope="module")
def english(page_of):
    return page_of(
        "# Why did it rise?\n\nAsked by operations.",
        "## Did it move?",
        exhibit(spec=trend_spec(events=EVENTS, spans=SPANS), table=table(), notes=["The last week is not settled."]),
        "## Which segments?",
        exhibit("change", title="DE brought it", spec=change_spec(), table=table()),
        "## Findings",
        finding(),
    )


@pytest.fixture(scope="module")
def chinese(page_of):
    return page_of(
        "# 改判率为何上升？",
        "## 是否变动？",
        exhibit(language="zh-CN", title="改判率上升", spec=trend_spec("改判率上升", "德国", "zh-CN", events=EVENTS)),
        exhibit("change", language="zh-CN", title="德国贡献最大", spec=change_spec("德国贡献最大", "德国", "zh-CN")),
        about=CHINESE,
    )


def axis_labels(opened):
    return [text["text"] for text in texts(opened) if "role-axis-label" in text["kind"]]


@pytest.mark.parametrize("name", ["english", "chinese"])
def test_every_chart_is_drawn_and_the_page_asks_for_nothing(request, page_offline, colours_in, name):
    opened = page_offline(request.getfixturevalue(name))
    assert len(opened.figures) == 2
    for figure, expected in zip(opened.figures, [COLOURS[:2], [DARK]], strict=True):
        assert figure.get_attribute("data-drawn") == "yes"
        found = colours_in(figure.query_selector(".chart"))
        assert sum(pixels > 20 for pixels in found.values()) >= 6
        for colour in expected:
            assert found[colour] > 100
    opened.check_quiet()


def test_a_page_in_both_languages_draws_each_chart_in_its_own(page_of, page_offline):
    both = page_of(
        "# Why? · 为何？",
        exhibit(spec=trend_spec(events=EVENTS)),
        exhibit(language="zh-CN", title="上升", spec=trend_spec("上升", "德国", "zh-CN", events=EVENTS)),
    )
    opened = page_offline(both)
    said = [" ".join(text["text"] for text in texts(opened, nth)) for nth in (0, 1)]
    assert "Known events" in said[0]
    assert "已知事件" in said[1]
    assert "尚未成熟" in said[1]
    opened.check_quiet()


def test_axis_labels_are_the_same_wherever_the_reader_is(english, page_offline):
    seen = {zone: axis_labels(page_offline(english, timezone=zone)) for zone in ZONES}
    assert seen["Europe/London"][:8] == [f"2026-W{week}" for week in range(38, 46)]
    assert all(labels == seen["Europe/London"] for labels in seen.values())


@pytest.mark.parametrize("zone", ZONES)
def test_the_day_of_an_event_is_the_same_wherever_the_reader_is(english, page_offline, zone):
    opened = page_offline(english, timezone=zone)
    opened.page.get_by_text("1", exact=True).first.hover()
    assert "14 October 2026" in opened.page.locator("#vg-tooltip-element").inner_text()


@pytest.mark.parametrize("width", [390, 820, 1280])
@pytest.mark.parametrize("name", ["english", "chinese"])
def test_no_text_of_a_chart_is_cut_and_no_label_covers_another(request, page_offline, name, width):
    opened = page_offline(request.getfixturevalue(name), width=width)
    for nth in range(2):
        check_texts(opened, nth)
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
    opened.check_quiet()


def test_a_tooltip_shows_the_rate_with_its_counts(english, page_offline):
    opened = page_offline(english)
    points = opened.figures[0].query_selector_all("path[aria-roledescription=point][aria-label*='DE']")
    points[-1].hover(force=True)
    said = opened.page.locator("#vg-tooltip-element").inner_text().split("\n")
    rows = dict(line.split("\t") for line in said if "\t" in line)
    assert rows["Numerator"] == "220"
    assert rows["Denominator"] == "500"
    assert rows["Rate"] == "44.0%"
    assert rows["Maturity"] == "Not yet settled"


def test_hostile_text_stays_text_on_the_page_and_in_tooltips(page_of, page_offline):
    for text in HOSTILE:
        events, spans = EVENTS.assign(title=text), SPANS.assign(label=text)
        opened = page_offline(
            page_of(
                f"# {text}\n\n{text}",
                f"## {text}",
                exhibit(
                    title=text, alt=text, notes=[text], table=table(text), spec=trend_spec(text, text, events=events)
                ),
                exhibit("change", title=text, spec=change_spec(text, text)),
                exhibit("spans", title=text, spec=trend_spec(text, text, spans=spans)),
                finding(text=text),
                shown({"application/vnd.appeal-insights.code+json": {"language": "sql", "title": text, "text": text}}),
                shown({"text/html": text}),
                shown({"text/plain": text}),
                shown({"text/vnd.mermaid": text}),
            )
        )
        assert opened.page.locator("figcaption").first.inner_text().strip() == text.strip()
        for part in (
            opened.figures[0].query_selector_all("path[aria-roledescription=point]")[-16],
            opened.figures[1].query_selector("path[aria-roledescription=bar]"),
        ):
            part.hover(force=True)
        assert opened.page.locator("#vg-tooltip-element script").count() == 0
        opened.page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })")
        opened.check_quiet()


def test_a_script_that_got_onto_the_page_would_not_run(english, folder, page_offline):
    broken = folder / "broken.html"
    text = english.read_text(encoding="utf-8")
    broken.write_text(text.replace("</main>", "<script>alert(1)</script><img src=x onerror=alert(2)></main>"))
    opened = page_offline(broken)
    assert opened.dialogs == []
    assert len([complaint for complaint in opened.complaints if "Content Security Policy" in complaint]) >= 2


def test_nothing_of_the_library_is_left_on_the_window(english, page_offline):
    page = page_offline(english).page
    for name in ("vega", "vegaLite", "vegaEmbed", "VEGA_DEBUG"):
        assert page.evaluate(f"typeof window.{name}") == "undefined"


def test_code_is_out_of_the_way_until_it_is_asked_for(english, page_offline):
    page = page_offline(english).page
    button, code = page.locator("#code-toggle"), page.locator("details.code pre").first
    assert not code.is_visible()
    button.click()
    assert button.inner_text() == "Hide code"
    assert code.inner_text() == "inquiry.trend"
    button.click()
    assert not code.is_visible()


def test_without_scripts_the_numbers_are_still_there(english, page_offline):
    page = page_offline(english, scripts=False).page
    assert "which are switched off here" in page.locator("main").inner_text()
    page.locator("details.data summary").first.click()
    assert page.locator("figure td").first.inner_text() == "DE"
    assert page.locator("details.code summary").first.is_visible()


def test_on_paper_evidence_is_open_and_buttons_are_gone(english, page_offline):
    opened = page_offline(english)
    opened.page.emulate_media(media="print")
    opened.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert opened.page.locator("article table").first.is_visible()
    assert not opened.page.locator("#code-toggle").is_visible()
    assert not opened.page.locator("nav").is_visible()
    opened.page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert not opened.page.locator("article table").first.is_visible()
    assert opened.page.pdf(prefer_css_page_size=True).startswith(b"%PDF")


def test_the_contents_and_the_skip_link_work_from_the_keyboard(english, page_offline):
    page = page_offline(english).page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "report"
    page.locator("nav a").nth(1).click()
    assert page.url.endswith("#section-2")


def test_a_chart_that_cannot_be_drawn_says_so_and_opens_its_table(page_of, page_offline):
    opened = page_offline(page_of(exhibit(spec={"mark": "no such mark", "data": {"values": []}}, table=table())))
    assert "could not be drawn" in opened.page.locator(".chart").inner_text()
    assert opened.page.locator("figure td").first.is_visible()


@pytest.mark.parametrize("change", [NO_RATE, {"segment": "A segment with a very long name indeed, " * 3}])
def test_a_trend_with_nothing_to_show_or_too_much_to_say_is_still_a_quiet_page(page_of, page_offline, change):
    opened = page_offline(page_of(exhibit(spec=trend_spec(changed=change))), width=390)
    assert opened.figures[0].get_attribute("data-drawn") == "yes"
    opened.check_quiet()

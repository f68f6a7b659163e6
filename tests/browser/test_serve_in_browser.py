"""The page without code in a real browser: it answers clicks, keeps strangers out, asks nobody, anyone can use it."""

import json
import os
import re
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import axe_playwright_python
import nbformat
import pytest

from appeal_insights.charts.theme import DARK
from tests.browser.live import PATIENCE, Watched, serving

pytestmark = pytest.mark.browser

DRAWN = ".appeal-insights-explorer .appeal-insights-picture[data-drawn=yes]"
READ = "document.querySelector('.appeal-insights-table table')"
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
CLICKED = """
import altair as alt, ipywidgets as w, pandas as pd
from appeal_insights.charts.theme import spec_of
from appeal_insights.explorer.chart import Picture
market = "</script><img src=x onerror=alert(1)>"
bars = alt.Chart(pd.DataFrame({"market": ["DE", market], "rate": [0.2, 0.5]})).mark_bar()
spec = spec_of(bars.encode(x="market:N", y="rate:Q", tooltip=["market", "rate"]))
picture, told = Picture(spec, "Two bars"), w.Text(description="Told")
picture.observe(lambda change: change.new and setattr(told, "value", f"{told.value} {change.new['market']}"), "clicked")
display(w.VBox([picture, told]), bars.encode(x="market:N", y="rate:Q"))
"""
SERIOUS = {"serious", "critical"}
SHOTS = os.environ.get("APPEAL_INSIGHTS_SHOTS")  # a folder for pictures that a person wants to look at
# What Tab reaches: every control by the words that a screen reader says of it.
NAMED = """() => {
    const control = document.activeElement;
    if (!control || control === document.body) return null;
    const labels = [...(control.labels || [])].map((label) => label.textContent.trim());
    return [control.tagName, control.getAttribute("aria-label") || labels.join(" ") || control.textContent.trim()];
}"""
CONTROLS = "#rendered_cells :is(select, input, textarea, button)"


@pytest.fixture(scope="module")
def place(demo, tmp_path_factory):
    """A workspace with the demo, and beside it a notebook that fails twice over."""
    place = demo.copy(tmp_path_factory.mktemp("serve") / "workspace")
    new = nbformat.v4
    given = new.new_code_cell(
        'store = "demo"\nlanguage = "en"\naudience = "analyst"', metadata={"tags": ["parameters"]}
    )
    for name, source in (
        ("90_unknown_store", "import appeal_insights as ap\nap.explore('dmo', language=language)"),
        ("91_broken", "secret = 'not for visitors'\n1 / 0"),
        ("92_audience", "print(audience, language)"),
        ("93_click", CLICKED),
    ):
        cells = [new.new_markdown_cell("# Title"), given, new.new_code_cell(source), new.new_markdown_cell("The end.")]
        nbformat.write(new.new_notebook(cells=cells), place / "notebooks" / f"{name}.ipynb")
    return place


@pytest.fixture(scope="module")
def english(place, tmp_path_factory, chromium_path):
    with serving(place, tmp_path_factory.mktemp("english"), "--idle=3", "--most-pages=4") as link:
        yield link


@pytest.fixture
def watched(browser):
    made = []

    def watch(width: int = 1366) -> Watched:
        context = browser.new_context(viewport={"width": width, "height": 900})
        context.set_default_timeout(PATIENCE)
        made.append(Watched(context))
        return made[-1]

    yield watch
    for one in made:
        for page in one.context.pages:
            page.goto("about:blank")  # as a person does who closes it: the kernel behind it ends
        one.context.close()


def opened(watch: Watched, link: str) -> Any:
    """The page behind a link, with its first chart."""
    page = watch.page()
    page.goto(link)
    page.locator(DRAWN).first.wait_for()
    return page


def wait_for_other(page: Any, alt: str) -> None:
    """Wait until another chart is drawn than the one that this text describes."""
    of_it = "document.querySelector('.appeal-insights-explorer').querySelector('[data-drawn=yes]')"
    page.wait_for_function(f"(was) => ![was, undefined].includes({of_it}?.ariaLabel)", arg=alt)


def picture(page: Any, name: str) -> None:
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


def kernel_of(page: Any) -> str:
    return str(json.loads(page.locator("#jupyter-config-data").text_content())["kernelId"])


def fetched(link: str, path: str, **headers: str) -> tuple[int, str]:
    """The status and text of an address, asked for with the token."""
    base, _, token = link.partition("?token=")
    asked = urllib.request.Request(base.rstrip("/") + path, headers={"Authorization": f"token {token}", **headers})
    try:
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return answer.status, answer.read().decode(errors="replace")
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")


def violations(page: Any) -> list[str]:
    """What axe-core finds serious or worse."""
    page.evaluate(AXE)  # by the debugger's way, on which the page's policy has no say
    found = page.evaluate("axe.run()")["violations"]
    return [
        f"{one['id']}: {[node['html'][:120] for node in one['nodes']]}" for one in found if one["impact"] in SERIOUS
    ]


def test_a_change_of_the_filter_changes_the_chart_and_going_back_brings_it_back(english, watched, colours_in):
    watch = watched()
    page = opened(watch, english)
    picture(page, "serve-1-opened")
    assert "token" not in page.url  # what is in the address bar can be copied without giving the key away
    chart, table = page.locator(DRAWN).first, page.locator(".appeal-insights-table table").first
    assert colours_in(chart).get(DARK, 0) > 200
    before, whole = chart.get_attribute("aria-label"), table.inner_text()
    metric = page.get_by_label("Metric", exact=True).first
    was = metric.input_value()
    metric.select_option(index=1)
    wait_for_other(page, before)
    page.wait_for_function(f"(was) => {READ}.innerText !== was", arg=whole)
    picture(page, "serve-2-changed")
    metric.select_option(was)
    page.wait_for_function(f"(was) => document.querySelector('{DRAWN}')?.ariaLabel === was", arg=before)
    page.wait_for_function(f"(was) => {READ}.innerText === was", arg=whole)
    watch.check_quiet()


@pytest.mark.parametrize("token", ["", "?token=", "?token=wrong", "?token=wr%C3%B6ng"])
def test_without_the_token_there_is_a_calm_page_and_no_kernel(token, english, watched):
    page = watched().page()
    answer = page.goto(english.partition("?")[0] + token)
    assert answer.status == 403
    assert page.locator("h1").inner_text() == "Please use the whole link"
    assert page.locator("script").count() == 0
    picture(page, "serve-refused")


def test_a_second_browser_needs_the_link_and_has_a_view_of_its_own(english, watched):
    one, other = watched(), watched()
    first = opened(one, english)
    assert other.page().goto(first.url).status == 403
    second = opened(other, english)
    assert kernel_of(first) != kernel_of(second)
    before = second.locator(DRAWN).first.get_attribute("aria-label")
    first.get_by_label("Metric", exact=True).first.select_option(index=1)
    wait_for_other(first, before)
    assert second.locator(DRAWN).first.get_attribute("aria-label") == before
    one.check_quiet()


def test_nothing_but_the_page_can_be_fetched_and_no_code_is_in_it(english, place):
    status, text = fetched(english, "/")
    assert status == 200
    assert "ap.explore(" not in text
    assert "set_by_server" not in text
    for path in (
        "/data/store/demo.duckdb",
        "/voila/files/00_explore.ipynb",
        "/voila/files/../data/store/demo.duckdb",
        "/voila/static/..%2f..%2f..%2f..%2fdata%2fstore%2fdemo.duckdb",
        "/voila/templates/appeal_insights/static/../index.html.j2",
        f"/voila/templates/appeal_insights/static/%2e%2e%2f{place.name}",
        "/voila/labextensions/..%2f..%2f..%2fpyvenv.cfg",
        "/voila/labextensions//etc/passwd",
        "/voila/render/01_data_check.ipynb",
        "/voila/tree",
        "/voila/api/contents",
        "/01_data_check.ipynb",
        "/notebooks/00_explore.ipynb",
        "/api/kernels",
        "/api/contents",
        "/api/terminals",
        "/login",
        "/etc/passwd",
        "//etc/passwd",
    ):
        status, text = fetched(english, path)
        assert status in (403, 404), path
        assert "root:" not in text
        assert "nbformat" not in text


def test_a_page_under_another_name_of_this_machine_is_refused(english):
    assert fetched(english, "/", Host="evil.example")[0] == 403


def test_the_policy_names_no_other_host(english):
    base, _, token = english.partition("?token=")
    asked = urllib.request.Request(base, headers={"Authorization": f"token {token}"})
    with urllib.request.urlopen(asked, timeout=60) as answer:
        policy, text = answer.headers["Content-Security-Policy"], answer.read().decode()
    assert "default-src 'none'" in policy
    assert "unsafe-eval" not in policy
    assert re.search(r"https?:|\*|ws", policy) is None
    assert re.findall(r"<(?:script|link|img)[^>]*(?:src|href)=\"(?!/|data:)[^>]*>", text) == []
    assert re.findall(r"<script>|<script type=\"text/javascript\"", text) == []  # none stands in the page itself


def test_the_kernel_of_a_page_that_is_left_ends(english, watched):
    watch = watched()
    page = opened(watch, english)
    kernel = kernel_of(page)
    assert fetched(english, f"/api/kernels/{kernel}")[0] == 200
    page.goto("about:blank")
    for _ in range(60):
        if fetched(english, f"/api/kernels/{kernel}")[0] == 404:
            break
        time.sleep(0.5)
    else:
        pytest.fail("The kernel goes on.")


def test_the_kernel_of_a_page_that_was_never_looked_at_is_culled(english):
    status, text = fetched(english, "/")
    assert status == 200
    found = re.search(r'"kernelId": "([\w-]+)"', text)
    assert found
    for _ in range(60):
        if fetched(english, f"/api/kernels/{found[1]}")[0] == 404:
            return
        time.sleep(0.5)
    pytest.fail("The kernel goes on.")


def test_beyond_the_limit_a_page_says_so_and_the_others_go_on(place, tmp_path, watched):
    with serving(place, tmp_path, "--most-pages=1") as link:
        page = opened(watched(), link)
        full = watched().page()
        assert full.goto(link).status == 503
        assert full.locator("h1").inner_text() == "Too many pages are open"
        picture(full, "serve-full")
        assert fetched(link, f"/api/kernels/{kernel_of(page)}")[0] == 200


@pytest.mark.parametrize(
    ("notebook", "told"),
    [
        ("90_unknown_store", "No store 'dmo'"),
        ("91_broken", "Something went wrong here, and it is not your doing."),
    ],
)
def test_an_error_in_a_cell_is_a_sentence_and_no_trace(notebook, told, place, tmp_path, watched):
    with serving(place, tmp_path, f"--notebook={notebook}") as link:
        page = watched().page()
        page.goto(link)
        alert = page.locator("#rendered_cells [role=alert]")
        alert.wait_for()
        picture(page, f"serve-{notebook}")
        assert told in alert.inner_text()
        whole = page.content()
        assert "Traceback" not in whole
        assert "ZeroDivisionError" not in whole
        assert "not for visitors" not in whole


def test_who_serves_sets_the_audience_and_a_visitor_cannot(place, tmp_path, watched):
    with serving(place, tmp_path, "--notebook=92_audience") as link:
        page = watched().page()
        page.goto(link)
        for address in (page.url, f"{page.url}?audience=analyst&language=zh-CN&view=x"):
            page.goto(address)
            page.locator("#rendered_cells pre").wait_for()
            assert page.locator("#rendered_cells pre").inner_text().strip() == "stakeholder en"


def test_a_click_on_a_mark_is_told_and_hostile_values_stay_text(place, tmp_path, watched):
    with serving(place, tmp_path, "--notebook=93_click") as link:
        watch = watched()
        page = watch.page()
        page.on("dialog", lambda dialog: watch.complaints.append(dialog.message))
        page.goto(link)
        page.locator(".appeal-insights-picture[data-drawn=yes]").wait_for()
        bars = page.locator(".appeal-insights-picture .mark-rect path")
        told = page.get_by_label("Told", exact=True)
        for nth, seen in ((0, "DE"), (0, "DE DE"), (1, "DE DE </script><img src=x onerror=alert(1)>")):
            bars.nth(nth).click()
            page.wait_for_function("([box, seen]) => box.value.trim() === seen", arg=[told.element_handle(), seen])
        bars.nth(1).hover()
        page.locator("#vg-tooltip-element.visible").get_by_text("onerror").wait_for()
        picture(page, "serve-click")
        page.locator("figure.exhibit svg.marks").wait_for()  # the chart that stands in the page beside the widget
        assert page.locator("img").count() == 0
        watch.check_quiet()


@pytest.mark.parametrize("width", [1366, 800])
@pytest.mark.parametrize(("language", "metric"), [("en", "Metric"), ("zh-CN", "指标")])
def test_everyone_can_use_it_in_either_language(language, metric, width, place, tmp_path, watched):
    with serving(place, tmp_path, f"--language={language}") as link:
        watch = watched(width)
        page = opened(watch, link)
        picture(page, f"serve-{language}-{width}")
        assert page.locator("html").get_attribute("lang") == language
        assert page.get_by_label(metric, exact=True).count() == 2  # of the first explorer, and of the comparison
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")  # nothing to push sideways
        reached = by_tab(page)
        assert [named for named in reached if not named[1]] == []
        shown = [one for one in page.locator(CONTROLS).all() if one.is_visible() and one.is_enabled()]
        assert len([tag for tag, _ in reached if tag in ("SELECT", "INPUT", "TEXTAREA", "BUTTON")]) == len(shown)
        page.emulate_media(media="print")
        assert page.locator(DRAWN).first.is_visible()
        picture(page, f"serve-{language}-{width}-print")
        watch.check_quiet()


def by_tab(page: Any) -> list[tuple[str, str]]:
    """What Tab reaches from the top to the end, each with its name."""
    page.evaluate("document.activeElement?.blur(); scrollTo(0, 0)")
    reached: list[tuple[str, str]] = []
    for _ in range(500):
        page.keyboard.press("Tab")
        named = page.evaluate(NAMED)
        if named is None:
            break
        reached.append(tuple(named))
    return reached

"""A real browser without a network: what a page asks for, complains about and pops up is written down."""

import base64
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from appeal_insights.reports.export import export
from tests.pages import ABOUT, notebook, written

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DRAWN = """() => [...document.querySelectorAll("figure.exhibit")]
    .every((figure) => !figure.querySelector("script.spec") || figure.dataset.drawn)"""
COUNT_COLOURS = """async (png) => {
    const image = await createImageBitmap(new Blob([Uint8Array.from(atob(png), (letter) => letter.charCodeAt(0))]));
    const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
    canvas.drawImage(image, 0, 0);
    const pixels = new Uint32Array(canvas.getImageData(0, 0, image.width, image.height).data.buffer);
    const counts = new Map();
    for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) || 0) + 1);
    const hex = (pixel) => "#" + [0, 8, 16].map((by) => ((pixel >>> by) & 255).toString(16).padStart(2, "0")).join("");
    return [...counts].sort((one, other) => other[1] - one[1]).slice(0, 200).map(([pixel, n]) => [hex(pixel), n]);
}"""


@dataclass
class Opened:
    """A page, and what it did that it should not: requests beside itself, complaints, dialogs."""

    page: Any
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    @property
    def figures(self) -> list[Any]:
        """The figures with a chart in them."""
        return list(self.page.query_selector_all("figure.exhibit:has(script.spec)"))

    def check_quiet(self) -> None:
        assert self.requests == []
        assert self.complaints == []
        assert self.dialogs == []


def missing(reason: str) -> Any:
    """No browser: a failure where one is required, else a reason to skip."""
    if os.environ.get("APPEAL_INSIGHTS_REQUIRE_BROWSER") == "1":
        pytest.fail(f"{reason} APPEAL_INSIGHTS_REQUIRE_BROWSER asks for one.")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def chromium_path() -> str:
    found = next((path for path in map(shutil.which, NAMES) if path), None)
    return found or missing(f"None of {', '.join(NAMES)} is installed.")


# For a module, not for the session: while this library runs, no other test can start an event loop of its own.
@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Any]:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("The package playwright is not installed.")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium_path, args=list(ARGUMENTS))
        yield started
        started.close()


@pytest.fixture
def page_offline(browser: Any) -> Iterator[Callable[..., Opened]]:
    """Open a file with the network off and wait until its charts are drawn.

    page_offline(path, width=1280, timezone="Europe/London", scripts=True) -> Opened
    """
    contexts = []

    def open_page(
        path: Path, *, width: int = 1280, height: int = 900, timezone: str = "Europe/London", scripts: bool = True
    ) -> Opened:
        context = browser.new_context(
            viewport={"width": width, "height": height}, timezone_id=timezone, java_script_enabled=scripts
        )
        contexts.append(context)
        context.set_offline(True)
        opened = Opened(context.new_page())
        _listen(opened, path.as_uri())
        opened.page.goto(path.as_uri())
        if scripts:
            opened.page.wait_for_function(DRAWN, timeout=20_000)
        return opened

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("pages")


@pytest.fixture(scope="module")
def page_of(folder):
    """Export a notebook of these parts and give the path of its page."""
    counted = iter(range(1000))

    def make(*parts, about=ABOUT):
        name = f"page-{next(counted)}"
        made = written(notebook(*parts), folder / f"{name}.ipynb")
        return export(made, folder / f"{name}.html", about=about, cache=folder / "cache")

    return make


def _listen(opened: Opened, own: str) -> None:
    def note_request(request: Any) -> None:
        if request.url != own and not request.url.startswith("data:"):
            opened.requests.append(request.url)

    def note_dialog(dialog: Any) -> None:
        opened.dialogs.append(dialog.message)
        dialog.dismiss()

    def note_message(message: Any) -> None:
        if message.type in ("error", "warning"):
            opened.complaints.append(f"{message.type}: {message.text}")

    opened.page.on("request", note_request)
    opened.page.on("dialog", note_dialog)
    opened.page.on("console", note_message)
    opened.page.on("pageerror", lambda error: opened.complaints.append(f"error: {error}"))


@pytest.fixture
def colours_in(browser: Any) -> Iterator[Callable[[Any], dict[str, int]]]:
    """The most frequent colours in a picture of an element, with how many pixels each has."""
    page = browser.new_page()

    def count(element: Any) -> dict[str, int]:
        picture = base64.b64encode(element.screenshot()).decode()
        return dict(page.evaluate(COUNT_COLOURS, picture))

    yield count
    page.close()

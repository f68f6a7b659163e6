"""The notebooks in a real JupyterLab: the explorer answers a click, every chart is drawn, nothing asks the network."""

import base64
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from appeal_insights.charts.theme import COLOURS, DARK, INK

pytestmark = pytest.mark.browser

TOKEN = "only-for-this-test"
DRAWN = ".vega-embed .marks"  # a canvas or an svg
CHART = f".appeal-insights-explorer {DRAWN}"
COMMAND = "from appeal_insights.cli import main; main()"
PATIENCE = 60_000  # milliseconds: a kernel and JupyterLab start within it on a busy machine
# A kernel that is not there yet would be asked for in a dialog.
RUN_ALL = """async () => {
    const { context, sessionContext } = window.jupyterapp.shell.currentWidget;
    await context.ready;
    await sessionContext.ready;
    window.jupyterapp.commands.execute("notebook:run-all-cells");
}"""
# Has every cell of code run? Undefined while one waits; an error is given as its text.
RAN = """() => {
    const cells = window.jupyterapp.shell.currentWidget.content.widgets.map((cell) => cell.model);
    const code = cells.filter((cell) => cell.type === "code");
    const failed = code.flatMap((cell) => cell.outputs.toJSON()).find((output) => output.output_type === "error");
    if (failed) return failed.evalue;
    if (code.every((cell) => cell.executionCount && cell.executionState !== "running")) return "all";
}"""
# The cells with charts, by place, and how many each holds.
CHARTS = """() => window.jupyterapp.shell.currentWidget.content.widgets.flatMap(({ model }, place) => {
    const outputs = model.type === "code" ? model.outputs.toJSON() : [];
    const charts = outputs.filter((output) => output.data && output.data["application/vnd.vegalite.v5+json"]);
    return charts.length ? [[place, charts.length]] : [];
})"""
SCROLL = "(place) => { window.jupyterapp.shell.currentWidget.content.scrollToItem(place); }"
# The largest part of a picture's height that one of its columns has in a colour.
TALLEST = """async ([png, colour]) => {
    const image = await createImageBitmap(new Blob([Uint8Array.from(atob(png), (letter) => letter.charCodeAt(0))]));
    const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
    canvas.drawImage(image, 0, 0);
    const { data } = canvas.getImageData(0, 0, image.width, image.height);
    const wanted = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
    const columns = new Array(image.width).fill(0);
    for (let at = 0; at < data.length; at += 4)
        columns[(at / 4) % image.width] += wanted.every((value, of) => Math.abs(value - data[at + of]) < 25);
    return Math.max(...columns) / image.height;
}"""


@dataclass
class Lab:
    """A JupyterLab that runs, and what its pages asked of others."""

    address: str
    context: Any
    strangers: list[str] = field(default_factory=list)

    def open(self, notebook: str) -> Any:
        """The page of a notebook with all its cells run."""
        page = self.context.new_page()
        page.on("request", lambda request: self._note(request.url))
        page.on("websocket", lambda connection: self._note(connection.url))
        page.goto(f"{self.address}/lab/tree/{notebook}.ipynb?token={TOKEN}&reset")
        page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=PATIENCE)
        page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]", state="attached", timeout=PATIENCE)
        page.evaluate(RUN_ALL)
        return page

    def _note(self, address: str) -> None:
        if not re.match(r"(https?|wss?)://127\.0\.0\.1[:/]|(data|blob):", address):
            self.strangers.append(address)


@pytest.fixture(scope="module")
def server(demo, tmp_path_factory, chromium_path):
    """The command `lab` on the demo, with settings of its own and a free port."""
    folder = tmp_path_factory.mktemp("lab")
    place = demo.copy(folder / "workspace")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {name: str(folder / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")}
    words = ["lab", "--no-browser", f"--port={port}", "--port-retries=0", f"--IdentityProvider.token={TOKEN}"]
    words += ["--ServerApp.ip=127.0.0.1", "--LabApp.expose_app_in_browser=True"]
    with (folder / "log").open("w") as log:
        started = subprocess.Popen(
            [sys.executable, "-c", COMMAND, *words],
            cwd=place,
            env={**os.environ, **own, "IPYTHONDIR": str(folder / "ipython")},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_until_up(address, started, folder / "log")
        yield address
    finally:
        started.terminate()
        started.wait(timeout=20)


def _wait_until_up(address: str, started: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(2 * PATIENCE // 1000):
        assert started.poll() is None, log.read_text(encoding="utf-8")[-3000:]
        try:
            with urllib.request.urlopen(f"{address}/api/status?token={TOKEN}", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    pytest.fail(log.read_text(encoding="utf-8")[-3000:])


@pytest.fixture
def lab(server, browser):
    context = browser.new_context(viewport={"width": 1400, "height": 1100}, device_scale_factor=2)
    context.set_default_timeout(PATIENCE)
    opened = Lab(server, context)
    yield opened
    context.close()
    assert opened.strangers == []


def tallest(chart: Any, page: Any, colour: str) -> float:
    return float(page.evaluate(TALLEST, [base64.b64encode(chart.screenshot()).decode(), colour]))


def choose_value(page: Any, value: str) -> None:
    """Choose a value of the filter once the list has settled: the kernel fills it, then says that none is chosen.

    A person is slower than that; a browser that is driven is not, and its choice would be taken back.
    """
    told = page.locator(".appeal-insights-call")
    for _ in range(PATIENCE // 5000):
        page.get_by_label("Values", exact=True).select_option([])
        page.get_by_label("Values", exact=True).select_option([value])
        try:
            told.get_by_text(value).first.wait_for(timeout=5000)
        except PlaywrightTimeout:
            continue
        return
    pytest.fail(f"{value} was never asked for: {told.inner_text()}")


def test_a_change_of_the_filter_changes_chart_and_table(lab, colours_in):
    page = lab.open("00_explore")
    chart, table = page.locator(CHART), page.locator(".appeal-insights-table table").first
    chart.wait_for()
    assert colours_in(chart).get(DARK, 0) > 200
    before, whole = chart.screenshot(), table.inner_text()
    assert "All records" in whole
    page.get_by_label("Only", exact=True).select_option(label="Policy")
    choose_value(page, "misleading_claims")
    table.get_by_text("Policy: misleading_claims").wait_for()
    assert table.inner_text() != whole
    assert 'where="policy=misleading_claims"' in page.locator(".appeal-insights-call").inner_text()
    chart.wait_for()
    assert colours_in(chart).get(DARK, 0) > 200
    assert chart.screenshot() != before
    assert tallest(chart, page, INK) < 0.1  # no event is drawn here: what the next test looks for can be missing


def test_every_chart_of_the_report_is_drawn_with_its_event(lab, colours_in):
    page = lab.open("02_overturn_root_cause")
    assert page.wait_for_function(RAN).json_value() == "all"
    cells = page.evaluate(CHARTS)
    assert sum(count for _, count in cells) >= 3
    for place, count in cells:
        page.evaluate(SCROLL, place)
        charts = page.locator(f'.jp-Cell[data-windowed-list-index="{place}"] {DRAWN}')
        charts.nth(count - 1).wait_for()
        assert charts.count() == count
        for chart in charts.all():
            assert len(colours_in(chart)) > 10
            drawn = colours_in(chart)
            assert max(drawn.get(colour, 0) for colour in (DARK, *COLOURS)) > 200
        if place == cells[0][0]:
            assert tallest(charts.first, page, INK) > 0.2

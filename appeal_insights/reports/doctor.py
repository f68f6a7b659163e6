"""Whether this machine can make a report: what is installed, what is found, what opens, and what to do where not."""

import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any, Literal

from jupyter_client.manager import start_new_kernel
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from appeal_insights import __version__
from appeal_insights.errors import AppealInsightsError
from appeal_insights.metrics.targets import misfits, targets
from appeal_insights.records.contract import all_facts, contract
from appeal_insights.records.store import Store
from appeal_insights.records.workspace import Workspace, find_workspace
from appeal_insights.reports.run import KERNEL
from appeal_insights.reports.workbook import can_write

PACKAGE = "appeal-insights"
PYTHONS = SpecifierSet(">=3.11,<3.14")  # as pyproject.toml has it
KERNEL_STARTS_IN = 60  # seconds; a cold start on a busy machine takes several
ROOM, LITTLE_ROOM = 2e9, 2e8  # bytes free: enough to work with, too few for a store and a report
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "firefox")
LABEL = 10  # letters of the first column

State = Literal["fine", "note", "broken"]


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: how it is, and what to do where that is not well."""

    what: str
    state: State
    told: str
    do: str = ""

    def __str__(self) -> str:
        mark = {"fine": "ok", "note": "note", "broken": "BROKEN"}[self.state]
        then = f"\n{'':<8}{'':<{LABEL}}  {self.do}" if self.do else ""
        return f"{mark:<8}{self.what:<{LABEL}}  {self.told}{then}"


def examine(workspace: Path | None = None) -> Iterator[Check]:
    """Look at everything, one after the other; the slow ones last."""
    yield python()
    yield packages()
    if not can_write():
        yield Check("workbook", "note", "runs come without tables as XLSX", 'pip install "appeal-insights[office]"')
    yield from places(workspace)
    yield fonts()
    yield browser()
    yield kernel()


def verdict(*, broken: bool) -> str:
    """The last line."""
    return "Something that is needed is broken: see above." if broken else "OK: everything that is needed is there."


def python() -> Check:
    found = platform.python_version()
    told = f"{found} at {sys.executable}"
    if PYTHONS.contains(found, prereleases=True):
        return Check("Python", "fine", told)
    return Check("Python", "broken", told, "Use Python 3.11, 3.12 or 3.13: make setup PYTHON=/path/to/python3")


def packages() -> Check:
    """The packages that this one asks for, each held against the version wanted."""
    try:
        wanted = [Requirement(line) for line in requires(PACKAGE) or []]
    except PackageNotFoundError:
        return Check("packages", "note", f"appeal_insights {__version__} is used without being installed", "make setup")
    core = [one for one in wanted if one.marker is None or one.marker.evaluate({"extra": ""})]
    found = {one.name: _version(one.name) for one in core}
    wrong = [
        f"{one} wanted, {found[one.name] or 'none'} found"
        for one in core
        if not (found[one.name] and one.specifier.contains(found[one.name], prereleases=True))
    ]
    if wrong:
        return Check("packages", "broken", "; ".join(wrong), "Set up again: make setup")
    shown = ", ".join(f"{name} {found[name]}" for name in sorted(found))
    return Check("packages", "fine", f"appeal_insights {__version__}; {shown}")


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def places(workspace: Path | None) -> Iterator[Check]:
    """The workspace, the disk it is on, and every store in it."""
    try:
        place = find_workspace(workspace)
    except AppealInsightsError as error:
        yield Check("workspace", "broken", error.message)
        return
    notebooks = sorted(path.stem for path in place.notebooks.glob("*.ipynb"))
    if notebooks:
        yield Check("workspace", "fine", f"{place.root} with {', '.join(notebooks)}")
    else:
        yield Check("workspace", "broken", f"{place.root} has no notebooks", "Give another with --workspace FOLDER.")
    yield disk(place)
    stores = sorted(place.stores.glob("[!.]*.duckdb"))
    if not stores:
        yield Check("stores", "note", "none yet", "Make one with: appeal-insights ingest FILE --store NAME")
    for path in stores:
        yield store(path)


def disk(place: Workspace) -> Check:
    free = shutil.disk_usage(place.root).free
    told = f"{free / 1e9:,.1f} GB free at {place.root}"
    if free < LITTLE_ROOM:
        return Check("disk", "broken", told, "Make room: a report needs its data twice over for a moment.")
    if free < ROOM:
        return Check("disk", "note", told, "That is little: a load needs room for a second copy of its store.")
    return Check("disk", "fine", told)


def store(path: Path) -> Check:
    """Whether a store opens, what it holds, and how new that is."""
    what = f"store {path.stem}"
    try:
        with Store(path) as opened:
            loads = f"{len(opened.loads):,} loads, the last at {opened.latest():%Y-%m-%d %H:%M} UTC"
            told = [f"opens, {path.stat().st_size / 1e6:,.1f} MB", loads]
            told += [_fact(opened, fact) for fact in opened.tables]
            unfit = misfits(targets(opened, opened.latest()), opened.latest())
    except Exception as error:  # whatever a damaged file does, the other checks go on
        message = error.message if isinstance(error, AppealInsightsError) else f"{type(error).__name__}: {error}"
        return Check(what, "broken", message, "Move the file away and ingest its files again.")
    if unfit:
        named = ", ".join(f"{id} ({why.replace('_', ' ')})" for id, why in unfit.items())
        return Check(what, "note", "; ".join(told), f"Targets that fit no metric, and are never drawn: {named}.")
    return Check(what, "fine", "; ".join(told))


def _fact(opened: Store, fact: str) -> str:
    """How many records of a fact are known, and the newest day they speak of."""
    rows = opened.fingerprint(fact, opened.latest()).rows
    derived = contract(fact).derived.values() if fact in all_facts() else ()
    days = [column.name for column in derived if column.type == "day"]
    spans = [span for day in days if (span := opened.span(fact, day))]
    if fact not in all_facts() and (figures := opened.span(fact, "ends_on")):
        spans = [(figures[0], figures[1] - timedelta(days=1))]  # figures keep the day after their last
    return f"{rows:,} {fact}" + (f" up to {max(last for _, last in spans):%Y-%m-%d}" if spans else "")


def fonts() -> Check:
    """Which fonts can write the reports on this machine, Chinese too. Only charts drawn here need them."""
    listing = shutil.which("fc-list")
    if not listing:
        return Check("fonts", "note", "fc-list is not there to ask", "Charts show Chinese only where a font has it.")
    latin, chinese = (_families(listing, language) for language in ("en", "zh-cn"))
    if chinese:
        return Check("fonts", "fine", f"{len(latin)} families; Chinese: {', '.join(chinese[:3])}")
    return Check(
        "fonts", "note", f"{len(latin)} families, none Chinese",
        "For Chinese in pictures install one, on Debian: apt install fonts-noto-cjk. Reports use their reader's fonts.",
    )  # fmt: skip


def _families(listing: str, language: str) -> list[str]:
    try:
        done = subprocess.run(
            [listing, f":lang={language}", "family"], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    return sorted({line.split(",")[0].strip() for line in done.stdout.splitlines() if line.strip()})


def browser() -> Check:
    found = next((path for path in map(shutil.which, BROWSERS) if path), None)
    if found:
        return Check("browser", "fine", found)
    return Check("browser", "note", "none found on the path", "Only the project's own tests need one here.")


def kernel() -> Check:
    """Whether the kernel that runs notebooks starts, reckons, and is the Python that this package is installed in."""
    started = time.perf_counter()
    try:
        answer = _ask_kernel()
    except Exception as error:  # anything can be wrong with a kernel, and each way is an answer here
        return Check("kernel", "broken", f"does not work: {error or type(error).__name__}", "Set up again: make setup")
    seconds = time.perf_counter() - started
    if answer != f"2 {sys.prefix}":
        told = f"answers {answer!r}, so it is another Python than {sys.prefix}"
        return Check("kernel", "broken", told, "Remove the python3 that hides ours: jupyter kernelspec list")
    return Check("kernel", "fine", f"starts, and 1 + 1 = 2, in {seconds:.1f} s")


def _ask_kernel() -> str:
    manager, client = start_new_kernel(KERNEL_STARTS_IN, "python3", extra_arguments=KERNEL)
    try:
        said: list[str] = []

        def listen(message: dict[str, Any]) -> None:
            if message["msg_type"] == "stream":
                said.append(message["content"]["text"])

        client.execute_interactive(
            "import sys; print(1 + 1, sys.prefix)", timeout=KERNEL_STARTS_IN, output_hook=listen, store_history=False
        )
        return "".join(said).strip()
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)

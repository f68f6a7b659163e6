"""From a view to the dated run that asks why: its parameters, its command line, its call, and its start."""

import json
import shlex
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from appeal_insights.errors import BadParameter, BadPeriod, choice
from appeal_insights.findings.compared_path import records_of
from appeal_insights.findings.view import View, write_where
from appeal_insights.findings.view_numbers import Report, metric_of, report_of
from appeal_insights.metrics.metric import metric
from appeal_insights.periods import GRAINS, Grain, Period, instant, period, split
from appeal_insights.records.shared import shared
from appeal_insights.records.workspace import find_workspace
from appeal_insights.reports.folders import RUNNING
from appeal_insights.reports.run import Run, run

NOTEBOOKS: Mapping[Report, str] = {
    "overturn": "02_overturn_root_cause",
    "accuracy": "03_accuracy_drift",
    "service": "04_service_levels",
}
MOST_PERIODS = 4  # of a trend that are put together on each side of a comparison
LOOKED_AT = 0.5  # seconds between two looks at how far a run is


@dataclass(frozen=True)
class RunAsked:
    """A dated run that was not started yet."""

    notebook: str
    parameters: Mapping[str, Any]

    @property
    def command(self) -> str:
        """The line for a shell; a scope whose values cannot be typed there is left to the call."""
        told: list[str] = []
        for name, value in self.parameters.items():
            typed = write_where(value) if isinstance(value, dict) else str(value)
            if typed.startswith("{"):
                return f"# {self.call}"
            told += ["-p", shlex.quote(f"{name}={typed}")]
        return " ".join(["appeal-insights run", self.notebook, *told])

    @property
    def call(self) -> str:
        """The same in Python."""
        return f"ap.run({json.dumps(self.notebook)}, {json.dumps(dict(self.parameters), ensure_ascii=False)})"


def run_of(
    view: View, *, store: str = "", language: str = "en", audience: str = "stakeholder", workspace: Path | None = None
) -> RunAsked:
    """The run that goes into what a view shows: why it moved between two periods, or the report of its metric.

    Takes   `store`: where the view names none. `audience`: of whoever asks; a view has none.
    Raises  BadParameter   there is no such report, or one period alone.
    """
    asked = view.asked
    name = asked.get("store") or store
    always: dict[str, Any] = {"store": name, "language": language, "audience": audience}
    always |= {"as_of": asked["as_of"]} if "as_of" in asked else {}
    always |= {"where": where} if (where := records_of(view)) else {}
    report = report_of(view)
    if report == "accuracy":
        days = period(asked["during"]) if "during" in asked else None
        ends = {"start": str(days.start), "end": str(days.last_day)} if days else {}
        given = {key: asked[key] for key in ("start", "end") if key in asked}
        return RunAsked(NOTEBOOKS[report], {**always, **ends, **given})
    if report == "service":
        return RunAsked(NOTEBOOKS[report], always)
    if metric(metric_of(view)).fact != "appeals":
        raise BadParameter.of("view.no_run", metric=metric_of(view), notebook=NOTEBOOKS[report])
    before, after = _two_periods(view, name, workspace)
    told = {"metric": metric_of(view), "before": before, "after": after}
    told |= {"basis": asked["basis"]} if "basis" in asked else {}
    return RunAsked(NOTEBOOKS[report], {**always, **told})


def start(asked: RunAsked, tell: Callable[[float], None], *, workspace: Path | None = None) -> Run:
    """Start a run and wait for it. `tell` is called, from another thread, with the part of it that is done, 0..1.

    Raises  what `run` raises.
    """
    over = threading.Event()
    looking = threading.Thread(target=_look, args=(asked, tell, over, workspace), daemon=True)
    looking.start()
    try:
        return run(asked.notebook, asked.parameters, workspace=workspace, progress=False)
    finally:
        over.set()
        looking.join()


def _two_periods(view: View, store: str, workspace: Path | None) -> tuple[str, str]:
    """The two periods that are compared: those of the view, else the newest complete ones of its trend."""
    asked = view.asked
    if {"before", "after"} <= set(asked):
        return asked["before"], asked["after"]
    if "during" not in asked:
        raise BadParameter.of("view.no_span")
    with shared(find_workspace(workspace).existing_store(store)) as opened:
        moment = instant(asked["as_of"]) if "as_of" in asked else opened.latest()
    parts = _complete(period(asked["during"]), asked.get("every", ""), moment)
    half = min(MOST_PERIODS, len(parts) // 2)
    if not half:
        raise BadParameter.of("view.one_period", period=asked["during"])
    return _joined(parts[-2 * half : -half]), _joined(parts[-half:])


def _complete(span: Period, every: str, moment: datetime) -> list[Period]:
    """The periods of a span that were over at an instant; where no grain is said, of the first that fits."""
    known: tuple[Grain, ...] = ("week", "month", "day")
    fits = [every] if every else [one for one in known if _fits(span, one)]
    return [part for part in split(span, choice("grain", fits[0], GRAINS)) if part.end <= moment.date()]


def _fits(span: Period, grain: Grain) -> bool:
    try:
        return bool(split(span, grain))
    except BadPeriod:
        return False


def _joined(parts: list[Period]) -> str:
    return parts[0].label if len(parts) == 1 else f"{parts[0].label}..{parts[-1].label}"


def _look(asked: RunAsked, tell: Callable[[float], None], over: threading.Event, workspace: Path | None) -> None:
    """Say how many cells of the running notebook were executed, as far as its file tells."""
    folder = find_workspace(workspace).runs
    while not over.wait(LOOKED_AT):
        for file in folder.glob(f"{RUNNING}*_{asked.notebook}_*/{asked.notebook}.ipynb"):
            try:
                cells = [cell for cell in json.loads(file.read_text(encoding="utf-8"))["cells"] if "outputs" in cell]
            except (OSError, ValueError, KeyError):
                continue  # it is being written at this moment
            tell(sum(cell["execution_count"] is not None for cell in cells) / max(1, len(cells)))
    tell(1.0)

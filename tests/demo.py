"""A workspace with the demo's two stores, and what tests of inquiries, runs and the command share."""

import contextlib
import io
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from unittest import mock
from zoneinfo import ZoneInfo

import pandas as pd

from appeal_insights import cli
from appeal_insights.findings.finding import Finding
from appeal_insights.findings.overturn import Inquiry, investigate
from appeal_insights.findings.shown import EXHIBIT, FINDING
from appeal_insights.periods import Period, period
from appeal_insights.records.sample import SAMPLE_EXTRACTED_AT, SAMPLE_FACTS, write_sample
from appeal_insights.records.sample_drift import DRIFT_FACTS
from appeal_insights.records.sample_service import SERVICE_CALENDARS, SERVICE_FACTS

PROJECT = Path(__file__).parents[1]
BEFORE, AFTER = "2026-W40..2026-W43", "2026-W44..2026-W46"  # the planted cause starts with the later one
QUIET = {"before": "2026-W32..2026-W35", "after": "2026-W36..2026-W39"}
TIKTOK = {"store": "tiktok", "before": "2025-H2", "after": "2026-H1"}
OWN_DECISIONS = "complaint_type=visibility,service,account"
PARTS = ("summary", "trend", "change", "segments", "events", "findings", "limits", "about")
DECIDED = ("decision_upheld", "decision_reversed", "decision_partially_reversed")
# Typed in here and not read from the package, so that a wrong clock shows.
CLOCKS = {
    **dict.fromkeys(("GB", "IE"), "Europe/London"),
    **dict.fromkeys(("PT",), "Europe/Lisbon"),
    **dict.fromkeys(("AT", "BE", "CH", "CZ", "DE", "DK", "ES", "FR", "HU", "IT", "NL"), "Europe/Berlin"),
    **dict.fromkeys(("NO", "PL", "SE", "SK"), "Europe/Berlin"),
    **dict.fromkeys(("BG", "FI", "GR", "RO"), "Europe/Athens"),
    "AE": "Asia/Dubai",
    "EG": "Africa/Cairo",
    "IL": "Asia/Jerusalem",
    "KE": "Africa/Nairobi",
    "MA": "Africa/Casablanca",
    "NG": "Africa/Lagos",
    "SA": "Asia/Riyadh",
    "TR": "Europe/Istanbul",
    "ZA": "Africa/Johannesburg",
}


@dataclass(frozen=True)
class Demo:
    """The workspace of the demo. Nobody changes it: a test that writes takes `copy`."""

    root: Path
    _asked: dict[tuple[Any, ...], Inquiry] = field(default_factory=dict)

    def store(self, name: str = "demo") -> Path:
        return self.root / "data" / "store" / f"{name}.duckdb"

    @property
    def sample(self) -> Path:
        return self.root / "data" / "sample"

    def investigate(self, **asked: Any) -> Inquiry:
        """An inquiry, by default into the change that was planted; the same question is asked once."""
        asked = {"store": "demo", "before": BEFORE, "after": AFTER, "language": "both", **asked}
        key = tuple(sorted((name, str(value)) for name, value in asked.items()))
        if key not in self._asked:
            self._asked[key] = investigate(workspace=self.root, **asked)
        return self._asked[key]

    def copy(self, folder: Path) -> Path:
        """A workspace with the same notebooks and stores, to be written to."""
        shutil.copytree(self.root / "notebooks", folder / "notebooks")
        shutil.copytree(self.root / "data" / "store", folder / "data" / "store")
        return folder


def make_demo(root: Path) -> Demo:
    """Notebooks, the samples, and the stores of the demo, by the commands that a person would give."""
    shutil.copytree(PROJECT / "notebooks", root / "notebooks", ignore=shutil.ignore_patterns(".*"))
    place = Demo(root)
    write_sample(place.sample)
    write_sample(place.sample / "audits", scenario="accuracy_drift")
    write_sample(place.sample / "service", scenario="service_levels")
    for file, *more in (
        *(
            (
                place.sample / "audits" / f"{fact}.csv",
                "--store=quality",
                f"--fact={fact}",
                f"--loaded-at={SAMPLE_EXTRACTED_AT}",
            )
            for fact in DRIFT_FACTS
        ),
        *(
            (
                place.sample / "service" / (fact if fact == SERVICE_CALENDARS else f"{fact}.csv"),
                "--store=service",
                *([] if fact == SERVICE_CALENDARS else [f"--fact={fact}"]),
                f"--loaded-at={SAMPLE_EXTRACTED_AT}",
            )
            for fact in (SERVICE_CALENDARS, *SERVICE_FACTS)
        ),
        *(
            (place.sample / f"{fact}.csv", "--store=demo", f"--fact={fact}", f"--loaded-at={SAMPLE_EXTRACTED_AT}")
            for fact in SAMPLE_FACTS
        ),
        (
            PROJECT / "data" / "public" / "tiktok_appeals_by_decision_type.csv",
            "--store=tiktok",
            "--loaded-at=2026-09-01",
            "--mapping=tiktok_appeals",
        ),
    ):
        said = shell("ingest", str(file), *more, f"--workspace={root}")
        assert said.code == 0, said.err
    return place


@dataclass(frozen=True)
class Said:
    """What a command left: its exit code and what it wrote."""

    code: int
    out: str
    err: str


def shell(*words: str) -> Said:
    """The command with these words, in this process."""
    out, err = io.StringIO(), io.StringIO()
    code: Any = 0
    with (
        mock.patch.object(sys, "argv", ["appeal-insights", *words]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            cli.main()
        except SystemExit as end:
            code = end.code or 0
    return Said(int(code), out.getvalue(), err.getvalue())


def bundles(inquiry: Inquiry, *parts: str) -> list[dict[str, Any]]:
    """Every output of these parts, as a notebook would hold it; of all parts if none is named."""
    return [bundle for part in parts or PARTS for bundle in _drawn(inquiry, part)]


def _drawn(inquiry: Inquiry, part: str) -> list[dict[str, Any]]:
    """The outputs of a part. A chart takes a while, so each is drawn once; the inquiry stays with its drawing."""
    key = (id(inquiry), part)
    if key not in _DRAWN:
        _DRAWN[key] = inquiry, list(getattr(inquiry, part).bundles())
    return _DRAWN[key][1]


_DRAWN: dict[tuple[int, str], tuple[Inquiry, list[dict[str, Any]]]] = {}


def exhibit(inquiry: Inquiry, part: str, *, id: str = "", language: str = "en", titled: str = "") -> dict[str, Any]:
    """The exhibit of a part, by the start of its title where there are several: id, title, notes, table, spec."""
    found = [bundle[EXHIBIT] for bundle in bundles(inquiry, part) if EXHIBIT in bundle]
    found = [each for each in found if each["id"] == (id or part) and each["language"] == language]
    [one] = [each for each in found if each["title"].startswith(titled)]
    return one


def rows(shown: dict[str, Any]) -> list[dict[str, str]]:
    """The rows of an exhibit's table by column key."""
    keys = [column["key"] for column in shown["table"]["columns"]]
    return [dict(zip(keys, row, strict=True)) for row in shown["table"]["rows"]]


def told(inquiry: Inquiry, language: str = "en") -> str:
    """Every sentence, title, heading and cell of an inquiry that is meant for a reader, one a line."""
    lines: list[str] = []
    for bundle in bundles(inquiry):
        if EXHIBIT in bundle and bundle[EXHIBIT]["language"] == language:
            shown = bundle[EXHIBIT]
            lines += [shown["title"], *shown["notes"], shown["alt"], *_cells(shown["table"])]
        elif FINDING in bundle and language in bundle[FINDING]["texts"]:
            shown = bundle[FINDING]
            lines += _leaves(shown["texts"][language]) + _leaves(shown["labels"][language])
            lines += _cells(shown["evidence"][language])
    return "\n".join(line for line in lines if line)


def _cells(table: dict[str, Any] | None) -> list[str]:
    if not table:
        return []
    return [column["label"] for column in table["columns"]] + [cell for row in table["rows"] for cell in row]


def _leaves(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [leaf for each in value.values() for leaf in _leaves(each)]
    if isinstance(value, list):
        return [leaf for each in value for leaf in _leaves(each)]
    return [str(value)]


def numbers(text: str) -> list[float]:
    """Every number of a text: 1,234, 45.4%, −0.29."""
    found = re.findall(r"[+\N{MINUS SIGN}-]?\d[\d,]*(?:\.\d+)?", text)
    return [float(number.replace(",", "").replace("\N{MINUS SIGN}", "-")) for number in found]


@cache
def appeals(csv: Path) -> pd.DataFrame:
    """The sample's file with the day of decision and of submission on the market's clock, by pandas alone."""
    table = pd.read_csv(csv, dtype=str, keep_default_na=False)
    for name, day in (("decided_at", "decided"), ("received_at", "received")):
        instants = pd.to_datetime(table[name].mask(table[name] == ""), utc=True)
        local = [
            part.dt.tz_convert(_clock(CLOCKS[market])).dt.tz_localize(None).dt.normalize()
            for market, part in instants.groupby(table["market"])
        ]
        table = table.assign(**{name: instants, day: pd.concat(local)})
    return table


def _clock(zone: str) -> ZoneInfo:
    """A clock from the installed tzdata: the machine's own may not know yet what governments decided this year."""
    with files("tzdata.zoneinfo").joinpath(zone).open("rb") as file:
        return ZoneInfo.from_file(file, key=zone)


def hand_count(table: pd.DataFrame, span: str | Period) -> tuple[int, int]:
    """How many were overturned, of how many decided on the merits, with a day of decision in a period."""
    inside = period(span) if isinstance(span, str) else span
    there = table[(table["decided"] >= pd.Timestamp(inside.start)) & (table["decided"] < pd.Timestamp(inside.end))]
    on_merits = there[there["outcome"].isin(DECIDED)]
    return int((on_merits["outcome"] != "decision_upheld").sum()), len(on_merits)


def folders(runs: Path) -> Iterator[str]:
    """The names of everything under data/runs, sorted."""
    yield from sorted(path.name for path in runs.iterdir()) if runs.is_dir() else ()


def finding(inquiry: Inquiry, id: str) -> Finding:
    """The finding of that id."""
    [one] = [each for each in inquiry.conclusions if each.id == id]
    return one


def grades(inquiry: Inquiry) -> dict[str, str]:
    """How sure an inquiry is of each of its findings."""
    return {each.id: each.grade for each in inquiry.conclusions}

"""The published figures in data/public are the ones that were typed in, add up, and equal the published files."""

import csv
import hashlib
import os
import re
from pathlib import Path

import pandas as pd
import pytest

DATA = Path(__file__).parents[2] / "data"
APPEALS = DATA / "public" / "tiktok_appeals_by_decision_type.csv"
COUNTS = ["appeals", "upheld", "partially_reversed", "reversed"]
PERIODS = ["2025-07-01/2025-12-31", "2026-01-01/2026-06-30"]

# How the wording of an indicator in the template starts, far enough to tell it from the others.
INDICATORS = {
    "(total)": "Number of complaints submitted to the internal-complaints mechanism",
    "visibility": "Complaint regarding a decision to remove or disable access",
    "service": "Complaint regarding a decision to suspend or terminate the provision of the service",
    "account": "Complaint regarding a decision to suspend or terminate an account",
    "art16_no_action": "Complaint regarding a decision not to take action on a notice submitted in accordance",
    "art16_no_action_tf": "Complaint regarding a decision not to take action on a notice submitted by a Trusted",
}
SCOPES = {
    "Total number": "appeals",
    "Decisions upheld": "upheld",
    "Decisions partially reversed": "partially_reversed",
    "Decisions reversed": "reversed",
}


@pytest.fixture
def figures() -> pd.DataFrame:
    kinds = {"reporting_period": "str", "complaint_type": "str", **dict.fromkeys(COUNTS, "Int64")}
    return pd.read_csv(APPEALS, dtype=kinds)


def published(folder: Path) -> dict[tuple[str, str, str], str]:
    """(period, complaint type, count) -> the value in the published part 7 files, as text."""
    found = {}
    for path in sorted(folder.glob("dsa/tiktok_*_part7_*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as lines:
            for row in csv.DictReader(lines):
                scope = SCOPES.get(row["Scope"].strip())
                kinds = [kind for kind, start in INDICATORS.items() if row["Indicator"].strip().startswith(start)]
                if kinds and scope:
                    found[row["Reporting period"], kinds[0], scope] = row["Value"].strip().replace(",", "")
    return found


def test_the_codebook_has_the_fingerprint_of_each_public_file():
    codebook = (DATA / "README.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## public/(\S+)\n(.*?)(?=^## |\Z)", codebook, re.M | re.S))
    assert sorted(sections) == sorted(path.name for path in (DATA / "public").iterdir())
    for name, text in sections.items():
        fingerprint = hashlib.sha256((DATA / "public" / name).read_bytes()).hexdigest()
        assert re.findall(r"\b[0-9a-f]{64}\b", text) == [fingerprint]


def test_each_half_year_has_one_row_per_kind_of_decision_and_a_total(figures):
    rows = list(zip(figures["reporting_period"], figures["complaint_type"], strict=True))
    assert rows == [(period, kind) for period in PERIODS for kind in INDICATORS]


@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize("count", ["appeals", "upheld", "reversed"])
def test_the_stated_total_is_the_sum_of_content_service_and_account(figures, period, count):
    by_kind = figures[figures["reporting_period"] == period].set_index("complaint_type")[count]
    assert by_kind["(total)"] == by_kind[["visibility", "service", "account"]].sum()


def test_every_appeal_was_upheld_or_reversed_and_none_in_part(figures):
    assert (figures["upheld"] + figures["reversed"] == figures["appeals"]).all()
    assert figures["partially_reversed"].isna().all()


def test_the_overturn_rates_are_46_and_48_percent(figures):
    total = figures[figures["complaint_type"] == "(total)"].set_index("reporting_period")
    rates = (total["reversed"] / total["appeals"]).astype(float)
    assert rates.round(4).to_dict() == {"2025-07-01/2025-12-31": 0.4616, "2026-01-01/2026-06-30": 0.4815}


@pytest.mark.skipif(
    "APPEAL_INSIGHTS_PUBLIC_DATA" not in os.environ,
    reason="APPEAL_INSIGHTS_PUBLIC_DATA does not name a folder with the published files",
)
def test_every_figure_equals_the_one_in_the_published_file():
    with APPEALS.open(encoding="utf-8", newline="") as lines:
        typed_in = {
            (row["reporting_period"], row["complaint_type"], count): row[count]
            for row in csv.DictReader(lines)
            for count in COUNTS
        }
    assert len(typed_in) == 48
    assert typed_in == published(Path(os.environ["APPEAL_INSIGHTS_PUBLIC_DATA"]))

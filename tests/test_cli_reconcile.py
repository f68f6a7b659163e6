"""The command explains somebody's sheet in sentences and steps, and gives the same as CSV and JSON."""

import csv
import io
import json

import pandas as pd
import pytest

from tests.demo import DECIDED, shell

WEEKS = ("2026-W38", "2026-W39")
ALL = (*DECIDED, "decision_omitted")


@pytest.fixture(scope="module")
def official(demo, tmp_path_factory):
    """Two weeks of a dashboard that counts by day of submission and has omitted decisions in the denominator."""
    table = pd.read_csv(demo.sample / "appeals.csv", dtype=str, keep_default_na=False)
    received = pd.to_datetime(table.loc[table["market"] == "GB", "received_at"], utc=True)
    days = received.dt.tz_convert("Europe/London").dt.strftime("%G-W%V")
    lines = ["周,推翻数,处理量"]
    for week in WEEKS:
        outcomes = table.loc[days[days == week].index, "outcome"]
        lines.append(f"{week},{outcomes.isin(DECIDED[1:]).sum()},{outcomes.isin(ALL).sum()}")
    path = tmp_path_factory.mktemp("official") / "dashboard.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def ask(demo, official, *more):
    return shell("reconcile", str(official), "--store=demo", "--where=market=GB", f"--workspace={demo.root}", *more)


def test_the_answer_names_both_differences_and_leaves_nothing(demo, official):
    said = ask(demo, official)
    assert (said.code, said.err) == (0, "")
    assert "by day of submission + omitted decisions in the denominator. The remainder is 0." in said.out
    assert "metric: overturn_rate, version 1" in said.out
    assert "as_of: 2026-11-16T06:00:00Z" in said.out
    assert "按提交日统计" in ask(demo, official, "--language=zh-CN").out


def test_csv_and_json_hold_the_same_steps(demo, official):
    as_csv, as_json = ask(demo, official, "--format=csv"), ask(demo, official, "--format=json")
    rows = list(csv.DictReader(io.StringIO(as_csv.out)))
    told = json.loads(as_json.out)
    steps = ["ours", "submission_day", "omitted_counted", "remainder", "official"]
    assert [row["definition"] for row in rows] == [row["definition"] for row in told["rows"]] == steps * 3
    assert told["about"]["explained_by"] == "submission_day + omitted_counted"
    for one, other in zip(rows, told["rows"], strict=True):
        assert one["numerator"] == ("" if other["numerator"] is None else str(other["numerator"]))
    remainders = [row for row in told["rows"] if row["definition"] == "remainder"]
    assert {(row["numerator_change"], row["denominator_change"], row["change"]) for row in remainders} == {(0, 0, 0.0)}


def test_what_is_not_explained_is_said_with_the_nearest(demo, official, tmp_path):
    header, first, second = official.read_text(encoding="utf-8").splitlines()
    week, numerator, denominator = first.split(",")
    more = tmp_path / "more.csv"
    more.write_text(f"{header}\n{week},{int(numerator) + 7},{int(denominator) + 7}\n{second}\n", encoding="utf-8")
    said = ask(demo, more)
    assert said.code == 0
    assert (
        "by day of submission + omitted decisions in the denominator. It leaves +7 in the numerator and +7" in said.out
    )
    assert "submission_day + omitted_counted" in said.out


def test_a_sheet_that_cannot_be_read_is_one_sentence(demo, tmp_path):
    bad = tmp_path / "bad.csv"
    bad.write_text("week,rate\n2026-W38,46.2\n")
    said = ask(demo, bad)
    assert (said.code, said.out) == (1, "")
    assert "Row 1, column 'rate': '46.2' is no rate" in said.err
    assert ask(demo, tmp_path / "none.csv").code == 1

"""The command says what it did, answers in three forms, and an error is a sentence and not a traceback."""

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from appeal_insights import cli
from appeal_insights.records.workspace import find_workspace
from tests.demo import AFTER, BEFORE, PROJECT, appeals, folders, hand_count, shell

COMMANDS = ("sample", "ingest", "query", "run", "export", "lab", "demo")
PUBLISHED = PROJECT / "data" / "public" / "tiktok_appeals_by_decision_type.csv"
EXPORT = """\
case,country,filed,closed,result
1,Germany,2026-10-05 08:00,2026-10-06 08:00,kept
2,Norway,2026-10-05 09:00,2026-10-06 08:00,lifted
3,Atlantis,2026-10-05 10:00,2026-10-06 08:00,kept
4,Norway,2026-10-05 11:00,tomorrow,lifted
"""
MAPPING = """\
fact = "appeals"
zone = "Europe/Berlin"

[columns]
case = "appeal_id"
country = "market"
filed = "received_at"
closed = "decided_at"
result = "outcome"

[values.market]
Germany = "DE"
Norway = "NO"

[values.outcome]
kept = "decision_upheld"
lifted = "decision_reversed"
"""


@pytest.fixture
def place(tmp_path):
    """An empty workspace."""
    (tmp_path / "notebooks").mkdir()
    return tmp_path


@pytest.fixture
def own_file(place):
    """Somebody's own export with its mapping file: four rows, two of them good."""
    (place / "export.csv").write_text(EXPORT)
    (place / "ours.toml").write_text(MAPPING)
    return place / "export.csv"


def refused(*words):
    """What a command says that could not do it: one line, exit code 1, nothing else."""
    said = shell(*words)
    assert (said.code, said.out) == (1, "")
    assert said.err.count("\n") <= 2
    assert "Traceback" not in said.err
    return said.err


def test_the_command_alone_lists_what_it_can_do():
    said = shell()
    for command in COMMANDS:
        assert f" {command} " in said.out + said.err


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself_in_a_sentence_and_each_option_too(command):
    said = shell(command, "--help")
    assert said.code == 0
    assert "Usage: appeal-insights " + command in said.out
    words = " ".join(said.out.replace("│", " ").split())
    assert (getattr(cli, command).__doc__ or "none").split(".")[0] in words
    assert "--workspace" in words or command == "export"


def test_a_year_of_audits_is_written_and_goes_in_file_by_file(place):
    said = shell("sample", str(place / "year"), "--scenario=accuracy_quiet", "--seed=3")
    assert (said.code, said.out) == (
        0,
        f"Wrote audits.csv, gold.csv, known_events.csv, strata.csv, targets.csv, truth.json to {place / 'year'}.\n",
    )
    for fact in ("gold", "known_events", "targets"):
        file = str(place / "year" / f"{fact}.csv")
        said = shell("ingest", file, "--store=year", f"--fact={fact}", f"--workspace={place}")
        assert said.code == 0, said.err
        assert "0 rejected" in said.out
    assert shell("sample", "--scenario=accuracy_quiet", "--weeks=4", f"--workspace={place}").code == 1


def test_a_sample_goes_where_one_wants_it(place):
    said = shell("sample", str(place / "made"), "--appeals=1000", "--weeks=4", "--seed=3")
    assert (said.code, said.out) == (
        0,
        "Wrote appeals.csv, audits.csv, enforcements.csv, known_events.csv, targets.csv, truth.json "
        f"to {place / 'made'}.\n",
    )
    truth = json.loads((place / "made" / "truth.json").read_text())
    lines = (place / "made" / "appeals.csv").read_text().splitlines()
    assert (truth["seed"], truth["weeks"], truth["totals"]["appeals"]) == (3, 4, len(lines) - 1)
    assert shell("sample", "--appeals=1000", "--weeks=4", f"--workspace={place}").code == 0
    assert (place / "data" / "sample" / "appeals.csv").exists()


def test_own_files_come_in_through_a_mapping_file_and_every_row_is_accounted_for(place, own_file):
    said = shell("ingest", str(own_file), "--store=own", f"--mapping={place / 'ours.toml'}", f"--workspace={place}")
    assert said.code == 0
    first, *others = said.out.splitlines()
    assert first == "export.csv: 4 rows read = 2 new + 0 changed + 0 unchanged + 2 rejected (store own)"
    assert any("'Atlantis'" in line for line in others)
    assert any("'tomorrow'" in line for line in others)
    answer = shell("query", "breakdown", "--store=own", "--during=2026-W41", "--by=market", "--format=json",
                   f"--workspace={place}")  # fmt: skip
    counted = [(row["market"], row["numerator"], row["denominator"]) for row in json.loads(answer.out)["rows"]]
    assert sorted(counted) == [("DE", 0, 1), ("NO", 1, 1)]


def test_rejected_rows_are_listed_with_row_column_value_and_reason(place, own_file):
    shell("ingest", str(own_file), "--store=own", f"--mapping={place / 'ours.toml'}", f"--workspace={place}")
    said = shell("query", "rejects", "--store=own", "--format=csv", f"--workspace={place}")
    found = list(csv.DictReader(io.StringIO(said.out)))
    assert sorted((row["source_row"], row["source_column"], row["value"]) for row in found) == [
        ("3", "country", "Atlantis"),
        ("4", "closed", "tomorrow"),
    ]
    assert all(row["reason"] for row in found)


def test_the_same_file_a_second_time_changes_nothing(place, own_file):
    ingest = ("ingest", str(own_file), "--store=own", f"--mapping={place / 'ours.toml'}", f"--workspace={place}")
    shell(*ingest)
    assert "4 rows read = 0 new + 0 changed + 2 unchanged + 2 rejected" in shell(*ingest).out


def test_figures_come_in_through_a_mapping_that_the_package_has(place):
    said = shell("ingest", str(PUBLISHED), "--store=t", "--mapping=tiktok_appeals", f"--workspace={place}")
    assert "12 rows read = 10 new" in said.out
    assert "2 totals checked" in said.out
    answer = shell("query", "breakdown", "--store=t", "--during=2026-H1", "--format=json", f"--workspace={place}",
                   "--where=complaint_type=visibility,service,account")  # fmt: skip
    [row] = json.loads(answer.out)["rows"]
    assert (row["numerator"], row["denominator"]) == (7024326, 14589660)


def test_a_check_of_figures_says_what_would_be_and_makes_no_store(place):
    said = shell("ingest", str(PUBLISHED), "--store=t", "--mapping=tiktok_appeals", "--check", f"--workspace={place}")
    assert "12 rows read = 10 new" in said.out
    assert "Only looked at, nothing was changed: 10 versions would be opened, 0 closed" in said.out
    assert not list((place / "data").rglob("t.duckdb"))


@pytest.fixture
def asked(demo):
    return ("query", "before_after", "--store=demo", f"--before={BEFORE}", f"--after={AFTER}", "--by=market",
            "--where=market=DE,NO", f"--workspace={demo.root}")  # fmt: skip


def test_json_holds_rows_and_what_they_are(demo, asked):
    answer = json.loads(shell(*asked, "--format=json").out)
    assert answer["about"]["scope"] == "market=DE,NO"
    table = appeals(demo.sample / "appeals.csv")
    for row in answer["rows"]:
        of_it = table[table["market"] == row["market"]]
        assert (row["numerator_before"], row["denominator_before"]) == hand_count(of_it, BEFORE)
        assert (row["numerator_after"], row["denominator_after"]) == hand_count(of_it, AFTER)
        assert row["change_low"] < row["change"] < row["change_high"]
    assert {row["market"] for row in answer["rows"]} == {"DE", "NO"}


def test_csv_and_the_table_hold_the_same_numbers_as_json(asked):
    rows = json.loads(shell(*asked, "--format=json").out)["rows"]
    said = shell(*asked, "--format=csv")
    plain = list(csv.DictReader(io.StringIO(said.out)))
    assert [float(row["change"]) for row in plain] == pytest.approx([row["change"] for row in rows], abs=1e-12)
    assert said.err.startswith("store: demo; metric: overturn_rate, version 1")
    drawn = shell(*asked).out
    for row in rows:
        [line] = [line for line in drawn.splitlines() if line.strip().startswith(row["market"])]
        for name in ("rate_before", "rate_after", "change_low", "change_high"):
            assert f"{100 * row[name]:.2f}%" in line
    assert "dispersion: " in drawn


def test_the_shown_text_runs_elsewhere_as_it_is_printed(demo, asked):
    import duckdb

    text = shell(*asked, "--show-sql").out
    assert text.endswith(";\n")
    with duckdb.connect(str(demo.store()), read_only=True) as connection:
        counted = connection.execute(text).df().set_index("market")["denominator_after"].to_dict()
    rows = json.loads(shell(*asked, "--format=json").out)["rows"]
    assert counted == {row["market"]: row["denominator_after"] for row in rows}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("query", "trends", "--store=demo"), "Did you mean 'trend'?"),
        (("query", "trend", "--store=demo"), "wants to know when"),
        (("query", "trend", "--store=dem", "--during=2026-W40"), "Did you mean 'demo'?"),
        (("query", "trend", "--store=../demo", "--during=2026-W40"), "cannot name a store"),
        (("query", "trend", "--store=demo", "--during=2026-W40", "--by=polcy"), "Did you mean 'policy'?"),
        (("query", "trend", "--store=demo", "--during=2026-W40", "--where=DE"), "Write it as dimension=value"),
        (("query", "trend", "--store=demo", "--during=2026-W40", "--format=xlsx"), "table, csv, json"),
        (("query", "trend", "--store=demo", "--during=2026-W40", "--as-of=noon"), "2026-11-16T06:00:00Z"),
        (("run", "02_overturn", "-pstore=demo"), "Did you mean '02_overturn_root_cause'?"),
        (("run", "02_overturn_root_cause", "-pmarket"), "Write it as -p name=value"),
        (("run", "02_overturn_root_cause", "-p=DE"), "Write it as -p name=value"),
        (("run", "02_overturn_root_cause", "-pbefor=2026-W40"), "Did you mean 'before'?"),
    ],
)
def test_an_error_is_a_sentence_that_says_what_works(demo, words, says):
    assert says in refused(*words, f"--workspace={demo.root}")


def test_files_and_mappings_that_are_not_there_are_said_to_be_missing(place, own_file):
    here = f"--workspace={place}"
    assert "gone.csv" in refused("ingest", str(place / "gone.csv"), "--store=x", here)
    assert "gone.toml" in refused("ingest", str(own_file), "--store=x", f"--mapping={place / 'gone.toml'}", here)
    assert "tiktok" in refused("ingest", str(own_file), "--store=x", "--mapping=tiktok_appeal", here)
    assert "appeal_id" in refused("ingest", str(own_file), "--store=x", here)
    assert "gone.ipynb" in refused("export", str(place / "gone.ipynb"), str(place / "page.html"))
    assert "not a folder" in refused("query", "trend", "--store=x", f"--workspace={place / 'gone'}")
    assert not (place / "data").exists() or not list(folders(place / "data" / "store"))


def test_a_word_that_is_no_command_or_option_is_a_usage_error():
    assert shell("demonstrate").code == 2
    assert shell("query", "trend").code == 2, "a store has to be named"


def test_the_exit_code_reaches_the_shell_without_a_traceback(demo):
    code = "from appeal_insights.cli import main; main()"
    words = ("query", "trend", "--store=dem", f"--workspace={demo.root}")
    said = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False)
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr.startswith("UnknownStore: No store 'dem'")
    assert said.stderr.count("\n") == 1


def test_a_load_ends_with_what_was_checked_of_the_records(demo, tmp_path):
    (tmp_path / "notebooks").mkdir()
    said = shell("ingest", str(demo.sample / "appeals.csv"), "--store=new", f"--workspace={tmp_path}")
    assert "  checks: 8 passed, 2 warned" in said.out
    assert "    warned: Received within six months of the enforcement (broken by 2 of 31,035)" in said.out


def test_lab_asks_nobody_for_news(demo, monkeypatch):
    started = []
    monkeypatch.chdir(demo.root)
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "mine")
    monkeypatch.setattr("os.execv", lambda program, words: started.extend(words))
    shell("lab", f"--workspace={demo.root}")
    assert "--LabApp.news_url=" in started
    settings, mine = os.environ["JUPYTER_CONFIG_PATH"].split(os.pathsep)
    assert mine == "mine"
    said = json.loads((Path(settings) / "labconfig" / "page_config.json").read_text())
    assert said["disabledExtensions"] == {"@jupyterlab/apputils-extension:announcements": True}


def test_the_demo_makes_three_reports_and_its_stores_do_not_grow_when_made_again(place, demo):
    shutil.copytree(demo.root / "notebooks", place / "notebooks", dirs_exist_ok=True)
    shutil.copytree(PROJECT / "data" / "public", place / "data" / "public")
    said = shell("demo", f"--workspace={place}")
    assert said.code == 0, said.err
    made = sorted(path.name for path in (place / "data" / "runs").iterdir() if path.is_dir())
    assert sorted(name.split("_", 1)[1] for name in made) == [
        "02_overturn_root_cause_demo_2026-W44..2026-W46_en",
        "02_overturn_root_cause_tiktok_complaint-type-visibility-service-account_2026-H1_both",
        "03_accuracy_drift_quality_2026-11-16_en",
    ]
    for name in made:
        notebook = "03_accuracy_drift" if "_03_" in name else "02_overturn_root_cause"
        page = place / "data" / "runs" / name / f"{notebook}.html"
        assert str(page) in said.out
        assert page.stat().st_size < (3_000_000 if "_03_" in name else 2_000_000)
    answers = [stores_say(place)]
    cli._make_demo_stores(find_workspace(place))
    answers.append(stores_say(place))
    assert answers[0] == answers[1]


def stores_say(place):
    """What the demo's stores answer, fingerprint and all."""
    return [
        shell("query", "before_after", f"--store={store}", f"--before={before}", f"--after={after}", "--format=json",
              f"--workspace={place}").out
        for store, before, after in (("demo", BEFORE, AFTER), ("tiktok", "2025-H2", "2026-H1"))
    ]  # fmt: skip

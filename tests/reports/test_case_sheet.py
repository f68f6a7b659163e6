"""A sheet goes out blind and comes back with nothing lost: every row is coded, blank or refused with a reason."""

import json
import zipfile
from dataclasses import replace

import pandas as pd
import pytest

from appeal_insights.errors import BadInput
from appeal_insights.findings.overturn import investigate
from appeal_insights.findings.reading import Cases
from appeal_insights.findings.sentences import conclude
from appeal_insights.findings.tally import REASONS, kept_tallies, reading, tally_sentence, with_reading
from appeal_insights.records.workspace import Workspace
from appeal_insights.reports.case_sheet import take_in_cases, write_cases
from tests.demo import finding, shell
from tests.findings.test_reading import ASKED, appeals
from tests.helpers import make_store

IDS = ["a1", "=1+1", "a3", "@x", "a5"]


@pytest.fixture
def place(tmp_path):
    (tmp_path / "notebooks").mkdir()
    return tmp_path


@pytest.fixture
def drawn():
    groups = ["case", "control", "case", "control", "case"]
    table = pd.DataFrame({"case": IDS, "group": groups, "cluster": None, "matched": ""})
    return Cases("dabc", {"segment": {"market": "GB"}}, table, ("en", "zh-CN"))


def sheet(path):
    return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")


def filled(place, drawn, reasons, *, also=()):
    """The sheet with a reason for each case in order, and more rows below: draw, number, case, reason, note."""
    table = sheet(write_cases(drawn, workspace=place)[0])
    table["Reason / 原因"] = reasons
    table = pd.concat([table, pd.DataFrame(list(also), columns=table.columns)])
    table.to_csv(place / "back.csv", index=False)
    return take_in_cases(place / "back.csv", workspace=place)


def test_a_sheet_shows_ids_and_nothing_that_tells_the_group(place, drawn):
    csv, xlsx = write_cases(drawn, workspace=place)
    table = sheet(csv)
    assert list(table) == ["Draw / 抽样", "No. / 序号", "Case / 案件编号", "Reason / 原因", "Note / 备注"]
    assert list(table.iloc[:, 2]) == ["a1", "'=1+1", "a3", "'@x", "a5"]  # no spreadsheet runs an id
    assert "control" not in csv.read_text(encoding="utf-8")
    with zipfile.ZipFile(xlsx) as packed:
        content = "".join(packed.read(name).decode() for name in packed.namelist())
    assert "=1+1" in content
    assert "<f>" not in content
    assert "control" not in content
    assert "dataValidation" in content


def test_a_reason_is_taken_by_its_id_or_in_either_language(place, drawn):
    taken = filled(place, drawn, ["tooling", "原处罚有误", "LENIENT review", "New evidence / 出现新证据", " Other "])
    assert list(taken.table["reason"]) == ["tooling", "wrong_enforcement", "lenient_review", "new_evidence", "other"]
    assert (taken.rows, taken.coded, taken.blank, taken.missing, taken.rejects) == (5, 5, 0, 0, [])


def test_every_row_is_coded_blank_or_refused_with_row_column_and_next_step(place, drawn):
    more = [
        ["dabc", "6", "zz", "Tooling", ""],
        ["dother", "7", "a5", "Tooling", ""],
        ["dabc", "8", "a1", "Other", ""],
        ["", "", "", "", ""],
    ]
    taken = filled(place, drawn, ["Tooling", "", "Toolin", "", ""], also=more)
    assert taken.rows == 8 == taken.coded + taken.blank + len(taken.rejects)
    assert (taken.coded, taken.blank, taken.missing) == (0, 3, 0)
    said = [reject.say("en") for reject in taken.rejects]
    assert said[0].startswith("Row 2, Case: “a1” stands there more than once, with different reasons. Keep one row.")
    assert said[1].startswith("Row 4, Reason: no reason “Toolin”. Did you mean 'Tooling'? Choose one of: Wrong enf")
    assert said[2].startswith("Row 7, Case: no case “zz” in this draw. Copy its id")
    assert said[3].startswith("Row 8, Draw: “dother” is another draw.")
    assert said[4].startswith("Row 9, Case: “a1” stands there more than once")
    assert "第 4 行，原因：没有原因“Toolin”" in taken.rejects[1].say("zh-CN")
    assert next(taken.lines("en")).startswith("dabc: 8 rows read = 0 coded + 3 without a reason + 5 rejected.")


def test_a_row_that_stands_twice_with_the_same_reason_counts_once(place, drawn):
    taken = filled(place, drawn, ["Tooling", "", "", "", ""], also=[["dabc", "6", "a1", "tooling", ""]])
    assert taken.coded == 1
    assert [(reject.why, reject.row) for reject in taken.rejects] == [("again", 7)]


def test_halves_that_come_back_one_by_one_are_put_together_and_a_later_reason_counts(place, drawn):
    filled(place, drawn, ["Tooling", "Other", "", "", ""])
    taken = filled(place, drawn, ["", "Tooling", "Other", "", ""])
    assert taken.table["reason"].fillna("").tolist() == ["tooling", "tooling", "other", "", ""]
    assert taken.changed == 1


def test_a_note_without_a_reason_is_kept(place, drawn):
    table = sheet(write_cases(drawn, workspace=place)[0])
    table.iloc[0, 4] = "ask the team, 等待"
    table.to_csv(place / "back.csv", index=False)
    assert take_in_cases(place / "back.csv", workspace=place).blank == 5
    kept = json.loads((place / "data" / "cases" / "dabc" / "coded.json").read_text(encoding="utf-8"))
    assert {"case": "a1", "reason": "", "note": "ask the team, 等待"} in kept["cases"]


def test_a_workbook_comes_back_as_the_csv_does(place, drawn):
    xlsx = write_cases(drawn, workspace=place)[1]
    taken = take_in_cases(xlsx, workspace=place)
    assert (taken.rows, taken.blank, taken.missing, taken.rejects) == (5, 5, 0, [])


def test_a_sheet_that_is_there_is_left_alone(place, drawn):
    csv, _ = write_cases(drawn, workspace=place)
    csv.write_text("half filled in", encoding="utf-8")
    write_cases(drawn, workspace=place)
    assert csv.read_text(encoding="utf-8") == "half filled in"


def test_rows_that_are_missing_are_counted(place, drawn):
    table = sheet(write_cases(drawn, workspace=place)[0])
    table.head(3).to_csv(place / "back.csv", index=False)
    assert take_in_cases(place / "back.csv", workspace=place).missing == 2


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("Draw,Reason\ndabc,Other\n", "lacks the columns Case"),
        ("Draw,Case,Reason\ndxyz,a1,Other\n", "names no draw of this workspace"),
    ],
)
def test_what_is_no_sheet_of_ours_is_refused(place, drawn, content, says):
    write_cases(drawn, workspace=place)
    (place / "back.csv").write_text(content, encoding="utf-8")
    with pytest.raises(BadInput, match=says):
        take_in_cases(place / "back.csv", workspace=place)
    with pytest.raises(BadInput, match="No file"):
        take_in_cases(place / "nowhere.csv", workspace=place)


def test_what_was_read_joins_the_next_inquiry_into_the_same_change(place):
    make_store(Workspace(place).store("s"), appeals())
    periods = [f"--{name}={ASKED[name]}" for name in ("store", "before", "after")]
    refused = shell("cases", "draw", *periods, f"--workspace={place}")
    assert refused.code == 1
    assert "only for an analyst" in refused.err
    said = shell("cases", "draw", *periods, "--audience=analyst", f"--workspace={place}")
    assert said.code == 0, said.err
    [folder] = (place / "data" / "cases").iterdir()
    key = json.loads((folder / "key.json").read_text(encoding="utf-8"))
    groups = {row["case"]: row["group"] for row in key["cases"]}
    table = sheet(folder / "cases.csv")
    table["Reason"] = ["Lenient review" if groups[case] == "case" else "New evidence" for case in table["Case"]]
    table.to_csv(place / "back.csv", index=False)
    said = shell("cases", "take-in", str(place / "back.csv"), f"--workspace={place}")
    assert said.code == 0, said.err
    assert "100 rows read = 100 coded + 0 without a reason + 0 rejected" in said.out
    evidence = investigate(**ASKED, workspace=place).evidence
    tallies = kept_tallies(Workspace(place), evidence)
    assert {name: found.why for name, found in tallies.items()} == {"segment_1": "tells"}
    inquiry = investigate(**ASKED, language="both", workspace=place)
    [before] = [each for each in conclude(evidence, inquiry.languages) if each.id == "segment_1"]
    after = finding(inquiry, "segment_1")
    assert (before.grade, after.grade) == ("likely", "confirmed")
    said = {
        language: (text.claim, after.as_json()["texts"][language]["grade"]) for language, text in after.told.items()
    }
    assert said["en"][0] == before.told["en"].claim + " " + tally_sentence(tallies["segment_1"], "en")
    assert "100.0% of the cases and 0.0% of the controls were put down to “Lenient review”" in said["en"][0]
    assert "a blind reading of its cases" in said["en"][1]
    assert "盲读" in said["zh-CN"][1]
    bare = with_reading(evidence, conclude(evidence, inquiry.languages), {})
    assert [each.grade for each in bare] == [each.grade for each in conclude(evidence, inquiry.languages)]
    [shown] = reading(evidence, tallies, "zh-CN")
    assert shown.title == "逐案阅读：市场：GB"
    assert shown.cells.rows[1][0] == "申诉审核偏宽"
    assert [row[3] for row in shown.cells.rows][1] == "100.0%（50 / 50）"
    assert len(shown.cells.rows) == len(REASONS)
    other = replace(evidence, after=evidence.before, before=evidence.after)
    assert kept_tallies(Workspace(place), other) == {}


def test_all_draws_of_a_cause_count_so_to_draw_again_is_no_way_to_confirm(place):
    make_store(Workspace(place).store("s"), appeals())
    for seed in (1, 2):
        asked = [f"--{name}={value}" for name, value in ASKED.items()]
        assert shell("cases", "draw", *asked, "--size=30", f"--seed={seed}", f"--workspace={place}").code == 0
    for folder, reason in zip(sorted((place / "data" / "cases").iterdir()), ("Tooling", "Other"), strict=True):
        table = sheet(folder / "cases.csv")
        table["Reason"] = reason
        table.to_csv(place / "back.csv", index=False)
        take_in_cases(place / "back.csv", workspace=place)
    found = kept_tallies(Workspace(place), investigate(**ASKED, workspace=place).evidence)["segment_1"]
    assert found.drawn["case"] > 50
    assert 0.4 < found.table.set_index("reason").loc["tooling", "rate_after"] < 0.6

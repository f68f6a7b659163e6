"""A file that nobody here designed is read with what was put right said, or refused with what to do."""

from datetime import datetime

import duckdb
import pytest

from appeal_insights.errors import AppealInsightsError, BadInput, BadMapping
from appeal_insights.records.ingest import ingest, ingest_folder
from appeal_insights.records.mapping import read_mapping
from appeal_insights.records.store import Store
from appeal_insights.reports.tables import intake_lines
from tests.helpers import FIRST_LOAD

HEADER = "appeal_id,market,policy,received_at,decided_at,outcome"
NAMES = {name: name for name in HEADER.split(",")}
TEXT = f"""{HEADER}
1,GB,仿冒品牌,2026-10-05T10:00:00Z,,
2,DE,垃圾信息,2026-10-06T10:00:00Z,2026-10-07T10:00:00Z,decision_upheld
"""
DIRTY = f"""{HEADER}
1,GB,,2026-10-05,,
2,GB,=1+1,1011-01-01,,
3,GB,,2919-01-01,,
4,GB,'quoted,2026-10-05,,decision_upheld
5,GB,"a, b",2026-10-05,2026-10-06,decision_upheldd
1,GB,,2026-10-05,,
7,GB,x
"""
SECOND_LOAD = datetime(2026, 11, 17, 6)


def take(tmp_path, content: bytes, *, name: str = "theirs.csv", **declared):
    (tmp_path / name).write_bytes(content)
    mapping = read_mapping({"columns": NAMES, **declared})
    return ingest(tmp_path / name, tmp_path / "s.duckdb", mapping=mapping, loaded_at=FIRST_LOAD)


def policies(tmp_path) -> list[str]:
    with Store(tmp_path / "s.duckdb") as store:
        return store.run("select policy from appeals order by appeal_id", what="policies")["policy"].tolist()


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", ()),
        ("utf-8-sig", ()),
        ("utf-16", ("read as UTF-16",)),
        ("utf-16-le", ("read as UTF-16-LE",)),
        ("utf-16-be", ("read as UTF-16-BE",)),
        ("gb18030", ("read as GB18030",)),
    ],
)
def test_a_text_is_read_in_its_own_encoding_and_that_is_said(tmp_path, encoding, said):
    intake = take(tmp_path, TEXT.encode(encoding))
    assert (intake.new, intake.rejected, intake.repairs) == (2, 0, said)
    assert policies(tmp_path) == ["仿冒品牌", "垃圾信息"]
    assert {file.name for file in tmp_path.iterdir()} == {"theirs.csv", "s.duckdb"}


def test_western_text_is_not_taken_for_chinese_and_the_mapping_may_name_its_encoding(tmp_path):
    western = TEXT.replace("仿冒品牌", "Gefälschte Größe").replace("垃圾信息", "Müll").encode("cp1252")
    with pytest.raises(BadInput, match=r'line 2 is not UTF-8 text.*encoding = "cp1252"'):
        take(tmp_path, western)
    assert take(tmp_path, western, encoding="cp1252").repairs == ("read as CP1252",)
    assert policies(tmp_path) == ["Gefälschte Größe", "Müll"]


@pytest.mark.parametrize(
    ("declared", "says"),
    [
        ({"encoding": "klingon"}, "No encoding 'klingon'"),
        ({"encoding": "utf-16"}, "is not UTF-16 text throughout"),
        ({"encoding": "ascii"}, "is not ASCII text throughout"),
    ],
)
def test_a_wrong_encoding_is_refused_and_nothing_is_taken_in(tmp_path, declared, says):
    with pytest.raises(BadInput, match=says):
        take(tmp_path, TEXT.encode(), **declared)
    assert [file.name for file in tmp_path.iterdir()] == ["theirs.csv"]


def test_title_lines_above_the_header_are_left_out_and_counted(tmp_path):
    intake = take(tmp_path, f"Appeals, by week\nExported 2026-11-01\n\n{TEXT}".encode())
    assert (intake.new, intake.repairs) == (2, ("3 lines above the header left out",))


def test_a_column_name_that_goes_over_two_lines_costs_no_row(tmp_path):
    header, *rows = TEXT.splitlines()
    lines = [f'{header},"two\r\nlines"', *(f"{row}," for row in rows)]
    intake = take(tmp_path, "".join(f"{line}\n" for line in lines).encode())
    assert (intake.read, intake.new) == (2, 2)


def test_the_mapping_may_say_where_the_header_is(tmp_path):
    again = TEXT.replace("GB", "GB").splitlines()
    intake = take(tmp_path, "\n".join([HEADER, *again]).encode(), header_row=2)
    assert (intake.read, intake.repairs) == (2, ("1 line above the header left out",))


@pytest.mark.parametrize("wrong", [{"header_row": 0}, {"header_row": "3"}, {"encoding": 8}, {"sheet": ""}])
def test_a_mapping_with_a_nonsensical_place_is_refused(wrong):
    with pytest.raises(BadMapping, match="Write for example"):
        read_mapping({"columns": NAMES, **wrong})


@pytest.mark.parametrize("damage", [lambda raw: raw[: len(raw) // 2], lambda raw: raw[:60] + b"\0" * 40 + raw[100:]])
def test_a_damaged_parquet_file_is_refused_and_nothing_is_taken_in(tmp_path, damage):
    (tmp_path / "rows.csv").write_text(TEXT, encoding="utf-8")
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (select * from read_csv('{tmp_path}/rows.csv', all_varchar = true)) to '{tmp_path}/r.parquet'"
        )
    raw = (tmp_path / "r.parquet").read_bytes()
    with pytest.raises(BadInput, match="Cannot read"):
        take(tmp_path, damage(raw), name="theirs.parquet")
    assert not (tmp_path / "s.duckdb").exists()
    assert take(tmp_path, raw, name="theirs.parquet").new == 2


def test_a_day_number_of_a_spreadsheet_is_a_time_where_the_mapping_says_so(tmp_path):
    rows = f"{HEADER}\n1,GB,,46341.25,,\n2,GB,,46341,,\n3,GB,,60,,\n4,GB,,2026-11-15,,\n"
    columns = {**NAMES, "received_at": {"to": "received_at", "format": "excel"}}
    intake = take(tmp_path, rows.encode(), columns=columns, zone="Asia/Dubai")
    assert intake.reasons[["reason", "rows"]].to_numpy().tolist() == [
        ["is not a time like 46341.25, days since 1899-12-30", 2]
    ]
    with Store(tmp_path / "s.duckdb") as store:
        moments = store.run("select received_at from appeals order by appeal_id", what="x")["received_at"]
    assert moments.tolist() == [datetime(2026, 11, 15, 2), datetime(2026, 11, 14, 20)]


def test_of_several_formats_the_first_that_reads_a_time_counts_and_doubt_is_counted(tmp_path):
    rows = f"{HEADER}\n1,GB,,05/10/2026,,\n2,GB,,2026-10-05,,\n3,GB,,10/25/2026,,\n4,GB,,10/10/2026,,\n5,GB,,soon,,\n"
    formats = ["%d/%m/%Y", "%m/%d/%Y", "%Y-%m-%d"]
    columns = {**NAMES, "received_at": {"to": "received_at", "format": formats}}
    intake = take(tmp_path, rows.encode(), columns=columns)
    assert (intake.new, intake.rejected, intake.several) == (4, 1, 1)  # 10/10 is the same day either way
    with Store(tmp_path / "s.duckdb") as store:
        days = store.run("select received_at from appeals order by appeal_id", what="x")["received_at"]
    assert days.dt.strftime("%m-%d").tolist() == ["10-05", "10-05", "10-25", "10-10"]
    assert "1 times fit more than one format" in "\n".join(intake_lines(intake, "s"))


def test_a_long_cell_is_data(tmp_path):
    assert take(tmp_path, TEXT.replace("仿冒品牌", "x" * 10_000).encode()).new == 2
    assert [len(policy) for policy in policies(tmp_path)] == [10_000, 4]


def test_rejected_rows_are_put_right_in_their_own_file_and_taken_in_with_the_same_mapping(tmp_path):
    intake = take(tmp_path, DIRTY.encode())
    assert (intake.new, intake.rejected) == (1, 6)
    assert intake.rejects == tmp_path / "s.rejects" / "1.csv"
    lines = intake.rejects.read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == f"{HEADER},rejected_row,rejected_column,rejected_reason"
    assert lines[1] == "2,GB,'=1+1,1011-01-01,,,2,received_at,lies outside the years 1900 to 2200"
    assert lines[3].startswith("4,GB,''quoted,2026-10-05,,decision_upheld,4,decided_at,")
    assert lines[6] == '7,GB,x,,,,7,,"has 3 cells, the header 6"'
    mended = "\n".join(lines).replace("1011-", "2026-").replace("2919-", "2026-").replace("upheldd", "upheld")
    (tmp_path / "mended.csv").write_text(mended, encoding="utf-8")
    mapping = read_mapping({"columns": NAMES})
    again = ingest(tmp_path / "mended.csv", tmp_path / "s.duckdb", mapping=mapping, loaded_at=SECOND_LOAD)
    assert (again.new, again.unchanged, again.rejected, again.unmapped) == (3, 1, 2, ())
    assert policies(tmp_path) == ["(blank)", "=1+1", "(blank)", "a, b"]


@pytest.mark.parametrize("saved_as", ["utf-8-sig", "cp1252"])
def test_rejected_rows_go_back_with_a_mapping_that_says_where_their_header_was_and_in_which_encoding(
    tmp_path, saved_as
):
    text = f"Bericht\n\n{HEADER}\n1,GB,Rückfrage,2026-10-05,,\n9,QX,,2026-10-05,,\n"
    declared = {"encoding": "cp1252", "header_row": 3}
    first = take(tmp_path, text.encode("cp1252"), **declared)
    assert first.rejected == 1
    mended = first.rejects.read_text(encoding="utf-8-sig").replace("QX", "GB").replace("9,GB,", "9,GB,Käse")
    again = take(tmp_path, mended.encode(saved_as), name="mended.csv", **declared)
    assert (again.read, again.new, again.rejected) == (1, 1, 0)
    assert "Käse" in policies(tmp_path)


def test_a_carriage_return_in_a_cell_of_a_rejected_row_stays_in_its_cell(tmp_path):
    first = take(tmp_path, f'{HEADER}\n1,GB,"spam\rscam","soon",,\n'.encode())
    again = take(tmp_path, first.rejects.read_bytes().replace(b"soon", b"2026-10-05"), name="mended.csv")
    assert (again.read, again.new, again.rejected) == (1, 1, 0)
    assert policies(tmp_path) == ["spam\rscam"]


def test_a_long_cell_of_a_rejected_row_goes_back_whole(tmp_path):
    long = "x" * 200_000
    first = take(tmp_path, f'{HEADER}\n1,GB, "{long}",soon,,\n2,GB,{long},soon,,\n'.encode())  # the first is untidy
    assert (first.read, first.rejected) == (2, 2)
    again = take(tmp_path, first.rejects.read_bytes().replace(b"soon", b"2026-10-05"), name="mended.csv")
    assert (again.read, again.new) == (2, 2)
    assert policies(tmp_path) == [f'"{long}"', long]


def test_a_mended_file_that_is_no_text_any_more_is_refused(tmp_path):
    rejects = take(tmp_path, DIRTY.encode()).rejects.read_bytes()
    with pytest.raises(BadInput, match=r"Save the mended file as CSV UTF-8 again"):
        take(tmp_path, rejects + b"\xff", name="mended.csv")


def test_a_header_row_below_the_end_of_a_file_is_refused(tmp_path):
    with pytest.raises(BadInput, match=r"has 3 lines, so its header cannot be in line 1000000000000"):
        take(tmp_path, TEXT.encode(), header_row=10**12)


def test_an_encoding_with_a_nul_in_its_name_is_none(tmp_path):
    with pytest.raises(BadInput, match="No encoding"):
        take(tmp_path, TEXT.encode(), encoding="utf-8\0")


def test_a_check_says_what_would_be_and_changes_nothing(tmp_path):
    take(tmp_path, TEXT.encode())
    before = {file: file.read_bytes() for file in tmp_path.iterdir()}
    (tmp_path / "new.csv").write_text(TEXT.replace("upheld", "reversed") + "9,QX,,soon,,\n", encoding="utf-8")
    mapping = read_mapping({"columns": NAMES})
    found = ingest(tmp_path / "new.csv", tmp_path / "s.duckdb", mapping=mapping, loaded_at=SECOND_LOAD, check=True)
    assert (found.new, found.changed, found.unchanged, found.rejected) == (0, 1, 1, 1)
    assert "nothing was changed: 1 versions would be opened, 1 closed" in "\n".join(intake_lines(found, "s"))
    (tmp_path / "new.csv").unlink()
    assert {file: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_the_same_file_again_is_no_new_load_and_that_is_said(tmp_path):
    take(tmp_path, TEXT.encode())
    before = (tmp_path / "s.duckdb").read_bytes()
    mapping = read_mapping({"columns": NAMES})
    intake = ingest(tmp_path / "theirs.csv", tmp_path / "s.duckdb", mapping=mapping, loaded_at=SECOND_LOAD)
    assert (intake.again, intake.unchanged) == (True, 2)
    assert "taken in before" in "\n".join(intake_lines(intake, "s"))
    assert (tmp_path / "s.duckdb").read_bytes() == before


def test_the_files_of_a_folder_are_taken_in_by_name_all_or_none_and_each_once(tmp_path):
    folder, store = tmp_path / "days", tmp_path / "s.duckdb"
    folder.mkdir()
    (folder / "2026-10-02.csv").write_text(TEXT.replace("upheld", "reversed").replace("\n1,", "\n3,"), encoding="utf-8")
    (folder / "2026-10-01.csv").write_text(TEXT, encoding="utf-8")
    first, second = ingest_folder(folder, store, loaded_at=FIRST_LOAD)
    assert (first.source, first.new, first.changed) == ("2026-10-01.csv", 2, 0)
    assert (second.source, second.new, second.changed) == ("2026-10-02.csv", 1, 1)
    with Store(store) as opened:
        assert opened.loads[["source", "backfilled"]].to_numpy().tolist() == [
            ["2026-10-01.csv", True],
            ["2026-10-02.csv", True],
        ]
        outcomes = opened.run(
            "select outcome from appeals where appeal_id = '2' and known_from < known_to", what="visible"
        )
    assert outcomes["outcome"].tolist() == ["decision_reversed"]
    before = store.read_bytes()
    (folder / "2026-10-03.csv").write_text("something,else\n1,2\n", encoding="utf-8")
    with pytest.raises(AppealInsightsError) as caught:
        ingest_folder(folder, store, loaded_at=SECOND_LOAD)
    assert "2026-10-03.csv" in caught.value.__notes__[0]
    assert store.read_bytes() == before
    (folder / "2026-10-03.csv").write_text(TEXT.replace("\n2,", "\n4,"), encoding="utf-8")
    assert [intake.again for intake in ingest_folder(folder, store, loaded_at=SECOND_LOAD)] == [True, True, False]


def workbook(path) -> bytes:
    xlsxwriter = pytest.importorskip("xlsxwriter")
    book = xlsxwriter.Workbook(path)
    book.add_worksheet("Notes").write(0, 0, "nothing")
    sheet = book.add_worksheet("Data")
    sheet.write(0, 0, "Appeals by week")
    sheet.write_row(2, 0, NAMES)
    sheet.write_row(3, 0, [7, "GB", "仿冒品牌"])
    sheet.write_datetime(3, 3, datetime(2026, 10, 5, 6, 30), book.add_format({"num_format": "yyyy-mm-dd hh:mm"}))
    book.close()
    return path.read_bytes()


def test_a_sheet_of_a_workbook_is_read_with_its_dates(tmp_path):
    pytest.importorskip("python_calamine")
    raw = workbook(tmp_path / "theirs.xlsx")
    intake = take(tmp_path, raw, name="theirs.xlsx", sheet="Data", zone="Asia/Dubai")
    assert intake.repairs == ("sheet 'Data' read (Notes not read)", "2 lines above the header left out")
    with Store(tmp_path / "s.duckdb") as store:
        found = store.run("select appeal_id, policy, received_at from appeals", what="x")
    assert found.to_numpy().tolist() == [["7", "仿冒品牌", datetime(2026, 10, 5, 2, 30)]]
    with pytest.raises(BadInput, match=r"no sheet 'Dta'\. Did you mean 'Data'"):
        take(tmp_path, raw, name="theirs.xlsx", sheet="Dta")
    with pytest.raises(BadInput, match="Cannot read"):
        take(tmp_path, raw[:2000], name="theirs.xlsx", sheet="Data")

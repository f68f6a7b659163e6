"""What the database takes as good beyond doubt, the checks with reasons take too, and as the same values."""

import csv
from datetime import datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appeal_insights.records.bulk import uncertain_pages
from appeal_insights.records.checking import check_page
from appeal_insights.records.ingest import ingest
from appeal_insights.records.mapping import read_mapping
from appeal_insights.records.reading import is_plain, read_pages
from appeal_insights.records.store import Store, writing
from tests.helpers import FIRST_LOAD, content

COLUMNS = ["appeal_id", "market", "policy", "appeal_round", "evidence_provided", "outcome"]
INSTANTS = ["enforced_at", "received_at", "decided_at"]
SPACES = "\t\n\v\f\r \x1c\x1d\x1e\x1f\x85\xa0\u1680\u180e\u2000\u200b\u2028\u202f\u205f\u3000\ufeff"
MOMENTS = st.datetimes(datetime(1899, 12, 30), datetime(2201, 1, 3)) | st.datetimes(
    datetime(2026, 1, 1), datetime(2026, 12, 31)
)
SHAPES = [
    "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S.%fZ", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d", "%Y-%m-%dT%H:%MZ",
    "%Y-%m-%dT%H:%M:%S+02:00", "%Y-%m-%d %H:%M:%S-0530", "%Y-%m-%dT%H:%M+14:00", "%Y-%m-%dT%H:%M:%S+05", "%Y-%m-%d+02",
    "%Y-%m-%dT%H:%M:%S.1234567", "%Y-%m-%dT24:00:00", "%Y-%m-%dT%H:%M:60Z", "%Y-%m-%dT%HZ", "%Y%m%dT%H%M%SZ", "%Y-%m",
    "%d/%m/%Y", "%Y-%m-%dt%H:%M:%Sz", "%y-%m-%d", "%Y-%m-%dT%H:%M:%S+24:00", "%Y-%m-%dT%H:%M:%S -01:00",
    "%Y-%m-%d %H:%M:%S UTC",
]  # fmt: skip
FORMATS = [
    "%d/%m/%Y %H:%M",
    "%d.%m.%Y",
    "%Y%m%d",
    "%Y",
    "%m/%d/%Y %H:%M:%S",
    "%Y-%m-%dT%H:%M:%SZ",
    "%d %b %Y",
    "%H:%M %d-%m-%Y",
]
ZONES = ["UTC", "Europe/Berlin", "Africa/Casablanca", "Africa/Cairo", "Australia/Lord_Howe", "America/St_Johns"]


def one_digit(text: str) -> str:
    """Days and hours as they are written without a zero before them."""
    return text.replace("/0", "/").removeprefix("0").replace(" 0", " ")


def times(shapes: list[str]) -> st.SearchStrategy[str]:
    written = st.builds(lambda moment, shape: moment.strftime(shape), MOMENTS, st.sampled_from(shapes))
    return written | written.map(one_digit) | st.sampled_from(["", "soon", "2026-02-30", "0000-00-00", " ", "1"])


PADDED = st.builds(
    lambda before, text, after: before + text + after,
    st.sampled_from(["", "", "", *SPACES]),
    st.sampled_from(["", "a", "a b", "改判", "a\0b", "\x01", '"', "x,y", "é\u0301"]),
    st.sampled_from(["", "", "", *SPACES]),
)
CELLS = {
    "appeal_id": PADDED,
    "market": st.sampled_from(["GB", "DE", "NO", "gb", "QX", "", " GB", "GBR", "Großbritannien"]),
    "policy": PADDED,
    "appeal_round": st.sampled_from(["1", "9", "0", "10", "", "1.0", "\uff11", "one"]),
    "evidence_provided": st.sampled_from(["Yes", "no", "true", "", " Yes", "yes", "maybe"]),
    "outcome": st.sampled_from(["decision_upheld", "kept", "", "withdrawn", "decision_upheldd", "kept "]),
}


def both(path, rows: list[dict[str, str]], mapping) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows that the database was certain of, and all good rows of the checks with reasons."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*COLUMNS, *INSTANTS], quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(rows)
    [page] = read_pages(path)
    good = check_page(page.rows, mapping).good.set_index("source_row")
    with writing(path.with_suffix(".duckdb")) as target:
        pages = list(uncertain_pages(target, path, mapping))
        certain = target.connection.execute(
            "select rowid + 1 as source_row, * exclude (cells) from taken where cells is null"
        ).df()
    looked_at = {number for page in pages for number in (*page.rows.index, *page.bad["row"])}
    assert looked_at | set(certain["source_row"]) == set(range(1, len(rows) + 1))
    assert not looked_at & set(certain["source_row"])
    return certain.set_index("source_row"), good


def same(certain: pd.DataFrame, good: pd.DataFrame) -> None:
    assert set(certain.index) <= set(good.index)
    texts = (table.loc[certain.index, list(good)].astype("str").fillna("") for table in (certain, good))
    pd.testing.assert_frame_equal(*texts, check_dtype=False)


@settings(max_examples=10)
@given(data=st.data(), zone=st.sampled_from(ZONES), form=st.sampled_from([None, *FORMATS]))
def test_what_is_certain_is_good_and_means_the_same(tmp_path_factory, data, zone, form):
    cells = {**CELLS, **dict.fromkeys(INSTANTS, times([form] if form else SHAPES))}
    rows = data.draw(st.lists(st.fixed_dictionaries(cells), min_size=1, max_size=40))
    how = {name: {"to": name, "format": form} if form else name for name in INSTANTS}
    declared = {
        "zone": zone,
        "absent": ["received_at"],
        "columns": {**{name: name for name in COLUMNS}, **how},
        "values": {
            "evidence_provided": {"Yes": True, "no": False},
            "outcome": {"kept": "decision_upheld", "withdrawn": ""},
        },
    }
    same(*both(tmp_path_factory.mktemp("both") / "rows.csv", rows, read_mapping(declared)))


def row(**cells: str) -> dict[str, str]:
    return {**dict.fromkeys([*COLUMNS, *INSTANTS], ""), "appeal_id": "1", "market": "GB", **cells}


@pytest.mark.parametrize("zone", ZONES)
def test_every_hour_around_a_change_of_the_clocks_is_certain_only_where_it_is_one(tmp_path, zone):
    start = datetime(2026, 1, 1, 0, 30)
    hours = [start + timedelta(hours=number) for number in range(365 * 24)]
    rows = [row(appeal_id=str(number), received_at=hour.isoformat()) for number, hour in enumerate(hours)]
    declared = {"zone": zone, "columns": {name: name for name in ("appeal_id", "market", "received_at")}}
    certain, good = both(tmp_path / "rows.csv", rows, read_mapping(declared))
    same(certain, good)
    assert len(certain) >= len(rows) - 4 * 4  # up to four changes a year, each with the hours beside it


def test_plain_rows_are_certain_so_that_a_file_is_taken_in_fast(tmp_path):
    rows = [
        row(
            received_at="2026-10-05T10:00:00Z",
            policy="仿冒 品牌",
            outcome="kept",
            decided_at="2026-10-06T10:00:00+02:00",
        ),
        row(appeal_id="2", received_at="2026-10-05 10:00:00.25", evidence_provided="no"),
        row(appeal_id="3", received_at="2026-10-05"),
    ]
    names = {name: name for name in [*COLUMNS, *INSTANTS]}
    values = {"outcome": {"kept": "decision_upheld"}, "evidence_provided": {"no": False}}
    mapping = read_mapping({"zone": "Asia/Tokyo", "columns": names, "values": values})
    certain, good = both(tmp_path / "rows.csv", rows, mapping)
    assert len(certain) == len(good) == 3
    assert certain["received_at"].tolist() == [
        datetime(2026, 10, 5, 10), datetime(2026, 10, 5, 1, 0, 0, 250_000), datetime(2026, 10, 4, 15),
    ]  # fmt: skip


PIECES = st.sampled_from(
    ['"', '""', ",", "\n", "\r\n", "\r", " ", "\t", "a", "1", "'", "#", "\\", "é", "\0", "\ufeff", "\x80"]
)


@settings(max_examples=60)
@given(st.lists(PIECES, max_size=14))
def test_a_file_that_is_called_plain_has_the_same_rows_for_every_reader(tmp_path_factory, pieces):
    path = tmp_path_factory.mktemp("plain") / "rows.csv"
    path.write_bytes("".join(["appeal_id,market,received_at\n", *pieces]).encode("utf-8", "surrogatepass"))
    if not is_plain(path):
        return
    names = ["appeal_id", "market", "received_at"]
    mapping = read_mapping({"columns": {name: name for name in names}})
    with writing(path.with_suffix(".duckdb")) as target:
        try:
            found = list(uncertain_pages(target, path, mapping))
        except Exception as error:
            with pytest.raises(type(error)):
                list(read_pages(path))
            return
    expected = list(read_pages(path))
    for part in ("rows", "bad"):
        frames = [[getattr(page, part) for page in pages] for pages in (found, expected)]
        ours, theirs = (pd.concat(some) if some else pd.DataFrame() for some in frames)
        assert ours.fillna("").to_numpy().tolist() == theirs.fillna("").to_numpy().tolist()


def test_a_csv_and_the_same_rows_as_a_table_make_the_same_store(tmp_path):
    rows = [
        row(appeal_id=str(number), received_at=text, outcome=outcome, decided_at=decided)
        for number, (text, outcome, decided) in enumerate(
            [
                ("2026-10-05T10:00:00Z", "decision_upheld", "2026-10-06"),
                ("2026-10-05 10:00", "", ""),
                ("5 October", "decision_upheld", "2026-10-06"),
                ("2026-10-05", "decision_upheld", "2026-10-04"),
                ("2026-10-05", "", "2026-10-06"),
                ("2026-10-25T02:30:00", "", ""),
                (" 2026-10-05", "", ""),
            ]
        )
    ]
    table = pd.DataFrame([*rows, rows[0]], dtype="str")
    table.to_csv(tmp_path / "rows.csv", index=False)
    mapping = read_mapping({"zone": "Europe/Berlin", "columns": {name: name for name in table}})
    told = {}
    for name, source in {"csv": tmp_path / "rows.csv", "table": table}.items():
        intake = ingest(source, tmp_path / f"{name}.duckdb", mapping=mapping, loaded_at=FIRST_LOAD)
        with Store(tmp_path / f"{name}.duckdb") as store:
            rejects = store.run(
                "select * exclude source from rejects order by source_row, source_column", what="rejects"
            )
        told[name] = (
            intake.read,
            intake.new,
            intake.rejected,
            intake.ambiguous,
            rejects.to_csv(),
            content(store.path).to_csv(),
        )
    assert told["csv"] == told["table"]
    assert told["csv"][:4] == (8, 4, 4, 1)

"""Their values become ours, or the row is set aside with its row number, column, value and reason."""

import re
from datetime import UTC, datetime
from importlib.resources import files
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appeal_insights.records.checking import as_text, check_page
from appeal_insights.records.ingest import ingest
from appeal_insights.records.mapping import read_mapping, same_names
from tests.helpers import table

BASE = {"appeal_id": "1", "market": "GB", "received_at": "2026-10-05T10:00:00Z"}


def check(rows: list[dict[str, object]] | pd.DataFrame, **declared):
    """Rows that lack a column get an unremarkable one."""
    frame = pd.DataFrame(rows).set_axis(range(1, len(rows) + 1))
    columns = declared.pop("columns", {})
    taken = {target if isinstance(target, str) else target["to"] for target in columns.values()}
    for name in BASE.keys() - taken:
        columns = {**columns, name: name}
        if name not in frame:
            frame[name] = [f"{place}" for place in frame.index] if name == "appeal_id" else BASE[name]
    return check_page(frame, read_mapping({"columns": columns, **declared}))


def received(text: object, zone: str = "UTC", **how: str):
    checked = check([{"received_at": text}], zone=zone, columns={"received_at": {"to": "received_at", **how}})
    return checked.good["received_at"].tolist(), checked.rejects["reason"].tolist(), checked.ambiguous


def test_their_values_are_translated_and_ours_stay():
    checked = check(
        table("""
        appeal_id | result   | proof
        1         | kept     | Yes
        2         | undone   | no
        3         | decision_omitted |
        4         | not yet  | Yes
        """),
        columns={"result": "outcome", "proof": "evidence_provided"},
        values={
            "outcome": {"kept": "decision_upheld", "undone": "decision_reversed", "not yet": ""},
            "evidence_provided": {"Yes": True, "no": False},
        },
    )
    assert checked.rejects.empty
    outcomes = checked.good["outcome"]
    assert outcomes[:3].tolist() == ["decision_upheld", "decision_reversed", "decision_omitted"]
    assert outcomes.isna().tolist() == [False, False, False, True]
    assert checked.good["evidence_provided"].fillna("-").tolist() == ["true", "false", "-", "true"]


def test_an_unknown_code_is_set_aside_with_row_column_value_and_the_nearest_code():
    rows = [{"result": "decision_upheld"}, {"result": "decision_upheldd"}]
    checked = check(rows, columns={"result": "outcome"})
    [reject] = checked.rejects.to_dict("records")
    assert (reject["row"], reject["column"], reject["value"]) == (2, "result", "decision_upheldd")
    assert reject["reason"].startswith("is no outcome. Did you mean 'decision_upheld'? Known: decision_upheld,")
    assert checked.good["source_row"].tolist() == [1]


def test_a_row_with_several_problems_is_told_each_of_them():
    checked = check([{"market": "gb", "received_at": "soon"}])
    assert checked.rejects["row"].tolist() == [1, 1]
    assert checked.rejects["column"].tolist() == ["market", "received_at"]
    assert checked.good.empty


def test_an_empty_required_cell_is_set_aside():
    checked = check([{"market": ""}, {"market": "  "}, {"market": None}, {"market": "GB"}])
    assert checked.rejects["row"].tolist() == [1, 2, 3]
    assert set(checked.rejects["reason"]) == {"is empty, and every row needs it"}


@pytest.mark.parametrize(
    ("market", "reason"),
    [
        ("gb", "does not look like [A-Z]{2} (Country of the affected account, ISO 3166-1 alpha-2)"),
        ("GBR", "does not look like [A-Z]{2} (Country of the affected account, ISO 3166-1 alpha-2)"),
        ("QX", "is no ISO 3166-1 country code"),
    ],
)
def test_a_market_is_a_country_code(market, reason):
    assert check([{"market": market}]).rejects["reason"].tolist() == [reason]


@pytest.mark.parametrize("market", ["NO", "US", "GB", "AE", "XK", "NA"])
def test_norway_and_namibia_stay_countries(market):
    assert check([{"market": market}]).good["market"].tolist() == [market]


def test_a_market_without_a_clock_of_its_own_takes_the_one_of_the_mapping():
    checked = check([{"market": "GB"}, {"market": "US"}], zone="America/New_York")
    assert checked.good["zone"].tolist() == ["Europe/London", "America/New_York"]


def test_leading_zeros_and_words_that_look_like_nothing_stay_text():
    rows = [{"site": value} for value in ("012", "NA", "null", "None", "nan", "1e5", "TRUE")]
    checked = check(rows, columns={"site": "site"})
    assert checked.good["site"].tolist() == ["012", "NA", "null", "None", "nan", "1e5", "TRUE"]


@pytest.mark.parametrize(
    ("column", "text"),
    [
        (pd.Series([True, False]), ["true", "false"]),
        (pd.Series([True, None], dtype="boolean"), ["true", None]),
        (pd.Series([True, None], dtype="object"), ["true", None]),
        (pd.Series([np.True_, None], dtype="object"), ["true", None]),
        (pd.Series([1, 2]), ["1", "2"]),
        (pd.Series([1, None], dtype="Int64"), ["1", None]),
        (pd.Series([1234567890123456789, None], dtype="Int64"), ["1234567890123456789", None]),
        (pd.Series([1.0, None]), ["1", None]),
        (pd.Series([1.0, None], dtype="float32"), ["1", None]),
        (pd.Series([1.5, float("inf")]), ["1.5", "inf"]),
        (pd.Series([" a ", "  "]), ["a", None]),
        (pd.Series(["a", None], dtype="category"), ["a", None]),
        (pd.Series([1, None], dtype="object"), ["1", None]),
        (pd.Series([None, None]), [None, None]),
        (pd.Series([], dtype="float64"), []),
    ],
)
def test_numbers_and_booleans_become_the_text_that_a_csv_has(column, text):
    found = as_text(column)
    assert [None if missing else value for value, missing in zip(found, found.isna(), strict=True)] == text


def test_the_round_of_an_appeal_may_come_as_a_number():
    checked = check(pd.DataFrame({"round": [1.0, 2.0, np.nan, 2.5]}), columns={"round": "appeal_round"})
    assert checked.good["appeal_round"].fillna("-").tolist() == ["1", "2", "-"]
    assert checked.rejects["value"].tolist() == ["2.5"]


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b"])
def test_characters_that_no_store_holds_are_set_aside(text):
    checked = check([{"policy": text}], columns={"policy": "policy"})
    [reject] = checked.rejects.to_dict("records")
    assert reject["reason"] == "holds a NUL or a broken character"
    assert reject["value"] == "a\N{REPLACEMENT CHARACTER}b"


def test_a_long_value_is_shown_in_part():
    checked = check([{"market": "x" * 5000}])
    assert checked.rejects["value"].tolist() == ["x" * 200]


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-10-05T10:00:00Z", datetime(2026, 10, 5, 10)),
        ("2026-10-05T10:00:00z", datetime(2026, 10, 5, 10)),
        ("2026-10-05T10:00:00+02:00", datetime(2026, 10, 5, 8)),
        ("2026-10-05T10:00:00+0200", datetime(2026, 10, 5, 8)),
        ("2026-10-05 10:00:00+02", datetime(2026, 10, 5, 8)),
        ("2026-10-05 10:00:00.25-05:30", datetime(2026, 10, 5, 15, 30, 0, 250_000)),
        ("2026-10-05 10:00", datetime(2026, 10, 5, 8)),
        ("2026-10-05", datetime(2026, 10, 4, 22)),
        ("2026-12-05T10:00:00", datetime(2026, 12, 5, 9)),
    ],
)
def test_a_time_without_an_offset_is_on_the_clock_of_the_mapping(text, utc):
    assert received(text, "Europe/Berlin") == ([utc], [], 0)


def test_times_with_and_without_different_offsets_may_stand_in_one_column():
    texts = ["2026-10-05T10:00:00Z", "2026-10-05T10:00:00+02:00", "2026-10-05 10:00:00+01", "2026-10-05T10:00:00", "?"]
    checked = check([{"received_at": text} for text in texts], zone="Asia/Dubai")
    assert [moment.hour for moment in checked.good["received_at"]] == [10, 8, 9, 6]
    assert checked.rejects["row"].tolist() == [5]


def test_a_format_may_read_different_offsets():
    rows = [{"at": "05/10/2026 10:00 +0200"}, {"at": "05/10/2026 10:00 -0500"}, {"at": "2026-10-05"}]
    checked = check(rows, columns={"at": {"to": "received_at", "format": "%d/%m/%Y %H:%M %z"}}, zone="Asia/Dubai")
    assert [moment.hour for moment in checked.good["received_at"]] == [8, 15]
    assert checked.rejects["reason"].tolist() == ["is not a time like %d/%m/%Y %H:%M %z"]


def test_a_year_alone_is_its_first_moment_on_the_clock_of_the_mapping():
    assert received("2014", "America/Los_Angeles", format="%Y") == ([datetime(2014, 1, 1, 8)], [], 0)


def test_a_day_first_format_is_never_guessed():
    assert received("05/10/2026")[1] == ["is not a time like 2026-11-16T06:00:00Z"]
    assert received("05/10/2026", format="%d/%m/%Y")[0] == [datetime(2026, 10, 5)]


@pytest.mark.parametrize("text", ["soon", "2026-13-01", "2026-02-30", "2026-10-05T25:00:00Z", "1764547200", "10:00"])
def test_what_is_no_time_is_set_aside(text):
    assert received(text)[:2] == ([], ["is not a time like 2026-11-16T06:00:00Z"])


@pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31", "9999-12-31T23:59:59-05:00", "1899-12-31"])
def test_a_placeholder_is_no_time(text):
    assert received(text)[:2] == ([], ["lies outside the years 1900 to 2200"])


def test_an_hour_that_the_clocks_skip_does_not_exist():
    good, reasons, ambiguous = received("2026-03-29T02:30:00", "Europe/Berlin")
    assert (good, ambiguous) == ([], 0)
    assert reasons == ["does not exist on the clocks of Europe/Berlin, which went forward over it"]


def test_of_an_hour_that_the_clocks_repeat_the_first_is_taken_and_counted():
    assert received("2026-10-25T02:30:00", "Europe/Berlin") == ([datetime(2026, 10, 25, 0, 30)], [], 1)
    assert received("2026-10-25T02:30:00+01:00", "Europe/Berlin") == ([datetime(2026, 10, 25, 1, 30)], [], 0)


def test_times_of_pandas_are_read_like_text():
    naive = pd.Series(pd.to_datetime(["2026-10-25T02:30:00", "2026-03-29T02:30:00", "2026-10-05T10:00:00", None]))
    checked = check(pd.DataFrame({"received_at": naive}), zone="Europe/Berlin")
    assert checked.good["received_at"].tolist() == [datetime(2026, 10, 25, 0, 30), datetime(2026, 10, 5, 8)]
    assert sorted(checked.rejects["row"]) == [2, 4]
    aware = naive.dropna().dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo")
    checked = check(pd.DataFrame({"received_at": aware}), zone="Europe/Berlin")
    assert checked.good["received_at"].tolist() == naive.dropna().tolist()


def test_the_instant_of_the_extract_may_come_by_row_or_for_all_rows():
    frame = pd.DataFrame([{**BASE, "known_from": "2026-11-01T00:00:00Z"}], index=[1])
    by_row = check_page(frame, same_names("appeals", list(frame)))
    for_all = check([{}], constants={"known_from": "2026-11-01T00:00:00Z"})
    for checked in (by_row, for_all):
        assert checked.good["known_from"].tolist() == [datetime(2026, 11, 1)]


def test_a_scope_that_cannot_be_read_is_set_aside():
    frame = table("""
        event_id | event_type | title_en | starts_at  | scope
        1        | incident   | Outage   | 2026-10-05 | market=DE
        2        | incident   | Outage   | 2026-10-05 | Germany
        3        | incident   | Outage   | 2026-10-05 |
    """)
    checked = check_page(frame.set_axis([1, 2, 3]), same_names("known_events", list(frame)))
    assert checked.rejects[["row", "column", "value"]].to_numpy().tolist() == [[2, "scope", "Germany"]]


def installed_clock(zone: str) -> ZoneInfo:
    """A clock of the pinned package tzdata: the machine's own may not know what governments decided since."""
    with files("tzdata.zoneinfo").joinpath(zone).open("rb") as rules:
        return ZoneInfo.from_file(rules, key=zone)


ZONES = st.sampled_from(["Europe/London", "Africa/Cairo", "Asia/Dubai", "Africa/Casablanca", "America/St_Johns"])


@settings(max_examples=12)
@given(st.lists(st.datetimes(datetime(1990, 1, 1), datetime(2035, 1, 1)), min_size=1, max_size=30), ZONES)
def test_a_naive_time_means_what_the_clock_of_its_zone_showed(moments, zone):
    rows = [{"received_at": moment.isoformat()} for moment in moments]
    checked = check(rows, zone=zone)
    clock = installed_clock(zone)
    shown = [moment.replace(tzinfo=clock) for moment in moments]
    utc = [moment.astimezone(UTC).replace(tzinfo=None) for moment in shown]
    back = [moment.replace(tzinfo=UTC).astimezone(clock).replace(tzinfo=None) for moment in utc]
    skipped = [place for place, (one, other) in enumerate(zip(moments, back, strict=True), 1) if one != other]
    assert checked.rejects["row"].tolist() == skipped
    assert checked.good["received_at"].tolist() == [at for place, at in enumerate(utc, 1) if place not in skipped]
    repeated = [at.utcoffset() != at.replace(fold=1).utcoffset() for at in shown]
    assert checked.ambiguous == sum(repeated) - len(skipped)  # a skipped hour has two offsets as well


@settings(max_examples=25)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), min_size=1, max_size=6))
def test_whatever_a_cell_holds_it_is_good_or_set_aside(texts):
    checked = check(
        [{"received_at": text, "market": text, "round": text} for text in texts], columns={"round": "appeal_round"}
    )
    assert sorted({*checked.good["source_row"], *checked.rejects["row"]}) == list(range(1, len(texts) + 1))
    assert not set(checked.good["source_row"]) & set(checked.rejects["row"])
    assert all(re.search(r"\w", reason) for reason in checked.rejects["reason"])


def test_a_time_of_a_year_that_no_clock_knows_is_set_aside_on_any_clock():
    assert received("-1", "Asia/Shanghai")[1] == ["lies outside the years 1900 to 2200"]


def test_halves_of_characters_are_set_aside_whatever_else_is_wrong_with_their_cell(tmp_path):
    rows = pd.DataFrame([{"appeal_id": "1", "market": "\ud800", "received_at": "\udfff", "outcome": "\ud800"}])
    intake = ingest(rows, tmp_path / "s.duckdb")
    assert (intake.read, intake.rejected) == (1, 1)
    assert set(intake.reasons["column"]) == {"market", "received_at", "outcome"}
    assert (intake.reasons["example"] == "\N{REPLACEMENT CHARACTER}").all()

"""Counted figures enter with their own grain and dimensions; what they do not hold is refused, never invented."""

import re
from datetime import datetime

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appeal_insights.errors import BadInput, BadMapping, BadParameter, TooFine, UnknownMetric
from appeal_insights.findings.answer import query as ask_by_name
from appeal_insights.metrics.metric import metrics
from appeal_insights.metrics.query import dimensions, query
from appeal_insights.records.figures import ingest_figures, is_figures, read_figures_mapping
from appeal_insights.records.ingest import ingest
from appeal_insights.records.store import Store
from tests.helpers import FIRST_LOAD, SHEET, answer, content, decided, digest_at, make_sheet, question, table

SECOND_LOAD = datetime(2026, 11, 17)
WEEKS = table("""
    week     | market | reversed | decided
    2026-W40 | GB     | 40       | 100
    2026-W40 | DE     | 10       | 50
    2026-W41 | GB     | 30       | 1,200
""")
TOTAL = {"column": "market", "value": "all", "of": ["GB", "DE"]}


def take_in(rows, path, *, loaded_at=FIRST_LOAD, **declared):
    return ingest_figures(rows, path, mapping=read_figures_mapping({**SHEET, **declared}), loaded_at=loaded_at)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return make_sheet(tmp_path_factory.mktemp("sheet") / "sheet.duckdb", WEEKS)


@pytest.fixture
def store(path):
    with Store(path) as opened:
        yield opened


def test_figures_come_back_as_they_were_counted(path):
    rows = answer(path, "trend", "2026-W40", "2026-W41", by=("market",), grain="week")
    assert rows[["market", "period_label", "numerator", "denominator"]].to_numpy().tolist() == [
        ["DE", "2026-W40", 10, 50],
        ["DE", "2026-W41", 0, 0],
        ["GB", "2026-W40", 40, 100],
        ["GB", "2026-W41", 30, 1200],
    ]


def test_figures_add_up_over_what_is_left_out(path):
    rows = answer(path, "trend", "2026-W40..2026-W41")
    assert rows[["numerator", "denominator"]].to_numpy().tolist() == [[80, 1350]]


@pytest.mark.parametrize("periods", [["2026-10-01"], ["2026-10"], ["2026-W40..2026-10-07"], ["2026-09-28..2026-10-03"]])
def test_a_period_that_cuts_through_a_counted_one_is_refused(store, periods):
    with pytest.raises(TooFine, match=r"counted by week; .* cuts through one"):
        question(store, *periods)


def test_a_finer_grain_is_refused(store):
    with pytest.raises(TooFine, match="a day is finer"):
        question(store, "2026-09-28", grain="day")
    with pytest.raises(TooFine, match="there are no days in them"):
        query(store, "by_day", question(store, "2026-W40"))


def test_a_dimension_that_was_not_counted_by_is_refused(store):
    for asked in ({"by": ("policy",)}, {"where": {"policy": ["spam"]}}):
        with pytest.raises(TooFine, match=r"not broken down by 'policy'.*counted by market and week"):
            question(store, "2026-W40", **asked)
    assert dimensions(store, metrics()["overturn_rate"]) == ["market"]


def test_a_metric_or_basis_that_was_not_counted_is_refused(store):
    with pytest.raises(UnknownMetric, match=r"do not count 'full_overturn_rate'\. Did you mean 'overturn_rate'"):
        question(store, "2026-W40", of="full_overturn_rate")
    with pytest.raises(BadParameter, match="no basis but decision"):
        question(store, "2026-W40", basis="submission")


def test_a_stated_total_is_checked_and_not_counted_twice(tmp_path):
    rows = pd.concat([WEEKS, table("week | market | reversed | decided\n2026-W40 | all | 50 | 150")])
    intake = take_in(rows, tmp_path / "s.duckdb", total=TOTAL)
    assert (intake.read, intake.new, intake.totals, intake.rejected) == (4, 3, 1, 0)
    assert answer(tmp_path / "s.duckdb", "trend", "2026-W40")["denominator"].tolist() == [150]


def test_a_stated_total_that_differs_from_its_parts_takes_nothing_in(tmp_path):
    rows = pd.concat([WEEKS, table("week | market | reversed | decided\n2026-W40 | all | 50 | 151")])
    with pytest.raises(
        BadInput, match=r"2026-W40: the stated total of 'decided' is 151, its parts \(GB, DE\) add up to 150"
    ):
        take_in(rows, tmp_path / "s.duckdb", total=TOTAL)
    assert list(tmp_path.iterdir()) == []


def test_a_blank_is_zero_only_where_the_mapping_says_so(tmp_path):
    rows = table("""
        week     | market | reversed | decided
        2026-W40 | GB     |          | 100
        2026-W40 | DE     | 10       |
    """)
    intake = take_in(rows, tmp_path / "s.duckdb", blank={"zero": ["reversed"]})
    assert (intake.new, intake.rejected) == (1, 1)
    assert intake.reasons[["column", "first_row"]].to_numpy().tolist() == [["decided", 2]]
    assert answer(tmp_path / "s.duckdb", "trend", "2026-W40")[["numerator", "denominator"]].to_numpy().tolist() == [
        [0, 100]
    ]


@pytest.mark.parametrize(
    "text",
    ["12,5", "1.5", "-3", "1e3", "many", "1,23,456", "inf", "nan", "0x10", "12345678901234567890", "1 000", "１２"],
)
def test_what_is_no_whole_number_is_no_count(tmp_path, text):
    intake = take_in(WEEKS.assign(reversed=[text, "10", "30"]), tmp_path / "s.duckdb")
    assert (intake.new, intake.rejected) == (2, 1)
    assert intake.reasons["example"].tolist() == [text]
    assert intake.reasons["reason"].tolist() == ["is not a count: a whole number, 0 or more"]


def test_counts_may_come_as_numbers_of_pandas(tmp_path):
    rows = WEEKS.assign(reversed=[40.0, 10.0, 30.0], decided=[100, 50, 1200])
    make_sheet(tmp_path / "s.duckdb", rows)
    pd.testing.assert_frame_equal(
        content(tmp_path / "s.duckdb", "figures"), content(make_sheet(tmp_path / "t.duckdb", WEEKS), "figures")
    )


def test_a_part_larger_than_its_whole_is_set_aside(tmp_path):
    intake = take_in(WEEKS.assign(reversed=["40", "51", "30"]), tmp_path / "s.duckdb")
    assert intake.reasons[["column", "reason", "first_row"]].to_numpy().tolist() == [
        ["reversed", "the numerator of overturn_rate is larger than its denominator", 2]
    ]


def test_a_broken_character_is_set_aside(tmp_path):
    intake = take_in(WEEKS.assign(market=["G\0B", "D\ud800", "GB"]), tmp_path / "s.duckdb")
    assert (intake.new, intake.rejected) == (1, 2)
    assert intake.reasons["reason"].tolist() == ["holds a NUL or a broken character"]


def test_a_row_that_appears_again_is_set_aside(tmp_path):
    intake = take_in(pd.concat([WEEKS, WEEKS[:1]]), tmp_path / "s.duckdb")
    assert (intake.read, intake.new, intake.rejected) == (4, 3, 1)
    assert intake.reasons["reason"].tolist() == ["this period and combination of dimensions appears again"]
    assert intake.reasons["first_row"].tolist() == [4]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "is empty, and every row needs it"),
        ("soon", "Cannot read the period"),
        ("2026-10", "does not consist of whole periods of one week"),
        ("2026-W40..2026-W41", "is 2 periods of one week"),
        ("2026-10-05/2026-10-04", "ends before it starts"),
    ],
)
def test_a_period_that_is_not_of_the_grain_is_set_aside(tmp_path, text, reason):
    intake = take_in(WEEKS.assign(week=[text, "2026-W41", "2026-W42"]), tmp_path / "s.duckdb")
    assert (intake.new, intake.rejected) == (2, 1)
    assert reason in intake.reasons["reason"][0]


def test_a_period_may_be_written_as_first_and_last_day(tmp_path):
    make_sheet(tmp_path / "s.duckdb", WEEKS.assign(week=["2026-09-28/2026-10-04"] * 2 + ["2026-10-05/2026-10-11"]))
    assert answer(tmp_path / "s.duckdb", "trend", "2026-W41")["denominator"].tolist() == [1200]


def test_values_that_hold_the_sign_between_dimensions_stay_apart(tmp_path):
    rows = table("""
        week     | market | policy | reversed | decided
        2026-W40 | a/b    | c      | 1        | 10
        2026-W40 | a      | b/c    | 2        | 20
        2026-W40 |        | '"     | 3        | 30
    """).replace("/", "|", regex=True)
    make_sheet(tmp_path / "s.duckdb", rows, dimensions={"market": "market", "policy": "policy"})
    found = answer(tmp_path / "s.duckdb", "breakdown", "2026-W40", by=("market", "policy"))
    assert found["segment"].tolist() == ["(blank) · '\"", "a · b|c", "a|b · c"]
    assert found["numerator"].tolist() == [3, 2, 1]


def test_a_correction_of_one_metric_alone_is_one_changed_row(tmp_path):
    sides = ["upheld", "partly", "wholly"]
    two = {
        "overturn_rate": {"numerator": ["partly", "wholly"], "denominator": sides},
        "full_overturn_rate": {"numerator": ["wholly"], "denominator": sides},
    }
    rows = table("""
        week     | market | upheld | partly | wholly
        2026-W40 | GB     | 60     | 10     | 30
        2026-W40 | DE     | 40     | 5      | 5
    """)
    path = tmp_path / "s.duckdb"
    make_sheet(path, rows, metrics=two)
    before = digest_at(path, FIRST_LOAD, "figures")
    intake = take_in(rows.assign(partly=["0", "5"], wholly=["40", "5"]), path, metrics=two, loaded_at=SECOND_LOAD)
    assert (intake.read, intake.new, intake.changed, intake.unchanged) == (2, 0, 1, 1)
    assert digest_at(path, FIRST_LOAD, "figures") == before != digest_at(path, SECOND_LOAD, "figures")
    asked = {"of": "full_overturn_rate", "where": {"market": ["GB"]}}
    assert answer(path, "trend", "2026-W40", **asked, as_of=FIRST_LOAD)["numerator"].tolist() == [30]
    assert answer(path, "trend", "2026-W40", **asked)["numerator"].tolist() == [40]


def test_figures_of_another_shape_or_beside_records_want_a_store_of_their_own(path, tmp_path):
    other = {"dimensions": {"market": "policy"}}
    with pytest.raises(
        BadMapping, match=r"holds figures of overturn_rate by market and week\. Take these into another"
    ):
        take_in(WEEKS, path, **other)
    records = decided([("2026-10-05", "GB", "upheld", 1)])
    with pytest.raises(BadInput, match=r"holds figures already\. Take appeals into a store of their own"):
        ingest(records, path, loaded_at=SECOND_LOAD)
    ingest(records, tmp_path / "s.duckdb", loaded_at=FIRST_LOAD)
    with pytest.raises(BadInput, match=r"holds appeals already\. Take figures into a store of their own"):
        take_in(WEEKS, tmp_path / "s.duckdb")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"periods": {}}, "no key 'periods'. Did you mean 'period'?"),
        ({"period": {"column": "week"}}, "'grain' is missing"),
        ({"period": {"column": "week", "grain": "weeks"}}, "No grain 'weeks'. Did you mean 'week'?"),
        ({"dimensions": {"market": "marke"}}, "no dimension 'marke'. Did you mean 'market'?"),
        ({"metrics": {}}, "figures want a metric"),
        ({"metrics": {"overturn_rate": {"numerator": ["reversed"], "denominator": []}}}, "figures want a metric"),
        ({"metrics": {"overturn_rate": {"numerator": ["reversed"]}}}, "'denominator' is missing"),
        ({"blank": {"zero": ["reverse"]}}, "blanks of 'reverse' cannot be zero"),
        ({"total": {**TOTAL, "column": "kind"}}, "the total stands in 'kind', which goes to no dimension"),
        ({"total": {**TOTAL, "differs": "ignore"}}, "differs is one of refuse, warn"),
        ({"total": {**TOTAL, "off": ["GB"]}}, "[total]: no key 'off'. Did you mean 'of'?"),
        ({"blank": {"zeros": ["reversed"]}}, "[blank]: no key 'zeros'. Did you mean 'zero'?"),
        ({"values": {"policy": {"a": "b"}}}, "[values.policy] translates a dimension that no column goes to"),
        ({"dimensions": {"market": "market", "country": "market"}}, "two columns go to 'market'"),
        ({"unpivot": {"keep": ["week"]}}, "[unpivot] wants either headers, a name for each header row, or a pattern"),
        ({"unpivot": {"headers": ["market", "count"], "keep": []}}, "the unpivoted sheet has no column 'week'"),
        ({"unpivot": {"headers": ["market", "value"], "keep": ["week"]}}, "none of them 'value'"),
        ({"blank": {"left": ["market"]}}, "no header row 'market' whose blanks"),
        ({"numbers": {"thousands": ".", "decimal": "."}}, "thousands and decimal are the same sign"),
        ({"dimensions": {"reversed": "market"}}, "'reversed' is a period or dimension, so it cannot be counted"),
        ({"header_row": "3"}, "cannot use header_row = '3'. Write for example header_row = 3"),
        ({"skip": ["a"]}, "skip is a table: write [skip]"),
        (
            {"metrics": {"overturn_rate": {"numerator": ["k"], "denominator": {"rate": "r", "of": "k"}}}},
            "a rate makes a numerator, never a denominator",
        ),
    ],
)
def test_a_mapping_of_figures_that_does_not_fit_is_refused(change, says):
    with pytest.raises(BadMapping, match=re.escape(says)):
        read_figures_mapping({**SHEET, **change})
    assert is_figures(SHEET)
    assert not is_figures({"columns": {}})


def test_a_column_that_the_file_lacks_is_answered_with_the_nearest_one(tmp_path):
    with pytest.raises(BadMapping, match=r"no column 'reversed'\. Did you mean 'reverse'"):
        take_in(WEEKS.rename(columns={"reversed": "reverse"}), tmp_path / "s.duckdb")


def test_a_row_per_count_is_one_row_of_the_sheet(tmp_path):
    rows = table("""
        week     | market | what     | how_many | seen_by
        2026-W40 | GB     | reversed | 40       | ann
        2026-W40 | GB     | decided  | 100      | bob
        2026-W40 | DE     | decided  | 50       |
        2026-W40 | FR     | reversed | 5        |
        2026-W40 | FR     | decided  | 60       |
        2026-W40 | FR     | decided  | 61       |
        2026-W40 | GB     | hours    | 7.5      |
    """)
    intake = take_in(rows, tmp_path / "s.duckdb", counts={"column": "what", "value": "how_many"})
    assert (intake.read, intake.new, intake.rejected) == (3, 1, 2)
    assert intake.unmapped == ("seen_by", "hours")
    assert sorted(intake.reasons[["column", "reason", "first_row"]].to_numpy().tolist()) == [
        ["decided", "this count appears again for its period and segment", 4],
        ["reversed", "is not a count: a whole number, 0 or more", 3],
    ]


def test_rows_are_taken_or_left_out_as_the_mapping_says(tmp_path):
    rows = table("""
        week     | market | side | reversed | decided
        2026-W40 | GB     | eu   | 40       | 100
        2026-W40 | US     | us   | 90       | 100
        2026-W40 | Note 1 | eu   |          |
        2026-W40 | Note 2 | eu   |          |
    """)
    intake = take_in(rows, tmp_path / "s.duckdb", only={"side": ["eu"]}, skip={"market": ["Note *"]})
    assert (intake.read, intake.new, intake.rejected, intake.skipped) == (1, 1, 0, 3)


def test_what_the_mapping_names_and_the_sheet_never_says_is_told(tmp_path):
    intake = take_in(WEEKS, tmp_path / "s.duckdb", total={**TOTAL, "value": "Total"}, skip={"market": ["Note*", "F*"]})
    assert intake.unseen == ("Total", "Note*", "F*")
    rows = table("week | market | what | how_many\n2026-W40 | GB | decided | 100\n2026-W40 | GB | reversd | 4")
    with pytest.raises(BadMapping, match=r"never names the count 'reversed'\. Did you mean 'reversd'\?"):
        take_in(rows, tmp_path / "t.duckdb", counts={"column": "what", "value": "how_many"})


def test_values_are_translated_after_totals_were_compared(tmp_path):
    rows = pd.concat([WEEKS, table("week | market | reversed | decided\n2026-W40 | all | 50 | 150")])
    intake = take_in(rows, tmp_path / "s.duckdb", total=TOTAL, values={"market": {"GB": "UK", "DE": ""}})
    assert (intake.new, intake.totals, intake.agree) == (3, 1, 1)
    found = answer(tmp_path / "s.duckdb", "breakdown", "2026-W40", by=("market",))
    assert found.set_index("market")["numerator"].to_dict() == {"UK": 40, "(blank)": 10}


def test_two_values_that_become_one_are_a_row_that_appears_again(tmp_path):
    intake = take_in(WEEKS, tmp_path / "s.duckdb", values={"market": {"DE": "GB"}})
    assert (intake.new, intake.rejected) == (2, 1)


def test_a_numerator_may_be_all_less_those_that_were_late(tmp_path):
    late = {"overturn_rate": {"numerator": {"of": ["decided"], "less": ["reversed"]}, "denominator": ["decided"]}}
    intake = take_in(WEEKS.assign(reversed=["40", "51", "30"]), tmp_path / "s.duckdb", metrics=late)
    assert (intake.new, intake.rejected) == (2, 1)
    assert intake.reasons["reason"].tolist() == ["less was counted for overturn_rate than is taken off"]
    assert answer(tmp_path / "s.duckdb", "trend", "2026-W40")["numerator"].tolist() == [60]


@pytest.mark.parametrize(
    ("rate", "of", "percent", "numerator"),
    [
        ("25%", "8", False, 2),
        ("0.461538461538", "13", False, 6),
        ("0.46153846153846156", "13", False, 6),
        ("46.2", "13", True, 6),
        ("46.2 %", "13", False, 6),
        ("1", "300", False, 300),
        ("n/a", "0", False, 0),
        ("46.2", "13", False, "is a rate above 100 %: say percent = true where 46.2 means 46.2 %"),
        ("50%", "13", False, "is no rate of 13: no whole number gives it"),
        ("46.2%", "12,000", False, "has too few digits: of 12,000 it may be any count from 5,538 to 5,550"),
        ("n/a", "13", False, "is no rate"),
        ("-5%", "13", False, "is no rate"),
    ],
)
def test_a_rate_and_its_denominator_give_a_numerator_or_a_reason(tmp_path, rate, of, percent, numerator):
    rows = pd.DataFrame({"week": ["2026-W40"], "market": ["GB"], "rate": [rate], "decided": [of]})
    stated = {"rate": "rate", "of": "decided", "percent": percent}
    metrics = {"overturn_rate": {"numerator": stated, "denominator": ["decided"]}}
    intake = take_in(rows, tmp_path / "s.duckdb", metrics=metrics)
    if isinstance(numerator, str):
        assert intake.reasons["reason"].tolist() == [numerator]
    else:
        assert answer(tmp_path / "s.duckdb", "trend", "2026-W40")["numerator"].tolist() == [numerator]


@pytest.mark.parametrize(
    ("sign", "text", "count"),
    [(".", "1.234", 1234), (" ", "1\u202f234", 1234), ("'", "1'234", 1234), (".", "12,00", 12)],
)
def test_thousands_are_separated_as_the_mapping_says(tmp_path, sign, text, count):
    rows = WEEKS.assign(decided=[text, "50", "60"], reversed="0")
    assert take_in(rows, tmp_path / "s.duckdb", numbers={"thousands": sign}).rejected == 0
    asked = {"where": {"market": ["GB"]}}
    assert answer(tmp_path / "s.duckdb", "trend", "2026-W40", **asked)["denominator"].tolist() == [count]


def test_the_totals_that_were_checked_are_kept_by_file(tmp_path):
    path = tmp_path / "s.duckdb"
    stated = table("""
        week     | market | reversed | decided
        2026-W40 | all    | 50       | 151
        2026-W41 | all    | 30       | 1,200
    """)
    intake = take_in(pd.concat([WEEKS, stated]), path, total={**TOTAL, "differs": "warn"})
    assert (intake.agree, len(intake.differ)) == (1, 1)
    with Store(path) as store:
        declared = store.declared("figures")
    assert declared["totals_checked"] == 1
    assert declared["files"]["table"]["differ"] == list(intake.differ)


def test_a_check_changes_nothing(tmp_path):
    path = make_sheet(tmp_path / "s.duckdb", WEEKS)
    before = path.read_bytes()
    mapping = read_figures_mapping(SHEET)
    assert (
        ingest_figures(WEEKS.assign(reversed="1"), path, mapping=mapping, loaded_at=SECOND_LOAD, check=True).changed
        == 3
    )
    assert path.read_bytes() == before


CELLS = {
    "week": st.sampled_from(["2026-W40", "2026-W41", "2026", "", "x"]),
    "market": st.sampled_from(["GB", "DE", "", "é'"]),
    "reversed": st.sampled_from(["0", "5", "", "1,5"]),
    "decided": st.sampled_from(["7", "4", "-1", ""]),
}


@settings(max_examples=5)
@given(st.lists(st.fixed_dictionaries(CELLS), max_size=10))
def test_every_row_of_any_sheet_is_taken_in_or_set_aside(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("any") / "s.duckdb"
    for moment in (FIRST_LOAD, SECOND_LOAD):
        intake = take_in(pd.DataFrame(rows, columns=list(CELLS), dtype="str"), path, loaded_at=moment)
        assert intake.read == len(rows) == intake.new + intake.changed + intake.unchanged + intake.rejected
    assert intake.new == intake.changed == 0
    with Store(path) as store:
        assert len(store.run("select * from figures", what="figures")) == intake.unchanged


def test_the_same_sheet_again_is_no_new_load(tmp_path):
    path = make_sheet(tmp_path / "sheet.duckdb", WEEKS)
    before = path.read_bytes()
    again = take_in(WEEKS, path, loaded_at=SECOND_LOAD)
    assert (again.again, again.new, again.changed, again.unchanged) == (True, 0, 0, 3)
    assert path.read_bytes() == before


def test_a_trend_of_months_needs_no_word_on_its_grain(tmp_path):
    (tmp_path / "notebooks").mkdir()
    rows = table("""
        month   | market | reversed | decided
        2026-09 | GB     | 40       | 100
        2026-10 | GB     | 30       | 100
    """)
    declared = {**SHEET, "period": {"column": "month", "grain": "month"}}
    path = tmp_path / "data" / "store" / "sheet.duckdb"
    ingest_figures(rows, path, mapping=read_figures_mapping(declared), loaded_at=FIRST_LOAD)
    asked = ask_by_name("trend", store="sheet", during="2026-09..2026-10", workspace=tmp_path)
    assert asked["rate"].tolist() == [0.4, 0.3]


def test_a_count_per_row_of_a_sheet_without_rows_is_taken_in_as_nothing(tmp_path):
    rows = pd.DataFrame(columns=["week", "market", "name", "value"], dtype="str")
    intake = take_in(rows, tmp_path / "s.duckdb", counts={"column": "name"})
    assert (intake.read, intake.rejected) == (0, 0)


@pytest.mark.parametrize(
    "declared",
    [{"dimensions": {"market": ["GB"]}}, {"counts": {"column": 5}}, {"total": {"column": [], "value": "all"}}],
)
def test_a_name_that_is_no_text_is_refused_with_a_sentence(tmp_path, declared):
    with pytest.raises(BadMapping):
        take_in(WEEKS, tmp_path / "s.duckdb", **declared)

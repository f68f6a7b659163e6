"""Somebody else's numbers are explained: each planted difference of definition is named, and what remains is 0."""

import json
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

import appeal_insights as ap
from appeal_insights.errors import BadInput, BadMapping, BadParameter, BadPeriod, UnknownDimension
from appeal_insights.findings.reconcile import reconcile
from appeal_insights.findings.shown import EXHIBIT
from appeal_insights.records.ingest import ingest
from tests.helpers import make_sheet, make_store, table

FIRST, SECOND = datetime(2026, 11, 16, 6), datetime(2026, 11, 20, 6)
WEEKS = ("2026-W44", "2026-W45")  # Monday 26 October to Sunday 8 November
# South Africa is two hours ahead of UTC. 6 is decided on Monday there, on Sunday in UTC; 16 on Sunday there, on Monday
# in Shanghai; 17 on Monday of 2026-W46 there and everywhere but in Los Angeles.
APPEALS = table("""
    appeal_id | enforcement_id | appeal_round | enforced_at          | received_at          | decided_at           | outcome
    1         | e1             | 1            | 2026-10-20T08:00:00Z | 2026-10-26T08:00:00Z | 2026-10-27T08:00:00Z | decision_upheld
    2         | e2             | 1            | 2026-10-26T08:00:00Z | 2026-10-27T08:00:00Z | 2026-10-28T08:00:00Z | decision_reversed
    3         | e3             | 1            | 2026-10-26T08:00:00Z | 2026-10-27T08:00:00Z | 2026-10-29T08:00:00Z | decision_partially_reversed
    4         | e4             | 1            | 2026-10-20T08:00:00Z | 2026-11-03T08:00:00Z | 2026-11-05T08:00:00Z | decision_omitted
    5         | e5             | 1            | 2026-10-20T08:00:00Z | 2026-10-30T08:00:00Z | 2026-11-03T08:00:00Z | decision_reversed
    6         | e6             | 1            | 2026-10-20T08:00:00Z | 2026-10-31T08:00:00Z | 2026-11-01T22:30:00Z | decision_upheld
    7         | e1             | 2            | 2026-10-20T08:00:00Z | 2026-10-29T08:00:00Z | 2026-10-30T08:00:00Z | decision_upheld
    8         | e7             | 1            | 2026-10-20T08:00:00Z | 2026-10-28T08:00:00Z | 2026-10-29T08:00:00Z | decision_reversed
    9         | e7             | 1            | 2026-10-20T08:00:00Z | 2026-10-28T09:00:00Z | 2026-10-30T08:00:00Z | decision_reversed
    10        | e8             | 1            | 2026-10-20T08:00:00Z | 2026-11-04T08:00:00Z |                      |
    11        | e9             | 1            | 2026-10-20T08:00:00Z | 2026-10-28T08:00:00Z | 2026-10-30T08:00:00Z | decision_upheld
    12        | e10            | 1            | 2026-10-20T08:00:00Z | 2026-11-03T08:00:00Z | 2026-11-04T08:00:00Z | decision_upheld
    13        | e11            | 1            | 2026-11-02T08:00:00Z | 2026-11-03T08:00:00Z | 2026-11-05T08:00:00Z | decision_partially_reversed
    15        | e12            | 1            | 2026-10-20T08:00:00Z | 2026-11-03T08:00:00Z | 2026-11-06T08:00:00Z | decision_omitted
    16        | e13            | 1            | 2026-10-20T08:00:00Z | 2026-10-31T08:00:00Z | 2026-11-01T17:00:00Z | decision_upheld
    17        | e14            | 1            | 2026-10-20T08:00:00Z | 2026-11-05T08:00:00Z | 2026-11-09T05:00:00Z | decision_upheld
""")  # noqa: E501
OURS = [(5, 8), (2, 4)]  # 2, 3, 8, 9, 11 of those and 1, 7, 16; then 5, 13 of those and 6, 12
# Counted by hand from the table above, each with one difference from ours.
ONE = {
    "submission_day": [(6, 10), (1, 3)],
    "decided_of_submitted": [(5, 10), (2, 3)],
    "enforcement_day": [(2, 2), (1, 1)],
    "utc_day": [(5, 9), (2, 3)],
    "shanghai_day": [(5, 7), (2, 5)],
    "los_angeles_day": [(5, 9), (2, 4)],
    "first_round_only": [(5, 7), (2, 4)],
    "once_per_enforcement": [(4, 6), (2, 4)],
    "frozen_at_end": [(4, 8), (2, 4)],
    "omitted_counted": [(5, 8), (2, 6)],
    "open_counted": [(5, 8), (2, 5)],
    "partial_as_upheld": [(4, 8), (1, 4)],
    "partial_left_out": [(4, 7), (1, 3)],
}
SAME_HERE = {  # what these two weeks cannot tell from it: clocks of UTC in winter, a correction after all of these
    "utc_day": {"london_day", "new_york_day"},
    "frozen_at_end": {"frozen_next_day", "frozen_a_week_later", "earlier_load:2026-11-16T06:00:00Z"},
    "los_angeles_day": {"every_version"},  # another case in the first week only, either way
}
HOSTILE = ["GB'); drop table appeals; --", '<script>alert("1")</script>', "=cmd|' /C calc'!A0", "改\x1b[31m判"]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A workspace with a store of two loads, of which the second corrects appeal 11, and one of counted figures."""
    root = tmp_path_factory.mktemp("reconcile")
    (root / "notebooks").mkdir()
    stores = root / "data" / "store"
    path = make_store(stores / "cases.duckdb", APPEALS.assign(market="ZA"), loaded_at=FIRST)
    corrected = APPEALS[APPEALS["appeal_id"] == "11"].assign(outcome="decision_reversed", market="ZA")
    assert ingest(corrected, path, loaded_at=SECOND).changed == 1
    counted = table("week | market | reversed | decided\n2026-W44 | ZA | 5 | 8\n2026-W45 | ZA | 2 | 4")
    make_sheet(stores / "counted.duckdb", counted)
    return root


def sheet(counts, periods=WEEKS, **columns) -> pd.DataFrame:
    rows = [
        {"period": period, "numerator": n, "denominator": d} for period, (n, d) in zip(periods, counts, strict=True)
    ]
    return pd.DataFrame(rows).assign(**columns)


def found(place, official, **asked):
    return reconcile(official, workspace=place, **{"store": "cases", "audience": "analyst", "most": 2, **asked})


def remainder(explained) -> list[list[int]]:
    """What remains in each row, the total first: numerator and denominator."""
    rows = explained.table[explained.table["definition"] == "remainder"]
    return rows[["numerator_change", "denominator_change"]].astype(int).to_numpy().tolist()


def named(explained) -> list[set[str]]:
    """The differences that explain, then those of every definition that fits as well."""
    others = explained.tried.definitions.loc[list(explained.fit.equal)]
    columns = [name for name in others if name != "differences"]
    return [set(explained.differences), *({cell for cell in row if cell} for row in others[columns].to_numpy())]


def test_our_own_number_needs_no_explanation(place):
    same = found(place, sheet(OURS))
    assert (same.differences, same.explained, remainder(same)) == ((), True, [[0, 0]] * 3)
    assert "our number is theirs already" in same.notes("en")[0]


@pytest.mark.parametrize("variant", ONE)
def test_a_single_difference_is_named_and_nothing_remains(place, variant):
    explained = found(place, sheet(ONE[variant]))
    assert (explained.explained, remainder(explained)) == (True, [[0, 0]] * 3)
    assert set.union(*named(explained)) == {variant} | SAME_HERE.get(variant, set())
    assert len(explained.differences) == 1


def test_every_stored_version_may_be_what_was_counted(place):
    """Appeal 11 has two versions, both decided: one more case in the first week, upheld."""
    explained = found(place, sheet([(5, 9), (2, 4)]))
    assert {"every_version"} in named(explained)


def test_the_steps_lead_from_ours_to_theirs(place):
    """By submission (6/10, 1/3), then without the partial reversals 3 and 13 as overturned."""
    explained = found(place, sheet([(5, 10), (0, 3)]))
    assert explained.differences == ("submission_day", "partial_as_upheld")
    first = explained.table[explained.table["row"] == 1]
    counts = first[["numerator", "denominator", "numerator_change", "denominator_change"]].astype(object)
    assert counts.where(counts.notna(), None).to_numpy().tolist() == [
        [5, 8, None, None],
        [6, 10, 1, 2],
        [5, 10, -1, 0],
        [None, None, 0, 0],
        [5, 10, None, None],
    ]
    assert first["rate"].tolist()[:3] == [5 / 8, 6 / 10, 5 / 10]
    assert first["change"].tolist()[1:4] == pytest.approx([6 / 10 - 5 / 8, 5 / 10 - 6 / 10, 0])
    total = explained.table[explained.table["row"] == 0]
    assert total[["numerator", "denominator"]].iloc[0].tolist() == [7, 12]
    assert total["rate"].iloc[-1] == 5 / 13
    assert total["change"].iloc[1:-1].sum() == pytest.approx(5 / 13 - 7 / 12)


def test_a_surplus_that_no_definition_explains_remains_to_the_case(place):
    """Omitted counted as ever (5/8, 2/6), and seven reversed cases more in the first week that our store lacks."""
    explained = found(place, sheet([(5 + 7, 8 + 7), (2, 6)]))
    assert explained.differences == ("omitted_counted",)
    assert (explained.explained, remainder(explained)) == (False, [[7, 7], [7, 7], [0, 0]])
    assert "leaves +7 in the numerator and +7 in the denominator, in 1 of 2 rows" in explained.notes("en")[0]
    alone = found(place, sheet([(5 + 7, 8 + 7), (2, 4)]))
    assert (alone.differences, remainder(alone)) == ((), [[7, 7], [7, 7], [0, 0]])


def test_one_row_of_two_numbers_is_never_explained_by_three_differences(place):
    explained = found(place, sheet([(4, 8)], periods=["2026-W44"]))
    assert explained.fit.most == 2
    assert len(explained.differences) == 1
    rate = found(place, pd.DataFrame({"week": ["2026-W44"], "rate": ["50%"]}))
    assert rate.fit.most == 1


def test_a_rate_alone_is_met_where_ours_rounds_to_it(place):
    """By submission 6/10 and 1/3: as percent with a decimal, and as a share."""
    explained = found(place, pd.DataFrame({"周": WEEKS, "改判率": ["60.0%", "33.3%"]}))
    assert explained.differences == ("submission_day",)
    assert explained.explained
    ours = found(place, pd.DataFrame({"周": WEEKS, "改判率": ["0.63", "0.5"]}))  # 5/8 is 0.625
    assert (ours.differences, ours.explained) == ((), True)
    off = found(place, pd.DataFrame({"周": WEEKS, "改判率": ["62.5%", "50%"], "处理量": [8, 5]}))
    assert off.differences == ("open_counted",)
    assert off.official.contradictions == (
        2,
    )  # no whole number of 5 is 50 %: the nearest one is taken, and this is said


@pytest.mark.parametrize(
    ("header", "meaning"),
    [("Week", "2026-W44"), ("统计周", "2026-W44"), ("ISO week", "2026-10-26"), ("Period", "2026-10-26..2026-11-01")],
)
def test_obvious_headers_and_any_period_are_understood(place, header, meaning):
    """A day in a column of weeks is the week that it falls in."""
    official = pd.DataFrame({header: [meaning], "推翻数": ["5"], "Decided": ["8"], "市场": ["ZA"], "owner": ["x"]})
    explained = found(place, official)
    assert (explained.differences, explained.explained) == ((), True)
    assert explained.official.ignored == ("owner",)
    assert [row.scope for row in explained.official.rows] == [{"market": "ZA"}]


def test_headers_and_values_can_be_said(place, tmp_path):
    official = pd.DataFrame({"KW": ["2026-W44"], "gekippt": [5], "alle": [8], "Land": ["Südafrika"]})
    mapping = tmp_path / "theirs.toml"
    mapping.write_text('[columns]\nKW = "period"\n"Land" = "market"\n[values.market]\n"Südafrika" = "ZA"\n')
    explained = found(place, official, mapping=mapping, columns="gekippt=numerator; alle=denominator")
    assert (explained.explained, explained.differences) == (True, ())


def test_rows_of_totals_are_left_out_and_rows_that_overlap_have_no_total(place):
    official = pd.concat([sheet(OURS), sheet([(7, 12)], periods=["合计"])])
    explained = found(place, official)
    assert explained.official.totals == (3,)
    assert explained.explained
    both = pd.concat([sheet(OURS), sheet([(7, 12)], periods=["2026-W44..2026-W45"])])
    overlapping = found(place, both)
    assert overlapping.explained
    assert 0 not in set(overlapping.table["row"])
    assert any("overlap" in note for note in overlapping.notes("en"))


def test_a_value_that_we_do_not_have_counts_zero_and_is_named(place):
    official = pd.concat([sheet(OURS, market="ZA"), sheet([(3, 9)], periods=["2026-W44"], market="XX")])
    explained = found(place, official)
    assert explained.unknown == ("market=XX",)
    assert remainder(explained) == [[3, 9], [0, 0], [0, 0], [3, 9]]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_values_and_nothing_else(place, tmp_path, text):
    rows = sheet(OURS, market="ZA").assign(market=["ZA", text])
    path = tmp_path / "official.csv"
    rows.assign(**{text: "x"}).to_csv(path, index=False)
    explained = found(place, path, language="both")
    assert explained.unknown == (f"market={text}",)
    assert remainder(explained)[1:] == [[0, 0], [2, 4]]
    pages = "".join(str(bundle.get("text/html")) for bundle in explained.bundles())
    assert "<script>" not in pages
    assert found(place, sheet(OURS)).explained  # the store is as it was
    with pytest.raises(BadParameter, match=r"\[values\.market\]"):
        found(place, sheet(OURS, market=text))


def test_a_store_of_counted_figures_gives_the_difference_alone(place):
    explained = found(place, sheet([(6, 9), (2, 4)], market="ZA"), store="counted")
    assert (explained.tried, explained.differences, explained.explained) == (None, (), False)
    assert remainder(explained) == [[1, 1], [1, 1], [0, 0]]
    assert "cannot be varied" in explained.notes("en")[0]
    assert "无法在此变换口径" in explained.notes("zh-CN")[0]
    assert found(place, sheet(OURS), store="counted").explained


def test_what_the_records_do_not_hold_is_said_not_to_be_tried(place, tmp_path):
    """Without enforcements nobody can count them once, nor by their day."""
    rows = APPEALS.drop(columns=["enforcement_id", "enforced_at", "appeal_round"]).assign(market="ZA")
    (tmp_path / "notebooks").mkdir()
    make_store(tmp_path / "data" / "store" / "few.duckdb", rows, loaded_at=FIRST)
    explained = found(tmp_path, sheet([(4, 8), (2, 6)]), store="few")  # 11 is upheld at the first load
    assert explained.differences == ("omitted_counted",)
    untried = {variant.id for variant in explained.tried.trial.untried}
    assert untried == {"enforcement_day", "first_round_only", "once_per_enforcement"}
    assert any(note.startswith("Not tried") for note in explained.notes("en"))


def test_another_basis_of_ours_and_another_metric_are_where_the_way_starts(place):
    explained = found(place, sheet(OURS), basis="submission")
    assert explained.differences == ("decision_day",)
    full = found(place, sheet(OURS), metric="full_overturn_rate")  # ours leaves 3 and 13 out of the numerator
    assert full.differences == ("partial_as_overturned",)
    assert full.table["numerator"].iloc[0] == 4 + 1


def test_the_number_is_that_of_the_query(place):
    explained = found(place, sheet(ONE["omitted_counted"]), as_of="2026-11-17T00:00:00Z")
    told = ap.query("trend", store="cases", during="2026-W44..2026-W45", as_of="2026-11-17T00:00:00Z", workspace=place)
    ours = explained.table[(explained.table["definition"] == "ours") & (explained.table["row"] > 0)]
    counts = ["numerator", "denominator"]
    assert ours[counts].to_numpy().tolist() == told[counts].to_numpy().tolist() == [[4, 8], [2, 4]]


def test_a_stakeholder_sees_no_number_that_few_records_stand_behind(place):
    explained = found(place, sheet(ONE["omitted_counted"]), audience="stakeholder")
    ours = explained.table[explained.table["definition"] != "official"]
    assert ours[["numerator", "denominator", "numerator_change", "denominator_change", "rate"]].isna().all(axis=None)
    assert explained.differences == ("omitted_counted",)
    assert any("fewer than 10" in note for note in explained.notes("en"))
    off = found(place, sheet([(12, 15), (2, 6)]), audience="stakeholder")
    assert "+7" not in repr(off)
    assert len(off.nearest) == 0


def test_it_says_what_its_numbers_are_in_both_languages(place):
    explained = found(place, sheet(ONE["first_round_only"]), language="both")
    about = explained.table.attrs["about"]
    assert (about["metric"], about["as_of"]) == ("overturn_rate, version 1", "2026-11-20T06:00:00Z")
    assert (about["explained_by"], about["remainder"]) == ("first_round_only", "0")
    exhibits = [bundle[EXHIBIT] for bundle in explained.bundles() if EXHIBIT in bundle]
    assert {(each["language"], each["id"]) for each in exhibits} == {
        (language, f"reconcile{part}") for language in ("en", "zh-CN") for part in ("", "_rows", "_left")
    }
    told = {each["language"]: each for each in exhibits if each["id"] == "reconcile"}
    assert "second and later rounds left out" in told["en"]["title"]
    assert "不计二次及以后的申诉" in told["zh-CN"]["title"]
    assert [row[0] for row in told["zh-CN"]["table"]["rows"]] == [
        "我方，按裁决日", "不计二次及以后的申诉", "剩余差额", "对方数字",
    ]  # fmt: skip
    json.dumps([dict(bundle) for bundle in explained.bundles()])
    assert ap.reconcile is reconcile


BAD = [
    ({"week": ["soon"], "rate": ["50%"]}, BadPeriod, "Row 1, column 'week': Cannot read the period 'soon'"),
    ({"week": ["2026-W44"], "rate": ["46.2"]}, BadInput, "'46.2' is no rate. Write it like 46.2% or 0.462"),
    ({"week": ["2026-W44"], "numerator": ["5,5"], "denominator": ["8"]}, BadInput, "'5,5' is no whole number"),
    ({"week": ["2026-W44"], "numerator": ["5"], "denominator": [""]}, BadInput, "Row 1 has neither"),
    ({"week": ["2026-W44"], "numerator": ["5"]}, BadMapping, "needs a numerator and a denominator, or a rate"),
    ({"woche": ["2026-W44"], "rate": ["50%"]}, BadMapping, "No column of the sheet looks like a period"),
    ({"week": ["2026-W44"], "month": ["2026-10"], "rate": ["50%"]}, BadMapping, "'week' and 'month' look like"),
    ({"week": ["2026-W44"] * 2, "rate": ["50%"] * 2}, BadInput, "Rows 1 and 2 are of the same period"),
    ({"week": ["total"], "rate": ["50%"]}, BadInput, "no row with a period"),
    ({"week": ["2026-W44"], "rate": ["50%"], "appellant": ["seller"]}, UnknownDimension, "appellant"),
]


@pytest.mark.parametrize(("columns", "kind", "says"), BAD)
def test_a_sheet_that_cannot_be_read_is_refused_with_its_row_and_column(place, columns, kind, says):
    with pytest.raises(kind) as refused:
        found(place, pd.DataFrame(columns))
    assert says in str(refused.value)
    assert refused.value.say("zh-CN") != refused.value.say("en")


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"columns": "woche"}, "Cannot read 'woche'"),
        ({"columns": "woche=period"}, "no column 'woche'"),
        ({"columns": "period=perod"}, "Did you mean 'period'?"),
        ({"most": 5}, "from 1 to 4"),
        ({"audience": "boss"}, "No audience 'boss'"),
    ],
)
def test_what_was_asked_wrongly_is_refused(place, asked, says):
    with pytest.raises((BadMapping, BadParameter)) as refused:
        found(place, sheet(OURS), **asked)
    assert says in str(refused.value)


def test_a_mapping_with_something_else_in_it_is_refused(place, tmp_path: Path):
    for text, says in (("[colums]\na = 'b'", "Did you mean 'columns'?"), ("[columns]\na = 1", "one text of ours")):
        path = tmp_path / "m.toml"
        path.write_text(text)
        with pytest.raises(BadMapping) as refused:
            found(place, sheet(OURS), mapping=path)
        assert says in str(refused.value)

"""The landing page: what a query counts, held against what was usual, past disclosure, in both languages."""

from datetime import date, timedelta

import pytest

import appeal_insights as ap
from appeal_insights.analysis.intervals import wilson
from appeal_insights.errors import AppealInsightsError
from appeal_insights.findings.overview import overview
from appeal_insights.findings.overview_counted import difference
from tests.helpers import decided, english_left, make_store

MONDAY = date(2026, 11, 9)  # of the newest whole week of a store loaded on 16 November


@pytest.fixture(scope="module")
def seen(demo):
    return overview(store="demo", language="both", workspace=demo.root)


def weeks(path, sizes, overturned=0):
    """A store with so many appeals decided on the Monday of each week, the newest last, so many of them overturned."""
    cases = []
    for ago, size in enumerate(reversed(sizes)):
        on = str(MONDAY - timedelta(weeks=ago))
        cases += [(on, "DE", "reversed", overturned), (on, "DE", "upheld", size - overturned)]
    path.mkdir(parents=True)
    (path / "notebooks").mkdir()
    (path / "data" / "store").mkdir(parents=True)
    make_store(path / "data" / "store" / "small.duckdb", decided(cases))
    return path


def headline(found, metric):
    return next(one for one in found.looked.headlines if one.metric.id == metric)


def told(found):
    """Every text that a reader sees, by language."""
    texts = {"en": [], "zh-CN": []}
    for one in [*found.exhibits(), *found.alarmed.parts]:
        cells = [str(cell) for row in (one.cells.rows if one.cells else []) for cell in row]
        texts[one.language] += [one.title, one.alt, *one.notes, *cells]
    return texts


def test_the_newest_whole_week_is_what_a_query_counts(seen, demo):
    one = headline(seen, "overturn_rate")
    table = ap.query("trend", store="demo", during="2026-W34..2026-W46", every="week", workspace=demo.root)
    assert one.periods["period_label"].tolist() == table["period_label"].tolist()
    assert one.periods["numerator"].tolist() == table["numerator"].tolist()
    assert one.periods["low"].tolist() == pytest.approx(table["low"].tolist())
    before = table.iloc[-9:-1]
    assert one.usual.value == pytest.approx(before["numerator"].sum() / before["denominator"].sum())
    assert one.usual.change == pytest.approx(table["rate"].iloc[-1] - one.usual.value)


def test_the_headlines_are_those_that_the_records_can_say(seen, demo):
    found = [one.metric.id for one in seen.looked.headlines]
    assert found == ["overturn_rate", "handling_accuracy", "turnaround", "received", "decided", "backlog"]
    assert seen.metric == "overturn_rate"
    audits = overview(store="quality", workspace=demo.root)
    assert [one.metric.id for one in audits.looked.headlines] == ["handling_accuracy"] == [audits.metric]
    published = overview(store="tiktok", workspace=demo.root)
    assert headline(published, "overturn_rate").newest["period_label"] == "2026-H1"


def test_accuracy_is_weighted_so_more_audits_of_hard_cases_are_no_fall(demo):
    one = headline(overview(store="quality", workspace=demo.root), "handling_accuracy")
    plain = one.newest["numerator"] / one.newest["denominator"]
    found = ap.accuracy(store="quality", during=one.newest["period_label"], workspace=demo.root).planned.whole
    assert one.newest["value"] == pytest.approx(found["accuracy"])
    assert one.newest["value"] > plain + 0.02


def test_of_a_number_the_middle_the_lowest_and_the_highest_are_usual(tmp_path):
    sizes = [20, 30, 40, 50, 60, 70, 80, 90, 110]  # the middle of the first eight is 55
    found = overview(store="small", workspace=weeks(tmp_path / "w", sizes))
    usual = headline(found, "decided").usual
    assert (usual.periods, usual.value, usual.low, usual.high, usual.change) == (8, 55, 20, 90, 1)
    [row] = [one for one in found.headlines.parts[0].cells.rows if one[0] == "Appeals decided"]
    assert row[2:] == ["110", "–", "–", "55 (20 to 90)", "+100%"]


def test_the_difference_of_two_shares_has_the_interval_that_newcombe_published():
    # 56/70 against 48/80: his method 10 gives 0.0524 to 0.3339 (Statistics in Medicine 17, table II).
    low, high = wilson([56, 48], [70, 80])
    newest, usual = ({"value": value, "low": low[of], "high": high[of]} for of, value in enumerate((56 / 70, 48 / 80)))
    assert difference(newest, usual) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)


def test_a_week_of_few_records_is_shown_to_an_analyst_alone_and_nothing_gives_it_away(tmp_path):
    place = weeks(tmp_path / "w", [20, 9, 20, 20])
    hidden = headline(overview(store="small", workspace=place), "overturn_rate")
    assert hidden.periods["hidden"].tolist() == [False, True, False, False]
    assert hidden.usual is None  # their sum less the others would be the nine
    whole = headline(overview(store="small", audience="analyst", workspace=place), "overturn_rate")
    assert whole.periods["denominator"].tolist() == [20, 9, 20, 20]
    assert whole.usual.periods == 3
    few = overview(store="small", workspace=weeks(tmp_path / "few", [4]))
    assert few.coverage.parts[0].cells.rows[0][1:4] == ["under 10", "–", "–"]
    assert few.headlines.parts[0].chart is None


def test_what_is_asked_of_an_earlier_instant_knows_nothing_later(demo):
    found = overview(store="demo", as_of="2026-10-19T06:00:00Z", workspace=demo.root)
    assert headline(found, "overturn_rate").newest["period_label"] == "2026-W42"
    assert all(str(one.last) <= "2026-10-19" for one in found.looked.held)


def test_the_alarms_are_those_of_a_look_and_none_is_written_down(seen, demo):
    before = {path.name for path in (demo.root / "data").rglob("*")}
    rows = seen.alarmed.parts[0].cells.rows
    assert len(rows) == len(seen.checked.alerts) > 0
    assert any("Overturn rate missed its target (all records): 48.5%" in row[1] for row in rows)
    assert {path.name for path in (demo.root / "data").rglob("*")} == before


def test_where_nothing_is_watched_quiet_is_not_called_well(demo):
    [told] = overview(store="tiktok", workspace=demo.root).alarmed.parts
    assert told.notes[0].endswith("That is no sign that all is well.")


def test_it_says_how_far_the_data_reach_what_was_checked_and_which_other_stores_there_are(seen, demo):
    [english, chinese] = seen.coverage.parts
    rows = {row[0]: row[1:] for row in english.cells.rows}
    assert rows["Appeals"][1:] == ["2026-04-30", "2026-11-16", "2026-11-16 06:00"]
    assert "checks: " in english.notes[0]
    others = sorted(path.stem for path in (demo.root / "data" / "store").glob("*.duckdb") if path.stem != "demo")
    assert ", ".join(others) in english.notes[1]
    assert "、".join(others) in chinese.notes[1]


def test_the_chinese_page_is_chinese_and_the_charts_have_their_text(seen):
    assert [line for line in told(seen)["zh-CN"] if english_left(line)] == []
    for one in seen.headlines.parts:
        newest = headline(seen, "overturn_rate").newest
        assert f"{100 * newest['value']:.1f}%" in one.alt
        assert one.chart is not None


def test_what_cannot_be_asked_is_said(demo):
    for wrong in ({"store": "dmo"}, {"audience": "everybody"}, {"as_of": "yesterday"}):
        with pytest.raises(AppealInsightsError):
            overview(workspace=demo.root, **wrong)

"""A glance is what `query` counts: at most six lines, every segment in the breakdown, nothing small given away."""

import pytest

from appeal_insights.errors import BadParameter, EmptyPeriod, TooFine, UnknownStore
from appeal_insights.findings.answer import Asking, query
from appeal_insights.findings.glance import (
    MOST_LINES,
    OTHERS,
    Choices,
    glance,
    read_choices,
    read_values,
)
from appeal_insights.findings.glance_exhibits import calls, glance_breakdown, glance_trend
from appeal_insights.periods import period
from tests.demo import numbers
from tests.helpers import decided, make_store

SPAN = "2026-W40..2026-W46"
NUMBERS = ["numerator", "denominator", "rate", "low", "high"]


def look(demo, *, audience="stakeholder", store="demo", **asked):
    return glance(Asking("trend", **{"during": SPAN, **asked}), store=store, audience=audience, workspace=demo.root)


def asked(demo, name, **more):
    return query(name, store="demo", workspace=demo.root, **{"during": SPAN, **more})


def check_same(ours, theirs):
    """The counts are the same, and so are the rates and intervals, to rounding."""
    assert ours[NUMBERS].astype(float).to_numpy() == pytest.approx(theirs[NUMBERS].astype(float).to_numpy())


def test_without_a_dimension_the_trend_and_the_breakdown_are_those_of_a_query(demo):
    seen = look(demo, where="market=DE,FR")
    check_same(seen.trend, asked(demo, "trend", where="market=DE,FR"))
    check_same(seen.whole, asked(demo, "breakdown", where="market=DE,FR"))


def test_each_line_is_that_of_a_query_and_the_others_are_counted_together(demo):
    seen = look(demo, by="market")
    every = asked(demo, "trend", by="market")
    lines = list(dict.fromkeys(seen.trend["segment"]))
    volume = every.groupby("segment")["denominator"].sum().sort_values(ascending=False)
    assert lines == [*volume.index[:MOST_LINES], OTHERS]
    for line in lines[:MOST_LINES]:
        check_same(seen.trend[seen.trend["segment"] == line], every[every["segment"] == line])
    others = every[~every["segment"].isin(lines)].groupby("period")[NUMBERS[:2]].sum()
    folded = seen.trend[seen.trend["segment"] == OTHERS]
    assert folded[NUMBERS[:2]].astype(int).to_numpy().tolist() == others.to_numpy().tolist()
    assert seen.folded == len(volume) - MOST_LINES


def test_a_breakdown_has_every_segment_as_a_query_has_it(demo):
    seen, every = look(demo, by="market"), asked(demo, "breakdown", by="market")
    assert sorted(seen.breakdown["segment"]) == sorted(every["segment"])
    check_same(seen.breakdown.set_index("segment").loc[list(every["segment"])], every)
    assert seen.breakdown["denominator"].is_monotonic_decreasing
    assert seen.whole["denominator"].item() == seen.breakdown["denominator"].sum()


def test_six_segments_are_six_lines(tmp_path):
    cases = [("2026-11-02", market, "upheld", 20) for market in ("AT", "BE", "DE", "ES", "FR", "GB")]
    assert lines_of(tmp_path, cases) == ["AT", "BE", "DE", "ES", "FR", "GB"]
    assert lines_of(tmp_path, [*cases, ("2026-11-02", "IT", "upheld", 19)])[MOST_LINES:] == [OTHERS]


def lines_of(folder, cases, **asked):
    return list(dict.fromkeys(glanced(folder, cases, **asked).trend["segment"]))


def glanced(folder, cases, *, audience="stakeholder", by="market", during="2026-W45"):
    (folder / "notebooks").mkdir(exist_ok=True)
    path = folder / "data" / "store" / f"s{len(cases)}.duckdb"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        make_store(path, decided(cases))
    return glance(Asking("trend", by=by, during=during), store=path.stem, audience=audience, workspace=folder)


def test_a_small_segment_stands_with_another_in_the_breakdown_and_among_the_others_in_the_trend(tmp_path):
    cases = [("2026-11-02", market, "upheld", n) for market, n in (("DE", 40), ("FR", 30), ("GB", 12), ("MT", 3))]
    seen = glanced(tmp_path, cases)
    assert seen.breakdown[["pooled", "denominator"]].to_numpy().tolist() == [[1, 40], [1, 30], [2, 15]]
    assert dict(zip(seen.trend["segment"], seen.trend["denominator"], strict=True)) == {"DE": 40, "FR": 30, OTHERS: 15}
    assert not glanced(tmp_path, cases, audience="analyst").trend["hidden"].any()
    told = glance_trend(seen, "en").notes
    assert any("2 segments are shown together" in note for note in told)


def test_a_small_point_takes_others_along_so_that_no_total_gives_it_away(tmp_path):
    sizes = {"DE": (40, 50, 30), "FR": (3, 30, 25), "GB": (20, 22, 24)}
    days = ("2026-10-26", "2026-11-02", "2026-11-09")
    cases = [
        (day, market, "upheld", n) for market, by_day in sizes.items() for day, n in zip(days, by_day, strict=True)
    ]
    seen = glanced(tmp_path, cases, during="2026-W44..2026-W46")
    hidden = seen.trend[seen.trend["hidden"]]
    assert "FR" in set(hidden["segment"])
    assert hidden[NUMBERS].isna().all(axis=None)
    for way in ("segment", "period"):
        assert hidden.groupby(way).size().min() >= 2
    shown = glance_trend(seen, "en")
    assert sum("not shown" in row for row in shown.cells.rows) == len(hidden)
    assert any("left out" in note for note in shown.notes)
    assert glanced(tmp_path, cases, during="2026-W44..2026-W46", audience="analyst").trend["numerator"].notna().all()


def test_where_all_is_small_nothing_is_shown(tmp_path):
    seen = glanced(tmp_path, [("2026-11-02", "MT", "upheld", 9)])
    trend, breakdown = glance_trend(seen, "en"), glance_breakdown(seen, "en")
    assert (trend.chart, trend.cells, breakdown.cells) == (None, None, None)
    assert trend.notes == [
        "Fewer than 10 records were counted here, so nothing is shown. Widen the period or the filter."
    ]


@pytest.mark.parametrize(
    ("asked", "kind", "says"),
    [
        ({"during": "2024"}, EmptyPeriod, "Nothing was counted in 2024"),
        ({"by": "market,policy"}, BadParameter, "Choose one dimension"),
        ({"store": "demos"}, UnknownStore, "Did you mean 'demo'?"),
        ({"store": "tiktok", "during": "2026-H1", "every": "half-year", "by": "market"}, TooFine, "not broken down"),
    ],
)
def test_what_cannot_be_shown_is_refused(demo, asked, kind, says):
    with pytest.raises(kind) as refused:
        look(demo, **{"every": "month" if asked.get("during") == "2024" else "week", **asked})
    assert says in refused.value.message


def test_a_store_offers_what_it_has(demo):
    there = read_choices(store="demo", name="overturn_rate", workspace=demo.root)
    assert (there.grains[0], "policy" in there.dimensions) == ("day", True)
    assert there.complete("week")[-1] == period("2026-W46")
    assert there.periods("week")[-1] == period("2026-W47")
    figures = read_choices(store="tiktok", name="overturn_rate", workspace=demo.root)
    assert (list(figures.grains), list(figures.dimensions)) == (["half-year", "year"], ["complaint_type"])
    assert [one.label for one in figures.periods("half-year")] == ["2025-H2", "2026-H1"]
    assert {"visibility", "account"} <= set(
        read_values("complaint_type", store="tiktok", name="overturn_rate", workspace=demo.root)
    )


def test_periods_of_which_none_is_over_are_offered_all_the_same(demo):
    there = read_choices(store="demo", name="overturn_rate", workspace=demo.root)
    young = Choices(there.metrics, there.dimensions, there.grains, there.last, there.last, there.as_of)
    assert [one.label for one in young.complete("week")] == ["2026-W47"]


def test_the_calls_give_the_numbers_that_are_shown(demo):
    asking = Asking("trend", by="market", during=SPAN, every="month", where={"policy": ["a,b", "c"]})
    assert calls(asking, store="demo").splitlines() == [
        'ap.query("trend", store="demo", by="market", during="2026-W40..2026-W46", every="month", '
        'where={"policy": ["a,b", "c"]})',
        'ap.query("breakdown", store="demo", by="market", during="2026-W40..2026-W46", where={"policy": ["a,b", "c"]})',
    ]
    short = Asking("trend", metric="full_overturn_rate", during="2026-W40", where={"market": ["DE", "AT"]})
    assert calls(short, store="demo").splitlines()[0] == (
        'ap.query("trend", store="demo", metric="full_overturn_rate", during="2026-W40", where="market=DE,AT")'
    )


def test_both_languages_show_the_same_numbers(demo):
    seen = look(demo, by="market", where="policy=misleading_claims")
    for make in (glance_trend, glance_breakdown):
        english, chinese = (numbers(str(make(seen, language).cells.rows)) for language in ("en", "zh-CN"))
        assert english == chinese
        assert english
    chinese = glance_trend(seen, "zh-CN")
    assert chinese.title == "改判率（按市场）· 规则：misleading_claims · 2026-W40..2026-W46"
    assert chinese.notes[0] == "记录最多的 5 个细分各成一线，其余 26 个合并为一线。"


def test_a_period_that_is_not_over_is_said_to_be_so(demo):
    assert any(
        "2026-W47 was not over" in note for note in glance_trend(look(demo, during="2026-W45..2026-W47"), "en").notes
    )

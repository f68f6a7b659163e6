"""Segments before and after, and week by week: the numbers of the store, and nothing that gives a small cell away."""

import json

import pandas as pd
import pytest

from appeal_insights.findings.overturn import investigate
from appeal_insights.findings.shown import EXHIBIT
from tests.demo import AFTER, BEFORE, TIKTOK, appeals, exhibit, hand_count, rows
from tests.findings.test_disclosure_of_findings import PERIODS, SECRET, some_records
from tests.helpers import make_store


@pytest.fixture(scope="module")
def inquiry(demo):
    return demo.investigate()


def charted(shown):
    """The rows of the largest table inside a chart."""
    return pd.DataFrame(max(shown["spec"]["datasets"].values(), key=len))


def test_the_slope_counts_what_a_hand_counts(demo, inquiry):
    shown = exhibit(inquiry, "segments", id="slope")
    first = rows(shown)[0]
    policy = first["segment"]
    table = appeals(demo.sample / "appeals.csv")
    mine = table[table["policy"] == policy]
    for side, span in (("before", BEFORE), ("after", AFTER)):
        numerator, denominator = hand_count(mine, span)
        assert first[side] == f"{100 * numerator / denominator:.1f}% ({numerator:,} / {denominator:,})"
    assert shown["title"] == f"Policy: {policy} went from {first['before'][:5]} to {first['after'][:5]}"


def test_the_slope_starts_with_the_named_segment_and_shows_at_most_ten(inquiry):
    shown = exhibit(inquiry, "segments", id="slope")
    assert charted(shown)["segment"].iloc[0] == "misleading_claims"
    assert len(rows(shown)) == 10
    assert "Shown are the 10 largest contributions." in shown["notes"]


def test_every_cell_of_the_heat_map_counts_what_a_hand_counts(demo, inquiry):
    shown = exhibit(inquiry, "segments", id="heat_map")
    table = appeals(demo.sample / "appeals.csv")
    drawn = charted(shown)
    for _, cell in drawn.sample(12, random_state=3).iterrows():
        numerator, denominator = hand_count(table[table["policy"] == cell["segment"]], cell["period_label"])
        assert (cell["numerator"], cell["denominator"]) == (numerator, denominator)
        assert cell["rate"] == pytest.approx(numerator / denominator)
    assert len(drawn) == 10 * len(inquiry.evidence.trend)


def test_the_table_of_the_heat_map_has_its_rows_and_columns(inquiry):
    shown = exhibit(inquiry, "segments", id="heat_map")
    drawn = charted(shown)
    assert [row["segment"] for row in rows(shown)] == list(dict.fromkeys(drawn["segment"]))
    last = drawn.iloc[-1]
    cell = rows(shown)[-1][last["period_label"]]
    assert cell == f"{100 * last['rate']:.1f}% ({last['numerator']:.0f} / {last['denominator']:.0f})"


def test_both_charts_say_in_chinese_what_they_say_in_english(inquiry):
    for name in ("slope", "heat_map"):
        english, chinese = (exhibit(inquiry, "segments", id=name, language=one) for one in ("en", "zh-CN"))
        assert charted(english).equals(charted(chinese))
        assert len(english["notes"]) == len(chinese["notes"])
    assert (
        "misleading_claims 由 46.7% 变为 73.2%" in exhibit(inquiry, "segments", id="slope", language="zh-CN")["title"]
    )


def test_the_query_behind_the_heat_map_stands_with_the_others(inquiry):
    of_segments = [asked.text for asked in inquiry.evidence.asked if asked.what == "trend" and '"policy"' in asked.text]
    assert of_segments


def test_two_periods_are_a_slope_and_no_heat_map(demo):
    shown = [bundle_id(bundle) for bundle in demo.investigate(**TIKTOK).segments.bundles()]
    assert "slope" in shown
    assert "heat_map" not in shown


def bundle_id(bundle):
    return bundle.get(EXHIBIT, {}).get("id")


def test_a_cross_is_explained_where_there_is_one(demo):
    shown = exhibit(demo.investigate(where="market=TR", by="complaint_type"), "segments", id="heat_map")
    assert any(cell == "not shown" for row in rows(shown) for cell in row.values())
    assert any(note.startswith("A cross: fewer than 10 records") for note in shown["notes"])


def test_a_map_that_would_be_mostly_crosses_is_left_out(demo):
    inquiry = demo.investigate(where="market=GB", by="policy")
    assert inquiry.evidence.by_period["rate"].notna().mean() < 0.5
    assert "heat_map" not in [bundle_id(bundle) for bundle in inquiry.segments.bundles()]


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """An inquiry for a stakeholder into a store with a segment that must stay hidden, and one for an analyst."""
    place = tmp_path_factory.mktemp("small_cells")
    (place / "notebooks").mkdir()
    make_store(place / "data" / "store" / "small.duckdb", some_records())
    ask = {"store": "small", "language": "en", "workspace": place, **PERIODS}
    return {
        (audience, by): investigate(**ask, audience=audience, by=by)
        for audience in ("stakeholder", "analyst")
        for by in ("policy", "market")
    }


@pytest.mark.parametrize("by", ["policy", "market"])
def test_no_small_cell_is_in_the_heat_map_nor_follows_from_the_whole_of_its_period(small, by):
    shown, known = (small[audience, by].evidence for audience in ("stakeholder", "analyst"))
    assert known.by_period["denominator"].between(1, 9).any()
    assert not shown.by_period["denominator"].between(1, 9).any()
    whole = shown.trend.set_index("period")
    for period, cells in shown.by_period.groupby("period"):
        rest = whole.loc[period, "denominator"]
        if not whole.loc[period, "hidden"]:
            left = rest - cells["denominator"].sum()
            assert left == 0 or left >= 10, "what the shown cells leave of the whole"
        else:
            assert not (cells["denominator"] > 0).any()


@pytest.mark.parametrize("by", ["policy", "market"])
def test_no_small_cell_follows_from_its_segment_before_and_after(small, by):
    evidence = small["stakeholder", by].evidence
    parts = evidence.view(by).parts.set_index("segment")
    for (segment, span), cells in evidence.by_period.dropna(subset=["span"]).groupby(["segment", "span"]):
        left = parts.loc[segment, f"denominator_{span}"] - cells["denominator"].sum()
        assert left == 0 or (left >= 10 and cells["hidden"].sum() > 1)


def test_a_segment_that_is_folded_away_is_not_in_the_charts(small):
    text = json.dumps(list(small["stakeholder", "policy"].segments.bundles()), default=str)
    assert SECRET not in text

"""Numbers that others published come out of the package when their files are taken in through its own mapping files."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from appeal_insights.analysis.decomposition import decompose_change
from appeal_insights.errors import TooFine
from appeal_insights.metrics.query import query
from appeal_insights.records.figures import ingest_figures, load_figures_mapping
from appeal_insights.records.ingest import ingest
from appeal_insights.records.mapping import load_mapping
from appeal_insights.records.store import Store
from tests.helpers import answer, question

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "appeal_insights" / "records" / "sources"
LOADED_AT = datetime(2026, 11, 16)
OWN_DECISIONS = ["visibility", "service", "account"]
EXACT = 1e-6
POINT = 0.01


@pytest.fixture(scope="module")
def truth(public):
    return json.loads((public / "known_truths.json").read_text(encoding="utf-8"))["ca_imr_2001_2016"]


@pytest.fixture(scope="module")
def reviews(public, tmp_path_factory):
    path = tmp_path_factory.mktemp("imr") / "ca_imr.duckdb"
    mapping = load_mapping(SOURCES / "ca_imr.toml")
    intake = ingest(public / "ca_imr_2001_2016.parquet", path, mapping=mapping, loaded_at=LOADED_AT)
    assert (intake.read, intake.new, intake.rejected) == (19_245, 19_245, 0)
    return path


@pytest.fixture(scope="module")
def tiktok(tmp_path_factory):
    path = tmp_path_factory.mktemp("tiktok") / "tiktok.duckdb"
    intake = ingest_figures(
        ROOT / "data" / "public" / "tiktok_appeals_by_decision_type.csv",
        path,
        mapping=load_figures_mapping(SOURCES / "tiktok_appeals.toml"),
        loaded_at=LOADED_AT,
    )
    assert (intake.read, intake.new, intake.totals, intake.rejected) == (12, 10, 2, 0)
    return path


def change(path, before: str, after: str, by: str, **asked):
    parts = decompose_change(answer(path, "before_after", before, after, by=(by,), **asked))
    return parts.sort_values("contribution", ascending=False).set_index(by)


def whole(path, before: str, after: str, **asked):
    [rates] = answer(path, "before_after", before, after, **asked)[["rate_before", "rate_after"]].to_numpy().tolist()
    return rates


def test_of_the_medical_reviews_44_in_100_were_overturned(reviews, truth):
    [row] = answer(reviews, "breakdown", "2001..2016").to_dict("records")
    assert (row["numerator"], row["denominator"]) == (8457, 19245) == (truth["overturned"], truth["rows"])
    assert row["rate"] == pytest.approx(0.439439, abs=EXACT)


def test_every_year_of_the_medical_reviews_is_as_published(reviews, truth):
    years = [str(year) for year in range(2001, 2017)]
    rows = answer(reviews, "trend", *years, grain="year").set_index("period_label")
    assert sorted(truth["by_year"]) == years
    for year, counted in truth["by_year"].items():
        assert (rows["numerator"][year], rows["denominator"][year]) == (counted["k"], counted["n"])
        assert rows["rate"][year] == pytest.approx(counted["rate"], abs=EXACT)


@pytest.mark.parametrize(("by", "key"), [("queue", "by_review_type"), ("policy_group", "by_diagnosis_category")])
def test_every_segment_of_the_medical_reviews_is_as_published(reviews, truth, by, key):
    rows = answer(reviews, "breakdown", "2001..2016", by=(by,)).set_index(by)
    assert {name: {"n": row.denominator, "k": row.numerator} for name, row in rows.iterrows()} == {
        name: {"n": counted["n"], "k": counted["k"]} for name, counted in truth[key].items()
    }


def test_the_rise_of_2015_is_rate_first_and_mix_second(reviews, truth):
    before, after = whole(reviews, "2014", "2015")
    parts = change(reviews, "2014", "2015", "policy_group")
    published = truth["midpoint_decomposition_diagnosis_2014_2015"]
    assert after - before == pytest.approx(0.128018, abs=EXACT)
    assert after - before == pytest.approx(published["delta"], abs=EXACT)
    assert parts["rate_effect"].sum() == pytest.approx(0.083722, abs=EXACT)
    assert parts["rate_effect"].sum() == pytest.approx(published["rate_effect"], abs=EXACT)
    assert parts["mix_effect"].sum() == pytest.approx(0.044296, abs=EXACT)
    assert parts["mix_effect"].sum() == pytest.approx(published["mix_effect"], abs=EXACT)
    assert parts["contribution"].sum() == pytest.approx(after - before, abs=1e-12)
    assert list(parts.index[:5]) == [name for name, _ in published["top5"]]
    assert parts["contribution"][:5].tolist() == pytest.approx([size for _, size in published["top5"]], abs=EXACT)


def test_hepatitis_brought_most_of_the_rise_of_2015(reviews, truth):
    parts = change(reviews, "2014", "2015", "policy")
    published = truth["driver_2014_2015"]["sub_category_decomposition"]
    assert parts.index[0] == "Hepatitis"
    assert parts["contribution"].iloc[0] == pytest.approx(0.073662, abs=EXACT)
    assert parts["rate_effect"].sum() == pytest.approx(published["rate_effect"], abs=EXACT)
    assert parts["mix_effect"].sum() == pytest.approx(published["mix_effect"], abs=EXACT)
    assert parts["contribution"][:5].tolist() == pytest.approx([size for _, size in published["top5"]], abs=EXACT)


def test_reviews_that_have_a_year_only_have_no_months_and_no_days(reviews):
    with Store(reviews) as store:
        with pytest.raises(TooFine, match="known to the year only"):
            question(store, "2015-03")
        with pytest.raises(TooFine, match="there are no days"):
            query(store, "by_day", question(store, "2015"))


def test_the_stated_overturn_rate_rose_from_46_165_to_48_146_percent(tiktok):
    before, after = whole(tiktok, "2025-H2", "2026-H1", where={"complaint_type": OWN_DECISIONS})
    assert 100 * before == pytest.approx(46.165, abs=0.0005)
    assert 100 * after == pytest.approx(48.146, abs=0.0005)
    assert before == pytest.approx(7_114_588 / 15_411_338, abs=1e-15)


def test_content_removal_brought_the_rise_and_suspended_service_went_against_it(tiktok):
    parts = change(tiktok, "2025-H2", "2026-H1", "complaint_type", where={"complaint_type": OWN_DECISIONS})
    assert parts["rate_effect"].sum() == pytest.approx(2.208 * POINT, abs=1e-3 * POINT)
    assert parts["mix_effect"].sum() == pytest.approx(-0.226 * POINT, abs=1e-3 * POINT)
    assert parts.index[0] == "visibility"
    assert parts.index[-1] == "service"
    assert parts["contribution"]["service"] < 0 < parts["contribution"]["visibility"]


def test_over_all_five_types_the_rise_is_rate_against_mix(tiktok):
    parts = change(tiktok, "2025-H2", "2026-H1", "complaint_type")
    before, after = whole(tiktok, "2025-H2", "2026-H1")
    assert len(parts) == 5
    assert parts["rate_effect"].sum() == pytest.approx(0.022047, abs=EXACT)
    assert parts["mix_effect"].sum() == pytest.approx(-0.002356, abs=EXACT)
    assert parts["contribution"].sum() == pytest.approx(0.019692, abs=EXACT)
    assert parts["contribution"].sum() == pytest.approx(after - before, abs=1e-12)


def test_no_case_was_reversed_in_part_so_both_metrics_agree(tiktok):
    asked = {"where": {"complaint_type": OWN_DECISIONS}}
    assert whole(tiktok, "2025-H2", "2026-H1", **asked) == whole(
        tiktok, "2025-H2", "2026-H1", of="full_overturn_rate", **asked
    )


def test_half_years_have_no_quarters(tiktok):
    with Store(tiktok) as store, pytest.raises(TooFine, match="counted by half-year"):
        question(store, "2025-Q3")

"""Two periods that were counted by two definitions are said to be so before anything else is said of them."""

from pathlib import Path

import pandas as pd
import pytest

from appeal_insights.errors import BadContract, BadPeriod
from appeal_insights.findings.overturn import investigate
from appeal_insights.metrics.metric import metrics, read_metrics
from appeal_insights.records.figures import ingest_figures, load_figures_mapping, read_figures_mapping
from appeal_insights.records.workspace import Workspace
from tests.helpers import FIRST_LOAD, SHEET, answer, make_sheet, table

RATES = {
    "automated_accuracy": {"numerator": {"rate": "accuracy", "of": "all", "rounded": True}, "denominator": ["all"]},
    "automated_precision": {"numerator": {"rate": "precision", "of": "all", "rounded": True}, "denominator": ["all"]},
    "automated_recall": {"numerator": {"rate": "recall", "of": "all", "rounded": True}, "denominator": ["all"]},
}
# Precision .8 and recall .8 make an accuracy of 1 / (1.25 + 1.25 - 1) = 2/3; .9 and .9 one of 1 / (2/.9 - 1) = 9/11.
# In week 40 the accuracy says something else in both markets; in week 41 it is what the others say.
PUBLISHED = table("""
    week     | market | accuracy | precision | recall | all
    2026-W40 | GB     | 0.900    | 0.800     | 0.800  | 1000
    2026-W40 | DE     | 0.950    | 0.900     | 0.900  | 1000
    2026-W41 | GB     | 0.818    | 0.900     | 0.900  | 1000
    2026-W41 | DE     | 0.667    | 0.800     | 0.800  | 1000
""")
FILE = "tiktok_dsa_automation_accuracy_by_market.csv"


def sheet(folder, rows, **declared):
    (folder / "notebooks").mkdir(parents=True)
    return make_sheet(Workspace(folder).store("sheet"), rows, **declared)


def texts(exhibits):
    return [note for exhibit in exhibits.parts for note in exhibit.notes]


def states(inquiry):
    checked = inquiry.comparable.parts[0]
    return {row[0]: row[1] for row in checked.cells.rows}


@pytest.fixture
def published(tmp_path):
    sheet(tmp_path, PUBLISHED, metrics=RATES)
    return tmp_path


def asked(folder, **other):
    told = {"metric": "automated_accuracy", "before": "2026-W40", "after": "2026-W41", "workspace": folder}
    return investigate(store="sheet", **{**told, **other})


def test_an_identity_broken_in_one_period_is_a_change_of_definition(published):
    inquiry = asked(published)
    first = inquiry.conclusions[0]
    assert (first.id, first.grade) == ("definition", "confirmed")
    claim = first.told["en"].claim
    assert claim.startswith("Definition change, do not report a fall:")
    assert "2 of 2 segments break that in 2026-W40, 0 of 2 in 2026-W41. As published 2 of 2 segments fell" in claim
    assert "Recounted alike, 1 of 2 segments rose and 1 fell" in claim
    assert "74.2% became 74.2%" in claim  # (2/3 + 9/11) / 2 in both weeks
    assert "DE −15.15 points, GB +15.15 points" in claim
    assert inquiry.summary.parts[0].notes[0] == claim
    # Published: (.9 + .95) / 2 to (.818 + .667) / 2.
    assert first.told["en"].size.startswith("as published −18.25 points; recounted alike 0.00 points")


def test_all_that_follows_is_counted_alike(published):
    evidence = asked(published).evidence
    assert [evidence.counts[f"numerator_{side}"] for side in ("before", "after")] == [667 + 818, 818 + 667]
    assert [evidence.counts[f"denominator_{side}"] for side in ("before", "after")] == [2000, 2000]
    assert evidence.trend["numerator"].tolist() == [1485, 1485]
    gb = evidence.view("market").parts.set_index("segment").loc["GB"]
    assert gb["numerator_before"] == 667
    assert "recounted alike" in asked(published).trend.parts[0].title


def test_rates_that_agree_in_both_periods_are_compared_as_published(tmp_path):
    sheet(tmp_path, PUBLISHED.assign(week=["2026-W41", "2026-W41", "2026-W40", "2026-W40"]).iloc[2:]
          .pipe(lambda rows: pd.concat([rows, rows.assign(week="2026-W41")])), metrics=RATES)  # fmt: skip
    inquiry = asked(tmp_path)
    assert inquiry.evidence.redefined is None
    assert inquiry.conclusions[0].id == "moved"
    assert states(inquiry)["Definition"] == "fine"


def test_an_identity_broken_in_both_periods_alike_is_no_change_of_it(tmp_path):
    rows = PUBLISHED.head(2)
    sheet(tmp_path, pd.concat([rows, rows.assign(week="2026-W41")]), metrics=RATES)
    assert asked(tmp_path).evidence.redefined is None


def test_without_the_other_rates_nothing_is_known_of_the_definition(tmp_path):
    sheet(tmp_path, PUBLISHED, metrics={name: RATES[name] for name in ("automated_accuracy",)})
    inquiry = asked(tmp_path)
    assert inquiry.evidence.redefined is None
    assert inquiry.conclusions[0].id == "moved"


def test_a_change_that_the_digits_of_published_rates_cannot_tell_is_none(tmp_path):
    """Of a million cases .500 and .501 differ far beyond counting noise, and may both be .5005."""
    rows = pd.DataFrame(
        {"week": ["2026-W40", "2026-W41"], "market": "GB", "accuracy": ["0.500", "0.501"], "all": "10000000"}
    )
    sheet(tmp_path, rows, metrics={"automated_accuracy": RATES["automated_accuracy"]})
    inquiry = asked(tmp_path)
    assert inquiry.evidence.change.low > 0
    assert inquiry.evidence.resolution == pytest.approx(0.001)
    assert "did not move beyond routine variation" in inquiry.summary.parts[0].notes[0]
    assert any("a change of up to 0.10 points cannot be told from none" in note for note in texts(inquiry.comparable))


def test_a_rate_of_few_digits_is_rejected_unless_the_mapping_lets_it_be_rounded(tmp_path):
    of = {**RATES["automated_accuracy"]["numerator"], "rounded": False}
    strict = {"automated_accuracy": {"numerator": of, "denominator": ["all"]}}
    mapping = read_figures_mapping({**SHEET, "metrics": strict})
    intake = ingest_figures(
        PUBLISHED.assign(all="100000"), tmp_path / "s.duckdb", mapping=mapping, loaded_at=FIRST_LOAD
    )
    assert intake.rejected == 4
    assert intake.reasons["reason"].str.startswith("has too few digits").all()


def test_two_versions_are_told_and_nothing_is_compared(tmp_path):
    counts = table("""
        week     | market | reversed | decided
        2026-W40 | GB     | 200      | 1000
        2026-W41 | GB     | 400      | 1000
    """)
    changes = SHEET["metrics"]["overturn_rate"] | {"version": {"2026-10-05": 2}}
    path = sheet(tmp_path, counts, metrics={"overturn_rate": changes})
    inquiry = asked(tmp_path, metric="overturn_rate", language="both")
    [only] = inquiry.conclusions
    assert only.id == "definition"
    assert "(1: 2026-09-28..2026-10-04, 2: 2026-10-05..2026-10-11)" in only.told["en"].claim
    assert "请勿将 2026-W40 与 2026-W41 的差异作为变化通报" in only.told["zh-CN"].claim
    assert inquiry.summary.parts[0].notes == [only.told["en"].claim]
    for part in (inquiry.trend, inquiry.change, inquiry.segments):
        assert not any("20.0" in note or "40.0" in note for note in texts(part))
    with pytest.raises(BadPeriod, match="more than one version"):
        answer(path, "trend", "2026-W40", "2026-W41")


def test_the_published_country_accuracies_are_no_fall(public, tmp_path):
    """27 of 27 countries break the identity in one half-year, none in the other; 24 fall, and alike 11 rise."""
    (tmp_path / "notebooks").mkdir()
    source = Path(__file__).parents[2] / "appeal_insights" / "records" / "sources" / "tiktok_automation.toml"
    store = Workspace(tmp_path).store("sheet")
    taken = ingest_figures(public / FILE, store, mapping=load_figures_mapping(source), loaded_at=FIRST_LOAD)
    assert (taken.read, taken.new, taken.rejected) == (56, 54, 0)
    inquiry = asked(tmp_path, before="2025-H2", after="2026-H1")
    claim = inquiry.conclusions[0].told["en"].claim
    assert "27 of 27 segments break that in 2025-H2, 0 of 27 in 2026-H1" in claim
    assert "24 of 27 segments fell and 3 rose" in claim
    assert "11 of 27 segments rose and 16 fell, offsetting one another: 91.7% became 91.7%" in claim
    change = inquiry.evidence.change
    assert (change.rate_before, change.rate_after) == (
        pytest.approx(0.916980, abs=1e-6),
        pytest.approx(0.917069, abs=1e-6),
    )
    assert "did not move" in inquiry.summary.parts[0].notes[1]


def test_the_demo_can_be_compared_with_care(demo):
    found = states(demo.investigate())
    assert found["Definition"] == found["Whole and parts"] == found["Settled"] == found["Days"] == "fine"
    assert found["Shared outcomes"] == "fine"


def test_a_metric_that_follows_from_others_names_metrics_there_are():
    for of in metrics().values():
        assert of.identity is None or set(of.identity.others) <= set(metrics())
    assert metrics()["automated_accuracy"].identity.others == ("automated_precision", "automated_recall")
    with pytest.raises(BadContract, match="equals"):
        read_metrics('[x]\nkind = "proportion"\n[x.identity]\nwithin = 0.1')

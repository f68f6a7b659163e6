"""A target is drawn, said and put into the table where the store holds one, in both languages, and nowhere else."""

import pandas as pd
import pytest

import appeal_insights as ap
from appeal_insights.charts.theme import spec_of
from appeal_insights.findings.answer import Asking
from appeal_insights.findings.glance import glance
from appeal_insights.findings.glance_exhibits import glance_trend
from appeal_insights.findings.targets import stretches, target_cells, target_notes
from appeal_insights.metrics.query import QUERIES
from appeal_insights.metrics.targets import TARGETED
from appeal_insights.reports.doctor import store as examine_store
from tests.demo import exhibit, rows
from tests.helpers import decided, english_left, make_store

OWNER = "Head of <b>appeals</b> and quality"
PERIODS = {"before": "2026-W40..2026-W41", "after": "2026-W42..2026-W43"}
COLUMNS = ["target_id", "metric", "scope", "value", "direction", "valid_from", "valid_to", "owner", "approved_by"]
TARGETS = pd.DataFrame(
    [
        ("t1", "overturn_rate", None, "0.35", "at_most", "2026-01-01", "2026-10-05", OWNER, "Review"),
        ("t2", "overturn_rate", None, "0.325", "at_most", "2026-10-05", None, OWNER, "Review"),
        ("t3", "overturn_rate", "market=DE", "0.3", "at_least", "2026-10-05", None, OWNER, "Review"),
        ("t4", "overturn_rat", None, "0.3", "at_least", "2026-10-05", None, OWNER, "Review"),
    ],
    columns=COLUMNS,
    dtype="str",
)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A workspace with two stores: four weeks of 40 appeals a day, with targets and without."""
    root = tmp_path_factory.mktemp("targets")
    (root / "notebooks").mkdir()
    (root / "data" / "store").mkdir(parents=True)
    days = pd.date_range("2026-09-28", "2026-10-25").strftime("%Y-%m-%d")
    cases = [
        (day, market, how, n) for day in days for market in ("DE", "GB") for how, n in (("upheld", 13), ("reversed", 7))
    ]
    for name in ("with", "without"):
        make_store(root / "data" / "store" / f"{name}.duckdb", decided(cases))
    make_store(root / "data" / "store" / "with.duckdb", TARGETS, fact="targets")
    return root


def asked(place, store, **more):
    return ap.investigate(store=store, workspace=place, language="both", **PERIODS, **more)


@pytest.fixture(scope="module")
def inquiry(place):
    return asked(place, "with")


def test_a_question_gets_its_target_right_after_the_interval(place):
    weeks = {"during": "2026-W40..2026-W43", "workspace": place}
    trend = ap.query("trend", store="with", **weeks)
    assert trend["target"].tolist() == [0.35, 0.325, 0.325, 0.325]
    assert list(trend.columns)[-1] == "target"
    parts = ap.query("breakdown", store="with", during="2026-W41", by="market", workspace=place)
    assert dict(zip(parts["market"], parts["target"], strict=True)) == {"DE": 0.3, "GB": 0.325}
    assert ap.query("trend", store="with", metric="turnaround", **weeks)["target"].isna().all()


@pytest.mark.parametrize("name", ["trend", "breakdown", "before_after", "top_movers", "heat_map"])
def test_without_targets_there_is_the_same_column_and_it_is_null(place, name):
    spans = {"pair": PERIODS, "one": {"during": "2026-W41"}, "periods": {"during": "2026-W40..2026-W43"}}
    with_, without = (
        ap.query(name, store=store, by="market", workspace=place, **spans[QUERIES[name].spans])
        for store in ("with", "without")
    )
    assert list(with_.columns) == list(without.columns)
    assert without["target"].dtype == with_["target"].dtype == "float64"
    assert without["target"].isna().all()
    assert with_["target"].notna().all()


def test_every_query_with_a_target_is_there_and_percentiles_are_none_of_them(place):
    assert set(TARGETED) <= set(QUERIES)
    assert "percentiles" not in TARGETED
    spread = ap.query("distribution", store="with", metric="turnaround", during="2026-W41", workspace=place)
    assert list(spread.columns)[list(spread.columns).index("share_late") + 1] == "target"


def test_the_report_draws_the_target_and_says_it_for_who_cannot_see_the_chart(inquiry):
    shown = exhibit(inquiry, "trend")
    lines = [row for data in shown["spec"]["datasets"].values() for row in data if "value" in row]
    assert {(row["label"], row["value"], row["start"][:10], row["end"][:10]) for row in lines} == {
        ("Target: at most 35.0%", 0.35, "2026-09-28", "2026-10-05"),
        ("Target: at most 32.5%", 0.325, "2026-10-05", "2026-10-26"),
    }
    assert shown["alt"].endswith(" The dashed line is the target: at most 35.0%, then at most 32.5%.")
    assert shown["notes"][1:3] == [
        f"Target from 2026-W40 to 2026-W40: at most 35.0%; owner: {OWNER}.",
        f"Target from 2026-W41 to 2026-W43: at most 32.5%; owner: {OWNER}.",
    ]
    assert [row["target"] for row in rows(shown)] == ["at most 35.0%"] + ["at most 32.5%"] * 3
    assert shown["table"]["values"][0][5] == ["share", 0.35]


def test_it_says_the_same_in_chinese(inquiry):
    shown = exhibit(inquiry, "trend", language="zh-CN")
    assert shown["alt"].endswith("虚线为目标：不高于 35.0%，随后不高于 32.5%。")
    assert shown["notes"][1].startswith("2026-W40 至 2026-W40 的目标：不高于 35.0%")
    assert [row["target"] for row in rows(shown)] == ["不高于 35.0%"] + ["不高于 32.5%"] * 3
    assert [english_left(text) for text in (shown["alt"], *shown["notes"])] == [[]] * (1 + len(shown["notes"]))


def test_a_name_in_a_target_is_no_mark_up(inquiry):
    [twin] = [part["text/html"] for part in inquiry.trend.bundles() if "owner" in part.get("text/html", "")]
    assert "Head of &lt;b&gt;appeals&lt;/b&gt;" in twin
    assert OWNER not in twin


def test_a_scope_has_its_own_target(place):
    shown = exhibit(asked(place, "with", where="market=DE"), "trend")
    assert [row["target"] for row in rows(shown)] == ["at most 35.0%"] + ["at least 30.0%"] * 3


def test_the_queries_of_the_appendix_hold_that_of_the_targets(inquiry, place):
    assert [one.what for one in inquiry.evidence.asked].count("targets") >= 1
    assert "targets" not in [one.what for one in asked(place, "without").evidence.asked]


def test_a_report_on_a_store_without_targets_is_what_it_was(place):
    shown = exhibit(asked(place, "without"), "trend")
    assert "arget" not in str(shown["table"]) + str(shown["notes"]) + shown["alt"] + str(shown["spec"])


def test_the_explorer_draws_the_target_of_one_line_and_none_of_several(place):
    one, several = (
        glance_trend(
            glance(
                Asking("trend", during="2026-W40..2026-W43", by=by), store="with", audience="analyst", workspace=place
            ),
            "en",
        )
        for by in ("", "market")
    )
    assert one.alt.endswith("The dashed line is the target: at most 35.0%, then at most 32.5%.")
    assert one.cells.columns[-1] == ("target", "Target", "right")
    assert one.cells.rows[-1][-1] == "at most 35.0%"
    assert "Target: at most 32.5%" in str(spec_of(one.chart))
    assert "arget" not in str(spec_of(several.chart)) + several.alt + str(several.cells)


def test_the_doctor_names_the_targets_that_fit_no_metric(place):
    told = {name: examine_store(place / "data" / "store" / f"{name}.duckdb") for name in ("with", "without")}
    assert (told["with"].state, told["without"].state) == ("note", "fine")
    assert told["with"].do == "Targets that fit no metric, and are never drawn: t4 (unknown metric)."


def trend(*held) -> pd.DataFrame:
    """Weeks from 2026-W40 on with these targets: (value, direction) each, or nothing."""
    start = pd.date_range("2026-09-28", periods=len(held), freq="7D")
    value, direction = zip(*(one or (None, None) for one in held), strict=True)
    return pd.DataFrame(
        {
            "period": start,
            "ends_on": start + pd.Timedelta(days=7),
            "period_label": [f"W{40 + n}" for n in range(len(held))],
            "target": pd.Series(value, dtype="float64"),
            "target_direction": pd.Series(direction, dtype="str"),
            "target_owner": pd.Series([one and "boss" for one in held], dtype="str"),
        }
    )


def test_periods_on_end_with_one_target_are_one_stretch_and_a_gap_parts_them():
    most, least = (0.4, "at_most"), (0.4, "at_least")
    found = stretches(trend(None, most, most, None, most, least))
    assert found[["first", "last", "target_direction"]].to_numpy().tolist() == [
        ["W41", "W42", "at_most"], ["W44", "W44", "at_most"], ["W45", "W45", "at_least"],
    ]  # fmt: skip
    assert found["end"].dt.strftime("%m-%d").tolist() == ["10-19", "11-02", "11-09"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.45, "45.0%"), (1, "100.0%"), (0.9995, "99.95%"), (0.99999, "99.999%"), (0.123456, "12.346%")],
)
def test_a_target_is_written_with_the_digits_that_it_has(value, shown):
    table = trend((value, "at_least"))
    assert target_cells(table.iloc[0], table, "en") == [f"at least {shown}"]


def test_one_target_throughout_is_said_without_its_periods():
    assert target_notes(trend((0.4, "at_most"), (0.4, "at_most")), "en") == ["Target: at most 40.0%; owner: boss."]
    assert target_notes(trend(None, None), "en") == []
    table = trend(None, (0.4, "at_most"))
    assert target_notes(table, "en") == ["Target from W41 to W41: at most 40.0%; owner: boss."]
    assert target_cells(table.iloc[0], table, "en") == ["–"]

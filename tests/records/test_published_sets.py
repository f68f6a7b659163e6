"""Files as others published them go in by the command, with the mapping of the package, and give the known numbers."""

import json
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from appeal_insights.analysis.agreement import agreement, confusion
from appeal_insights.analysis.decomposition import decompose_change
from appeal_insights.records.store import Store
from tests.demo import shell
from tests.helpers import answer

EXACT = 1e-6
LOADED_AT = "--loaded-at=2026-11-16"


@pytest.fixture(scope="module")
def truths(public):
    return json.loads((public / "known_truths.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """An empty workspace."""
    root = tmp_path_factory.mktemp("published")
    (root / "notebooks").mkdir()
    return root


def take_in(place: Path, file: Path, store: str, mapping: str) -> str:
    said = shell("ingest", str(file), f"--store={store}", f"--mapping={mapping}", LOADED_AT, f"--workspace={place}")
    assert said.code == 0, said.err
    return said.out


def asked(place: Path, store: str, query: str, *words: str):
    said = shell("query", query, f"--store={store}", *words, "--format=json", f"--workspace={place}")
    assert said.code == 0, said.err
    return json.loads(said.out)["rows"]


def counts(rows, *by: str) -> dict[str, tuple[int, int]]:
    return {"|".join(str(row[name]) for name in by): (row["numerator"], row["denominator"]) for row in rows}


@pytest.fixture(scope="module")
def board(public, place):
    said = take_in(place, public / "oversight_board_decisions_2021_2025.csv", "board", "oversight_board")
    assert "128 rows read = 127 new" in said
    assert "1 rejected" in said
    return place


def test_the_oversight_board_overturned_101_and_upheld_26(board, truths):
    known = truths["oversight_board_decisions_2021_2025"]
    [row] = asked(board, "board", "breakdown", "--during=2021..2025")
    assert (row["numerator"], row["denominator"]) == (101, 101 + 26)
    assert row["rate"] == pytest.approx(known["overturn_rate"], abs=EXACT)
    [reject] = asked(board, "board", "rejects")
    assert reject["reason"] == "decided, but without an outcome"


def test_every_year_of_the_oversight_board_is_as_published(board, truths):
    rows = counts(asked(board, "board", "trend", "--during=2021..2025", "--every=year"), "period_label")
    known = truths["oversight_board_decisions_2021_2025"]["by_year"]
    assert rows == {year: (one["k"], one["n"]) for year, one in known.items()}


@pytest.fixture(scope="module")
def leave(public, place):
    """Special leave in a store; and its file, with what became of each row."""
    file = public / "au_special_leave_2003_2018.parquet"
    said = take_in(place, file, "leave", "au_special_leave")
    assert "8,412 rows read = 8,325 new" in said
    table = duckdb.execute("select * from read_parquet($1)", [str(file)]).df()
    refused = ["Special leave refused", "Special leave refused with costs"]
    table["granted"], table["decided"] = (
        table["outcome"] == "Special leave granted",
        table["outcome"].isin(["Special leave granted", *refused]),
    )
    table["lost"] = (table.index + 1).isin([row["source_row"] for row in asked(place, "leave", "rejects")])
    table["year"] = table["term_year"].astype("str")
    return place, table.fillna({"method": "(blank)", "issue_area": "(blank)", "source_state": "(blank)"})


def test_what_is_wrong_with_a_special_leave_application_is_said(leave):
    place, table = leave
    rejects = asked(place, "leave", "rejects")
    reasons = {}
    for row in rejects:
        reasons.setdefault(row["reason"].split(";")[0], []).append(row["value"])
    # Of four case numbers that come again one has no outcome the first time, so it appears but once.
    assert {reason: len(values) for reason, values in reasons.items()} == {
        "decided, but without an outcome": 82,
        "lies outside the years 1900 to 2200": 2,
        "appears again": 3,
    }
    assert {value[:4] for value in reasons["lies outside the years 1900 to 2200"]} == {"2919"}
    assert sorted(reasons["appears again"]) == ["2003037", "2005337", "2012290"]
    assert table["case_id"].duplicated().sum() == 4
    assert (table["lower_court_decision_date"] > table["decision_date"]).sum() == 22


def test_of_the_applications_granted_or_refused_11_6_percent_were_granted(leave, truths):
    place, table = leave
    known = truths["au_special_leave_2003_2018"]
    [row] = asked(place, "leave", "breakdown", "--during=2003..2018")
    lost = table[table["lost"]]
    assert (row["numerator"], row["denominator"]) == (961 - 2, 8263 - 2 - 3)
    assert row["numerator"] + lost["granted"].sum() == known["outcomes"]["Special leave granted"] == 961
    neither = known["outcomes"]["Special leave referred to full court"]
    neither += known["outcomes"]["Appeal and special leave determined concurrently"]
    assert row["denominator"] + lost["decided"].sum() + neither == known["n_with_outcome"]
    assert row["rate"] == pytest.approx(961 / 8263, abs=3e-4)


@pytest.mark.parametrize(
    ("by", "theirs", "key"),
    [
        ("", "year", "granted_by_decision_year"),
        ("queue", "method", "granted_by_method"),
        ("policy", "issue_area", "granted_by_issue_area"),
        ("site", "source_state", "granted_by_source_state"),
    ],
)
def test_every_segment_of_special_leave_is_as_published(leave, truths, by, theirs, key):
    """The publisher's n are all outcomes: ours, those that are neither, and those that were set aside."""
    place, table = leave
    words = ("breakdown", f"--by={by}") if by else ("trend", "--every=year")
    ours = counts(asked(place, "leave", *words, "--during=2003..2018"), by or "period_label")
    aside = table[table["lost"] & table["decided"]].groupby(theirs)["granted"].agg(["sum", "count"])
    neither = table[table["outcome"].notna() & ~table["decided"]].groupby(theirs).size()
    known = truths["au_special_leave_2003_2018"][key]
    found = {}
    for name in known:
        granted, decided = ours.get(name, (0, 0))
        away = aside.loc[name] if name in aside.index else {"sum": 0, "count": 0}
        found[name] = {"n": decided + away["count"] + neither.get(name, 0), "k": granted + away["sum"]}
    assert found == {name: {"n": one["n"], "k": one["k"]} for name, one in known.items()}


@pytest.mark.parametrize(
    ("by", "before", "after", "key"),
    [
        ("queue", "2014", "2017", "midpoint_decomposition_method_2014_2017"),
        ("policy_group", "2004", "2010", "midpoint_decomposition_case_type_2004_2010"),
    ],
)
def test_changes_of_special_leave_come_apart_as_published(leave, truths, by, before, after, key):
    """Within 0.4 points: the publisher counts among the decided what is neither granted nor refused, up to 7 a year."""
    place, _ = leave
    path = place / "data" / "store" / "leave.duckdb"
    parts = decompose_change(answer(path, "before_after", before, after, by=(by,), as_of=datetime(2026, 11, 16)))
    known = truths["au_special_leave_2003_2018"][key]
    assert parts["rate_effect"].sum() == pytest.approx(known["rate_effect"], abs=4e-3)
    assert parts["mix_effect"].sum() == pytest.approx(known["mix_effect"], abs=4e-3)
    assert (parts["rate_effect"] + parts["mix_effect"]).sum() == pytest.approx(known["delta"], abs=4e-3)


def test_every_platform_of_the_dsa_table_has_its_published_outcomes(public, place, truths):
    said = take_in(place, public / "dsa_appeals_and_disputes.csv", "dsa", "dsa_appeals")
    known = truths["dsa_appeals_and_disputes"]["internal_complaints"]
    without = {name for name, one in known.items() if one["reversal_rate"] is None}
    assert f"{len(known)} rows read = {len(known) - len(without)} new" in said
    assert f"{len(without)} rejected" in said  # two of Google Search, Bing, Wikipedia: no outcome is told
    rows = asked(
        place, "dsa", "trend", "--metric=full_overturn_rate", "--by=queue,surface", "--during=2025-H2..2026-H1",
        "--every=half-year",
    )  # fmt: skip
    found = {
        f"{row['period_label'].replace('-', '')}|{row['queue']}|{row['surface']}": row
        for row in rows
        if row["denominator"]
    }
    assert set(found) == set(known) - without
    for name, row in found.items():
        sides = [known[name][f"Decisions {side}"] or 0 for side in ("reversed", "partially reversed", "upheld")]
        assert (row["numerator"], row["denominator"]) == (sides[0], sum(sides))
        assert row["rate"] == pytest.approx(known[name]["reversal_rate"], abs=EXACT)


def test_the_part_7_files_of_tiktok_agree_with_their_totals_and_the_published_change(public, place, truths):
    for period in ("202507", "202601"):
        file = public / "dsa" / f"tiktok_{period}_part7_appeals_and_recidivism.csv"
        said = take_in(place, file, "part7", "tiktok_part7")
        assert "6 rows read = 5 new + 0 changed + 0 unchanged + 0 rejected, 1 totals checked" in said
        assert "stated totals: 1 equal the sum of their parts, 0 counts differ" in said
    own = "--where=complaint_type=visibility,service,account"
    [row] = asked(place, "part7", "before_after", "--before=2025-H2", "--after=2026-H1", own)
    assert (row["numerator_before"], row["denominator_before"]) == (7_114_588, 15_411_338)
    assert (row["numerator_after"], row["denominator_after"]) == (7_024_326, 14_589_660)
    known = truths["dsa_appeals_and_disputes"]["tiktok_reversal_midpoint_decomposition_by_decision_type_2025H2_2026H1"]
    path = place / "data" / "store" / "part7.duckdb"
    parts = decompose_change(answer(path, "before_after", "2025-H2", "2026-H1", by=("complaint_type",)))
    assert parts["rate_effect"].sum() == pytest.approx(known["rate_effect"], abs=EXACT)
    assert parts["mix_effect"].sum() == pytest.approx(known["mix_effect"], abs=EXACT)
    assert sorted(parts["denominator_before"]) == sorted(one["n0"] for one in known["by_type"].values())
    assert sorted(parts["rate_after"]) == pytest.approx(
        sorted(one["r1"] for one in known["by_type"].values()), abs=EXACT
    )


def test_emergency_departments_kept_the_four_hours_in_82_6_percent(public, place, truths):
    take_in(place, public / "ae_four_hour.csv", "ae", "ae_four_hour")
    known = truths["ae_four_hour"]
    words = ("--metric=sla_attainment",)
    [row] = asked(place, "ae", "breakdown", *words, "--during=2016-04..2019-03")
    assert (row["denominator"] - row["numerator"], row["denominator"]) == (7_615_127, 43_764_018)
    assert row["rate"] == pytest.approx(known["within_four_hours"], abs=EXACT)
    years = counts(asked(place, "ae", "trend", *words, "--during=2016..2019", "--every=year"), "period_label")
    assert {year: (whole - part, whole) for year, (part, whole) in years.items()} == {
        year: (one["breaches"], one["attendances"]) for year, one in known["by_calendar_year"].items()
    }
    months = asked(place, "ae", "trend", *words, "--during=2016-04..2019-03", "--every=month")
    assert len(months) == known["months"]
    sites = asked(place, "ae", "breakdown", *words, "--by=site", "--during=2016-04..2019-03")
    assert len(sites) == known["orgs"]


@pytest.fixture(scope="module")
def ratings(public, place):
    """Ratings of websites in a store; and their file."""
    file = public / "content_rating_labels.parquet"
    said = take_in(place, file, "ratings", "content_rating")
    assert "92,721 rows read = 92,721 new" in said
    return place, duckdb.execute("select * from read_parquet($1)", [str(file)]).df()


ALL_OF_THEM = ("--metric=gold_pass_rate", "--during=2010")


def test_of_the_ratings_of_known_truth_68_11_percent_are_right(ratings, truths):
    known = truths["content_rating_labels"]
    [row] = asked(ratings[0], "ratings", "breakdown", *ALL_OF_THEM, "--by=role")
    assert (row["role"], row["denominator"]) == ("reviewer", known["rows_on_gold_items"])
    assert row["rate"] == pytest.approx(known["accuracy_vs_gold"], abs=EXACT)


def test_ratings_by_truth_and_answer_are_the_published_confusion_matrix(ratings, truths):
    known = truths["content_rating_labels"]
    ours = counts(asked(ratings[0], "ratings", "breakdown", *ALL_OF_THEM, "--by=truth,answer"), "truth", "answer")
    of_known = {key: n for key, (_, n) in ours.items() if not key.startswith("(blank)")}
    matrix = known["confusion_gold_by_label"]
    assert of_known == {f"{truth}|{label}": n for truth, row in matrix.items() for label, n in row.items()}
    assert {key for key, (right, _) in ours.items() if right} == {f"{label}|{label}" for label in "GPRX"}
    assert sum(of_known.values()) == known["rows_on_gold_items"]


def test_how_far_the_raters_agree_is_reckoned_on_what_was_taken_in(ratings, truths):
    place, theirs = ratings
    known = truths["content_rating_labels"]
    with Store(place / "data" / "store" / "ratings.duckdb") as store:
        rows = store.run(
            "select item_id, rater, answer, truth from gold order by cast(answer_id as integer)", what="all"
        )
    assert rows["answer"].value_counts().to_dict() == known["labels"]
    assert (rows["rater"].nunique(), rows["item_id"].nunique()) == (known["reviewers"], known["items"])
    matrix = confusion(rows[rows["truth"] != "(blank)"], truth="truth", label="answer")
    assert matrix.loc[list("GPRX"), list("GPRX")].to_dict("index") == known["confusion_gold_by_label"]
    once = rows.drop_duplicates(["item_id", "rater"])
    assert len(rows) - len(once) == 2922, "who rated a site twice counts by the first rating"
    found = agreement(once, item="item_id", rater="rater", label="answer")
    # By the definition, from the file: of all pairs of raters of one site, those that agree, averaged over sites.
    first = theirs.drop_duplicates(["content_id", "reviewer_id"])
    raters, same = first.groupby("content_id").size(), first.groupby(["content_id", "label"]).size()
    agreed = (same * (same - 1)).groupby("content_id").sum() / (raters * (raters - 1))
    assert found.items == (raters > 1).sum()
    assert found.percent == pytest.approx(agreed[raters > 1].mean(), abs=1e-12)
    assert found.prevalence > 0.7
    assert found.alpha < found.percent - 0.2, "most sites are fit for all, so agreeing on G is worth little"


@pytest.fixture(scope="module")
def complaints(public, place):
    """Complaints to a bureau in a store."""
    said = take_in(place, public / "us_cfpb_complaints_sample.parquet", "cfpb", "us_cfpb")
    assert "18,340 rows read = 18,340 new" in said
    return place


@pytest.mark.parametrize(
    ("months", "extract", "late", "published"),
    [("2014-10..2014-11", "2014-11", 161, 0.9807), ("2023-05..2023-06", "2023-06", 42, 0.9958)],
)
def test_the_bureau_calls_98_and_99_6_percent_of_complaints_timely(
    complaints, truths, months, extract, late, published
):
    """By its own word: nothing says when they were due, so no promise is counted."""
    known = truths["us_cfpb_complaints_sample"]["by_extract"][extract]
    [row] = asked(complaints, "cfpb", "breakdown", "--metric=stated_timely_rate", f"--during={months}")
    assert (row["denominator"] - row["numerator"], row["denominator"]) == (late, known["rows"])
    assert row["rate"] == pytest.approx(known["timely_rate"], abs=EXACT)
    assert row["rate"] == pytest.approx(published, abs=5e-5)

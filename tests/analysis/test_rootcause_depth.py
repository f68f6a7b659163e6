"""Causes of three dimensions, the parts of a cause, what clusters change, and the p of a whole search."""

import numpy as np
import pandas as pd
import pytest

from appeal_insights.analysis import lattice
from appeal_insights.analysis.rootcause import find_causes
from appeal_insights.errors import BadTable

approx = pytest.approx

MARKETS, POLICIES, QUEUES = ["DE", "FR", "GB"], ["hate", "spam"], ["chat", "mail"]
BY = ["market", "policy", "queue"]


def leaves(moved: dict[str, str], after: int = 300) -> pd.DataFrame:
    """200 of 1000 in every leaf and period, but `after` of 1000 where all of `moved` holds."""
    rows = pd.DataFrame(
        [
            (market, policy, queue, period)
            for market in MARKETS
            for policy in POLICIES
            for queue in QUEUES
            for period in ("before", "after")
        ],
        columns=[*BY, "period"],
    )
    inside = np.logical_and.reduce([rows[name] == value for name, value in moved.items()]) & (rows["period"] == "after")
    return rows.assign(numerator=np.where(inside, after, 200), denominator=1000)


def clusters_of(rows: pd.DataFrame, size: int, *, on_a_day: int = 1) -> pd.DataFrame:
    """The sums where records come in clusters of `size` with one outcome, `on_a_day` of them on each day."""
    tables = [
        rows.assign(dimension=name, segment=rows[name] if name else "")
        .groupby(["dimension", "segment", "period"])[["numerator", "denominator"]]
        .sum()
        for name in ("", *BY)
    ]
    sums = pd.concat(tables).reset_index()
    n, d = sums["numerator"], sums["denominator"]
    return sums.assign(
        sum_xx=size * n, sum_xn=size * n, sum_nn=size * d, day_xx=on_a_day * n, day_xn=on_a_day * n, day_nn=on_a_day * d
    )


def test_a_combination_of_three_dimensions_is_named_and_none_of_its_pairs():
    truth = {"market": "DE", "policy": "hate", "queue": "mail"}
    causes = find_causes(leaves(truth), BY)
    assert [cause.segment for cause in causes.causes] == [truth]
    cause = causes.causes[0]
    assert causes.depth == 3
    assert causes.looked_at == 1 + 7 + 16 + 12
    assert cause.contribution == approx(0.1 / 12, abs=1e-4)
    assert (cause.numerator_after, cause.denominator_after) == (300, 1000)
    assert cause.parts == []  # it leaves no dimension open


def test_where_leaves_are_too_many_two_dimensions_are_combined_and_that_is_said(monkeypatch):
    monkeypatch.setattr(lattice, "MOST_MEMBERS", 50)
    causes = find_causes(leaves({"market": "DE", "policy": "hate"}), BY)
    assert causes.depth == 2
    assert [cause.segment for cause in causes.causes] == [{"market": "DE", "policy": "hate"}]


def test_the_parts_of_a_cause_by_one_dimension_bring_what_the_cause_brings():
    cause = find_causes(leaves({"market": "DE"}), BY).causes[0]
    assert cause.segment == {"market": "DE"}
    by_policy = [part for part in cause.parts if "policy" in part.segment]
    assert [part.segment for part in by_policy] == [
        {"market": "DE", "policy": "hate"},
        {"market": "DE", "policy": "spam"},
    ]
    assert sum(part.contribution for part in by_policy) == approx(cause.contribution, abs=1e-9)
    assert [part.numerator_after for part in by_policy] == [600, 600]
    assert [part.denominator_before for part in by_policy] == [2000, 2000]


def test_the_parts_of_a_cause_of_mix_are_those_whose_shares_moved():
    rows = leaves({"market": "DE"}, after=200)
    grown = (rows["market"] == "DE") & (rows["period"] == "after")
    higher = rows["market"] == "DE"
    rows = rows.assign(
        numerator=np.where(higher, 600, 200) * np.where(grown, 2, 1), denominator=1000 * np.where(grown, 2, 1)
    )
    [cause] = find_causes(rows, BY).causes
    assert (cause.segment, cause.kind) == ({"market": "DE"}, "mix")
    assert sum(part.contribution for part in cause.parts if "queue" in part.segment) == approx(cause.contribution)


def test_records_in_clusters_of_twenty_make_intervals_as_wide_as_a_twentieth_of_them_would():
    rows = leaves({"market": "DE"}, after=500)
    alone, clustered = find_causes(rows, BY), find_causes(rows, BY, clusters=clusters_of(rows, 20))
    assert alone.noise == "chance"
    assert clustered.noise == "clusters"
    [one], [other] = alone.causes, clustered.causes
    assert one.segment == other.segment == {"market": "DE"}
    assert other.dispersion == approx(20, rel=0.02)
    assert (other.high - other.low) / (one.high - one.low) == approx(20**0.5, rel=0.05)


def test_a_move_that_clusters_explain_is_no_cause():
    rows = leaves({"market": "DE"}, after=230)
    assert [cause.segment for cause in find_causes(rows, BY).causes] == [{"market": "DE"}]
    clustered = find_causes(rows, BY, clusters=clusters_of(rows, 20))
    assert clustered.quiet
    assert clustered.p > 0.05
    assert clustered.smallest > 3 * find_causes(rows, BY).smallest


def test_clusters_within_a_day_add_nothing_to_what_days_say_and_those_across_days_do():
    rng = np.random.default_rng(4)
    days = []
    for number in range(28):
        one = leaves({"market": "DE"}, after=300)
        period = "before" if number < 14 else "after"
        one = one[one["period"] == period].assign(day=pd.Timestamp("2026-01-05") + pd.Timedelta(days=number))
        drawn = rng.binomial(60, one["numerator"] / 1000)
        days.append(one.assign(numerator=drawn, denominator=60))
    rows = pd.concat(days)
    of_days = find_causes(rows, BY)
    within = find_causes(rows, BY, clusters=clusters_of(rows, 5, on_a_day=5))
    across = find_causes(rows, BY, clusters=clusters_of(rows, 5, on_a_day=1))
    assert (of_days.noise, within.noise) == ("days", "days and clusters")
    assert [each.causes[0].segment for each in (of_days, within, across)] == 3 * [{"market": "DE"}]
    assert within.causes[0].dispersion == approx(of_days.causes[0].dispersion)
    assert across.causes[0].dispersion == approx(of_days.causes[0].dispersion + 4, rel=0.05)


def test_the_p_of_a_search_is_that_of_its_surest_look_named_or_not():
    moved = find_causes(leaves({"market": "DE"}), BY)
    assert moved.p <= moved.causes[0].p < 1e-6
    nearly = find_causes(leaves({"market": "DE"}, after=223), BY)
    assert nearly.quiet
    assert 0.05 < nearly.p < 1
    assert find_causes(leaves({"market": "DE"}, after=200), BY).p == approx(1)


def test_nothing_looked_at_has_a_p_of_one():
    tiny = leaves({"market": "DE"}).assign(numerator=1, denominator=3)
    for rows in (tiny, tiny[tiny["period"] == "before"]):
        assert find_causes(rows, BY).p == 1


def test_what_a_segment_had_to_pass_is_told_with_the_result():
    causes = find_causes(leaves({"market": "DE"}), BY, alpha=0.01)
    assert causes.alpha == 0.01
    assert causes.settings is not None
    assert causes.settings.later_size == 0.1
    assert causes.settings.mix_points == 0.001


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda sums: sums.drop(columns="sum_xx"), "No column 'sum_xx'"),
        (lambda sums: pd.concat([sums, sums.iloc[[0]]]), "more than once"),
        (lambda sums: sums.assign(sum_nn=-1), "not a count of 0 or more"),
    ],
    ids=["column", "twice", "negative"],
)
def test_sums_over_clusters_that_cannot_be_are_refused(change, says):
    rows = leaves({"market": "DE"})
    with pytest.raises(BadTable, match=says):
        find_causes(rows, BY, clusters=change(clusters_of(rows, 2)))


def test_two_values_that_move_against_each_other_are_both_named_by_their_own_names():
    rows = leaves({"market": "DE"}, after=300)
    rows = rows[rows["market"].isin(["DE", "FR"])]
    back = (rows["market"] == "FR") & (rows["period"] == "after")
    causes = find_causes(rows.assign(numerator=rows["numerator"].where(~back, 100)), ["market"])
    assert causes.change == approx(0)
    assert {cause.segment["market"]: cause.contribution > 0 for cause in causes.causes} == {"DE": True, "FR": False}

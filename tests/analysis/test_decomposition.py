"""A change of rate taken apart, held to identities and to numbers that others published."""

from io import StringIO

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appeal_insights.analysis.decomposition import contribution_intervals, decompose_change, reversal
from appeal_insights.analysis.intervals import Dispersion, change_of_rate, wilson
from appeal_insights.errors import BadTable, EmptyPeriod

approx = pytest.approx
quick = settings(max_examples=50, deadline=None)

COUNTS = ["numerator_before", "denominator_before", "numerator_after", "denominator_after"]
INDEPENDENT = Dispersion(1.0)

# Appeals against one service's decisions in the EU by type of decision, H2 2025 and H1 2026, as published.
PUBLISHED = """
    type                | numerator_before | denominator_before | numerator_after | denominator_after
    visibility          |          6091563 |           12550109 |         6019911 |          11728557
    service             |           661014 |            1943822 |          627180 |           2050243
    account             |           362011 |             917407 |          377235 |            810860
    art16_no_action     |             1492 |              12450 |            1704 |             15590
    art16_no_action_tf  |                2 |                 11 |              13 |                32
"""


def table(text: str) -> pd.DataFrame:
    """A table as it stands in the test."""
    read = pd.read_csv(StringIO(text.strip()), sep="|", skipinitialspace=True)
    read.columns = read.columns.str.strip()
    return read.apply(lambda column: column.str.strip() if column.dtype == "str" else column)


def whole_change(segments: pd.DataFrame) -> float:
    n0, d0, n1, d1 = segments[COUNTS].sum()
    return n1 / d1 - n0 / d0


@st.composite
def many_segments(draw: st.DrawFn) -> pd.DataFrame:
    rows = []
    for _ in range(draw(st.integers(1, 8))):
        d0, d1 = draw(st.integers(0, 10**6)), draw(st.integers(0, 10**6))
        rows.append((draw(st.integers(0, d0)), d0, draw(st.integers(0, d1)), d1))
    rows.append((1, 2, 1, 3))  # so that neither period is empty
    return pd.DataFrame(rows, columns=COUNTS)


# --- mix and rate -----------------------------------------------------------------------------------------------------


def test_parts_of_a_decomposed_change_add_up_to_the_change_of_the_whole() -> None:
    segments = table("""
        segment | numerator_before | denominator_before | numerator_after | denominator_after
        GB      |               10 |                100 |              20 |               100
        DE      |               40 |                100 |              30 |               150
        ZA      |                0 |                  0 |               5 |                50
    """)
    parts = decompose_change(segments)
    assert parts.mix_effect.sum() + parts.rate_effect.sum() == approx(55 / 300 - 50 / 200)
    # By hand: GB rate (0.2 - 0.1) * (1/2 + 1/3) / 2; ZA is in one period only, so it brings mix and no rate.
    assert parts.rate_effect.tolist() == approx([0.1 * 5 / 12, -0.2 * 1 / 2, 0])
    assert parts.mix_effect.tolist()[2] == approx(1 / 6 * (0.1 - (0.25 + 55 / 300) / 2))


def test_a_published_rise_splits_into_the_known_effects() -> None:
    parts = decompose_change(table(PUBLISHED).head(3))
    assert 100 * parts.rate_effect.sum() == approx(2.208, abs=1e-3)
    assert 100 * parts.mix_effect.sum() == approx(-0.226, abs=1e-3)


def test_the_same_rise_with_all_five_types_splits_into_the_known_effects() -> None:
    parts = decompose_change(table(PUBLISHED))
    assert parts.rate_effect.sum() == approx(0.022047, abs=1e-6)
    assert parts.mix_effect.sum() == approx(-0.002356, abs=1e-6)
    assert parts.contribution.sum() == approx(0.019692, abs=1e-6)
    assert parts.type[parts.contribution.idxmax()] == "visibility"


def test_a_change_of_rules_shows_as_mix_where_rates_alone_would_mislead() -> None:
    # Leave to appeal, decided in 2014 and 2017: after 2016 far more cases were decided on the papers.
    parts = decompose_change(
        table("""
        method | numerator_before | denominator_before | numerator_after | denominator_after
        oral   |               42 |                172 |              60 |               114
        papers |                0 |                260 |               0 |               341
    """)
    )
    assert 100 * parts.contribution.sum() == approx(3.46, abs=5e-3)
    assert 100 * parts.rate_effect.sum() == approx(9.15, abs=5e-3)
    assert 100 * parts.mix_effect.sum() == approx(-5.69, abs=5e-3)


def test_rows_keep_their_order_their_labels_and_their_counts() -> None:
    segments = table(PUBLISHED).set_index(pd.Index([5, 4, 3, 2, 1]))
    given_ = segments.copy()
    parts = decompose_change(segments)
    assert segments.equals(given_)
    assert parts[segments.columns].equals(segments)
    added = ["rate_before", "rate_after", "share_before", "share_after", "mix_effect", "rate_effect", "contribution"]
    assert parts.columns.tolist() == [*segments.columns, *added]
    assert parts.loc[1, "rate_after"] == 13 / 32
    assert parts.share_after.sum() == approx(1)


def test_a_segment_without_records_brings_nothing_and_has_no_rate() -> None:
    parts = decompose_change(pd.DataFrame([(5, 10, 8, 10), (0, 0, 0, 0)], columns=COUNTS))
    assert parts.loc[1, ["mix_effect", "rate_effect", "contribution"]].tolist() == [0, 0, 0]
    assert parts.loc[1, ["rate_before", "rate_after"]].isna().all()
    assert parts.contribution.sum() == approx(0.3)


def test_columns_that_may_be_missing_are_read_as_plain_ones() -> None:
    segments = table(PUBLISHED)
    nullable = segments.astype(dict.fromkeys(COUNTS, "Int64"))
    assert decompose_change(nullable).contribution.tolist() == decompose_change(segments).contribution.tolist()


@quick
@given(segments=many_segments())
def test_effects_always_add_up_and_change_sign_when_periods_are_swapped(segments: pd.DataFrame) -> None:
    parts = decompose_change(segments)
    swapped = segments.rename(columns=dict(zip(COUNTS, COUNTS[2:] + COUNTS[:2], strict=True)))
    back = decompose_change(swapped)
    assert parts.contribution.sum() == approx(whole_change(segments), abs=1e-12)
    assert back.mix_effect.to_numpy() == approx(-parts.mix_effect.to_numpy(), abs=1e-12)
    assert back.rate_effect.to_numpy() == approx(-parts.rate_effect.to_numpy(), abs=1e-12)


@quick
@given(segments=many_segments(), seed=st.integers(0, 100))
def test_the_order_of_rows_does_not_matter(segments: pd.DataFrame, seed: int) -> None:
    shuffled = decompose_change(segments.sample(frac=1, random_state=seed)).sort_index()
    parts = decompose_change(segments)
    assert shuffled[["mix_effect", "rate_effect"]].to_numpy() == approx(
        parts[["mix_effect", "rate_effect"]].to_numpy(), abs=1e-12
    )


@quick
@given(segments=many_segments(), times_before=st.integers(1, 9), times_after=st.integers(1, 9))
def test_merging_two_segments_of_the_same_rates_moves_neither_effect(
    segments: pd.DataFrame, times_before: int, times_after: int
) -> None:
    twin = segments.iloc[-1] * [times_before, times_before, times_after, times_after]
    apart = pd.concat([segments, twin.to_frame().T], ignore_index=True)
    merged = segments.copy()
    merged.iloc[-1] += twin
    first, second = decompose_change(apart), decompose_change(merged)
    assert first.mix_effect.sum() == approx(second.mix_effect.sum(), abs=1e-12)
    assert first.rate_effect.sum() == approx(second.rate_effect.sum(), abs=1e-12)


def test_a_period_without_records_has_no_change_to_decompose() -> None:
    with pytest.raises(EmptyPeriod, match="period after"):
        decompose_change(pd.DataFrame([(5, 10, 0, 0)], columns=COUNTS))
    with pytest.raises(EmptyPeriod, match="period before"):
        decompose_change(pd.DataFrame([], columns=COUNTS))


def test_impossible_counts_are_refused_with_row_and_column() -> None:
    segments = pd.DataFrame([(5, 10, 8, 10), (1, 2, 3, 4)], columns=COUNTS, index=["GB", "DE"])
    with pytest.raises(BadTable, match=r"No column 'numerator_after'\. Did you mean 'numerators_after'"):
        decompose_change(segments.rename(columns={"numerator_after": "numerators_after"}))
    with pytest.raises(BadTable, match="Row DE: 'denominator_before' is -2"):
        decompose_change(segments.assign(denominator_before=[10, -2]))
    with pytest.raises(BadTable, match="Row GB: 'numerator_after' is 1,200 but 'denominator_after' is only 10"):
        decompose_change(segments.assign(numerator_after=[1200, 3]))
    with pytest.raises(BadTable, match="Row DE: 'numerator_after' is empty"):
        decompose_change(segments.assign(numerator_after=[8, None]))
    with pytest.raises(BadTable, match="Column 'denominator_after' holds"):
        decompose_change(segments.assign(denominator_after=["10", "4"]))


# --- how sure ---------------------------------------------------------------------------------------------------------


def test_the_contribution_of_the_only_segment_has_the_interval_of_the_change() -> None:
    parts = decompose_change(pd.DataFrame([(48, 80, 56, 70)], columns=COUNTS))
    row = contribution_intervals(parts, Dispersion(2.0, 10, 8.0)).iloc[0]
    change = change_of_rate(48, 80, 56, 70, dispersion=Dispersion(2.0, 10, 8.0))
    assert (row.contribution, row.low, row.high) == approx((change.change, change.low, change.high))


def test_a_segment_that_came_new_is_as_uncertain_as_its_one_rate() -> None:
    parts = decompose_change(pd.DataFrame([(40, 100, 40, 100), (0, 0, 15, 20)], columns=COUNTS))
    row = contribution_intervals(parts, INDEPENDENT).iloc[1]
    low, high = wilson(15, 20)
    assert row.rate_effect == 0
    assert row.contribution - row.low == approx(20 / 120 * (0.75 - low))
    assert row.high - row.contribution == approx(20 / 120 * (high - 0.75))


def test_a_segment_without_records_is_certain_to_bring_nothing() -> None:
    parts = decompose_change(pd.DataFrame([(5, 10, 8, 10), (0, 0, 0, 0)], columns=COUNTS))
    assert contribution_intervals(parts, INDEPENDENT).loc[1, ["low", "high"]].tolist() == [0, 0]


@quick
@given(segments=many_segments(), value=st.floats(1, 30))
def test_an_interval_holds_its_contribution_and_grows_with_the_dispersion(segments: pd.DataFrame, value: float) -> None:
    parts = decompose_change(segments)
    narrow, wide = (
        contribution_intervals(parts, Dispersion(value)),
        contribution_intervals(parts, Dispersion(2 * value)),
    )
    assert (narrow.low <= narrow.contribution).all()
    assert (narrow.contribution <= narrow.high).all()
    assert (wide.low <= narrow.low + 1e-12).all()
    assert (wide.high >= narrow.high - 1e-12).all()


def test_intervals_of_contributions_cover_the_truth_when_shares_move_too() -> None:
    rng = np.random.default_rng(21)
    before, after = np.array([100, 900, 0]), np.array([300, 500, 200])
    rate_before, rate_after = np.array([0.6, 0.3, 0.0]), np.array([0.7, 0.3, 0.8])
    w0, w1 = before / before.sum(), after / after.sum()
    whole = (w0 @ rate_before + w1 @ rate_after) / 2
    truth = w1 * (rate_after - whole) - w0 * (rate_before - whole)
    held = []
    for _ in range(400):
        segments = pd.DataFrame(
            {
                "numerator_before": rng.binomial(before, rate_before),
                "denominator_before": before,
                "numerator_after": rng.binomial(after, rate_after),
                "denominator_after": after,
            }
        )
        parts = contribution_intervals(decompose_change(segments), INDEPENDENT)
        held.append((parts.low <= truth) & (truth <= parts.high))
    assert np.mean(held, axis=0) == approx([0.95] * 3, abs=0.025)


# --- who moved with the whole -----------------------------------------------------------------------------------------


def test_two_of_three_published_types_rose_with_the_whole() -> None:
    found = reversal(decompose_change(table(PUBLISHED).head(3)))
    assert (found.with_whole, found.against, found.still, found.one_period) == (2, 1, 0, 0)
    assert found.share_against == approx((1943822 / 15411338 + 2050243 / 14589660) / 2)
    assert found.share_with + found.share_against == approx(1)
    assert not found.reversed


def test_a_whole_that_rises_while_each_segment_falls_is_reversed() -> None:
    parts = decompose_change(
        table("""
        queue | numerator_before | denominator_before | numerator_after | denominator_after
        easy  |               20 |                200 |               4 |                50
        hard  |               25 |                 50 |              90 |               200
    """)
    )
    found = reversal(parts)
    assert parts.contribution.sum() > 0
    assert (found.with_whole, found.against, found.reversed) == (0, 2, True)
    assert found.share_against == approx(1)


def test_segments_that_stood_still_or_were_in_one_period_have_no_direction() -> None:
    parts = decompose_change(
        pd.DataFrame([(10, 30, 11, 33), (5, 50, 9, 50), (0, 0, 5, 10), (0, 0, 0, 0)], columns=COUNTS)
    )
    found = reversal(parts)
    assert (found.with_whole, found.against, found.still, found.one_period) == (1, 0, 1, 2)
    assert not found.reversed


def test_a_whole_that_stands_still_is_not_reversed() -> None:
    found = reversal(decompose_change(pd.DataFrame([(10, 100, 20, 100), (20, 100, 10, 100)], columns=COUNTS)))
    assert (found.with_whole, found.against, found.reversed) == (0, 2, False)

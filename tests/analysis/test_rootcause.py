"""Causes of a change, held to tables checked by hand, to identities, and to simulated days of known truth."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from appeal_insights.analysis.causes import Causes
from appeal_insights.analysis.rootcause import find_causes
from appeal_insights.errors import BadParameter, BadTable

approx = pytest.approx
quick = settings(max_examples=50, deadline=None)

REPEATS = 120  # simulated quiet tables; the error of a simulated 3 % is then 1.6 points
SIZES = (5, 4, 3)  # values of market, policy and queue
BY = ["market", "policy", "queue"]


def table(text: str) -> pd.DataFrame:
    """Rows of text, columns parted by |; what looks like a whole number is one, and an empty field is missing."""
    head, *lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    rows = pd.DataFrame(lines, columns=head).replace("", None)
    return rows.astype({"numerator": int, "denominator": int})


def simulated(
    rng: np.random.Generator,
    *,
    cases: float = 20,
    shock: float = 0.0,
    market_shock: float = 0.0,
    moves: Callable[..., np.ndarray] | None = None,
    grows: Callable[..., np.ndarray] | None = None,
) -> pd.DataFrame:
    """Five weeks of leaves, four before and one after, of rates that are nearly additive in log odds.

    cases: mean denominator of a leaf and day. shock, market_shock: what a day adds to the log odds of everything and of
    one market, standard deviation. moves, grows: of (market, policy, queue), what the after period adds to the log odds
    and multiplies the denominators with.
    """
    codes = np.indices(SIZES).reshape(3, -1)
    day = pd.date_range("2026-01-05", periods=35)
    late = np.arange(35) >= 28
    usual = -0.8 + sum(rng.normal(0, 0.6, size)[code] for code, size in zip(codes, SIZES, strict=True))
    usual = usual + rng.normal(0, 0.2, codes.shape[1])
    size = cases * rng.gamma(2.0, 0.5, codes.shape[1])
    size = size[:, None] * np.where(day.day_of_week >= 5, 0.5, 1.0) * rng.lognormal(0, 0.1, (1, 35))
    odds = usual[:, None] + rng.normal(0, shock, (1, 35)) + rng.normal(0, market_shock, (SIZES[0], 35))[codes[0]]
    if moves is not None:
        odds = odds + moves(*codes)[:, None] * late
    if grows is not None:
        size = size * np.where(late, grows(*codes)[:, None], 1.0)
    denominator = rng.poisson(size)
    numerator = rng.binomial(denominator, expit(odds))
    leaf, when = np.nonzero(denominator)
    columns = {name: [f"{name[0]}{code}" for code in codes[place][leaf]] for place, name in enumerate(BY)}
    return pd.DataFrame(
        columns
        | {
            "day": day[when],
            "period": np.where(late[when], "after", "before"),
            "numerator": numerator[leaf, when],
            "denominator": denominator[leaf, when],
        }
    )


def named(causes: Causes, kind: str = "rate") -> list[dict[str, str]]:
    return [cause.segment for cause in causes.causes if cause.kind == kind]


def keys(causes: Causes) -> list[str]:
    return [check.key for check in causes.checks]


ONE_MARKET = table("""
    market | policy | period | numerator | denominator
    GB     | spam   | before |       200 |        1000
    GB     | hate   | before |       200 |        1000
    DE     | spam   | before |       200 |        1000
    DE     | hate   | before |       200 |        1000
    FR     | spam   | before |       200 |        1000
    FR     | hate   | before |       200 |        1000
    GB     | spam   | after  |       200 |        1000
    GB     | hate   | after  |       200 |        1000
    DE     | spam   | after  |       300 |        1000
    DE     | hate   | after  |       300 |        1000
    FR     | spam   | after  |       200 |        1000
    FR     | hate   | after  |       200 |        1000
""")


def test_the_market_whose_policies_both_moved_is_named_once_and_brings_a_third_of_its_own_change():
    causes = find_causes(ONE_MARKET, ["market", "policy"])
    assert named(causes) == [{"market": "DE"}]
    cause = causes.causes[0]
    assert causes.change == approx(200 / 6000)
    assert cause.contribution == approx(1 / 30, abs=0.001)
    assert cause.low < 0.025 < cause.contribution < 0.04 < cause.high + 0.005
    assert cause.p < 1e-6
    counts = cause.numerator_before, cause.denominator_before, cause.numerator_after, cause.denominator_after
    assert counts == (400, 2000, 600, 2000)
    assert (cause.rate_before, cause.rate_after) == approx((0.2, 0.3))
    assert cause.adjusted_after - cause.adjusted_before == approx(0.1, abs=1e-9)
    assert (cause.share_before, cause.share_after) == approx((1 / 3, 1 / 3))
    assert causes.mix_effect == approx(0, abs=1e-12)
    assert not causes.quiet
    assert causes.unexplained == approx(0, abs=0.001)


def test_a_pair_is_named_and_neither_its_market_nor_its_policy():
    pair = ONE_MARKET.assign(
        numerator=np.where((ONE_MARKET["market"] == "DE") & (ONE_MARKET["policy"] == "hate"), ONE_MARKET.numerator, 200)
    )
    assert named(find_causes(pair, ["market", "policy"])) == [{"market": "DE", "policy": "hate"}]


def test_a_change_that_all_share_is_named_as_everything():
    moved = ONE_MARKET.assign(numerator=np.where(ONE_MARKET["period"] == "after", 300, 200))
    causes = find_causes(moved, ["market", "policy"])
    assert named(causes) == [{}]
    assert causes.causes[0].contribution == approx(causes.rate_effect)
    assert causes.change == approx(0.1)


def test_without_dimensions_only_everything_can_be_named():
    causes = find_causes(ONE_MARKET, [])
    assert named(causes) == [{}]
    assert causes.mix_effect == approx(0, abs=1e-12)
    assert causes.looked_at == 1


def test_a_pure_change_of_mix_names_the_segment_that_grew_and_no_rate():
    mixed = table("""
        market | period | numerator | denominator
        GB     | before |       400 |        1000
        DE     | before |       300 |        3000
        FR     | before |       300 |        3000
        GB     | after  |      1200 |        3000
        DE     | after  |       300 |        3000
        FR     | after  |       300 |        3000
    """)
    causes = find_causes(mixed, ["market"])
    assert named(causes) == []
    assert named(causes, "mix") == [{"market": "GB"}]
    cause = causes.causes[0]
    assert causes.change == approx(1800 / 9000 - 1000 / 7000)
    assert causes.rate_effect == approx(0, abs=5e-4)  # the baseline is drawn a little towards the whole
    assert cause.low < cause.contribution < cause.high
    assert cause.contribution == approx(causes.mix_effect, rel=1e-6)
    assert (cause.share_before, cause.share_after) == approx((1 / 7, 1 / 3))


def test_in_a_published_half_year_visibility_leads_those_that_moved_with_the_whole():
    # Decisions reversed of decisions appealed, by kind of decision: TikTok, two half-years, EU transparency report.
    published = table("""
        kind       | period | numerator | denominator
        visibility | before |   6091563 |    12550109
        visibility | after  |   6019911 |    11728557
        service    | before |    661014 |     1943822
        service    | after  |    627180 |     2050243
        account    | before |    362011 |      917407
        account    | after  |    377235 |      810860
    """)
    causes = find_causes(published, ["kind"])
    with_the_whole = [cause.segment for cause in causes.causes if cause.kind == "rate" and cause.contribution > 0]
    against = [cause.segment for cause in causes.causes if cause.kind == "rate" and cause.contribution < 0]
    assert with_the_whole == [{"kind": "visibility"}, {"kind": "account"}]
    assert against == [{"kind": "service"}]
    assert causes.change == approx(7024326 / 14589660 - 7114588 / 15411338)
    assert keys(causes) == ["no_days"]


counts = st.tuples(st.integers(0, 50), st.integers(0, 50)).map(lambda pair: (min(pair), max(pair)))
leaf = st.tuples(st.sampled_from("abc"), st.sampled_from("xy"), st.sampled_from(["before", "after"]), counts)


@st.composite
def tables(draw: st.DrawFn) -> pd.DataFrame:
    """Any few leaves, with something to count in both periods."""
    rows = draw(st.lists(leaf, max_size=15))
    rows += [("a", "x", "before", (draw(st.integers(0, 9)), 9)), ("c", "x", "after", (draw(st.integers(0, 9)), 9))]
    return pd.DataFrame([(m, p, period, n, d) for m, p, period, (n, d) in rows], columns=["m", "p", *COUNTED])


COUNTED = ["period", "numerator", "denominator"]


@quick
@given(rows=tables())
def test_mix_and_rate_add_up_to_the_change_of_the_whole_whatever_the_table(rows):
    causes = find_causes(rows, ["m", "p"])
    sums = rows.groupby("period")[["numerator", "denominator"]].sum()
    rate = sums["numerator"] / sums["denominator"]
    assert causes.change == approx(rate["after"] - rate["before"], abs=1e-12)
    assert causes.mix_effect + causes.rate_effect == approx(causes.change, abs=1e-15)
    assert causes.unexplained + sum(cause.contribution for cause in causes.causes) == approx(causes.change, abs=1e-12)
    assert all(cause.low <= cause.contribution <= cause.high for cause in causes.causes)


@quick
@given(rows=tables())
def test_swapping_the_periods_flips_every_effect_and_names_the_same_segments(rows):
    there = find_causes(rows, ["m", "p"])
    back = find_causes(rows, ["m", "p"], before="after", after="before")
    assert back.change == approx(-there.change, abs=1e-12)
    assert back.mix_effect == approx(-there.mix_effect, abs=1e-12)
    assert back.rate_effect == approx(-there.rate_effect, abs=1e-12)
    assert [cause.segment for cause in back.causes] == [cause.segment for cause in there.causes]
    for one, other in zip(back.causes, there.causes, strict=True):
        assert (one.contribution, one.low, one.high) == approx((-other.contribution, -other.high, -other.low))


def test_neither_the_order_of_rows_nor_their_number_matters_and_the_table_stays_as_it_was():
    rows = simulated(np.random.default_rng(5), moves=lambda market, policy, queue: 0.8 * (market == 1), shock=0.1)
    kept = rows.copy()
    expected = find_causes(rows, BY)
    assert find_causes(rows.sample(frac=1, random_state=1), BY) == expected
    halves = rows.assign(denominator=rows["denominator"] - rows["numerator"], numerator=0)
    others = rows.assign(denominator=rows["numerator"])
    assert find_causes(pd.concat([others, halves]), BY) == expected
    pd.testing.assert_frame_equal(rows, kept)


@pytest.mark.parametrize(
    ("truth", "moves"),
    [
        ([{"market": "m1"}], lambda market, policy, queue: 0.6 * (market == 1)),
        ([{"policy": "p2"}], lambda market, policy, queue: -0.6 * (policy == 2)),
        ([{"market": "m1", "policy": "p2"}], lambda market, policy, queue: 1.0 * (market == 1) * (policy == 2)),
        ([{}], lambda market, policy, queue: 0.4 + 0.0 * market),
        (
            [{"market": "m1"}, {"policy": "p2", "queue": "q0"}],
            lambda market, policy, queue: -0.8 * (market == 1) + 1.0 * (policy == 2) * (queue == 0),
        ),
    ],
    ids=["market", "policy", "pair", "everything", "two"],
)
def test_planted_causes_are_named_exactly_in_most_of_the_tables_they_are_planted_in(truth, moves):
    rng = np.random.default_rng(11)
    results = [named(find_causes(simulated(rng, moves=moves, shock=0.1), BY)) for _ in range(20)]
    exact = sum(sorted(map(str, found)) == sorted(map(str, truth)) for found in results)
    assert exact >= 16, results


def test_a_market_that_triples_is_named_as_mix_and_moves_no_rate():
    rng = np.random.default_rng(12)
    tables = [simulated(rng, shock=0.1, grows=lambda market, *_: 1 + 2.0 * (market == 0)) for _ in range(40)]
    results = [find_causes(rows, BY) for rows in tables]
    assert sum(bool(named(causes)) for causes in results) <= 4  # 5 % of 40 are 2
    assert sum(named(causes, "mix") == [{"market": "m0"}] for causes in results) >= 36


@pytest.mark.parametrize(("shock", "market_shock"), [(0.2, 0.0), (0.1, 0.3)], ids=["everything", "markets"])
def test_a_quiet_table_is_quiet_although_days_have_their_luck(shock, market_shock):
    """Of 600 such tables each, 2.8 % named a cause."""
    rng = np.random.default_rng(7)
    tables = (simulated(rng, cases=6, shock=shock, market_shock=market_shock) for _ in range(REPEATS))
    alarms = [not find_causes(rows, BY).quiet for rows in tables]
    assert np.mean(alarms) <= 0.08


def test_a_quiet_table_says_what_it_would_have_seen():
    rng = np.random.default_rng(3)
    quiet = find_causes(simulated(rng, shock=0.1), BY)
    assert quiet.quiet
    assert quiet.causes == []
    assert quiet.unexplained == quiet.change
    assert abs(quiet.change) < quiet.smallest < 0.1
    assert quiet.dispersion > 1
    assert quiet.looked_at <= 1 + 5 + 4 + 3 + 20 + 15 + 12 + 60
    assert quiet.checks == []


def test_one_names_the_most_important_cause_only():
    rng = np.random.default_rng(11)
    rows = simulated(rng, moves=lambda market, policy, queue: 1.0 * (market == 1) - 0.8 * (policy == 2))
    assert len(find_causes(rows, BY).causes) > 1
    assert len(find_causes(rows, BY, one=True).causes) == 1


def test_a_missing_value_is_a_value_like_any_other():
    blank = ONE_MARKET.assign(market=ONE_MARKET["market"].where(ONE_MARKET["market"] != "DE"))
    assert named(find_causes(blank, ["market", "policy"])) == [{"market": "(blank)"}]
    categories = blank.astype({"market": "category"})
    assert named(find_causes(categories, ["market", "policy"])) == [{"market": "(blank)"}]


def test_the_same_records_by_another_name_are_told_beside_the_cause():
    twins = ONE_MARKET.assign(language=ONE_MARKET["market"].str.lower())
    cause = find_causes(twins, ["market", "policy", "language"]).causes[0]
    assert cause.segment == {"market": "DE"}
    assert cause.aliases == [{"language": "de"}]


def test_other_periods_and_other_names_of_columns_are_understood():
    other = pd.concat([ONE_MARKET, ONE_MARKET.assign(period="older", numerator=1)]).rename(
        columns={"period": "span", "numerator": "n", "denominator": "d"}
    )
    causes = find_causes(other, ["market"], period="span", numerator="n", denominator="d", day=None)
    assert named(causes) == [{"market": "DE"}]


@pytest.mark.parametrize(
    ("rows", "given_keys"),
    [
        (ONE_MARKET[ONE_MARKET["period"] == "before"], ["empty_period"]),
        (ONE_MARKET.iloc[:0], ["empty_period", "empty_period"]),
        (ONE_MARKET.assign(denominator=0, numerator=0), ["empty_period", "empty_period"]),
        (ONE_MARKET.assign(numerator=1, denominator=2), ["no_days", "too_small"]),
        (ONE_MARKET.assign(day=pd.Timestamp("2026-01-05")), ["few_days"]),
        (ONE_MARKET.assign(day=None), ["no_days"]),
    ],
    ids=["nothing after", "no rows", "nothing counted", "tiny", "one day", "days empty"],
)
def test_what_is_wrong_with_the_input_is_said_and_not_raised(rows, given_keys):
    causes = find_causes(rows, ["market", "policy"])
    assert keys(causes) == given_keys
    if "empty_period" in given_keys:
        assert causes.quiet
        assert np.isnan(causes.change)


def test_a_row_with_more_in_its_numerator_is_counted_and_said():
    odd = pd.concat([ONE_MARKET, ONE_MARKET.iloc[[0]].assign(numerator=3, denominator=2)])
    causes = find_causes(odd, ["market", "policy"])
    assert causes.numerator_before == 1203
    assert [dict(check.values) for check in causes.checks if check.key == "numerator_above_denominator"] == [
        {"rows": 1}
    ]


def test_weeks_that_are_not_whole_are_said():
    whole = simulated(np.random.default_rng(3), shock=0.1)
    cut = whole[whole["day"] < whole["day"].max()]
    assert [check.key for check in find_causes(cut, BY).checks] == ["uneven_weekdays"]


@pytest.mark.parametrize(
    ("rows", "by", "says"),
    [
        (ONE_MARKET, ["marke"], "Did you mean 'market'"),
        (ONE_MARKET.drop(columns="period"), ["market"], "No column 'period'"),
        (ONE_MARKET.assign(numerator=-1), ["market"], "not a count of 0 or more"),
        (ONE_MARKET.assign(denominator=np.nan), ["market"], "is empty, not a count"),
        (ONE_MARKET.assign(denominator=np.inf), ["market"], "not a count of 0 or more"),
        (ONE_MARKET.assign(numerator="many"), ["market"], "not numbers"),
        (ONE_MARKET.assign(numerator=2000), ["market"], "Choose a proportion"),
        (ONE_MARKET.assign(day=["2026-01-05", None] * 6), ["market"], "Fill it"),
    ],
    ids=["dimension", "period", "negative", "nan", "infinite", "text", "no share", "some days"],
)
def test_a_table_that_cannot_be_counted_is_refused_with_the_next_step(rows, by, says):
    with pytest.raises(BadTable, match=says):
        find_causes(rows, by)


@pytest.mark.parametrize("wrong", [{"alpha": 0}, {"alpha": 1.5}, {"after": "before"}, {"period": "market"}])
def test_a_parameter_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(BadParameter):
        find_causes(ONE_MARKET, ["market"], **wrong)

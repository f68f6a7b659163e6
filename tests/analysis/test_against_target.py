"""A missed target is a fact, a signal is a judgement of the process: neither says anything of the other."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appeal_insights.analysis.against_target import FALSE_ALARM, LEAST_EARLIER, status
from appeal_insights.errors import BadTable
from tests.helpers import table

MONDAY = pd.Timestamp("2026-01-05")


def weekly(*numerators: int, of: int | list[int] = 1000, target: float | None = 0.95, direction: str = "at_least"):
    """One segment, week by week, with one target all the time."""
    return pd.DataFrame(
        {
            "period": pd.date_range(MONDAY, periods=len(numerators), freq="7D"),
            "numerator": numerators,
            "denominator": of,
            "target": target,
            "target_direction": direction if target is not None else None,
        }
    )


QUIET = (951, 948, 953, 949, 950, 952)  # of 1,000: sd of chance alone is 6.9


def test_no_interval_excuses_a_missed_target_of_a_full_count():
    found = status(weekly(946, 950, 955))
    assert found["met"].tolist() == ["missed", "met", "met"], "94.6 % of what was promised at 95 % is missed"
    assert found["signal"].tolist() == ["too_few"] * 3
    at_most = status(weekly(51, 50, 49, target=0.05, direction="at_most"))
    assert at_most["met"].tolist() == ["missed", "met", "met"]


@given(st.integers(1, 10**6), st.integers(1, 10**6))
def test_what_is_exactly_the_target_meets_it_whatever_division_leaves(a, b):
    n, d = sorted((a, b))
    for direction in ("at_least", "at_most"):
        assert status(weekly(7 * n, of=7 * d, target=n / d, direction=direction))["met"].tolist() == ["met"]


SAMPLE = """
rate | low  | high | at_least | at_most
0.96 | 0.95 | 0.97 | met      | open
0.96 | 0.951| 0.97 | met      | missed
0.96 | 0.94 | 0.98 | open     | open
0.93 | 0.90 | 0.95 | open     | met
0.93 | 0.90 | 0.94 | missed   | met
"""


def test_a_sample_is_met_or_missed_only_where_its_whole_interval_lies_on_one_side():
    rows = table(SAMPLE)
    for direction in ("at_least", "at_most"):
        trend = weekly(96, 96, 96, 93, 93, of=100, direction=direction).assign(
            rate=rows["rate"].astype(float), low=rows["low"].astype(float), high=rows["high"].astype(float)
        )
        assert status(trend, sampled=True)["met"].tolist() == rows[direction].tolist()
    with pytest.raises(BadTable, match="'low'"):
        status(weekly(96, of=100).assign(rate=0.96), sampled=True)


def test_a_missed_target_is_no_signal_and_a_signal_no_missed_target():
    routine = status(weekly(*QUIET, 946)).iloc[-1]
    assert (routine["met"], routine["signal"]) == ("missed", "routine")
    fallen = status(weekly(*(one + 40 for one in QUIET), 955)).iloc[-1]  # from 99.05 % to 95.5 %
    assert (fallen["met"], fallen["signal"]) == ("met", "worse")
    risen = status(weekly(*QUIET, 990, direction="at_most")).iloc[-1]
    assert (risen["met"], risen["signal"]) == ("missed", "worse")
    assert status(weekly(*QUIET, 990))["signal"].tolist() == ["too_few"] * LEAST_EARLIER + ["better"]


def test_restless_periods_have_wider_limits():
    """Twelve weeks that swing by 3 points: one 4 points below their mean is routine; among quiet weeks it is not."""
    restless = (980, 920, 975, 930, 985, 915, 970, 925, 980, 920, 975, 925)
    assert np.mean(restless) == 950
    assert status(weekly(*restless, 910))["signal"].iloc[-1] == "routine"
    assert status(weekly(*QUIET, *QUIET, 910))["signal"].iloc[-1] == "worse"


def test_a_number_of_no_share_is_held_against_its_own_unrest():
    """Means 100, sd 2 (of 98, 102, 98, 102, 98, 102: 2.19); t quantile .995 of 5 is 4.03: the limit is 9.5 away."""
    counts = weekly(98, 102, 98, 102, 98, 102, 109, target=105, direction="at_most")
    found = status(counts.assign(denominator=0), shares=False)
    assert found["signal"].iloc[-1] == "routine"
    assert found["met"].tolist()[-2:] == ["met", "missed"]
    beyond = counts.assign(numerator=[98, 102, 98, 102, 98, 102, 110], denominator=None)
    assert status(beyond, shares=False)["signal"].iloc[-1] == "worse"
    ratio = counts.assign(denominator=1, rate=[98.0, 102, 98, 102, 98, 102, np.nan])
    assert status(ratio, shares=False).iloc[-1][["met", "signal"]].tolist() == ["none", "too_few"]


def test_nothing_counted_and_nothing_promised_are_said_so():
    trend = weekly(*QUIET, 0, 990, of=[1000] * 6 + [0, 1000])
    assert status(trend)["met"].tolist()[-2:] == ["none", "met"]
    assert status(trend)["signal"].tolist()[-2:] == ["too_few", "better"], "an empty week is no earlier week either"
    bare = weekly(*QUIET, 990, target=None)
    assert status(bare)["met"].eq("none").all()
    assert [status(bare, better=way)["signal"].iloc[-1] for way in (None, "higher", "lower")] == [
        "up", "better", "worse",
    ]  # fmt: skip


def test_a_target_of_another_week_says_which_way_is_better():
    trend = weekly(*QUIET, 990).assign(target_direction=[None, "at_most", *[None] * 5])
    assert status(trend, better="higher")["signal"].iloc[-1] == "worse"


def test_what_is_not_settled_is_open_and_tells_nothing_of_others():
    trend = weekly(*QUIET, 500, 951).assign(mature=[True] * 6 + [False, True])
    assert status(trend)["met"].tolist()[-2:] == ["open", "met"]
    assert status(trend)["signal"].tolist()[-2:] == ["too_few", "routine"]


def test_segments_are_judged_each_by_its_own_periods_whatever_the_order_of_rows():
    high, low = weekly(*(one + 40 for one in QUIET), 955), weekly(*QUIET, 952)
    both = pd.concat([high.assign(segment="A"), low.assign(segment="B")])
    found = status(both)
    assert found.groupby("segment")["signal"].last().to_dict() == {"A": "worse", "B": "routine"}
    shuffled = status(both.sample(frac=1, random_state=3)).sort_values(["segment", "period"])
    assert shuffled["signal"].tolist() == found["signal"].tolist()
    named = status(both.rename(columns={"segment": "market"}), by=["market"])
    assert named["signal"].tolist() == found["signal"].tolist()
    with pytest.raises(BadTable, match="more than once"):
        status(both.drop(columns="segment"))


@given(st.lists(st.integers(900, 1000), min_size=8, max_size=14))
def test_later_periods_change_nothing_of_what_was_said_before(numerators):
    for shorter, longer in pairwise([numerators[:-1], numerators]):
        then, now = status(weekly(*shorter)), status(weekly(*longer))
        assert now["signal"].tolist()[:-1] == then["signal"].tolist()


def test_the_first_case_after_none_is_no_alarm_and_many_are():
    assert status(weekly(*[0] * 6, 1, of=100))["signal"].iloc[-1] == "routine"
    assert status(weekly(*[0] * 6, 9, of=100))["signal"].iloc[-1] == "better"


def test_an_unknown_direction_is_refused():
    with pytest.raises(BadTable, match="at_least or at_most"):
        status(weekly(950, direction="above"))


def simulated(rate: float, size: int, unrest: float, periods: int, *, uneven: bool, kept: float = 0.0) -> pd.DataFrame:
    """Series in which nothing happens, 800 of them: `unrest` is the variance of the rate in those of one case."""
    rng = np.random.default_rng(7)
    shape = (800, periods)
    sizes = rng.integers(size // 5, 2 * size, shape) if uneven else np.full(shape, size)
    drawn = rng.normal(size=shape)
    for week in range(1, periods):
        drawn[:, week] = kept * drawn[:, week - 1] + np.sqrt(1 - kept**2) * drawn[:, week]
    odds = np.log(rate / (1 - rate)) + np.sqrt(unrest / (rate * (1 - rate))) * drawn
    counted = rng.binomial(sizes, 1 / (1 + np.exp(-odds)))
    return pd.DataFrame(
        {
            "segment": np.repeat(np.arange(800), periods),
            "period": np.tile(pd.date_range(MONDAY, periods=periods, freq="7D"), 800),
            "numerator": counted.ravel(),
            "denominator": sizes.ravel(),
            "target": 0.5,
            "target_direction": "at_least",
        }
    )


@pytest.mark.parametrize(
    ("rate", "size", "unrest", "uneven", "kept"),
    [
        (0.4, 500, 0.0, False, 0.0),
        (0.4, 500, 0.01, True, 0.0),
        (0.95, 300, 0.0005, False, 0.0),
        (0.95, 2000, 0.0005, True, 0.0),
        (0.9, 20000, 0.001, True, 0.0),
        (0.003, 300, 0.0, False, 0.0),
        (0.9, 2000, 0.0005, False, 0.5),  # a week that was good makes the next one better
    ],
)
@pytest.mark.parametrize("periods", [LEAST_EARLIER + 1, 16])
def test_false_alarms_are_as_rare_as_promised(rate, size, unrest, uneven, kept, periods):
    found = status(simulated(rate, size, unrest, periods, uneven=uneven, kept=kept))
    judged = found[found["signal"] != "too_few"]
    assert len(judged) == 800 * (periods - LEAST_EARLIER)
    assert (judged["signal"] != "routine").mean() <= 0.03
    assert FALSE_ALARM <= 0.03


def test_what_is_found_of_a_change_three_times_as_large_as_the_unrest():
    quiet = simulated(0.4, 2000, 0.0004, 16, uneven=False)  # sd 2.3 points with chance
    changed = quiet["numerator"].mask(
        quiet.groupby("segment").cumcount() == 15, (quiet["numerator"] * 0.75).round()
    )  # 10 points
    found = status(quiet.assign(numerator=changed)).groupby("segment")["signal"].last()
    assert (found == "worse").mean() > 0.75
    assert (found == "better").sum() == 0

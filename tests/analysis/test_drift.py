"""Drift: alarms with a promise, dates with a set, and what a change goes with; on tables small enough to follow."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit

from appeal_insights.analysis import drift_engine
from appeal_insights.analysis.drift import Drift, watch_drift
from appeal_insights.analysis.drift_baseline import Levels, Usual, drawn_together, learn_usual
from appeal_insights.analysis.drift_dating import shortest
from appeal_insights.analysis.drift_engine import Evidence, evidence_of_counts, statistic
from appeal_insights.analysis.drift_refusal import findable
from appeal_insights.analysis.drift_tables import read_cells
from appeal_insights.errors import BadParameter, BadTable
from benchmarks.simulated_estate import make_estate

MONDAY = pd.Timestamp("2025-01-06")
BASELINE, DAYS, CHANGE = 141, 260, 190
STRATA = ("easy", "hard")
COLUMNS = {"series": "market", "day": "day", "stratum": "stratum", "audited": "audited", "correct": "correct"}
EVERY_SIZE = pytest.mark.parametrize("estates", [2, pytest.param(40, marks=pytest.mark.soak)], ids=["soon", "soak"])


def counts(
    accuracy: float = 0.95,
    after: float | None = None,
    *,
    markets: tuple[str, ...] = ("DE", "FR", "GB"),
    changed: str = "GB",
    a_day: tuple[int, int] = (40, 40),
    later: tuple[int, int] | None = None,
    seed: int = 1,
) -> pd.DataFrame:
    """Three markets, easy cases and hard ones (twice the errors), every day; one market changes on day 190.

    Takes   after: its accuracy from then on; later: audits by stratum from then on, of easy and of hard ones.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for market in markets:
        for stratum, error in enumerate((1 - accuracy, 2 * (1 - accuracy))):
            for day in range(DAYS):
                moved = market == changed and day >= CHANGE
                p = 1 - error
                if moved and after is not None:
                    p = expit(logit(p) + logit(after) - logit(accuracy))
                n = (later if moved and later else a_day)[stratum]
                rows.append((market, STRATA[stratum], MONDAY + pd.Timedelta(days=day), n, rng.binomial(n, p)))
    return pd.DataFrame(rows, columns=["market", "stratum", "day", "audited", "correct"])


def gold(passed_after: float = 0.97, *, market: str = "GB", seed: int = 2) -> pd.DataFrame:
    """Thirty gold cases a day and market, by two auditors; in one market they pass less often from day 190 on."""
    rng = np.random.default_rng(seed)
    rows = []
    for of in ("DE", "FR", "GB"):
        for who in (1, 2):
            for day in range(DAYS):
                passed = passed_after if of == market and day >= CHANGE else 0.97
                rows.append((of, f"{of}-{who}", MONDAY + pd.Timedelta(days=day), 15, rng.binomial(15, passed)))
    return pd.DataFrame(rows, columns=["market", "auditor", "day", "audited", "correct"])


def day(number: int) -> pd.Timestamp:
    return MONDAY + pd.Timedelta(days=number)


@pytest.fixture(scope="module")
def fallen() -> Drift:
    return watch_drift(counts(after=0.88), **COLUMNS)


def test_a_fall_is_noticed_within_days_dated_and_sized(fallen):
    (alarm,) = fallen.alarms.to_dict("records")
    assert (alarm["series"], alarm["direction"], alarm["kind"], alarm["event"]) == ("GB", "fell", "step", None)
    assert day(CHANGE) <= alarm["alarm_day"] <= day(CHANGE + 7)
    assert abs((alarm["change_date"] - day(CHANGE)).days) <= 5
    assert alarm["low"] <= day(CHANGE) <= alarm["high"]
    # easy .95 -> .88, hard .90 -> .773, half of each
    assert alarm["size_low"] < (0.88 + 0.773) / 2 - (0.95 + 0.90) / 2 < alarm["size_high"] < 0


def test_the_same_table_a_day_later_has_the_same_alarms_before(fallen):
    table = counts(after=0.88)
    for last in range(CHANGE, DAYS, 10):
        known = watch_drift(table[table.day <= day(last)], **COLUMNS).alarms
        before = fallen.alarms[fallen.alarms.alarm_day <= day(last)]
        pd.testing.assert_frame_equal(known, before, check_exact=False, rtol=1e-9, check_dtype=False)


def test_the_order_of_rows_does_not_matter(fallen):
    table = counts(after=0.88).sample(frac=1, random_state=3)
    again = watch_drift(table, **COLUMNS)
    pd.testing.assert_frame_equal(again.alarms, fallen.alarms, check_exact=False, rtol=1e-9, check_dtype=False)
    pd.testing.assert_frame_equal(again.evidence, fallen.evidence, check_exact=False, rtol=1e-9, check_dtype=False)


def test_rows_of_one_cell_are_added_up(fallen):
    table = counts(after=0.88)
    half = table.assign(audited=table.audited // 2, correct=table.correct // 2)
    rest = table.assign(audited=table.audited - half.audited, correct=table.correct - half.correct)
    split = watch_drift(pd.concat([half, rest]), **COLUMNS)
    pd.testing.assert_frame_equal(split.alarms, fallen.alarms, check_exact=False, rtol=1e-9, check_dtype=False)


def test_other_sampling_is_no_change_of_accuracy():
    table = counts(later=(5, 120))  # measured accuracy falls from .925 to .902, nothing else does
    pooled = table[table.market == "GB"].groupby(table.day < day(CHANGE))[["correct", "audited"]].sum()
    rate = pooled.correct / pooled.audited
    assert rate[False] < rate[True] - 0.015
    assert watch_drift(table, **COLUMNS).alarms.empty


def test_one_terrible_day_is_no_drift():
    table = counts()
    bad = (table.market == "GB") & (table.day == day(CHANGE))
    table.loc[bad, "correct"] = 25  # of 40, where 38 and 36 are usual: beyond any limit of a chart of days
    drift = watch_drift(table, **COLUMNS)
    row = drift.evidence[(drift.evidence.series == "GB") & (drift.evidence.day == day(CHANGE))].iloc[0]
    assert row.rate < row.low
    assert drift.alarms.empty


def test_a_rise_is_an_alarm_too():
    (alarm,) = watch_drift(counts(0.9, after=0.96), **COLUMNS).alarms.to_dict("records")
    assert (alarm["series"], alarm["direction"]) == ("GB", "rose")
    assert alarm["size_low"] > 0


def test_without_gold_cases_work_and_auditors_cannot_be_told_apart(fallen):
    assert fallen.alarms.cause.tolist() == ["work or auditors"]


def test_steady_gold_cases_say_that_it_is_the_work():
    alarms = watch_drift(counts(after=0.88), **COLUMNS, gold=gold()).alarms
    assert alarms[["series", "cause"]].values.tolist() == [["GB", "work"]]
    assert alarms.part_of.isna().all()


def test_gold_cases_that_fail_too_say_that_it_is_the_auditors():
    alarms = watch_drift(counts(after=0.88), **COLUMNS, gold=gold(0.85)).alarms
    assert set(alarms.series) == {"GB"}
    assert set(alarms.cause) == {"auditors"}
    assert alarms.part_of.dropna().unique().tolist() == ["GB"]


def test_a_harder_mix_is_an_alarm_of_its_own_and_not_of_the_work():
    table = counts()
    cases = table.assign(volume=np.where(table.stratum == "hard", 100, 900) + table.correct % 7).drop(columns="audited")
    cases.loc[(cases.market == "GB") & (cases.day >= day(CHANGE)) & (cases.stratum == "hard"), "volume"] += 400
    (alarm,) = watch_drift(table, **COLUMNS, volume=cases).alarms.to_dict("records")
    assert (alarm["series"], alarm["cause"], alarm["direction"]) == ("GB", "mix", "fell")
    assert day(CHANGE) <= alarm["alarm_day"] <= day(CHANGE + 5)
    # hard cases go from a tenth to 500 of 1400, and are five points harder
    assert alarm["size"] == pytest.approx(-0.05 * (500 / 1400 - 0.1), abs=0.004)


def test_an_event_near_the_change_is_named_and_one_elsewhere_or_long_ago_is_not():
    events = pd.DataFrame(
        {
            "day": [day(CHANGE - 1), day(CHANGE), day(CHANGE - 40)],
            "event": ["new guideline", "festival", "new tool"],
            "market": ["GB", "FR", None],
        }
    )
    named = watch_drift(counts(after=0.88), **COLUMNS, known_events=events)
    assert named.alarms.event.tolist() == ["new guideline"]
    others = watch_drift(counts(after=0.88), **COLUMNS, known_events=events[1:])
    assert others.alarms.event.isna().all()


def test_a_thin_series_is_refused_with_what_it_would_need():
    thin = counts(markets=("DE", "FR", "GB"))
    thin = thin[(thin.market != "FR") | (thin.day.dt.day % 28 == 0)]
    refused = watch_drift(thin, **COLUMNS).refused
    assert refused.series.tolist() == ["FR"]
    assert refused.audits[0] == thin[(thin.market == "FR") & (thin.day < day(BASELINE))].audited.sum()
    assert refused.needs[0] > refused.audits[0]
    assert refused.findable[0] > 0.08


def test_a_series_that_came_later_is_watched_after_a_baseline_of_its_own():
    table = counts(after=0.8)
    late = table[(table.market != "GB") | (table.day >= day(BASELINE - 2))]  # 160 audits before the baseline ends
    evidence = watch_drift(late, **COLUMNS, baseline=BASELINE).evidence
    assert evidence[evidence.statistic.notna()].series.unique().tolist() == ["DE", "FR"]
    short = watch_drift(late[late.day >= day(BASELINE - 40)], **COLUMNS, baseline=40)
    watched = short.evidence[short.evidence.statistic.notna()].groupby("series").day.min()
    assert watched.to_dict() == {"DE": day(BASELINE), "FR": day(BASELINE), "GB": day(BASELINE - 2 + 40)}


def test_expected_false_alarms_are_a_quarter_over_the_budget_for_each_series(fallen):
    assert fallen.expected_false_alarms == pytest.approx(3 * 91.25 / 3650)


def test_the_evidence_has_every_day_with_audits_and_its_limits(fallen):
    table = counts(after=0.88)
    sums = table.groupby(["market", "day"])[["audited", "correct"]].sum().reset_index()
    pd.testing.assert_frame_equal(fallen.evidence[["audited", "correct"]], sums[["audited", "correct"]])
    assert (fallen.evidence.low <= fallen.evidence.expected).all()
    crossed = fallen.evidence[fallen.evidence.statistic >= fallen.evidence.threshold]
    assert crossed.day.tolist() == fallen.alarms.alarm_day.tolist()
    assert fallen.dates.groupby("alarm_day").probability.sum().tolist() == [pytest.approx(1)]


@EVERY_SIZE
def test_quiet_estates_alarm_no_more_often_than_promised(estates):
    """Sixty series and fifteen markets each; the promise is 224 / 3650, and half of it is what comes."""
    alarms = promised = 0.0
    for seed in range(900, 900 + estates):
        estate = make_estate(seed, quiet_only=True)
        drift = watch_drift(estate.counts, **estate.arguments())
        alarms += len(drift.alarms)
        promised += drift.expected_false_alarms * 224 / 91.25
    assert alarms <= promised + (2 * promised**0.5 if estates < 10 else 0)


@given(
    better=st.lists(st.floats(-2, 2), min_size=1, max_size=12),
    prior=st.floats(0.1, 0.9),
)
def test_the_statistic_is_the_sum_over_first_days_of_how_much_better_a_change_since_explains(better, prior):
    """By brute force, for two sizes of which the second is the opposite of the first, at one level."""
    days = np.array(better)
    both = np.stack([days, -days], axis=1)[np.newaxis, :, np.newaxis, :]
    evidence = Evidence(np.zeros((1, len(days), 1)), both, both, np.array([1.0, -1.0]), np.log([[prior, 1 - prior]]), 0)
    found = statistic(evidence, Levels(np.zeros((1, 1)), np.zeros((1, 1))), np.zeros(1, dtype=np.int64))
    for last in range(len(days)):
        since = [days[first : last + 1].sum() for first in range(last + 1)]
        whole = sum(prior * np.exp(one) + (1 - prior) * np.exp(-one) for one in since)
        assert found[0, last] == pytest.approx(np.log(whole))


def test_the_statistic_grows_by_one_a_day_on_average_while_nothing_changes():
    """The promise itself, exactly: over all outcomes of two days of one audit each, weighted by their chance."""
    p, q = 0.9, 0.8
    better = {1: np.log(q / p), 0: np.log((1 - q) / (1 - p))}
    mean = 0.0
    for first in (0, 1):
        for second in (0, 1):
            said = np.array([better[first], better[second]]).reshape(1, 2, 1, 1)
            evidence = Evidence(np.zeros((1, 2, 1)), said, said, np.array([-1.0]), np.zeros((1, 1)), 0)
            value = statistic(evidence, Levels(np.zeros((1, 1)), np.zeros((1, 1))), np.zeros(1, dtype=np.int64))[0, 1]
            chance = (p if first else 1 - p) * (p if second else 1 - p)
            mean += chance * np.exp(value)
    assert mean == pytest.approx(2.0)


@given(st.lists(st.floats(0.001, 1), min_size=1, max_size=9))
def test_the_set_of_dates_is_the_shortest_run_that_holds_nine_tenths(weights):
    probability = np.array(weights) / sum(weights)
    low, high = shortest(probability)
    assert probability[low : high + 1].sum() >= 0.9 - 1e-9
    for length in range(1, high - low + 1):
        assert all(probability[i : i + length].sum() < 0.9 + 1e-9 for i in range(len(probability) - length + 1))


def test_dispersions_that_differ_by_chance_only_are_drawn_together():
    rng = np.random.default_rng(4)
    same = rng.chisquare(6, 200) / 6
    assert drawn_together(same, np.full(200, 6.0)).std() < 0.1 * same.std() + 0.05
    one_wanders = np.append(same[:60], 6.0)
    assert drawn_together(one_wanders, np.full(61, 6.0))[-1] > 2.5


def test_noise_between_days_is_learned_as_dispersion():
    rng = np.random.default_rng(5)
    p = expit(logit(0.9) + rng.normal(0, 0.4, (150, BASELINE)))
    expected = 1 + 99 * p.var(axis=1).mean() / (p.mean() * (1 - p.mean()))
    n = np.full((150, 1, BASELINE), 100.0)
    usual = learn_usual(n, rng.binomial(100, p)[:, np.newaxis].astype(float), np.arange(BASELINE) % 7)
    assert usual.dispersion.mean() == pytest.approx(expected, abs=0.2)


def test_the_smallest_change_findable_falls_with_the_audits():
    a_day = np.array([1.0, 10.0, 100.0])
    smallest = findable(a_day, np.full(3, 0.95), np.ones(3), 3650)
    assert smallest[0] > smallest[1] > smallest[2]
    # 912 audits a quarter: 912 * KL(.905 | .95) = 17.5 nats, of which log(3650) = 8.2 and .84 * sqrt(2 * 17.5) = 5.0
    assert smallest[1] == pytest.approx(0.04, abs=0.006)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"series": "marekt"}, BadTable),
        ({"budget": 5}, BadParameter),
        ({"baseline": 7}, BadParameter),
        ({"volume": pd.DataFrame({"market": ["GB"], "stratum": ["easy"], "day": [MONDAY]})}, BadTable),
        ({"gold": pd.DataFrame({"market": ["GB"]})}, BadTable),
        ({"known_events": pd.DataFrame({"when": [MONDAY]})}, BadTable),
    ],
)
def test_what_is_missing_is_said_in_both_languages(change, error):
    with pytest.raises(error) as caught:
        watch_drift(counts(), **(COLUMNS | change))
    assert caught.value.say("en") != caught.value.say("zh-CN")


def test_an_empty_table_is_refused():
    with pytest.raises(BadTable, match="no rows"):
        watch_drift(counts()[:0], **COLUMNS)


def test_attainment_of_a_promise_is_watched_with_its_own_noise(public):
    file = public / "ae_four_hour.csv"
    months = pd.read_csv(file).assign(kept=lambda table: table.attendances - table.breaches)
    cells = read_cells(months, series=["org_code"], day="period", stratum=None, audited="attendances", correct="kept")
    assert cells.correct.sum() / cells.audited.sum() == pytest.approx(0.825996, abs=1e-6)
    usual = learn_usual(cells.audited, cells.correct, cells.days.weekday)
    assert 50 < np.median(usual.dispersion) < 400
    names = {"series": "org_code", "day": "period", "stratum": None, "audited": "attendances", "correct": "kept"}
    drift = watch_drift(months, **names, baseline=731)
    assert len(drift.evidence) == 4680


def test_what_one_day_may_say_is_capped_upwards_only():
    usual = Usual(np.zeros((1, 1, 7)), 0.0, np.ones(1))
    level = Levels(np.array([[logit(0.95)]]), np.zeros((1, 1)))
    audited, correct = np.full((1, 1, 2), 100.0), np.array([[[20.0, 100.0]]])
    said = evidence_of_counts(audited, correct, np.array([0, 1]), usual, level, np.full((1, 1), 100.0), 0)
    assert said.better[0, 0, 0, 0] > drift_engine.A_DAY
    assert (said.capped <= drift_engine.A_DAY).all()
    small = 100 * (expit(logit(0.95) - 0.2) * -0.2 + np.log(0.05 / (1 - expit(logit(0.95) - 0.2))) * -1)
    assert said.capped[0, 0, 0, 0] == pytest.approx(small + drift_engine.BEYOND * np.sqrt(2 * small))
    falls = slice(len(drift_engine.SIZES))
    assert said.capped[0, 1, 0, falls].tolist() == said.better[0, 1, 0, falls].tolist()

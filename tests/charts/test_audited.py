"""Audits by day or week: sums and limits checked by hand, and nothing told of what is too small."""

import numpy as np
import pandas as pd
import pytest

from appeal_insights.charts.audited import by_day, by_week, new_levels
from appeal_insights.errors import BadTable


def evidence(days: int = 70, series: str = "GB", first: str = "2025-01-06", **more) -> pd.DataFrame:
    """A hundred audits a day, 95 right, as expected, limits six points off; watched from the fourth week on."""
    day = pd.date_range(first, periods=days).astype("datetime64[us]")
    rows = pd.DataFrame({"series": series, "day": day, "audited": 100, "correct": 95, "rate": 0.95, "expected": 0.95})
    statistic = np.where(np.arange(days) < 21, np.nan, 1.0)
    return rows.assign(low=0.89, high=1.0, statistic=statistic, threshold=8.0).assign(**more)


def fallen(days: int = 70) -> pd.DataFrame:
    """The same, with 85 right from 3 February (the 29th day) on; the alarm is six days later, then it is learned."""
    rows = evidence(days)
    since = np.arange(days) >= 28
    rows = rows.assign(correct=np.where(since, 85, 95), rate=np.where(since, 0.85, 0.95))
    rows.loc[34, "statistic"] = 9.0
    rows.loc[35:62, "statistic"] = np.nan
    return rows


def alarm(**more) -> pd.DataFrame:
    told = {"series": "GB", "alarm_day": "2025-02-09", "change_date": "2025-02-03", "low": "2025-02-02"}
    told = {name: value if name == "series" else pd.Timestamp(value) for name, value in told.items()}
    told |= {"high": pd.Timestamp("2025-02-05"), "direction": "fell", "cause": "work"}
    return pd.DataFrame([told | more])


def test_a_week_has_the_audits_of_its_days_and_narrower_limits():
    weeks = by_week(evidence())
    assert weeks["period_label"].tolist()[:2] == ["2025-W02", "2025-W03"]
    assert weeks["audited"].tolist() == [700] * 10
    assert weeks["rate"].tolist() == pytest.approx([0.95] * 10)
    # Seven days alike: the reach is that of one, 0.06, over the root of seven. The upper limit was cut off at 1.
    assert weeks["low"].iloc[0] == pytest.approx(0.95 - 0.06 / 7**0.5)
    assert weeks["high"].iloc[0] == pytest.approx(0.95 + 0.06 / 7**0.5)


def test_what_is_expected_of_a_week_counts_each_day_by_its_audits():
    rows = evidence(2, expected=[0.9, 0.8], audited=[300, 100], correct=[270, 80], low=[0.87, 0.76], high=[0.93, 0.84])
    [week] = by_week(rows).to_dict("records")
    assert week["expected"] == pytest.approx((0.9 * 300 + 0.8 * 100) / 400)
    assert week["high"] - week["expected"] == pytest.approx((9**2 + 4**2) ** 0.5 / 400)


def test_a_week_begins_on_monday_and_the_first_days_of_january_may_be_of_the_year_before():
    weeks = by_week(evidence(8, first="2026-01-01"))
    assert weeks["period_label"].tolist() == ["2026-W01", "2026-W02"]
    assert weeks["period"].tolist() == [pd.Timestamp("2025-12-29"), pd.Timestamp("2026-01-05")]
    assert by_week(evidence(1, first="2027-01-01"))["period_label"].tolist() == ["2026-W53"]


def test_days_without_a_statistic_are_learning_only_after_it_was_watched():
    days = by_day(fallen())
    assert days.loc[days["learning"], "period"].agg(["min", "max"]).tolist() == [
        pd.Timestamp("2025-02-10"), pd.Timestamp("2025-03-09"),
    ]  # fmt: skip
    assert by_week(fallen())["learning"].tolist() == [False] * 5 + [True] * 4 + [False]
    assert not by_day(evidence(statistic=np.nan))["learning"].any()


@pytest.mark.parametrize("how", [by_day, by_week])
def test_of_too_few_audits_nothing_is_told(how):
    small = evidence(2, audited=4, correct=4)
    hidden = how(small, smallest=10)
    assert hidden["hidden"].all()
    assert hidden[["audited", "correct", "rate", "expected", "low", "high"]].isna().all(axis=None)
    assert not how(small, smallest=4)["hidden"].any()


def test_a_new_level_is_what_was_right_from_the_change_until_the_series_was_watched_again():
    [level] = new_levels(fallen(), alarm()).to_dict("records")
    assert (level["start"], level["end"]) == (pd.Timestamp("2025-02-03"), pd.Timestamp("2025-03-10"))
    assert (level["correct"], level["audited"], level["rate"]) == (35 * 85, 3500, 0.85)


def test_a_new_level_lasts_to_the_last_day_or_to_the_next_change():
    [level] = new_levels(fallen(40), alarm()).to_dict("records")
    assert level["end"] == pd.Timestamp("2025-02-15")
    back = alarm(change_date=pd.Timestamp("2025-03-01"), alarm_day=pd.Timestamp("2025-03-12"), direction="rose")
    ends = new_levels(fallen(), pd.concat([back, alarm()]))["end"].tolist()
    assert ends == [pd.Timestamp("2025-03-01"), pd.Timestamp("2025-03-13")]


def test_an_alarm_of_the_mix_brings_no_new_level():
    assert new_levels(fallen(), alarm(cause="mix")).empty
    assert new_levels(fallen(), alarm().head(0)).empty


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda rows: rows.drop(columns="statistic"), "no column 'statistic'"),
        (lambda rows: pd.concat([rows, rows]), "two rows"),
        (lambda rows: rows.assign(day="2025-01-06"), "not dates"),
    ],
)
def test_evidence_that_is_none_is_refused(change, why):
    with pytest.raises(BadTable, match=why):
        by_week(change(evidence()))

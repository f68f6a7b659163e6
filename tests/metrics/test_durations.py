"""How long it took: bands that add up, and percentiles that are exact where there are records."""

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from appeal_insights.errors import BadParameter
from appeal_insights.metrics import query as module
from appeal_insights.metrics.metric import metric
from tests.helpers import answer, make_store

STEP = 1.0408163265306123  # a band is so much wider than the one before it: its middle is at most 2 % off
RECEIVED = datetime(2026, 10, 5)


def taking(seconds: list[int], market: str = "GB", received: datetime = RECEIVED) -> pd.DataFrame:
    """Appeals upheld after so many seconds."""
    return pd.DataFrame(
        {
            "appeal_id": [f"{market}{place}" for place in range(len(seconds))],
            "market": market,
            "received_at": received,
            "decided_at": [received + timedelta(seconds=one) for one in seconds],
            "outcome": "decision_upheld",
        }
    )


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    rows = pd.concat([taking([0, 1, 60, 61, 3600, 86400, 86401]), taking([60, 120, 300, 600], "ZA")])
    return make_store(tmp_path_factory.mktemp("took") / "took.duckdb", rows.reset_index(drop=True))


def test_records_are_counted_in_bands_each_a_little_wider_than_the_one_before(path):
    found = answer(path, "distribution", "2026-W41", of="turnaround", where={"market": ["GB"]})
    assert found["bucket"].tolist() == [0, 103, 205, 285], "0 and 1; 60 and 61; an hour; a day and a second more"
    assert found["records"].tolist() == [2, 2, 1, 2]
    assert found["late"].tolist() == [0, 0, 0, 1], "more than a day"
    assert found["share_until"].tolist() == [2 / 7, 4 / 7, 5 / 7, 1]
    assert found["share_late"].tolist() == [1 / 7] * 4
    assert found["seconds"].tolist() == pytest.approx([STEP**band for band in found["bucket"]])


def test_a_band_ends_after_its_longest_duration_and_begins_before_its_shortest(path):
    found = answer(path, "distribution", "2026-W41", of="turnaround", where={"market": ["ZA"]})
    for row, seconds in zip(found.itertuples(), [60, 120, 300, 600], strict=True):
        assert STEP ** (row.bucket - 1) < seconds <= STEP**row.bucket


def test_what_is_late_is_what_was_asked(path):
    found = answer(path, "distribution", "2026-W41", of="turnaround", by=("market",), over=60)
    assert found.groupby("market")["late"].sum().to_dict() == {"GB": 4, "ZA": 3}
    assert found.groupby("market")["share_late"].first().to_dict() == {"GB": 4 / 7, "ZA": 3 / 4}
    [gb, za] = answer(path, "breakdown", "2026-W41", of="turnaround", by=("market",), over=60)["rate"]
    assert (gb, za) == (4 / 7, 3 / 4)


def test_a_percentile_lies_between_two_records_in_proportion(path):
    found = answer(path, "percentiles", "2026-W41", of="turnaround", by=("market",)).set_index("market")
    assert found.loc["ZA", ["records", "p50", "p90", "p95"]].tolist() == pytest.approx([4, 210, 510, 555])
    assert found.loc["GB", "p50"] == 61


def test_the_percentile_of_two_days_is_no_average_of_theirs(tmp_path):
    """On Monday 99 appeals take a minute, on Tuesday one takes ten hours: half take a minute, not five hours."""
    days = [taking([60] * 99, "GB"), taking([36000], "ZA", RECEIVED + timedelta(days=1))]
    path = make_store(tmp_path / "s.duckdb", pd.concat(days, ignore_index=True))
    each = answer(path, "percentiles", "2026-10-05", "2026-10-06", of="turnaround", grain="day")
    assert each["p50"].mean() == (60 + 36000) / 2
    [whole] = answer(path, "percentiles", "2026-10-05..2026-10-06", of="turnaround")["p50"]
    assert whole == 60


@settings(max_examples=12)
@given(st.lists(st.integers(1, 40 * 86400), min_size=1, max_size=200))
@example([1])
@example([1, 2, 3, 60, 3600, 86400])
def test_a_percentile_read_from_the_bands_is_within_two_per_cent_of_the_exact_one(tmp_path_factory, seconds):
    rows = taking(seconds).assign(received_at=RECEIVED)
    path = make_store(tmp_path_factory.mktemp("bands") / "s.duckdb", rows)
    bands = answer(path, "distribution", "2026-W41..2026-W47", of="turnaround")
    assert bands["records"].sum() == len(seconds)
    [exact] = answer(path, "percentiles", "2026-W41..2026-W47", of="turnaround").itertuples()
    expected = np.quantile(seconds, [0.5, 0.9, 0.95])
    assert [exact.p50, exact.p90, exact.p95] == pytest.approx(expected.tolist())
    for share in (0.5, 0.9, 0.95):
        nearest = np.quantile(seconds, share, method="inverted_cdf")  # a record's own: bands know no in-between
        band = bands[bands["share_until"] >= share - 1e-12].iloc[0]
        middle = band["seconds"] / (1 + STEP) * 2  # off by 2 % to either side
        assert middle == pytest.approx(nearest, rel=0.0201)


def test_more_durations_than_fit_into_memory_are_refused(path, monkeypatch):
    monkeypatch.setattr(module, "MOST_DURATIONS", 10)
    with pytest.raises(BadParameter, match=r"Exact percentiles of 11 records want more memory.* the most is 10"):
        answer(path, "percentiles", "2026-W41", of="turnaround")
    monkeypatch.setattr(module, "MOST_DURATIONS", 11)
    assert answer(path, "percentiles", "2026-W41", of="turnaround")["records"].tolist() == [11]


def test_what_was_never_reinstated_has_no_time_to_it(tmp_path):
    rows = taking([60, 60, 60]).assign(outcome="decision_reversed")
    rows["reinstated_at"] = rows["decided_at"] + pd.to_timedelta([3600, 7200, None], unit="s")
    path = make_store(tmp_path / "s.duckdb", rows)
    found = answer(path, "percentiles", "2026-W41", of="time_to_reinstate")
    assert found[["records", "p50"]].to_numpy().tolist() == [[2, 5400]], "nothing would pull it down to an hour"
    early = answer(path, "percentiles", "2026-W41", of="time_to_reinstate", as_of=datetime(2026, 10, 5, 1, 30))
    assert early[["records", "p50"]].to_numpy().tolist() == [[1, 3600]], "the second was restricted still"


def test_a_distribution_says_beyond_what_a_record_is_late():
    assert metric("turnaround").over == 24 * 3600
    assert metric("time_to_reinstate").over == 24 * 3600

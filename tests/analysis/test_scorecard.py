"""A site is held to what others make of its cases: one with the hard cases is not worse for having them."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appeal_insights.analysis.scorecard import adjusted_rates, adjusted_times, against
from appeal_insights.errors import BadTable


def card(rows: list[tuple[str, str, int, int]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["site", "stratum", "audited", "correct"])
    return adjusted_rates(table, unit="site", cells="stratum").set_index("unit")


def test_a_site_with_the_hard_cases_is_as_good_as_the_one_with_the_easy_ones():
    """Both get 2 % of easy cases wrong and 10 % of hard ones; Lisbon has nine hard ones in ten, Sofia one in ten."""
    found = card([("Lisbon", "easy", 1000, 980), ("Lisbon", "hard", 9000, 8100),
                  ("Sofia", "easy", 9000, 8820), ("Sofia", "hard", 1000, 900)])  # fmt: skip
    assert found["rate"].round(4).to_dict() == {"Lisbon": 0.908, "Sofia": 0.972}
    assert found["whole"].tolist() == pytest.approx([0.94, 0.94])
    assert found["adjusted"].tolist() == pytest.approx([0.94, 0.94], abs=1e-9)
    assert ((found["low"] < 0.94) & (found["high"] > 0.94)).all()


def test_a_site_with_twice_the_errors_of_others_on_the_same_cases_has_twice_the_errors_of_all():
    """Others err in 5 of 100 of its cases, itself in 10: of the whole, 6.67 % errors, that is 13.3 %."""
    found = card([("A", "x", 1000, 900), ("B", "x", 1000, 950), ("C", "x", 1000, 950)])
    assert found.loc["A", "expected"] == pytest.approx(0.95, abs=1e-4)
    assert found.loc["A", "adjusted"] == pytest.approx(1 - 2 * 200 / 3000, abs=2e-4)
    assert found.loc["A", "high"] < found.loc["A", "whole"] < found.loc["B", "low"]


def test_cases_that_nobody_else_has_do_not_count_and_are_told():
    found = card([("A", "shared", 400, 380), ("A", "own", 600, 300), ("B", "shared", 400, 380)])
    assert found.loc["A", "shared"] == pytest.approx(0.4)
    assert found.loc["A", "adjusted"] == pytest.approx(found.loc["B", "adjusted"])
    alone = card([("A", "one", 400, 380), ("B", "other", 400, 380)])
    assert alone["adjusted"].isna().all()
    assert alone["shared"].tolist() == [0, 0]


def test_of_a_rare_share_the_cases_themselves_are_compared():
    """Re-appeals: 12 of 200 against 6 of 200 of the others, all 18 of 400."""
    found = card([("A", "x", 200, 12), ("B", "x", 200, 6)])
    assert found.loc["A", "adjusted"] == pytest.approx(18 / 400 * 2, rel=0.05)
    assert found.loc["A", "numerator"] == 12


@given(
    st.lists(st.tuples(st.sampled_from("ABC"), st.sampled_from("xyz"), st.integers(0, 300), st.integers(0, 300)),
             min_size=1, max_size=20),
    st.randoms(use_true_random=False),
)  # fmt: skip
def test_bounds_hold_the_rate_and_the_order_of_rows_does_not_matter(rows, random):
    rows = [(site, stratum, max(one, two), min(one, two)) for site, stratum, one, two in rows]
    found = card(rows)
    known = found[found["adjusted"].notna() & found["low"].notna()]
    assert known["adjusted"].between(0, 1).all()
    assert ((known["low"] <= known["adjusted"] + 1e-9) & (known["adjusted"] <= known["high"] + 1e-9)).all()
    mixed = rows[:]
    random.shuffle(mixed)
    pd.testing.assert_frame_equal(card(mixed), found)


def test_audits_count_with_the_cases_they_stand_for():
    """Easy cases are 9 of 10 and half of the audits: 2 % and 10 % wrong make .972 of cases, .94 of audits."""
    rows = [(site, stratum, n, x, weight) for site in "AB"
            for stratum, n, x, weight in (("easy", 500, 490, 18.0), ("hard", 500, 450, 2.0))]  # fmt: skip
    table = pd.DataFrame(rows, columns=["site", "stratum", "audited", "correct", "weight"])
    found = adjusted_rates(table, unit="site", cells="stratum", weight="weight")
    plain = adjusted_rates(table, unit="site", cells="stratum")
    assert found["rate"].tolist() == pytest.approx([0.972] * 2)
    assert found["adjusted"].tolist() == pytest.approx([0.972] * 2, abs=1e-3)
    assert plain["rate"].tolist() == pytest.approx([0.94] * 2)
    assert found["numerator"].tolist() == [940, 940]
    kish = 10_000**2 / (500 * 18**2 + 500 * 2**2)
    assert kish == pytest.approx(609.8, abs=0.1)
    wide = found["high"].iloc[0] - found["low"].iloc[0]
    assert wide > 2 * 1.96 * (0.972 * 0.028 / kish) ** 0.5


def test_intervals_of_equal_sites_hold_the_whole_nineteen_times_in_twenty():
    rng, held, total = np.random.default_rng(5), 0, 0
    for _ in range(300):
        rows = [(site, stratum, n, int(rng.binomial(n, p)))
                for site, easy in (("A", 300), ("B", 150), ("C", 60))
                for stratum, n, p in (("easy", easy, 0.98), ("hard", 360 - easy, 0.9))]  # fmt: skip
        found = card(rows)
        truth = 510 / 1080 * 0.98 + 570 / 1080 * 0.9
        held += int(((found["low"] <= truth) & (truth <= found["high"])).sum())
        total += len(found)
    assert 0.92 < held / total < 0.985


def test_times_are_held_to_those_of_others_on_the_same_cases():
    """Hard cases take 200 s, easy ones 50 s; Lisbon is a tenth slower on both and has the hard ones."""
    table = pd.DataFrame(
        [("Lisbon", "hard", 90, 90 * 220), ("Lisbon", "easy", 10, 10 * 55),
         ("Sofia", "hard", 10, 10 * 200), ("Sofia", "easy", 90, 90 * 50)],
        columns=["site", "stratum", "records", "seconds"],
    )  # fmt: skip
    found = adjusted_times(table, unit="site", cells="stratum").set_index("unit")
    whole = (90 * 220 + 10 * 55 + 10 * 200 + 90 * 50) / 200
    assert found["seconds"].to_dict() == {"Lisbon": 203.5, "Sofia": 65.0}
    assert found.loc["Lisbon", "adjusted"] == pytest.approx(whole * 1.1)
    assert found.loc["Sofia", "adjusted"] == pytest.approx(whole / 1.1)
    assert found.loc["Lisbon", "an_hour"] == pytest.approx(3600 / (whole * 1.1))


@pytest.mark.parametrize(
    ("low", "high", "at_least", "said"),
    [
        (0.951, 0.97, True, "met"),
        (0.93, 0.949, True, "missed"),
        (0.94, 0.96, True, "open"),
        (0.02, 0.04, False, "met"),
        (0.96, 0.99, False, "missed"),
        (float("nan"), float("nan"), True, "open"),
    ],
)
def test_a_promise_is_met_or_missed_only_by_the_whole_interval(low, high, at_least, said):
    assert against(0.95, low, high, at_least=at_least) == said


def test_an_empty_site_is_refused_with_its_row():
    table = pd.DataFrame({"site": ["A", None], "stratum": ["x", "x"], "audited": [1, 1], "correct": [1, 1]})
    with pytest.raises(BadTable, match="1"):
        adjusted_rates(table, unit="site", cells="stratum")

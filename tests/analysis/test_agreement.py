"""Agreement of auditors: textbook numbers, identities, and real double ratings."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appeal_insights.analysis.agreement import agreement, confusion
from appeal_insights.errors import BadTable


def two(both_right: int, first_only: int, second_only: int, both_wrong: int) -> pd.DataFrame:
    pairs = (
        [("y", "y")] * both_right + [("y", "n")] * first_only + [("n", "y")] * second_only + [("n", "n")] * both_wrong
    )
    rows = [(item, rater, label) for item, pair in enumerate(pairs) for rater, label in enumerate(pair)]
    return pd.DataFrame(rows, columns=["item", "rater", "label"])


NAMES = {"item": "item", "rater": "rater", "label": "label"}


def test_kappa_is_low_where_nearly_all_is_right_however_well_raters_agree():
    """95 % agreement at 97 % prevalence: kappa .14, AC1 .95."""
    found = agreement(two(945, 25, 25, 5), **NAMES)
    assert found.percent == pytest.approx(0.95)
    assert found.prevalence == pytest.approx(0.97)
    assert found.kappa == pytest.approx(0.14, abs=0.005)
    assert found.ac1 == pytest.approx(0.947, abs=0.002)


def test_alpha_of_krippendorffs_own_example_with_gaps():
    """Krippendorff (2011), four observers, twelve units, nominal: .743."""
    rows = {
        "A": "1 2 3 3 2 1 4 1 2 . . .",
        "B": "1 2 3 3 2 2 4 1 2 5 . 3",
        "C": ". 3 3 3 2 3 4 2 2 5 1 .",
        "D": "1 2 3 3 2 4 4 1 2 5 1 .",
    }
    ratings = [
        (i, rater, label) for rater, line in rows.items() for i, label in enumerate(line.split()) if label != "."
    ]
    found = agreement(pd.DataFrame(ratings, columns=["item", "rater", "label"]), **NAMES)
    assert found.alpha == pytest.approx(0.743, abs=0.0005)
    assert found.items == 11
    assert np.isnan(found.kappa)


@given(st.integers(1, 30), st.integers(0, 30), st.integers(0, 30), st.integers(1, 30))
def test_two_raters_by_the_formulas_of_a_two_by_two_table(a, b, c, d):
    n = a + b + c + d
    found = agreement(two(a, b, c, d), **NAMES)
    agreed, chance = (a + d) / n, ((a + b) * (a + c) + (d + b) * (d + c)) / n**2
    yes = ((a + b) + (a + c)) / (2 * n)
    assert found.percent == pytest.approx(agreed)
    assert found.kappa == pytest.approx((agreed - chance) / (1 - chance))
    assert found.ac1 == pytest.approx((agreed - 2 * yes * (1 - yes)) / (1 - 2 * yes * (1 - yes)))


def test_one_rating_each_says_nothing():
    table = pd.DataFrame({"item": [1, 2], "rater": ["a", "b"], "label": ["y", "n"]})
    assert agreement(table, **NAMES).items == 0


def test_a_rater_who_rated_twice_is_refused():
    with pytest.raises(BadTable, match="rated the item before"):
        agreement(pd.DataFrame({"item": [1, 1], "rater": ["a", "a"], "label": ["y", "n"]}), **NAMES)


def test_real_ratings_have_the_published_accuracy_and_confusion(public):
    file = public / "content_rating_labels.parquet"
    import duckdb

    ratings = duckdb.connect().execute("select * from read_parquet(?)", [str(file)]).df()
    truth = json.loads((public / "known_truths.json").read_text())["content_rating_labels"]
    found = confusion(ratings, truth="gold_label", label="label")
    assert {gold: row.to_dict() for gold, row in found.iterrows()} == truth["confusion_gold_by_label"]
    assert np.diag(found).sum() / found.to_numpy().sum() == pytest.approx(truth["accuracy_vs_gold"], abs=1e-6)
    pairs = ratings.drop_duplicates(["content_id", "reviewer_id"])
    agreed = agreement(pairs, item="content_id", rater="reviewer_id", label="label")
    assert 0 < agreed.alpha < agreed.ac1 < agreed.percent < 1  # most are of one label

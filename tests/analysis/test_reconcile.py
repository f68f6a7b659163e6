"""The fewest differences that leave least: exact where they can be, and believed only where the numbers can tell."""

import pandas as pd
import pytest

from appeal_insights.analysis.reconcile import numbers_of, reconcile, steps
from appeal_insights.errors import BadTable

SWITCHES = ("basis", "omitted")
# Four definitions of two switches, counted for two rows of a sheet.
DEFINITIONS = pd.DataFrame(
    [("", "", 0), ("submission", "", 1), ("", "counted", 1), ("submission", "counted", 2)],
    columns=[*SWITCHES, "differences"],
)
NUMERATORS = pd.DataFrame([(50, 60), (40, 70), (50, 60), (40, 70)])
DENOMINATORS = pd.DataFrame([(100, 100), (90, 120), (103, 104), (92, 126)])


def sheet(*rows) -> pd.DataFrame:
    """Numerator, denominator, rate and half a unit of its last digit."""
    return pd.DataFrame(rows, columns=["numerator", "denominator", "rate", "half_unit"], dtype="float64")


def counts(*rows) -> pd.DataFrame:
    return sheet(*((n, d, None, None) for n, d in rows))


def rates(half_unit, *shares) -> pd.DataFrame:
    return sheet(*((None, None, share, half_unit) for share in shares))


def fit(official):
    return reconcile(DEFINITIONS, NUMERATORS, DENOMINATORS, official)


@pytest.mark.parametrize("label", DEFINITIONS.index)
def test_a_definition_that_meets_every_number_is_found(label):
    found = fit(counts(*zip(NUMERATORS.loc[label], DENOMINATORS.loc[label], strict=True)))
    assert (found.chosen, found.equal, found.exact) == (label, (), True)
    assert found.remainder.to_numpy().tolist() == [[0, 0], [0, 0]]


def test_what_remains_is_theirs_minus_the_chosen_one():
    found = fit(counts((40 + 7, 92 + 7), (70, 126)))
    assert (found.chosen, found.exact) == (3, False)
    assert found.remainder.to_numpy().tolist() == [[7, 7], [0, 0]]


def test_a_difference_that_brings_a_number_only_somewhat_nearer_is_not_believed():
    """Of 7 too many, a variant that adds 3 in one row and 4 in the other leaves less, but explains nothing."""
    found = fit(counts((57, 107), (67, 107)))
    assert (found.chosen, found.exact) == (0, False)
    assert found.remainder.to_numpy().tolist() == [[7, 7], [7, 7]]


def test_the_nearest_of_each_number_of_differences_is_listed():
    found = fit(counts((40 + 7, 92 + 7), (70, 126)))
    assert found.nearest[["differences", "definition", "numerator", "denominator", "rows"]].to_numpy().tolist() == [
        [0, 0, (47 - 50) + (70 - 60), (99 - 100) + (126 - 100), 2],
        [1, 1, 7, (99 - 90) + (126 - 120), 2],
        [2, 3, 7, 7, 1],
    ]


def test_definitions_that_count_the_same_are_all_named_the_first_chosen():
    again = pd.concat([DEFINITIONS, DEFINITIONS.loc[[1]].assign(basis="enforcement")], ignore_index=True)
    twice = [pd.concat([sides, sides.loc[[1]]], ignore_index=True) for sides in (NUMERATORS, DENOMINATORS)]
    found = reconcile(again, *twice, counts((40, 90), (70, 120)))
    assert (found.chosen, found.equal) == (1, (4,))


def test_a_sheet_tells_no_more_differences_than_it_has_numbers():
    one = [sides[[0]] for sides in (NUMERATORS, DENOMINATORS)]
    share = 40 / 92
    assert numbers_of(rates(0.00005, share)) == 1
    found = reconcile(DEFINITIONS, *one, rates(0.00005, share))
    assert (found.most, found.exact) == (1, False)  # two differences would meet it
    assert numbers_of(counts((40, 92))) == found.most + 1
    assert reconcile(DEFINITIONS, *one, counts((40, 92))).chosen == 3
    assert numbers_of(sheet((None, 92, 0.43, 0.005))) == 2


def test_a_rate_is_met_where_the_counts_round_to_it():
    exact = fit(rates(0.0005, 0.444, 0.583))  # 40 of 90, 70 of 120
    assert (exact.chosen, exact.exact) == (1, True)
    assert exact.remainder["numerator"].tolist() == [0, 0]
    assert exact.remainder["denominator"].isna().all()
    rough = fit(rates(0.05, 0.5, 0.6))  # to a tenth, ours will do
    assert (rough.chosen, rough.exact) == (0, True)


def test_what_a_rate_leaves_is_in_cases_to_the_nearest_that_would_round_to_it():
    """Of 100, 52.0 % to a tenth is 52, two more than the 50 of ours; the other row is met."""
    found = fit(sheet((None, 100, 0.52, 0.0005), (60, 100, None, None)))
    assert found.remainder.to_numpy().tolist() == [[2, 0], [0, 0]]


def test_the_steps_go_from_ours_by_one_difference_after_another():
    way = steps(DEFINITIONS, NUMERATORS, DENOMINATORS, 3, SWITCHES)
    first = way[way["row"] == 0]
    assert first[["step", "switch", "choice", "numerator", "denominator"]].to_numpy().tolist() == [
        [0, "", "", 50, 100],
        [1, "basis", "submission", 40, 90],
        [2, "omitted", "counted", 40, 92],
    ]
    assert len(steps(DEFINITIONS, NUMERATORS, DENOMINATORS, 0, SWITCHES)) == 2


def test_counts_of_other_rows_than_the_sheets_are_refused():
    with pytest.raises(BadTable, match="one column for each row of the sheet"):
        fit(counts((1, 2)))

"""Each variant counts what its words say: on the sample, against the same counts made by pandas from the file."""

from collections.abc import Callable
from itertools import combinations

import pandas as pd
import pytest

from appeal_insights.analysis.reconcile import reconcile
from appeal_insights.errors import BadContract
from appeal_insights.metrics.metric import metric
from appeal_insights.metrics.query import ask, query
from appeal_insights.metrics.tried import count_definitions
from appeal_insights.metrics.variants import SWITCHES, Row, read_variants, trial, variants
from appeal_insights.periods import period, split
from appeal_insights.records.store import Store
from tests.demo import CLOCKS, DECIDED

WEEKS = split(period("2026-W38..2026-W41"), "week")  # London is an hour ahead of UTC
MARKETS = ("DE", "TR")
REVERSED, PARTLY = "decision_reversed", "decision_partially_reversed"


_COUNTED: dict[frozenset[str], list[tuple[int, int]]] = {}


def days(cases: pd.DataFrame, at: str, zone: str | None) -> pd.Series:
    """The day of an instant, on one clock or each market's own."""
    if zone:
        return cases[at].dt.tz_convert(zone).dt.tz_localize(None).dt.normalize()
    parts = [
        part.dt.tz_convert(CLOCKS[market]).dt.tz_localize(None).dt.normalize()
        for market, part in cases[at].groupby(cases["market"])
    ]
    return pd.concat(parts).reindex(cases.index)


# What each does to a way of counting: a dictionary of basis, zone, frozen, keep, in the denominator, in the numerator.
PLANTED: dict[str, Callable[[dict], dict]] = {
    "submission_day": lambda how: how | {"by": ("received_at", "received_at")},
    "enforcement_day": lambda how: how | {"by": ("enforced_at", "enforced_at")},
    "decided_of_submitted": lambda how: how | {"by": ("decided_at", "received_at")},
    "utc_day": lambda how: how | {"zone": "UTC"},
    "shanghai_day": lambda how: how | {"zone": "Asia/Shanghai"},
    "london_day": lambda how: how | {"zone": "Europe/London"},
    "los_angeles_day": lambda how: how | {"zone": "America/Los_Angeles"},
    "frozen_a_week_later": lambda how: how | {"frozen": 7},
    "first_round_only": lambda how: how | {"first": True},
    "once_per_enforcement": lambda how: how | {"once": True},
    "open_counted": lambda how: how | {"denominator": [*how["denominator"], ""]},
    "omitted_counted": lambda how: how | {"denominator": [*how["denominator"], "decision_omitted"]},
    "partial_as_upheld": lambda how: how | {"numerator": [REVERSED]},
    "partial_left_out": lambda how: how | {
        "numerator": [REVERSED], "denominator": [one for one in how["denominator"] if one != PARTLY],
    },
}  # fmt: skip
OURS = {"by": ("decided_at", "decided_at"), "zone": None, "frozen": None, "denominator": [*DECIDED],
        "numerator": [REVERSED, PARTLY], "first": False, "once": False}  # fmt: skip


def dashboard(cases: pd.DataFrame, *planted: str) -> list[tuple[int, int]]:
    """What a dashboard with these differences shows for each week and market, counted from the file by pandas."""
    if (key := frozenset(planted)) not in _COUNTED:
        how = OURS
        for name in planted:
            how = PLANTED[name](how)
        _COUNTED[key] = [cell for week in WEEKS for cell in _cells(cases, week, how)]
    return list(_COUNTED[key])


def _cells(cases, week, how) -> list[tuple[int, int]]:
    """Numerator and denominator of a week in each market."""
    known = cases
    if how["frozen"] is not None:
        at = pd.Timestamp(week.end, tz="UTC") + pd.Timedelta(days=how["frozen"])
        known = known[known["received_at"] <= at]
        late = known["decided_at"] > at
        known = known.assign(decided_at=known["decided_at"].mask(late), outcome=known["outcome"].mask(late, ""))
    if how["first"]:
        known = known[known["appeal_round"] == "1"]
    if how["once"]:
        order = known.assign(open=known["decided_at"].isna()).sort_values(
            ["open", "decided_at", "received_at", "appeal_id"], ascending=[True, False, False, False]
        )
        known = order[
            (order["enforcement_id"] == "") | ~order["enforcement_id"].duplicated()
        ]  # no name: one of its own
    known = known.assign(decided_at=known["decided_at"].fillna(known["received_at"]))
    sides = []
    for at, outcomes in zip(how["by"], (how["numerator"], how["denominator"]), strict=True):
        near = known[known["outcome"].isin(outcomes) & _near(known[at], week)]
        day = days(near, at, how["zone"])
        there = near.loc[(day >= pd.Timestamp(week.start)) & (day < pd.Timestamp(week.end)), "market"]
        sides.append([int((there == market).sum()) for market in MARKETS])
    return list(zip(*sides, strict=True))


def _near(instants: pd.Series, week) -> pd.Series:
    """What can fall in a week on any clock."""
    around = pd.Timedelta(days=2)
    return instants.between(pd.Timestamp(week.start, tz="UTC") - around, pd.Timestamp(week.end, tz="UTC") + around)


@pytest.fixture(scope="module")
def cases(demo):
    table = pd.read_csv(demo.sample / "appeals.csv", dtype=str, keep_default_na=False)
    table = table[table["market"].isin(MARKETS)]
    return table.assign(
        **{at: pd.to_datetime(table[at], utc=True) for at in ("enforced_at", "received_at", "decided_at")}
    )


@pytest.fixture(scope="module")
def tried(demo):
    """Four weeks by market, each definition with up to two differences: counted once for all tests."""
    with Store(demo.store()) as store:
        question = ask(store, metric("overturn_rate"), WEEKS, as_of=store.latest())
        rows = [Row(week, {"market": market}) for week in WEEKS for market in MARKETS]
        yield count_definitions(store, trial(store, question, rows), most=2)


def chosen(tried, label: int) -> set[str]:
    return {name for name in tried.definitions.loc[label, list(SWITCHES)] if name}


def found(tried, counts) -> tuple[set[str], list[set[str]], list[list[float]]]:
    """What explains those counts, what else does, and what remains of each row."""
    official = pd.DataFrame(counts, columns=["numerator", "denominator"], dtype="float64")
    official = official.assign(rate=float("nan"), half_unit=float("nan"))
    fit = reconcile(tried.definitions, tried.numerators, tried.denominators, official)
    return chosen(tried, fit.chosen), [chosen(tried, label) for label in fit.equal], fit.remainder.to_numpy().tolist()


def test_our_own_definition_counts_what_a_query_does(demo, tried):
    with Store(demo.store()) as store:
        asked = ask(store, metric("overturn_rate"), WEEKS, by=("market",), where={"market": [*MARKETS]},
                    as_of=store.latest(), grain="week")  # fmt: skip
        table = query(store, "trend", asked).sort_values(["period", "market"])
    assert tried.numerators.iloc[0].tolist() == table["numerator"].tolist()
    assert tried.denominators.iloc[0].tolist() == table["denominator"].tolist()


@pytest.mark.parametrize("name", PLANTED)
def test_one_variant_counts_what_pandas_counts(cases, tried, name):
    [label] = [label for label in tried.definitions.index if chosen(tried, label) == {name}]
    ours = zip(tried.numerators.loc[label], tried.denominators.loc[label], strict=True)
    assert list(ours) == dashboard(cases, name)


PAIRS = [
    pair for pair in combinations(PLANTED, 2) if len({variants()[name].switch for name in pair}) == 2
]  # fmt: skip


@pytest.mark.parametrize("pair", PAIRS, ids=" + ".join)
def test_any_two_differences_are_both_named_and_nothing_remains(cases, tried, pair):
    """A difference that counts nothing else here (freezing, by days of decision) is one difference less."""
    planted = {name for name in pair if dashboard(cases, *pair) != dashboard(cases, *(set(pair) - {name}))}
    explained, equal, left = found(tried, dashboard(cases, *pair))
    assert planted in [explained, *equal]
    assert left == [[0, 0]] * len(left)


def test_a_surplus_of_seven_cases_remains_beside_two_differences(cases, tried):
    counts = dashboard(cases, "submission_day", "omitted_counted")
    counts[3] = (counts[3][0] + 7, counts[3][1] + 7)
    explained, equal, left = found(tried, counts)
    assert (explained, equal) == ({"submission_day", "omitted_counted"}, [])
    assert left == [[7, 7] if nth == 3 else [0, 0] for nth in range(len(left))]


def test_every_switch_has_variants_and_words_in_both_languages():
    assert {variant.switch for variant in variants().values()} == set(SWITCHES)
    for variant in variants().values():
        assert variant.name["en"] != variant.name["zh"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[x]\nswitch = "luck"', "is not complete"),
        ('[x]\nswitch = "luck"\nname = {en="a",zh="b"}\nexplains = {en="a",zh="b"}', "turns 'luck'"),
        ('[x]\nswitch = "clock"\nname = {en="a",zh="b"}\nexplains = {en="a"}', "want en and zh"),
        ('[x]\nswitch = "clock"\nname = {en="a",zh="b"}\nexplains = {en="a",zh="b"}', "does not say how its clock"),
        ('[x]\nswitch = "open"\nname = {en="a",zh="b"}\nexplains = {en="a",zh="b"}', "does not say how its open"),
    ],
)
def test_a_variant_that_does_not_hold_together_is_refused(text, says):
    with pytest.raises(BadContract, match=says):
        read_variants(text)

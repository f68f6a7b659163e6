"""Nothing that reaches a stakeholder holds the count of a few records, nor lets anyone work it out."""

import json
import re
from datetime import date, timedelta

import pandas as pd
import pytest

from appeal_insights.findings.overturn import investigate
from appeal_insights.findings.shown import EXHIBIT, VEGA
from tests.demo import bundles, exhibit, rows
from tests.helpers import make_store

PERIODS = {"before": "2026-W36..2026-W39", "after": "2026-W40..2026-W43"}
DAYS = [date(2026, 8, 31) + timedelta(days=day) for day in range(56)]  # the Monday of W36 to the Sunday of W43
SECRET = "private_matter"  # three records before and seven after


def appeals_of(policy, per_day, *, reversed_of_ten):
    """Appeals of one policy, decided at noon of each day: how many on which day."""
    return [
        {
            "policy": policy,
            "market": "DE" if number % 3 else "FR",
            "decided_at": f"{day}T12:00:00Z",
            "outcome": "decision_reversed" if (number + place) % 10 < reversed_of_ten else "decision_upheld",
        }
        for place, day in enumerate(DAYS)
        for number in range(per_day(day))
    ]


def some_records():
    """Two common policies, one with a dozen records a period, and the secret one. Week 38 has four records in all."""
    quiet = {DAYS[14 + day] for day in range(7)}
    secret_days = dict.fromkeys([DAYS[1], DAYS[2], DAYS[9]], 1) | dict.fromkeys(DAYS[30:37], 1)
    table = pd.DataFrame(
        appeals_of("spam", lambda day: 0 if day in quiet else 2, reversed_of_ten=4)
        + appeals_of("hateful_behaviour", lambda day: 0 if day in quiet else 1, reversed_of_ten=6)
        + appeals_of("scams", lambda day: int(day.weekday() in (0, 2, 4)), reversed_of_ten=5)
        + appeals_of(SECRET, lambda day: secret_days.get(day, 0), reversed_of_ten=0)
    )
    secret = table["policy"] == SECRET
    table.loc[secret, "outcome"] = ["decision_upheld"] * 4 + ["decision_reversed"] * 6
    table.loc[secret, "market"] = "FR"
    received = pd.to_datetime(table["decided_at"]) - pd.Timedelta(hours=5)
    ids = [f"a{number}" for number in range(len(table))]
    return table.assign(appeal_id=ids, received_at=received.dt.strftime("%Y-%m-%dT%H:%M:%SZ"))


@pytest.fixture(scope="module")
def inquiries(tmp_path_factory):
    """The same question for a stakeholder and for an analyst."""
    place = tmp_path_factory.mktemp("small")
    (place / "notebooks").mkdir()
    make_store(place / "data" / "store" / "small.duckdb", some_records())
    ask = {"store": "small", "language": "both", "by": "policy,market", "workspace": place, **PERIODS}
    return {audience: investigate(**ask, audience=audience) for audience in ("stakeholder", "analyst")}


def every(value, key=""):
    """Each leaf of a bundle with the name it stands under."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from every(part, name)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from every(part, key)
    else:
        yield key, value


def secret_cells(inquiry):
    """How the secret segment's counts are written in the tables of an inquiry."""
    shown = exhibit(inquiry, "segments")
    [row] = [row for row in rows(shown) if row["segment"] == SECRET]
    return {row["before"], row["after"]}


def test_the_store_holds_what_is_to_be_hidden_and_an_analyst_sees_it(inquiries):
    parts = inquiries["analyst"].evidence.view("policy").parts.set_index("segment")
    assert tuple(parts.loc[SECRET, ["numerator_before", "denominator_before"]]) == (0, 3)
    assert tuple(parts.loc[SECRET, ["numerator_after", "denominator_after"]]) == (6, 7)
    assert secret_cells(inquiries["analyst"]) == {"0.0% (0 / 3)", "85.7% (6 / 7)"}
    week = inquiries["analyst"].evidence.trend.set_index("period_label").loc["2026-W38"]
    assert (week["denominator"], week["hidden"]) == (3, False)


def test_no_output_of_any_part_names_the_hidden_segment_or_writes_its_counts(inquiries):
    text = json.dumps(bundles(inquiries["stakeholder"]), ensure_ascii=False, default=str)
    for hidden in (SECRET, "(0 / 3)", "(6 / 7)", "85.7%"):
        assert hidden not in text
        assert hidden in json.dumps(bundles(inquiries["analyst"]), ensure_ascii=False, default=str)


def test_no_denominator_from_one_to_nine_stands_in_any_chart_or_table_of_numbers(inquiries):
    def small(inquiry):
        found = [pair for bundle in bundles(inquiry) if VEGA in bundle for pair in every(bundle[VEGA])]
        assert [name for name, _ in found if name.startswith("denominator")], "the charts carry denominators"
        return [pair for pair in found if pair[0].startswith("denominator") and pair[1] and 0 < pair[1] < 10]

    assert small(inquiries["stakeholder"]) == []
    assert small(inquiries["analyst"]) != []


def test_no_ratio_in_any_table_or_sentence_has_fewer_than_ten_records(inquiries):
    def smallest(inquiry):
        text = json.dumps(bundles(inquiry), ensure_ascii=False, default=str)
        ratios = re.findall(r"\(([\d,]+) (?:/|of) ([\d,]+)\)", text)
        return min(int(whole.replace(",", "")) for _, whole in ratios)

    assert smallest(inquiries["stakeholder"]) >= 10
    assert smallest(inquiries["analyst"]) <= 3


def test_the_hidden_segment_is_folded_with_another_so_that_the_total_does_not_give_it_away(inquiries):
    parts = inquiries["stakeholder"].evidence.view("policy").parts.set_index("segment")
    assert set(parts.index) == {"spam", "hateful_behaviour", "(small)"}
    # scams has 12 a period, the secret 3 and 7.
    assert tuple(parts.loc["(small)", ["denominator_before", "denominator_after"]]) == (15, 19)
    assert parts.loc["(small)", "pooled"] == 2
    notes = exhibit(inquiries["stakeholder"], "segments")["notes"]
    assert "2 segments with fewer than 10 records in a period are shown together and reckoned as one." in notes


def test_a_hidden_week_cannot_be_worked_out_from_the_others_and_the_total(inquiries):
    evidence = inquiries["stakeholder"].evidence
    shown = {row["period"]: row["denominator"] for row in rows(exhibit(inquiries["stakeholder"], "trend"))}
    true = inquiries["analyst"].evidence.trend.set_index("period_label")["denominator"]
    hidden = [week for week, count in shown.items() if count == "not shown"]
    assert "2026-W38" in hidden
    for side in ("before", "after"):
        weeks = evidence.trend.loc[evidence.trend["span"] == side, "period_label"]
        unknown = [week for week in weeks if week in hidden]
        left = evidence.counts[f"denominator_{side}"] - sum(int(shown[week]) for week in weeks if week not in hidden)
        # Each is one or more, for a zero would be shown: so each lies from 1 to what the others leave of the rest.
        highest = left - (len(unknown) - 1)
        assert left == sum(true[week] for week in unknown)
        assert not unknown or highest >= 10, "the attacker cannot even tell which of them is the small one"


def test_what_is_hidden_in_the_table_is_hidden_in_the_chart(inquiries):
    [spec] = [
        bundle[EXHIBIT]["spec"]
        for bundle in bundles(inquiries["stakeholder"], "trend")
        if EXHIBIT in bundle and bundle[EXHIBIT]["language"] == "en"
    ]
    points = [row for data in spec["datasets"].values() for row in data if "denominator" in row]
    shown = rows(exhibit(inquiries["stakeholder"], "trend"))
    counted = [str(int(row["denominator"])) for row in points if row["denominator"] is not None]
    assert sorted(counted) == sorted(row["denominator"] for row in shown if row["denominator"] != "not shown")


def test_hidden_weeks_are_left_empty_in_every_column(inquiries):
    hidden = [row for row in rows(exhibit(inquiries["stakeholder"], "trend")) if row["denominator"] == "not shown"]
    for row in hidden:
        assert {row[name] for name in ("rate", "interval", "numerator", "denominator")} == {"not shown"}
    assert any("are left out" in note for note in exhibit(inquiries["stakeholder"], "trend")["notes"])
    assert not any("are left out" in note for note in exhibit(inquiries["analyst"], "trend")["notes"])

"""The pictures of causes say what their tables say, add up, and show nobody a small number."""

import pandas as pd
import pytest

from appeal_insights.charts.theme import spec_of
from appeal_insights.findings.judged import drivers


def exhibits(demo, **asked):
    return {part.id: part for part in demo.investigate(**asked).segments.parts if part.language == "en"}


def steps(exhibit) -> pd.DataFrame:
    """The rows of a waterfall, as its chart holds them."""
    sets = spec_of(exhibit.chart)["datasets"].values()
    return next(pd.DataFrame(rows) for rows in sets if rows and {"kind", "from", "to"} <= set(rows[0]))


def test_the_way_leads_from_before_to_after_step_by_step(demo):
    inquiry = demo.investigate()
    rows = steps(exhibits(demo)["causes"])
    change = inquiry.evidence.change
    assert rows["kind"].iloc[0] == "start"
    assert rows["kind"].iloc[-1] == "end"
    assert (rows["from"].iloc[0], rows["to"].iloc[-1]) == (
        pytest.approx(change.rate_before),
        pytest.approx(change.rate_after),
    )
    between = rows[~rows["kind"].isin(["start", "end"])]
    assert between["from"].iloc[1:].tolist() == pytest.approx(between["to"].iloc[:-1].tolist())
    assert list(between["kind"]) == ["mix", "rate", "rate", "rest"]


def test_parts_stand_below_their_cause_and_belong_to_it(demo):
    inquiry, shown = demo.investigate(), exhibits(demo)["cause_parts"]
    heads = [row[0] for row in shown.cells.rows if not row[0].startswith("– ")]
    assert len(heads) == len(drivers(inquiry.evidence)) == 3
    for cause in inquiry.evidence.search.causes.causes:
        for part in cause.parts:
            assert cause.segment.items() < part.segment.items()
            assert part.denominator_before <= cause.denominator_before
            assert part.denominator_before >= 10
            left = cause.denominator_before - part.denominator_before
            assert left == 0 or left >= 10


def test_a_cause_and_all_else_add_up_to_the_whole_in_every_period(demo):
    inquiry = demo.investigate(audience="analyst")
    named, table = drivers(inquiry.evidence)[0], inquiry.evidence.histories[0]
    assert named.kind == "rate"
    sums = table.groupby("period")[["numerator", "denominator"]].sum()
    whole = inquiry.evidence.trend.set_index("period")[["numerator", "denominator"]]
    assert (sums == whole).all().all()


def test_of_a_cause_by_share_its_share_is_drawn(demo):
    inquiry = demo.investigate(audience="analyst")
    place, named = next((nth, each) for nth, each in enumerate(drivers(inquiry.evidence)) if each.kind == "mix")
    table = inquiry.evidence.histories[place]
    after = table[table["period_label"].isin(["2026-W44", "2026-W45", "2026-W46"])]
    assert after["numerator"].sum() / after["denominator"].sum() == pytest.approx(named.share_after)


def test_a_stakeholder_sees_no_period_of_a_cause_with_few_records(demo):
    for table in demo.investigate().evidence.histories:
        shown = table[table["denominator"].notna()]
        assert (shown["denominator"] >= 10).all()

"""An event coincides with a segment in time, in scope and in direction: one meant to lower a rate explains no rise."""

import pandas as pd
import pytest

from appeal_insights.findings.coincidence import by_chance, coinciding
from appeal_insights.findings.overturn import investigate
from appeal_insights.records.ingest import ingest
from appeal_insights.records.workspace import Workspace
from tests.helpers import decided, make_store

DAYS = [f"2026-10-{day:02d}" for day in range(5, 32)] + ["2026-11-01"]
KINDS = {"event_type": "policy_change", "starts_at": "2026-10-19T08:00:00Z", "scope": "market=GB"}


@pytest.fixture
def store(tmp_path):
    """Overturns of GB double from week 43 on; those of FR stay where they are."""
    (tmp_path / "notebooks").mkdir()
    cases = []
    for day in DAYS:
        moved = 20 if day < "2026-10-19" else 40
        cases += [(day, "GB", "reversed", moved), (day, "GB", "upheld", 80 - moved), (day, "FR", "reversed", 20)]
        cases += [(day, "FR", "upheld", 60)]
    return make_store(Workspace(tmp_path).store("s"), decided(cases))


def events(**expected: str) -> pd.DataFrame:
    rows = [{"event_id": key, "title_en": f"Event {key}", "expected": text, **KINDS} for key, text in expected.items()]
    return pd.DataFrame(rows)


def told(store, language: str) -> tuple[list[str], dict[str, str]]:
    """The notes on events, and what is said of each."""
    inquiry = investigate(store="s", before="2026-W41..2026-W42", after="2026-W43..2026-W44", language="both",
                          by="market", workspace=store.parents[2])  # fmt: skip
    [part] = [part for part in inquiry.events.parts if (part.id, part.language) == ("events", language)]
    return part.notes, {row[1]: row[4] for row in part.cells.rows}


def test_only_an_event_that_may_have_raised_a_rate_coincides_with_its_rise(store):
    make_store(
        store,
        events(up="overturn_rate=rises", down="turnaround=rises; overturn_rate=falls", other="turnaround=falls"),
        fact="known_events",
    )
    notes, verdicts = told(store, "en")
    assert verdicts == {
        "Event up": "coincides: Market: GB",
        "Event down": "in time, but expected to move it the other way",
        "Event other": "coincides: Market: GB",
    }
    assert "Event down" not in notes[0]


def test_where_all_events_point_the_other_way_none_is_named(store):
    make_store(store, events(down="overturn_rate=falls"), fact="known_events")
    notes, verdicts = told(store, "zh-CN")
    assert notes[0] == "没有与之吻合的已知事件。"
    assert verdicts == {"Event down": "时间吻合，但预期方向相反"}


def test_an_expectation_that_cannot_be_read_is_rejected_with_its_reason(store):
    table = events(one="overturn_rate=up", two="overturn_rate=rises;received=falls", three=None)
    intake = ingest(table, store, fact="known_events")
    assert (intake.new, intake.rejected) == (2, 1)
    assert "overturn_rate=rises; turnaround=falls" in intake.reasons["reason"].iloc[0]


def listed() -> pd.DataFrame:
    """Four events in 180 days; three take GB in, one of them meant to lower the rate."""
    return pd.DataFrame(
        {
            "starts_on": pd.to_datetime(["2026-01-01", "2026-03-01", "2026-06-29", "2026-04-01"]),
            "reach": [{"market": ["GB"]}, {}, {"market": ["DE"]}, {"market": ["GB"]}],
            "sign": [1, 0, 0, -1],
        }
    )


def test_how_often_an_event_would_coincide_by_chance_follows_from_the_list():
    """180 days; of the events that fit so many times 18 / 180 would be expected so near."""
    rose, either = by_chance(listed(), {}, [{"market": "GB"}], 0.04), by_chance(listed(), {}, [{"market": "GB"}])
    assert rose == pytest.approx(1 - 2.718281828 ** (-2 * 18 / 180))
    assert either == pytest.approx(1 - 2.718281828 ** (-3 * 18 / 180))
    assert by_chance(listed(), {}, [{"market": "FR"}]) == pytest.approx(1 - 2.718281828 ** (-1 * 18 / 180))
    assert by_chance(listed().head(1), {}, [{"market": "GB"}]) is None  # a list of a day says nothing of chance
    assert by_chance(listed().iloc[:0], {}, [{}]) is None


@pytest.mark.parametrize(("moved", "found"), [(0.04, [0, 1]), (-0.04, [1, 3]), (0.0, [0, 1, 3])])
def test_a_fall_coincides_with_what_lowers_and_a_rise_with_what_raises(moved, found):
    near = listed().assign(in_time=True, in_scope=True, starts_at=pd.Timestamp("2026-10-19"))
    assert sorted(coinciding(near, {}, [{"market": "GB"}], moved).index) == found

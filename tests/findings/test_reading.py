"""Cases of a cause are drawn at random, with controls that match, blind, and the same whenever the same is asked."""

import pandas as pd
import pytest

from appeal_insights.errors import BadParameter
from appeal_insights.findings.overturn import investigate
from appeal_insights.findings.reading import draw_cases, matched
from appeal_insights.findings.tested import AsTest, asked_of, p_of
from appeal_insights.records.store import Store
from appeal_insights.records.workspace import Workspace
from tests.helpers import decided, make_sheet, make_store, table

DAYS = [f"2026-10-{day:02d}" for day in range(5, 32)] + ["2026-11-01"]
ASKED = {"store": "s", "before": "2026-W41..2026-W42", "after": "2026-W43..2026-W44", "audience": "analyst"}


def appeals(rises="GB", by=25):
    """Of a hundred appeals a day and market, 20 or 21 are reversed; in one market more of them from 19 October on."""
    cases = []
    for place, day in enumerate(DAYS):
        for market in ("GB", "DE", "FR"):
            good = 20 + place % 2 + (by if market == rises and day >= "2026-10-19" else 0)
            cases += [(day, market, "reversed", good), (day, market, "upheld", 100 - good)]
    rows = decided(cases)
    return rows.assign(policy=["hate" if place % 3 else "spam" for place in range(len(rows))])


@pytest.fixture(scope="module")
def rows():
    return appeals().set_index("appeal_id", drop=False)


@pytest.fixture(scope="module")
def place(rows, tmp_path_factory):
    root = tmp_path_factory.mktemp("reading")
    (root / "notebooks").mkdir()
    make_store(Workspace(root).store("s"), rows.reset_index(drop=True))
    return root


@pytest.fixture(scope="module")
def evidence(place):
    return investigate(**ASKED, workspace=place).evidence


def draw(place, evidence, *args, **how):
    with Store(Workspace(place).store("s")) as store:
        return draw_cases(store, evidence, *args, **how)


def test_cases_are_the_reversals_of_the_segment_since_and_controls_lie_outside_of_it_or_before(place, evidence, rows):
    drawn = draw(place, evidence, size=40)
    assert (drawn.drawn("case"), drawn.drawn("control")) == (40, 40)
    assert drawn.about["segment"] == {"market": "GB"}
    assert drawn.table["case"].is_unique
    found = drawn.table.join(rows, on="case")
    assert set(found["outcome"]) == {"decision_reversed"}
    inside = (found["market"] == "GB") & (found["decided_at"] >= "2026-10-19")
    assert (inside == (found["group"] == "case")).all()


def test_controls_share_market_and_policy_with_their_cases_as_far_as_there_are_such(place, evidence, rows):
    found = draw(place, evidence, size=40).table.join(rows, on="case")
    cases, controls = (found[found["group"] == group] for group in ("case", "control"))
    assert set(controls["matched"]) == {"market,policy"}
    assert set(controls["market"]) == {"GB"}
    assert controls["policy"].value_counts().to_dict() == cases["policy"].value_counts().to_dict()


def test_a_control_shares_as_much_as_is_left_to_share_and_is_taken_once():
    cases = table("""
        record | market | policy
        c1     | GB     | hate
        c2     | GB     | hate
        c3     | GB     | spam
        c4     | GB     | spam
        c5     | GB     | spam
    """)
    pool = table("""
        record | market | policy | drawn
        x4     | IT     | nude   | 4
        x3     | GB     | nude   | 3
        x2     | DE     | hate   | 2
        x1     | GB     | hate   | 9
        c1     | GB     | hate   | 0
    """)
    found = matched(cases, pool, by=["market", "policy"])
    assert list(zip(found["record"], found["matched"], strict=True)) == [
        ("x1", "market,policy"), ("x2", "policy"), ("x3", "market"), ("x4", "")
    ]  # fmt: skip


def test_the_same_question_draws_the_same_and_another_seed_others(place, evidence):
    first, again, other = (draw(place, evidence, size=30, seed=seed) for seed in (1, 1, 2))
    assert first.draw == again.draw != other.draw
    pd.testing.assert_frame_equal(first.table, again.table)
    assert len(set(first.table["case"]) & set(other.table["case"])) < 30


def test_the_order_of_reading_tells_nothing_of_the_group(place, evidence):
    """Over thirty draws of 40, a case stands on average where a control does. In the order of the draw it would stand
    before, since there are more cases to draw from than controls that match."""
    places = []
    for seed in range(30):
        cases = draw(place, evidence, size=20, seed=seed).table["group"] == "case"
        places.append(cases[cases].index.to_series().mean())
    error = (20 * 41 / 12 / 20 / 30) ** 0.5  # of the mean rank of 20 of 40, over thirty draws: .34
    assert abs(sum(places) / 30 - 19.5) < 3.5 * error


def test_where_the_rate_fell_what_was_upheld_is_read(tmp_path):
    (tmp_path / "notebooks").mkdir()
    rows = appeals(by=-15).set_index("appeal_id", drop=False)
    make_store(Workspace(tmp_path).store("s"), rows.reset_index(drop=True))
    found = draw(tmp_path, investigate(**ASKED, workspace=tmp_path).evidence, size=10)
    assert set(found.table.join(rows, on="case")["outcome"]) == {"decision_upheld"}


def test_ids_leave_the_store_for_an_analyst_only(place):
    evidence = investigate(**{**ASKED, "audience": "stakeholder"}, workspace=place).evidence
    with pytest.raises(BadParameter, match=r"only for an analyst\..*audience=analyst") as refused:
        draw(place, evidence)
    assert refused.value.say("zh-CN") == "案件编号只提供给分析师。若您是分析师，请注明 audience=analyst。"


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"cause": 2}, "There is no cause 2: 1 causes"),
        ({"cause": 0}, "There is no cause 0"),
        ({"size": 0}, "0 cases cannot be drawn"),
        ({"size": 501}, "from 1 to 500"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_what_can(place, evidence, asked, says):
    with pytest.raises(BadParameter, match=says):
        draw(place, evidence, **asked)


def test_figures_have_no_cases_to_read(tmp_path):
    (tmp_path / "notebooks").mkdir()
    sheet = table("""
        week     | market | reversed | decided
        2026-W41 | GB     | 20       | 100
        2026-W42 | GB     | 20       | 100
        2026-W43 | GB     | 40       | 100
        2026-W44 | GB     | 40       | 100
    """)
    make_sheet(Workspace(tmp_path).store("s"), sheet)
    with pytest.raises(BadParameter, match="no cases to read"):
        draw(tmp_path, investigate(**ASKED, workspace=tmp_path).evidence)


def test_outside_of_a_segment_of_two_dimensions_is_drawn_without_overlap(tmp_path):
    """The segment is GB under hate; outside are the other markets, and GB under another policy, each record once."""
    from appeal_insights.findings.reading import _outside

    (tmp_path / "notebooks").mkdir()
    make_store(Workspace(tmp_path).store("s"), appeals())
    evidence = investigate(**ASKED, workspace=tmp_path).evidence
    with Store(Workspace(tmp_path).store("s")) as store:
        found = _outside(store, evidence, {"market": "GB", "policy": "hate"})
    assert found == [{"market": ["DE", "FR"]}, {"market": ["GB"], "policy": ["spam"]}]


def test_a_run_is_the_same_test_however_its_periods_were_typed(place, evidence):
    typed = {
        **ASKED,
        "before": "2026-10-05..2026-10-18",
        "after": "2026-10-19..2026-11-01",
        "as_of": "2026-11-20T00:00Z",
    }
    again = investigate(**typed, workspace=place).evidence
    assert asked_of(again) == asked_of(evidence)
    assert asked_of(evidence)["after"] == "2026-10-19..2026-11-01"
    scoped = investigate(**ASKED, where="market=GB,DE", workspace=place).evidence
    assert asked_of(scoped) != asked_of(evidence)
    assert asked_of(scoped)["where"] == {"market": ["DE", "GB"]}


def test_a_run_says_its_own_p_in_words_and_for_a_machine(evidence):
    p = p_of(evidence)
    assert p == evidence.search.causes.p < 0.001
    [bundle] = AsTest(evidence, ("en", "zh-CN")).bundles()
    kept = bundle["application/vnd.appeal-insights.test+json"]
    assert kept["p"] == p
    assert kept["asked"]["metric"] == "overturn_rate"
    assert "p &lt; 0.001" in bundle["text/html"]
    assert 'lang="zh-CN"' in bundle["text/html"]

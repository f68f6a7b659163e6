"""Alerts of promises of time: what is overdue is counted, what fell is dated, and what is quiet stays off the list."""

from datetime import datetime

import pytest

from appeal_insights.disclosure import SMALLEST_SHOWN
from appeal_insights.findings.alerts import check
from appeal_insights.findings.alerts_service import service_alerts
from appeal_insights.findings.alerts_told import headline, numbers
from appeal_insights.metrics.query import query_table
from appeal_insights.records.store import Store

AS_OF = datetime(2026, 11, 16, 6)


@pytest.fixture(scope="module")
def opened(demo):
    with Store(demo.store("service")) as store:
        yield store


@pytest.fixture(scope="module")
def alerts(opened):
    return {alert.key: alert for alert in service_alerts(opened, AS_OF, {}, "stakeholder")}


def test_every_planted_problem_of_these_weeks_is_named_with_its_segment_its_day_and_its_owner(alerts):
    fell = {key for key in alerts if key.startswith("drift:")}
    assert fell == {
        "drift:sla_attainment:subject_type=appeal; clock=reinstate; market=SA:fell",
        *(
            f"drift:sla_attainment:subject_type=appeal; clock={clock}; market={market}; queue=seller_support:fell"
            for clock in ("acknowledge", "decide")
            for market in ("DE", "GB")
        ),
    }
    one = alerts["drift:sla_attainment:subject_type=appeal; clock=reinstate; market=SA:fell"]
    assert abs((one.since - datetime(2026, 10, 5).date()).days) <= 4
    assert (one.owner, one.severity) == ("Enforcement tools", "serious")
    assert one.low < one.value < one.high < 0


def test_what_is_overdue_is_counted_as_the_list_of_open_clocks_has_it(opened, alerts):
    rows = query_table(opened, "open_clocks", as_of=AS_OF)
    for alert in alerts.values():
        if alert.kind == "overdue":
            kind = {name: values[0] for name, values in alert.scope.items()}
            same = rows[(rows["subject_type"] == kind["subject_type"]) & (rows["clock"] == kind["clock"])]
            assert alert.value == (same["left_seconds"] <= 0).sum() >= SMALLEST_SHOWN
            assert alert.before == ((same["left_seconds"] > 0) & (same["left_seconds"] <= 28800)).sum()
            assert [told for _, told in numbers(alert, "en")][:2] == [f"{alert.value:.0f}", f"{alert.before:.0f}"]
            assert headline(alert, "zh-CN").startswith(f"{alert.value:.0f} 件案件已超过承诺时限")
    assert "overdue:subject_type=appeal; clock=decide" in alerts


def test_a_few_overdue_cases_are_for_analysts(opened, alerts):
    own = {alert.key: alert for alert in service_alerts(opened, AS_OF, {}, "analyst")}
    more = set(own) - set(alerts)
    assert more
    assert all(own[key].kind == "overdue" and 0 < own[key].value < SMALLEST_SHOWN for key in more)


def test_a_scope_narrows_and_a_scope_that_clocks_do_not_know_brings_nothing(opened):
    found = service_alerts(opened, AS_OF, {"market": ["SA"]}, "stakeholder")
    assert {tuple(alert.scope["market"]) for alert in found} == {("SA",)}
    assert service_alerts(opened, AS_OF, {"policy": ["x"]}, "stakeholder") == []


def test_a_store_without_promises_has_no_such_alert(demo):
    with Store(demo.store()) as store:
        assert service_alerts(store, AS_OF, {}, "analyst") == []


def test_they_are_part_of_every_look(opened, alerts):
    keys = {alert.key for alert in check(opened, as_of=AS_OF).alerts}
    assert set(alerts) < keys
    assert "target:sla_attainment:clock=decide; subject_type=appeal" in keys

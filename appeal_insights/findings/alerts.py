"""What should somebody know of this store today? Targets that were missed and series that drifted, as a short list."""

from collections.abc import Callable, Sequence
from datetime import datetime

from appeal_insights.disclosure import Audience
from appeal_insights.errors import UnknownDimension
from appeal_insights.findings.alerts_drift import drift_alerts
from appeal_insights.findings.alerts_held import Alert, Checked, ranked
from appeal_insights.findings.alerts_service import service_alerts
from appeal_insights.findings.alerts_targets import judge_targets, target_alerts
from appeal_insights.metrics.metric import metrics
from appeal_insights.records.scope import Scope
from appeal_insights.records.store import Store

Extra = Callable[[Store, datetime, Scope, Audience], Sequence[Alert]]


def check(
    store: Store,
    *,
    as_of: datetime | None = None,
    where: Scope | None = None,
    audience: Audience = "stakeholder",
    extra: Sequence[Extra] = (service_alerts,),
) -> Checked:
    """Look at every target in force and every series of audits, as known at an instant.

    A target is held against the last whole period of its own scope: missed or met is a fact. It is serious only where
    the period is also worse than routine variation over at least six periods before, judged over all targets looked
    at together, so that of those called serious a share of 5 % is false, on average.

    Takes   as_of: an instant; the newest load if empty. where: targets of this scope or narrower ones, and audits.
            extra: further sources, each of which gives alerts of its own; by default promises of time.
    Raises  UnknownDimension   `where` names a column that nothing can be broken by.
    """
    known = sorted({name for of in metrics().values() for name in of.dimensions})
    for name in where or {}:
        if name not in known:
            raise UnknownDimension.of("unknown.dimension", given=name, known=known)
    moment, scope = as_of or store.latest(), where or {}
    judged, unjudged = judge_targets(store, as_of=moment, where=scope, audience=audience)
    alerts, tested, false_signals = target_alerts(judged)
    drifted, series, false_alarms, missing = drift_alerts(store, as_of=moment, where=scope, audience=audience)
    more = [alert for source in extra for alert in source(store, moment, scope, audience)]
    return Checked(
        as_of=moment,
        alerts=ranked([*alerts, *drifted, *more]),
        targets=len(judged),
        tested=tested,
        false_signals=false_signals,
        series=series,
        false_alarms=false_alarms,
        unjudged=[*unjudged, *missing],
    )

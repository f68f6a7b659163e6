"""Insights for the people who run appeals and moderation: did it move, since when, where, why, and what next."""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

# The public names and where they live: loaded when first used, so that a small question costs a small import.
_PUBLIC = {
    "check_data": "appeal_insights.findings.data_check",
    "decompose_change": "appeal_insights.analysis.decomposition",
    "find_causes": "appeal_insights.analysis.rootcause",
    "effect": "appeal_insights.analysis.effect",
    "estimate_accuracy": "appeal_insights.analysis.audits",
    "explore": "appeal_insights.explorer.explore",
    "ingest": "appeal_insights.records.ingest",
    "ingest_figures": "appeal_insights.records.figures",
    "investigate": "appeal_insights.findings.overturn",
    "load_figures_mapping": "appeal_insights.records.figures",
    "load_mapping": "appeal_insights.records.mapping",
    "metrics": "appeal_insights.metrics.metric",
    "period": "appeal_insights.periods",
    "query": "appeal_insights.findings.answer",
    "reconcile": "appeal_insights.findings.reconcile",
    "review_accuracy": "appeal_insights.findings.quality",
    "review_service": "appeal_insights.findings.service",
    "run": "appeal_insights.reports.run",
    "Store": "appeal_insights.records.store",
    "watch_drift": "appeal_insights.analysis.drift",
}
__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'appeal_insights' has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return [*_PUBLIC, "__version__"]

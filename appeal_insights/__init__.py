"""Insights for the people who run appeals and moderation: did it move, since when, where, why, and what next."""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

# The public names and where they live: loaded when first used, so that a small question costs a small import.
_PUBLIC = {
    "accuracy": "appeal_insights.findings.planned",
    "cases": "appeal_insights.findings.cases",
    "check_data": "appeal_insights.findings.data_check",
    "compare": "appeal_insights.findings.compared",
    "decompose_change": "appeal_insights.analysis.decomposition",
    "find_causes": "appeal_insights.analysis.rootcause",
    "effect": "appeal_insights.analysis.effect",
    "estimate_accuracy": "appeal_insights.analysis.audits",
    "explore": "appeal_insights.explorer.explore",
    "explore_cases": "appeal_insights.explorer.cases",
    "explore_comparison": "appeal_insights.explorer.compare",
    "explore_quality": "appeal_insights.explorer.quality",
    "ingest": "appeal_insights.records.ingest",
    "ingest_figures": "appeal_insights.records.figures",
    "investigate": "appeal_insights.findings.overturn",
    "keep": "appeal_insights.findings.kept",
    "kept": "appeal_insights.findings.kept",
    "load_figures_mapping": "appeal_insights.records.figures",
    "load_mapping": "appeal_insights.records.mapping",
    "metrics": "appeal_insights.metrics.metric",
    "open_view": "appeal_insights.explorer.overview",
    "overview": "appeal_insights.findings.overview",
    "period": "appeal_insights.periods",
    "query": "appeal_insights.findings.answer",
    "reconcile": "appeal_insights.findings.reconcile",
    "review_accuracy": "appeal_insights.findings.quality",
    "review_service": "appeal_insights.findings.service",
    "run": "appeal_insights.reports.run",
    "Store": "appeal_insights.records.store",
    "View": "appeal_insights.findings.view",
    "watch_drift": "appeal_insights.analysis.drift",
}
__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'appeal_insights' has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return [*_PUBLIC, "__version__"]

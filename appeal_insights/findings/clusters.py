"""What an inquiry and an answer both ask for to know how far cases share their luck."""

import pandas as pd

from appeal_insights.metrics.query import query
from appeal_insights.metrics.question import Question
from appeal_insights.records.store import Store


def cells_of(store: Store, question: Question) -> pd.DataFrame | None:
    """Counts by period and segment with the sums over clusters, or None where no records say what they share."""
    of = question.metric
    cluster = of.contract.cluster
    if question.figures or not of.is_rate or not cluster or cluster in store.declared(of.fact).get("without", []):
        return None
    return query(store, "by_cluster", question)

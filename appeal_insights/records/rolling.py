"""What follows for records from other records: those of another fact about them, and those that share their luck."""

import pandas as pd

from appeal_insights.records.checking import market_zones
from appeal_insights.records.contract import contract, facts
from appeal_insights.records.store import Writing


def number_clusters(target: Writing, touched: set[str]) -> None:
    """Number anew what several records share, of each fact that was touched and has clusters."""
    for fact in sorted(touched & set(facts())):
        if contract(fact).cluster:
            target.script(f"clustered_{fact}")


def roll_up(target: Writing, touched: set[str]) -> None:
    """Reckon the rolled-up columns anew of every fact that was touched, or whose source was."""
    for fact in facts():
        sources = {of.rolls_up_from for of in contract(fact).derived.values() if of.rolls_up_from}
        if not sources or not target.has(fact) or not all(target.has(source) for source in sources):
            continue
        if touched & {fact, *sources}:
            _roll_up(target, fact)


def _roll_up(target: Writing, fact: str) -> None:
    clocks = market_zones() | {"": target.about(fact).get("zone", "UTC")}
    target.connection.register("zones", pd.DataFrame(list(clocks.items()), columns=["market", "zone"]))
    target.script(f"rolled_{fact}")
    target.connection.unregister("zones")

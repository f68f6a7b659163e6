"""Bring onto one fact what the records of another say of it, whenever either of them was taken in."""

import pandas as pd

from appeal_insights.records.checking import market_zones
from appeal_insights.records.contract import contract, facts
from appeal_insights.records.statement import fill, parse, write
from appeal_insights.records.store import Writing


def roll_up(target: Writing, touched: set[str]) -> None:
    """Reckon the rolled-up columns anew of every fact that was touched, or whose source was."""
    for fact in facts():
        sources = {of.rolls_up_from for of in contract(fact).derived.values() if of.rolls_up_from}
        if not sources or not target.has(fact) or not all(target.has(source) for source in sources):
            continue
        if touched & {fact, *sources}:
            _roll_up(target, fact)


def _roll_up(target: Writing, fact: str) -> None:
    zones = pd.DataFrame(list(market_zones().items()), columns=["market", "zone"])
    target.connection.register("zones", zones)
    target.script(f"rolled_{fact}", [target.about(fact).get("zone", "UTC")])
    target.connection.unregister("zones")
    target.connection.execute(write(fill(parse("drop table fact"), {}, tables={"fact": fact})))
    target.connection.execute(write(fill(parse("alter table next rename to fact"), {}, tables={"fact": fact})))

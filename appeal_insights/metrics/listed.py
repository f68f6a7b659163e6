"""List the records behind a share, one by one: those in the numerator, those outside it, or both."""

from importlib.resources import files
from typing import Literal, cast, get_args

import pandas as pd

from appeal_insights.metrics.measure import behind, with_steps
from appeal_insights.metrics.question import Question
from appeal_insights.records.statement import Filling, Node, column, fill, parse, text_value
from appeal_insights.records.store import Store

Part = Literal["numerator", "denominator", "rest"]
PARTS: tuple[Part, ...] = get_args(Part)
_TELLS: dict[Part, str] = {"numerator": "in_numerator", "denominator": "true", "rest": "not in_numerator"}


def list_records(store: Store, question: Question, *, part: Part, most: int, salt: str = "") -> pd.DataFrame:
    """The records of a question, at most so many: the newest, or with a salt a random sample in an order of its own.

    Takes   `question.by`: the columns wanted, of whatever kind. `part`: those in the numerator, the rest, or both.
    Gives   record, cluster, happened_at, <columns>, in_numerator. The same salt lists the same records of one store.
    """
    tree = parse(files("appeal_insights.metrics").joinpath("listed.sql").read_text(encoding="utf-8"))
    holes: dict[str, Filling] = {
        "dimensions": [column(name) for name in question.by],
        "tells": parse(_TELLS[part]),
        "shuffled": parse("true" if salt else "false"),
        "salt": text_value(salt),
    }
    listing = cast("Node", fill(tree, holes).limit(int(most)))  # type: ignore[attr-defined]
    return store.run(with_steps(listing, {"behind": behind(question)}), what="listed")

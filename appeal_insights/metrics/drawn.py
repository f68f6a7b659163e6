"""Draw records of a store at random, the same ones whenever the same is asked of the same records."""

from importlib.resources import files

import pandas as pd

from appeal_insights.metrics.measure import behind, with_steps
from appeal_insights.metrics.question import Question
from appeal_insights.records.statement import Filling, column, fill, parse, text_value
from appeal_insights.records.store import Store


def draw_records(store: Store, question: Question, *, in_numerator: bool, salt: str, most: int) -> pd.DataFrame:
    """The records of a question in a random order, of each value of its dimensions no more than `most`.

    Takes   `in_numerator`: whether those in the numerator are wanted, or the others of the denominator.
            `salt`: another one is another order.
    Gives   record, cluster, <dimensions>, drawn. Its first n rows are a random sample for any n up to `most`.
    """
    tree = parse(files("appeal_insights.metrics").joinpath("drawn.sql").read_text(encoding="utf-8"))
    holes: dict[str, Filling] = {
        "dimensions": [column(name) for name in question.by],
        "tells": parse("true" if in_numerator else "false"),
        "salt": text_value(salt),
        "most": parse(str(int(most))),
    }
    return store.run(with_steps(fill(tree, holes), {"behind": behind(question)}), what="drawn")

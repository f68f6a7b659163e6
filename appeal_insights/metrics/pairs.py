"""What pairs.sql has to be told beside what measures.sql is: the same of the other record, and when two count."""

from collections.abc import Mapping, Sequence

from appeal_insights.metrics.metric import Metric
from appeal_insights.records.statement import Filling, Node, all_of, column, columns_of, fill, of_other, parse

_OF_ONE = ("in_periods", "in_scope", "masked_columns", "its_columns", "names")  # asked of each of the two by itself
_SAME = parse("one = other")


def are_paired(of: Metric) -> bool:
    """Whether the pairs of a fact can answer: it has them, and the metric asks for none of its texts."""
    named = columns_of([parse(of.denominator), parse(of.numerator)])
    return bool(of.contract.pairs) and not any(of.contract.everything[name].type == "text" for name in named)


def pair_holes(holes: Mapping[str, Filling], by: Sequence[str], day: Node, period: Node) -> dict[str, Filling]:
    """The holes of pairs.sql, out of those of measures.sql for one record.

    Takes   by: the dimensions, in which two records that count are alike.
            day, period: the record's, as expressions of its columns.
    """
    both = {name: _of_other(holes[name]) for name in _OF_ONE}
    both |= {name: _of_other(holes[name], by) for name in ("numerator_holds", "denominator_holds")}
    return {
        **{f"other_{name}": filling for name, filling in both.items()},
        "on_one_day": _alike(day),
        "alike": all_of([_alike(one) for one in (*map(column, by), period)]),
    }


def _of_other(filling: Filling, keep: Sequence[str] = ()) -> Filling:
    return of_other(filling, keep) if isinstance(filling, Node) else [of_other(one, keep) for one in filling]


def _alike(one: Node) -> Node:
    return fill(_SAME, {"one": one, "other": of_other(one)})

"""SQL as a syntax tree: fill named holes, check a predicate, write a table's definition. No text is pasted into text.

Three files touch sqlglot's trees, this one, engines.py and metrics/measure.py: its keys change between majors.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from functools import cache

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from appeal_insights.errors import BadPredicate, did_you_mean, one_of

DIALECT = "duckdb"
OTHER = "other_"  # before the name of a column of the second record of a pair
Node = exp.Expr
_DATE = exp.DataType.build("date")
Filling = Node | Sequence[Node]

# Row-level and side-effect free: comparisons, logic, arithmetic of whole numbers, case. No function, no subquery.
_ANSWERS = (
    exp.And, exp.Or, exp.Not, exp.Paren, exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.In, exp.Between, exp.Is,
    exp.Boolean, exp.Case, exp.Coalesce,
)  # fmt: skip
_ALLOWED = (
    *_ANSWERS, exp.Null, exp.Literal, exp.Column, exp.Identifier, exp.Add, exp.Sub, exp.Mul, exp.Neg, exp.If,
)  # fmt: skip


@cache
def parse(text: str) -> Node:
    """The tree of one statement. It is shared: `fill` works on a copy."""
    return sqlglot.parse_one(text, read=DIALECT)


def write(tree: Node, *, copy: bool = True) -> str:
    """The tree as text that any DuckDB shell runs. Without a copy it is faster, and the tree is of no use after."""
    return tree.sql(dialect=DIALECT, pretty=True, comments=False, copy=copy)


def column(name: str, table: str | None = None) -> exp.Column:
    return exp.column(exp.to_identifier(name, quoted=True), table=table)


def as_text(name: str) -> Node:
    """A column as text, under its own name."""
    return exp.cast(column(name), "text").as_(name, quoted=True)


def text_value(value: str) -> Node:
    return exp.Literal.string(value)


def day_value(value: date) -> Node:
    return exp.Cast(this=exp.Literal.string(value.isoformat()), to=_DATE.copy())


def instant_value(value: datetime) -> Node:
    return exp.cast(exp.Literal.string(value.isoformat(sep=" ")), "timestamp")


def choose(value: Node, pairs: Sequence[tuple[Node, Node]], *, otherwise: Node) -> Node:
    """The second of the pair whose first equals the value: case value when ... then ... else ... end."""
    found = exp.Case(this=value.copy(), default=otherwise.copy())
    for one, answer in pairs:
        found = found.when(one.copy(), answer.copy(), copy=False)
    return found


def choose_first(pairs: Sequence[tuple[Node, Node]]) -> Node:
    """The second of the first pair whose condition holds; null if none does: case when ... then ... end."""
    found = exp.Case()
    for condition, answer in pairs:
        found = found.when(condition.copy(), answer.copy(), copy=False)
    return found


def is_value(name: str, value: str) -> Node:
    """Whether a column has that value."""
    return exp.EQ(this=column(name), expression=text_value(value))


def has_one_of(name: str, values: Sequence[str]) -> Node:
    """Whether a column, as text, has one of those values."""
    return exp.In(this=exp.cast(column(name), "text"), expressions=[text_value(value) for value in values])


def all_of(conditions: Sequence[Node]) -> Node:
    """All of those conditions."""
    return exp.and_(*conditions)


def fill(tree: Node, holes: Mapping[str, Filling], *, tables: Mapping[str, str] | None = None) -> Node:
    """The tree with every unqualified column named like a hole replaced, and every table of `tables` renamed.

    A hole filled with several expressions stands in a list (select, group by, order by, using) and is spliced in; with
    none of them it vanishes, with a comma too few rather than one too many.
    """
    filled = tree.copy()
    for node in list(filled.find_all(exp.Column)):
        if node.table or node.name not in holes:
            continue
        filling = holes[node.name]
        if isinstance(filling, exp.Expr):
            node.replace(filling.copy())
        else:
            _splice(node, filling)
    for join in filled.find_all(exp.Join):
        join.set("using", [part for name in join.args.get("using") or [] for part in _using(name, holes)] or None)
    for table in list(filled.find_all(exp.Table)):
        if tables and table.name in tables:
            table.set("this", exp.to_identifier(tables[table.name], quoted=True))
    return filled


def of_other(tree: Node, keep: Collection[str] = ()) -> Node:
    """The same said of the other record of a pair: columns and names with OTHER before them, but for those to keep."""
    told = tree.copy()
    for node in list(told.find_all(exp.Column, exp.Alias)):
        if node.alias_or_name not in keep:
            node.set("alias" if isinstance(node, exp.Alias) else "this", _other(node.alias_or_name))
    return told


def _other(name: str) -> exp.Identifier:
    return exp.to_identifier(f"{OTHER}{name}", quoted=True)


def _using(name: Node, holes: Mapping[str, Filling]) -> list[Node]:
    filling = holes.get(name.name)
    if filling is None:
        return [name]
    columns = [filling] if isinstance(filling, exp.Expr) else filling
    return [exp.to_identifier(part.alias_or_name, quoted=True) for part in columns]


def _splice(node: Node, filling: Sequence[Node]) -> None:
    holder = node.parent if isinstance(node.parent, exp.Ordered) else node
    parent, key, index = holder.parent, holder.arg_key, holder.index
    if parent is None or key is None or index is None:
        raise BadPredicate(f"The hole {node.name!r} takes several columns, so it must stand in a list.")
    siblings = list(parent.args[key])
    siblings[index : index + 1] = [part.copy() for part in filling]
    parent.set(key, siblings)


def columns_of(trees: Collection[Node]) -> set[str]:
    """The columns that those trees name."""
    return {node.name for tree in trees for node in tree.find_all(exp.Column)}


def predicate(text: str, columns: Collection[str], *, what: str) -> Node:
    """The tree of a row-level yes/no question over `columns`.

    Raises  BadPredicate   it is not SQL, calls a function, reads another table, or names an unknown column.
    """
    try:
        trees = sqlglot.parse(text, read=DIALECT)
    except SqlglotError as error:
        raise BadPredicate(f"Cannot read {what}: {text!r} is not a SQL condition.") from error
    if len(trees) != 1 or trees[0] is None:
        raise BadPredicate(f"{what.capitalize()} must be one condition: {text!r}.")
    tree = trees[0]
    if not isinstance(tree, _ANSWERS):
        raise BadPredicate(f"{what.capitalize()} must be a question that is answered with yes or no: {text!r} is none.")
    for node in tree.walk():
        if not isinstance(node, _ALLOWED):
            raise BadPredicate(
                f"{what.capitalize()} may only compare columns of one row: "
                f"{node.sql(dialect=DIALECT)!r} is more than that."
            )
        if isinstance(node, exp.In) and not node.expressions:
            raise BadPredicate(
                f"{what.capitalize()} may only compare with values that it lists: {text!r} reads another table."
            )
        if isinstance(node, exp.Column) and (node.table or node.name not in columns):
            raise BadPredicate(
                f"{what.capitalize()} names {node.sql(dialect=DIALECT)!r}, which is no column of its records."
                f"{did_you_mean(node.name, columns)} There are: {one_of(columns, most=30)}."
            )
    return tree


def create_table(name: str, columns: Mapping[str, str | Sequence[str]], *, temporary: bool = False) -> str:
    """The definition of a table: column -> type, or the values of an enumeration."""
    parts = [
        exp.ColumnDef(this=exp.to_identifier(of, quoted=True), kind=exp.DataType.build(kind, dialect=DIALECT))
        if isinstance(kind, str)
        else exp.ColumnDef(this=exp.to_identifier(of, quoted=True), kind=_enumeration(kind))
        for of, kind in columns.items()
    ]
    table = exp.Schema(this=exp.Table(this=exp.to_identifier(name, quoted=True)), expressions=parts)
    how = exp.Properties(expressions=[exp.TemporaryProperty()]) if temporary else None
    return write(exp.Create(this=table, kind="TABLE", properties=how))


def _enumeration(values: Sequence[str]) -> exp.DataType:
    return exp.DataType(this=exp.DataType.Type.ENUM, expressions=[text_value(value) for value in values])

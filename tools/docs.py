"""Write the pages of docs/ that follow from declarations, headers and the glossary. `make docs` runs this."""

import argparse
import csv
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from appeal_insights.errors import BadContract
from appeal_insights.metrics.headers import header
from appeal_insights.metrics.metric import ALL, Metric, Side, day_of, metrics
from appeal_insights.metrics.variants import Variant, variants
from appeal_insights.records.contract import Column, Contract, Words, all_facts, contract
from appeal_insights.reports.codebook import codebook_page, entries

ROOT = Path(__file__).resolve().parent.parent
METRICS = ROOT / "appeal_insights" / "metrics"

# Every query file, by what one wants to know; then the files that make what they read.
QUERY_GROUPS = {
    "A metric over time and by segment": ("trend", "breakdown", "heat_map", "by_day", "by_cluster", "records"),
    "One period against another": ("before_after", "top_movers"),
    "What became of it, and how long it took": ("cohort", "funnel", "distribution", "percentiles", "flows", "ageing"),
    "What a store holds": (
        "coverage", "missing", "codes", "values", "known_events", "targets", "loads", "rejects", "reject_reasons",
        "versions",
    ),
    "What was promised, and what is open": ("open_clocks", "waits", "arrivals", "staffing_plan", "linked_tickets"),
    "Whether the records can be trusted": (
        "gate_appeals", "gate_enforcements", "gate_links", "gate_targets", "gate_targets_cover",
        "identity",
    ),
}  # fmt: skip
STEPS = {
    "measures": "a proportion, or the share beyond the threshold of a distribution",
    "count": "a count, and each side of a ratio",
    "ratio": "a ratio",
    "stock": "a stock",
    "clusters": "by_cluster",
    "pairs": "by_cluster",
    "durations": "percentiles",
    "behind": "records",
    "drawn": "`appeal-insights cases draw`",
    "listed": "`ap.cases`",
    "reckoned": "a rate counted anew from those that it follows from",
    "figures": "all that somebody else has counted",
    "variants": "`appeal-insights reconcile`",
}

COLUMN_HEAD = ("column", "type and unit", "values", "required", "dimension", "known at", "label", "is")

CONTRACT_INTRO = """\
# The contract

What a table of records must look like, fact by fact. `ap.ingest` holds every row against it and sets aside, with the
reason, what does not fit. `ap.Store` opens what was taken in. Numbers that somebody else counted have no records to
check: they enter through `ap.ingest_figures`, with a mapping that says what they were counted by.

| type | is |
| --- | --- |
| text | any text |
| code | text with few different values; where values are listed, no other is taken |
| scope | which records are meant: `market=DE,AT; queue=live` |
| instant | a moment, kept in UTC |
| day | a day of the calendar |
| integer | a whole number |
| number | a number with a decimal point, such as a share 0..1; percent signs and separators are refused |

*Known at* says when a value is there to be known: with the enforcement, with the submission of the appeal, or only with
its decision. A report dated before the decision sees its columns empty. Only what was known before the decision can be
named as a cause. A dimension is a column to break by; where a row has no value for it, the store says `(blank)`.
"""

METRICS_INTRO = """\
# The metrics

What is counted. Most metrics are two yes/no questions about one record: does it belong to the denominator, and if so,
to the numerator? A question without an answer, because a column is empty, counts as no. In Python, `ap.metrics()` gives
these declarations, and `ap.period("2026-W40")` a period to count in. [codebook.html](codebook.html) has them, the
columns, the terms and the queries on one page to search in; `ap.codebook()` and `appeal-insights codebook` write it
anew into a workspace.

| kind | is |
| --- | --- |
| proportion | both questions over the same records: the rate lies between 0 and 1 and has an interval |
| ratio | two sums, each over its own records and by its own moment: it may exceed 1, and there is no interval |
| count | how many records came to be; it adds up over periods |
| distribution | how long something took: the share that took longer than a threshold, bands, exact percentiles |
| stock | how many records lie open when a period ends; it is never added up over periods |

The *basis* says which moment puts a record in its period; the day is that of the market's own clock. Where none is
said, the one named first is meant. A row of enforcements or strata that stands for several counts as so many.
"""

VARIANTS_INTRO = """\
## Other ways to count

What `appeal-insights reconcile` and `ap.reconcile` try, one variant of a switch at a time, to explain somebody else's
number. They are declared in [variants.toml](../appeal_insights/metrics/variants.toml); `{as_of}` is an instant.
"""

QUERIES_INTRO = """\
# The queries

Each query is one SQL file. `ap.query` and `appeal-insights query NAME` answer it; `--show-sql` prints it filled in, as
text that any DuckDB shell runs on the store's file. `<dimensions>` stands for the columns asked for, none or several.
Most read *measures*: records, or numbers counted by somebody else, reduced to numerators and denominators.
"""


GLOSSARY_INTRO = """\
# The glossary

What a term means here, and what it is called in Chinese. A metric bears the name that stands here.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the pages, or with --check name those that are out of date. Gives the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a page is out of date")
    check = parser.parse_args(arguments).check
    old = [name for name, text in pages().items() if _read(ROOT / name) != text]
    for name in old:
        if check:
            print(f"{name} is out of date. Write it anew with: make docs", file=sys.stderr)
        else:
            (ROOT / name).parent.mkdir(exist_ok=True)
            (ROOT / name).write_text(pages()[name], encoding="utf-8", newline="\n")
    return int(check and bool(old))


def pages() -> dict[str, str]:
    """Every page by its path from the root."""
    return {
        "docs/contract.md": contract_page([contract(fact) for fact in all_facts()]),
        "docs/metrics.md": metrics_page(metrics().values(), variants().values()),
        "docs/queries.md": queries_page(QUERY_GROUPS),
        "docs/codebook.html": codebook_page(list(entries())),
        "docs/glossary.md": glossary_page(ROOT / "appeal_insights" / "words" / "glossary.csv"),
    }


def glossary_page(file: Path) -> str:
    """The terms in both languages, by key."""
    with file.open(encoding="utf-8", newline="") as lines:
        terms = [[_code(row["key"]), row["en"], row["zh_cn"], row["definition_en"]] for row in csv.DictReader(lines)]
    head = ("key", "English", "中文", "is")
    return _joined([_written_from("appeal_insights/words/glossary.csv"), GLOSSARY_INTRO, table(head, terms)])


def contract_page(contracts: Iterable[Contract]) -> str:
    """The page of the contract: the columns, derived columns and rules of each fact."""
    parts = [_written_from("appeal_insights/records/contract/*.toml"), CONTRACT_INTRO]
    for found in contracts:
        parts += [
            f"## {found.fact}: {_both(found.name, ' · ')}\n\n{_both(found.describes, ' ')}\n\n{_keys(found)}",
            table(COLUMN_HEAD, _columns(found)),
        ]
        if found.derived:
            head = ["column", "type and unit", "known at", "label", "is"]
            parts += [f"### Reckoned when {found.fact} are taken in", table(head, _derived(found))]
        if found.rules:
            head = ["rule", "column", "holds", "else rejected as"]
            parts += [f"### What every row of {found.fact} must answer with yes", table(head, _rules(found))]
    return _joined(parts)


def metrics_page(declared: Iterable[Metric], others: Iterable[Variant]) -> str:
    """The page of the metrics: one table for each, then the other ways to count that a reconciliation tries."""
    parts = [_written_from("appeal_insights/metrics/declared/*.toml"), METRICS_INTRO]
    for metric in declared:
        parts += [f"## {metric.id}: {_both(metric.name, ' · ')}", table(["", ""], _facts_of(metric))]
    rows = [[_code(one.id), one.switch, _both(one.name), _both(one.explains)] for one in others]
    parts += [VARIANTS_INTRO, table(["variant", "switch", "name", "what somebody else does then"], rows)]
    return _joined(parts)


def queries_page(groups: Mapping[str, Sequence[str]]) -> str:
    """The page of the queries: what each asks, reads and gives, in groups; then the steps that make what they read."""
    parts = [_written_from("the headers of appeal_insights/metrics/queries/*.sql"), QUERIES_INTRO]
    for title, names in groups.items():
        parts += [f"## {title}", *(_query_section(METRICS / "queries" / f"{name}.sql") for name in names)]
    parts.append("## The steps before")
    parts += [_query_section(METRICS / f"{name}.sql", f"Stands before: {what}.") for name, what in STEPS.items()]
    return _joined(parts)


def ungrouped(groups: Mapping[str, Sequence[str]]) -> list[str]:
    """Query files that are in no group, and names in groups that are no file or stand there twice."""
    named = [name for names in groups.values() for name in names]
    found = {file.stem for file in (METRICS / "queries").glob("*.sql")}
    return sorted({name for name in named if named.count(name) > 1} | (set(named) ^ found))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table. Whatever would end a cell or a row is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell(text) for text in line) + " |" for line in lines)


def cell(text: str) -> str:
    """Text that stays inside one cell."""
    return text.replace("|", "\\|").replace("\n", "<br>")


def _columns(found: Contract) -> list[list[str]]:
    return [
        [_code(column.name), _type(column), _values(column), _yes(column.required), _yes(column.dimension),
         _known(found, column), _both(column.label), _both(column.describes) + _rolls_up(column)]
        for column in found.columns.values()
    ]  # fmt: skip


def _rolls_up(column: Column) -> str:
    return f"\nRolls up to {_code(column.rolls_up_to)}." if column.rolls_up_to else ""


def _derived(found: Contract) -> list[list[str]]:
    return [
        [_code(column.name), _type(column), _known(found, column), _both(column.label), _both(column.describes)]
        for column in found.derived.values()
    ]


def _known(found: Contract, column: Column) -> str:
    """When a value is there to be known: with which event, and from which instant on, where that has one."""
    instant = found.waits_for(column.name)
    return (column.known_at or "") + (f", from {_code(instant)}" if instant not in (None, column.name) else "")


def _rules(found: Contract) -> list[list[str]]:
    return [[rule.id, _code(rule.column), _code(rule.holds), _both(rule.reason)] for rule in found.rules]


def _keys(found: Contract) -> str:
    events = ", else ".join(_code(name) for name in found.first_event)
    market = f" Days are those of the clock of `{found.market}`." if found.market else ""
    weight = f" A row stands for as many as its `{found.weight}` says, or for one." if found.weight else ""
    since = f", with codes in force since {found.valid_from}" if found.valid_from else ""
    return (
        f"Version {found.version}{since}. One row has one {_code(found.key)}. "
        "On the first load a row counts as known from the time of its extract, "
        f"where the mapping names that, else from {events}.{market}{weight}"
    )


def _facts_of(metric: Metric) -> list[list[str]]:
    rows = [
        ["asks", _both(metric.asks)],
        ["kind", metric.kind],
        *_counted(metric),
        ["unit", metric.unit],
        ["better", metric.better or ""],
        ["settles", _settles(metric)],
        ["version", str(metric.version)],
        ["source", metric.source],
    ]
    return [row for row in rows if row[1]]


def _counted(metric: Metric) -> list[list[str]]:
    """What is counted, and which moment puts it in its period."""
    if metric.kind == "ratio":
        numerator, denominator = metric.sides
        return [row for of, side in (("numerator", numerator), ("denominator", denominator)) for row in _side(of, side)]
    of_kind = {
        "distribution": [["duration", f"{_code(metric.duration)}; late after {metric.over / 3600:g} hours"]],
        "stock": [["open", f"from {_code(metric.opens)} until {_code(metric.closes)}"]],
        "proportion": [["numerator", _code(metric.numerator)]],
    }
    denominator_of = "denominator" if metric.is_rate else "of those where"
    return [
        ["counts", metric.fact],
        [denominator_of, "" if metric.denominator == ALL else _code(metric.denominator)],
        *of_kind.get(metric.kind, []),
        ["period, by basis", "" if metric.kind == "stock" else _at(metric.at)],
    ]


def _side(name: str, side: Side) -> list[list[str]]:
    counted = f"{_code(side.adds)} of {side.fact}, added up" if side.adds else side.fact
    return [
        [name, counted + ("" if side.holds == ALL else f", where {_code(side.holds)}")],
        [f"period of the {name}, by basis", _at(side.at)],
    ]


def _at(at: Mapping[str, str]) -> str:
    return "\n".join(f"{basis}: {_code(instant)}, on {_code(day_of(instant))}" for basis, instant in at.items())


def _settles(metric: Metric) -> str:
    """When a period is settled, by those bases on which it is not so at once."""
    days = {basis: metric.settles(basis) for basis in metric.at}
    return "\n".join(f"{basis}: {number} days after the period" for basis, number in days.items() if number is not None)


def _query_section(file: Path, more: str = "") -> str:
    try:
        found = header(file.read_text(encoding="utf-8"))
    except BadContract as error:
        raise BadContract(f"{file.relative_to(ROOT)}: {error}") from None
    link = f"[{file.name}](../{file.relative_to(ROOT).as_posix()})"
    blocks = [f"### {file.stem}", found.asks, f"Reads, in {link}:", _block(found.reads), "Gives:", _block(found.gives)]
    return "\n\n".join([*blocks, *(text for text in (found.note, more) if text)])


def _block(text: str) -> str:
    return f"```text\n{text}\n```"


def _type(column: Column) -> str:
    return f"{column.type}, {column.unit}" if column.unit else column.type


def _values(column: Column) -> str:
    listed = ", ".join(_code(value) for value in column.values)
    return f"like {_code(column.pattern)}" if column.pattern else listed


def _yes(holds: bool) -> str:
    return "yes" if holds else ""


def _both(words: Words, between: str = "\n") -> str:
    return words["en"] + between + words["zh"]


def _code(text: str) -> str:
    return f"`{text}`"


def _written_from(source: str) -> str:
    return f"<!-- Written by `make docs` from {source}. Change it there. -->"


def _joined(parts: Iterable[str]) -> str:
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _read(file: Path) -> str | None:
    return file.read_text(encoding="utf-8") if file.exists() else None


if __name__ == "__main__":
    sys.exit(main())

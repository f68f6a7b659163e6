"""Time questions to a store against the bare scan of the columns that they read, and against polars and pandas.

    python benchmarks/queries.py [MILLIONS ...] [--small]

MILLIONS: sizes of the store, 10 if nothing is said; the first of them is compared with polars and pandas, which have to
be installed beside this package. With --small every query over a share is asked of 1.9 million appeals instead.

The store is a sample of 200 thousand appeals, repeated under other ids. The bare scan is one sum over each column that
the question reads: of an enumeration its codes, of a day its distance from 2000-01-01, of a time its microseconds.
CPU seconds over all threads of one process, composing the text included; the best of several; trust only their ratios.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb
import pandas as pd

from appeal_insights.metrics.metric import metric
from appeal_insights.metrics.query import QUERIES, ask, query
from appeal_insights.metrics.question import Question
from appeal_insights.periods import period, split
from appeal_insights.records.ingest import ingest
from appeal_insights.records.sample import write_sample
from appeal_insights.records.store import Store

BASE = 200_000
SMALL = 1.9  # millions
WEEKS = "2026-W21..2026-W46"
BEFORE, AFTER = "2026-W39..2026-W42", "2026-W43..2026-W46"
NINE = ("market", "appellant", "complaint_type", "policy", "surface", "content_language", "automated_decision",
        "queue", "site")  # fmt: skip
ALWAYS = ("decided_at", "decided_on", "known_from", "known_to")  # what tells when a decision counts, and as of when
ON_MERITS = ["decision_upheld", "decision_reversed", "decision_partially_reversed"]


def build(folder: Path, base: Path, millions: float) -> Path:
    """A store of so many million appeals: the base, over and over under other ids."""
    path = folder / f"{millions:g}m.duckdb"
    path.write_bytes(base.read_bytes())
    with duckdb.connect(str(path)) as connection:
        [(rows,)] = connection.execute("select count(*) from appeals").fetchall()
        connection.execute(
            """
            insert into appeals by name
            select
                appeals.* replace (
                    appeal_id || '-' || turn as appeal_id, enforcement_id || '-' || turn as enforcement_id,
                    cluster_number + turn * 1000000 as cluster_number
                )
            from (select unnest(range(1, $1)) as turn) as turns cross join appeals
            """,
            [times := max(1, round(millions * 1e6 / rows))],
        )
        connection.execute(
            "insert into paired_appeals select paired_appeals.* from range(1, $1) cross join paired_appeals", [times]
        )
        connection.execute("checkpoint")
    return path


def cpu(work: Callable[[], object], times: int = 3) -> float:
    """CPU seconds of the best of several."""
    took = []
    for _ in range(times):
        started = time.process_time()
        work()
        took.append(time.process_time() - started)
    return min(took)


def bare(path: Path, columns: Sequence[str]) -> tuple[str, float]:
    """The text of the bare scan of those columns, and what it costs."""
    with duckdb.connect(str(path), read_only=True) as connection:
        kinds = dict(
            connection.execute(
                "select column_name, data_type from duckdb_columns() where table_name = 'appeals'"
            ).fetchall()
        )
        text = f"select {', '.join(_summed(name, kinds[name]) for name in columns)} from appeals"
        return text, cpu(lambda: connection.execute(text).fetchall())


def _summed(name: str, kind: str) -> str:
    if kind.startswith("ENUM"):
        return f"sum(enum_code({name}))"
    return {"DATE": f"sum({name} - date '2000-01-01')", "TIMESTAMP": f"sum(epoch_us({name}))"}.get(kind, f"sum({name})")


def asked(store: Store, name: str, of: str = "overturn_rate", **by: object) -> Question:
    """A question to a query, over all weeks or over the two spans."""
    spans = QUERIES[name].spans
    if spans == "pair":
        return ask(store, metric(of), [period(BEFORE), period(AFTER)], as_of=store.latest(), **by)
    if spans == "one":
        return ask(store, metric(of), [period(WEEKS)], as_of=store.latest(), **by)
    return ask(store, metric(of), split(period(WEEKS), "week"), as_of=store.latest(), grain="week", **by)


def against_bare(path: Path, what: str, name: str, of: str, by: tuple[str, ...], columns: Sequence[str]) -> float:
    """Print a question beside its bare scan; gives its CPU seconds."""
    text, floor = bare(path, columns)
    with Store(path) as store:
        took = cpu(lambda: query(store, name, asked(store, name, of, by=by)))
    print(f"  {what:44} {took:7.2f} s   bare {floor:6.2f} s   {took / floor:5.1f} times")
    print(f"      {text}")
    return took


def compare(folder: Path, path: Path, ours: float) -> None:
    """The weekly rate by polars and by pandas from Parquet, their answers held against ours."""
    parquet = folder / "appeals.parquet"
    with duckdb.connect(str(path), read_only=True) as connection:
        connection.execute(
            "copy (select market, outcome, decided_at, decided_on, known_from, known_to from appeals) "
            f"to '{parquet}' (format parquet, compression zstd)"
        )
    with Store(path) as store:
        moment = store.latest()
        expected = query(store, "trend", asked(store, "trend", by=("market",)))
    counted = expected[expected["denominator"] > 0].sort_values(["market", "period"])
    for name, work in (("polars", by_polars), ("pandas", by_pandas)):
        try:
            found = work(parquet, moment)
        except ImportError as error:
            print(f"  {name} is not compared: {str(error).splitlines()[0]}")
            continue
        for side in ("numerator", "denominator"):
            assert found[side].tolist() == counted[side].tolist(), name
        took = cpu(lambda work=work: work(parquet, moment))  # type: ignore[misc]
        print(f"  {name:44} {took:7.2f} s   {took / ours:5.1f} times as much as ours, the same answer")


def by_polars(parquet: Path, moment: object) -> pd.DataFrame:
    """The weekly rate by market as polars has it."""
    import polars as pl  # type: ignore[import-not-found,unused-ignore]

    known = (pl.col("known_from") <= moment) & (pl.col("known_to") > moment) & (pl.col("decided_at") <= moment)
    span = period(WEEKS)
    inside = (pl.col("decided_on") >= span.start) & (pl.col("decided_on") < span.end)
    ruled = pl.col("outcome").is_in(ON_MERITS)
    return (  # type: ignore[no-any-return]
        pl.scan_parquet(parquet)
        .filter(known & inside)
        .group_by("market", pl.col("decided_on").dt.truncate("1w").alias("period"))
        .agg(
            (ruled & (pl.col("outcome") != "decision_upheld")).sum().alias("numerator"),
            ruled.sum().alias("denominator"),
        )
        .filter(pl.col("denominator") > 0)
        .sort("market", "period")
        .collect()
        .to_pandas()
    )


def by_pandas(parquet: Path, moment: object) -> pd.DataFrame:
    """The same by pandas."""
    table = pd.read_parquet(parquet)
    known = (table["known_from"] <= moment) & (table["known_to"] > moment) & (table["decided_at"] <= moment)
    span = period(WEEKS)
    day = pd.to_datetime(table["decided_on"])
    table = table[known & (day >= pd.Timestamp(span.start)) & (day < pd.Timestamp(span.end))]
    day = pd.to_datetime(table["decided_on"])
    ruled = table["outcome"].isin(ON_MERITS)
    flags = pd.DataFrame(
        {
            "market": table["market"],
            "period": day - pd.to_timedelta(day.dt.day_of_week, unit="D"),
            "numerator": ruled & (table["outcome"] != "decision_upheld"),
            "denominator": ruled,
        }
    )
    counted = flags.groupby(["market", "period"], as_index=False)[["numerator", "denominator"]].sum()
    return counted[counted["denominator"] > 0].sort_values(["market", "period"])


def every_query(path: Path) -> None:
    """Print what each query over a share costs, by none, one and two dimensions."""
    with Store(path) as store:
        for name, wants in QUERIES.items():
            of = {"stock": "backlog", "distribution": "turnaround"}.get(wants.kinds[0], "overturn_rate")
            if wants.fact or wants.identity:
                continue
            more = {"basis": "submission"} if wants.completes else {}
            for by in ((), ("market",), ("market", "policy")):
                took = cpu(lambda name=name, of=of, by=by, more=more: query(  # type: ignore[misc]
                    store, name, asked(store, name, of, by=by, **more)))  # fmt: skip
                rows = len(query(store, name, asked(store, name, of, by=by, **more)))
                print(f"  {name:14} {of:14} {', '.join(by):16} {took * 1000:6.0f} ms   {rows:,} rows")


def main() -> None:
    """Run what was asked for and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("millions", type=float, nargs="*", default=[10.0])
    parser.add_argument("--small", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        base = folder / "base.duckdb"
        ingest(write_sample(folder / "sample", appeals=BASE) / "appeals.csv", base)
        if options.small:
            every_query(build(folder, base, SMALL))
            return
        for place, millions in enumerate(options.millions):
            path = build(folder, base, millions)
            print(f"{millions:g} million appeals, {path.stat().st_size / 1e9:.1f} GB")
            weekly = against_bare(
                path, "weekly overturn rate by market", "trend", "overturn_rate", ("market",),
                ("market", "outcome", *ALWAYS),
            )  # fmt: skip
            against_bare(
                path, "two periods by nine dimensions", "before_after", "overturn_rate", NINE,
                (*NINE, "outcome", *ALWAYS),
            )  # fmt: skip
            against_bare(
                path, "exact percentiles of turnaround by market", "percentiles", "turnaround", ("market",),
                ("market", "outcome", "turnaround_seconds", *ALWAYS),
            )  # fmt: skip
            if not place:
                compare(folder, path, weekly)
            path.unlink()


if __name__ == "__main__":
    main()

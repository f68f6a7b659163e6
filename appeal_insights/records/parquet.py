"""Read a Parquet file in pages: its column names, then its rows, whole numbers without a digit lost."""

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pandas as pd

from appeal_insights.errors import BadInput
from appeal_insights.records.statement import as_text, column, fill, parse, write

_WHOLE_NUMBER = re.compile(r"U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|DECIMAL\(\d+,0\)")


def parquet_columns(path: Path) -> list[str]:
    """The column names of a Parquet file. Raises BadInput where it is damaged."""
    with duckdb.connect() as connection:
        try:
            answer = connection.execute("select * from read_parquet($1) limit 0", [str(path)])
        except duckdb.Error as error:
            raise BadInput.of("store.unreadable", path=path, reason=str(error).splitlines()[0]) from error
        return [name for name, *_ in answer.description or []]


def parquet_pages(path: Path, rows: int) -> Iterator[tuple[pd.DataFrame, float]]:
    """The rows of a Parquet file in pages of about `rows`, in file order, each with the share read so far."""
    with duckdb.connect() as connection:
        try:
            total = connection.execute("select count(*) from read_parquet($1)", [str(path)]).fetchall()[0][0]
            shape = connection.execute("select * from read_parquet($1) limit 0", [str(path)]).description or []
            # Beside an empty cell pandas holds whole numbers as floats: a long id would lose its last digits.
            asked = [as_text(name) if _WHOLE_NUMBER.fullmatch(str(kind)) else column(name) for name, kind, *_ in shape]
            text = write(fill(parse("select asked from read_parquet($1)"), {"asked": asked}))
            answer = connection.execute(text, [str(path)])
            read = 0
            while not (page := answer.fetch_df_chunk(max(1, rows // 2048))).empty:
                read += len(page)
                yield page, read / total
        except duckdb.Error as error:
            raise BadInput.of("store.unreadable", path=path, reason=str(error).splitlines()[0]) from error

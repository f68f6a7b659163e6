"""A file is read row by row with its numbers; a line that is no row is set aside with its reason."""

import csv
import io

import duckdb
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appeal_insights.errors import BadInput
from appeal_insights.records.reading import read_columns, read_pages


@pytest.fixture
def file(tmp_path):
    def write(content: str | bytes, name: str = "rows.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def rows(path) -> dict[int, list[str]]:
    return {number: list(row) for page in read_pages(path) for number, *row in page.rows.itertuples()}


def bad(path) -> list[tuple[int, str]]:
    return [(row.row, row.reason) for page in read_pages(path) for row in page.bad.itertuples()]


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_delimiter_line_ends_and_byte_order_mark_do_not_matter(file, sign, end, mark):
    path = file(mark + end.join([f"a{sign}b", f"1{sign}x", f"2{sign}ä{end}"]))
    assert read_columns(path) == ["a", "b"]
    assert rows(path) == {1: ["1", "x"], 2: ["2", "ä"]}


def test_a_quoted_cell_may_hold_delimiters_quotes_and_line_ends(file):
    path = file('a,b\n1,"x, ""y""\nz"\n2,w\n')
    assert rows(path) == {1: ["1", 'x, "y"\nz'], 2: ["2", "w"]}


def test_a_row_with_too_few_or_too_many_cells_is_set_aside_with_its_number(file):
    path = file("a,b\n1,x\n2\n3,y,z\n4,w\n")
    assert rows(path) == {1: ["1", "x"], 4: ["4", "w"]}
    assert bad(path) == [(2, "has 1 cells, the header 2"), (3, "has 3 cells, the header 2")]


def test_empty_cells_after_the_last_column_are_nothing(file):
    path = file("a,b,,\n1,x,,\n2,y, ,,,\n3,z,,oops\n")
    assert read_columns(path) == ["a", "b", "", ""]
    assert rows(path) == {1: ["1", "x"], 2: ["2", "y"], 3: ["3", "z"]}


def test_blank_lines_are_no_rows_and_a_line_of_delimiters_is_one(file):
    assert rows(file("a,b\n\n1,x\n\n\n,\n2,y\n\n")) == {1: ["1", "x"], 2: ["", ""], 3: ["2", "y"]}


def test_the_last_line_needs_no_line_end(file):
    assert rows(file("a,b\n1,x")) == {1: ["1", "x"]}


def test_a_header_alone_is_a_file_without_rows(file):
    assert rows(file("a,b\n")) == {}


def test_a_nul_character_is_set_aside(file):
    path = file(b"a,b\n1,x\0y\n2,z\n")
    assert rows(path) == {2: ["2", "z"]}
    assert bad(path) == [(1, "holds a NUL character")]


def test_a_line_that_is_no_csv_is_set_aside_and_the_next_one_is_read(file):
    path = file('a,b\n1,"x"y\n2,u\rv\n3,z\n')
    assert rows(path) == {3: ["3", "z"]}
    assert [number for number, reason in bad(path) if reason.startswith("is no row of a CSV file")] == [1, 2]


def test_a_cell_over_the_limit_of_the_csv_reader_is_set_aside(file):
    path = file(f"a,b\n1,{'x' * (csv.field_size_limit() + 1)}\n2,z\n")
    assert rows(path) == {2: ["2", "z"]}
    [(number, reason)] = bad(path)
    assert number == 1
    assert "field larger than field limit" in reason


def test_a_quote_that_is_never_closed_refuses_the_file_because_it_swallows_rows(file):
    path = file('a,b\n1,x\n2,"y\n' + "3,z\n" * 10)
    with pytest.raises(BadInput, match="a quote that is opened in line 3 is not closed"):
        rows(path)
    with pytest.raises(BadInput, match="a quote that is opened in line 3 is not closed"):
        rows(file('a,b\n1,x\n2,"y\n' + "3,z\n" * csv.field_size_limit()))
    with pytest.raises(BadInput, match="a quote that is opened in line 3 is not closed"):
        rows(file('a,b\n1,x\n2,"y'))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf", "does not start with the names"),
        (b"\n\n", "does not start with the names"),
        (b",,\n1,2,3\n", "does not start with the names"),
        (b"PK\x03\x04rest of a workbook", r"is a workbook\. Save its sheet as CSV"),
        ("a,ä\n1,2\n".encode("latin-1"), "is not UTF-8 text"),
        ("a,b\n1,x\n".encode("utf-16"), "is not UTF-8 text"),
        (b"a,b,a\n1,2,3\n", "two columns named 'a'. Rename one of them"),
        (b"a, a\n1,2\n", "two columns named 'a'"),
        (b'a,"b\n1,2\n', "Cannot read the header"),
        (b"a,b\r1,2\r3,4\r", "Cannot read the header"),
    ],
)
def test_a_file_that_is_no_table_is_refused_with_what_to_do(file, content, says):
    path = file(content)
    with pytest.raises(BadInput, match=says):
        read_columns(path)


def test_a_line_far_down_that_is_not_utf8_is_named(file):
    path = file(b"a,b\n" + b"1,x\n" * 20_000 + b"2,\xe4\n")
    with pytest.raises(BadInput, match="line 20002 is not UTF-8"):
        rows(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(BadInput, match=r"No file .* Check the path"):
            read_columns(path)


def test_a_damaged_parquet_file_is_refused(file):
    path = file(b"PAR1 and then nothing", "rows.parquet")
    with pytest.raises(BadInput, match="Cannot read"):
        read_columns(path)


def test_a_parquet_file_keeps_long_whole_numbers_beside_empty_cells(tmp_path):
    path = tmp_path / "rows.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (select unnest([1234567890123456789, null]) as id, unnest(['012', 'NO']) as b) to '{path}'"
        )
    page = next(read_pages(path))
    assert page.rows.loc[1].tolist() == ["1234567890123456789", "012"]
    assert page.rows["id"].isna().tolist() == [False, True]


def test_a_table_with_two_columns_of_one_name_is_refused():
    with pytest.raises(BadInput, match="The table has two columns named '1'"):
        read_columns(pd.DataFrame([[1, 2]], columns=["1", 1]))


def test_pages_hold_so_many_rows_and_go_on_counting(file):
    path = file("a\n" + "\n".join(f"r{number}" for number in range(1, 8)))
    pages = list(read_pages(path, rows=3))
    assert [list(page.rows.index) for page in pages] == [[1, 2, 3], [4, 5, 6], [7]]
    table = pd.DataFrame({"a": range(7)}, index=[9] * 7)
    assert [list(page.rows.index) for page in read_pages(table, rows=3)] == [[1, 2, 3], [4, 5, 6], [7]]
    shares = [page.done for page in pages]
    assert shares == sorted(shares)
    assert shares[-1] == 1


@given(
    st.lists(
        st.tuples(*[st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))] * 2).filter(any),
        max_size=8,
    )
)
def test_whatever_was_written_as_csv_reads_back(tmp_path_factory, cells):
    written = io.StringIO(newline="")
    csv.writer(written).writerows([("a", "b"), *cells])
    path = tmp_path_factory.mktemp("csv") / "rows.csv"
    path.write_bytes(written.getvalue().encode())
    assert list(rows(path).values()) == [list(row) for row in cells]


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused_or_every_row_is_accounted_for(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("bytes") / "rows.csv"
    path.write_bytes(b"a,b\n" + content)
    try:
        numbers = [number for page in read_pages(path) for number in (*page.rows.index, *page.bad["row"])]
    except BadInput:
        return
    assert sorted(numbers) == list(range(1, len(numbers) + 1))

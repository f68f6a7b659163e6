"""The layers hold: imports go down, an outside library has one home, SQL stays in its files, files stay short."""

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "appeal_insights"

# Lowest first. A part imports from the lines above its own; parts on one line do not know each other.
LAYERS = (
    ("errors", "__version__"),
    ("periods", "language", "disclosure"),
    ("calendars",),
    ("records",),
    ("metrics", "analysis", "charts", "tracker"),
    ("findings",),
    ("reports",),
    ("explorer",),
    ("cli_alerts",),
    ("cli",),
)
LAYER = {part: number for number, parts in enumerate(LAYERS) for part in parts}

HOMES = {  # outside library -> the modules, or the folders of modules, that may import it
    "altair": ("charts",),
    "duckdb": ("records",),
    "ipywidgets": ("explorer",),
    "jinja2": ("reports.offline",),
    "jupyter_client": ("reports",),
    "nbclient": ("reports",),
    "nbconvert": ("reports",),
    "nbformat": ("reports",),
    "papermill": ("reports",),
    "psycopg": ("records.postgresql",),
    "pyspark": ("records.engines",),
    "rich": ("cli", "reports.tables"),  # what the shell prints
    "python_calamine": ("records.sheets",),
    # its tree changes between majors: three files to look at
    "sqlglot": ("records.statement", "records.engines", "metrics.measure"),
    "typer": ("cli", "cli_alerts"),
    "vl_convert": ("charts", "reports"),  # draws for a notebook's chart, bundles for an exported page
    "xlsxwriter": ("reports.workbook",),
}
ANALYSIS_NEEDS = {"numpy", "scipy", "pandas", PACKAGE, *sys.stdlib_module_names} - {"sqlite3"}

SQL_HOMES = ("records.store", "records.ingest", "records.parquet")  # fixed text only, so never built from parts
_SQL = re.compile(
    r"\s*(--[^\n]*\n\s*)*("
    r"select\b.+\bfrom\b|select\s+[\d'$*(]|with\s+(recursive\s+)?\w+\s+as\s*\(|insert\s+(or\s+\w+\s+)?into\b"
    r"|create\s+(or\s+replace\s+)?(temp\w*\s+)?(table|view|macro|type|schema|sequence)\b|update\s+\S+\s+set\b"
    r"|delete\s+from\b|attach\s+('|\S+\s+as\b)|copy\s+.+\b(from|to)\b|drop\s+(table|view)\b|alter\s+table\b"
    r"|set\s+\w+\s*=|from\s+\w+\s+select\b|pragma\s+\w+\s*(=|\(|$))",
    re.IGNORECASE | re.DOTALL,
)

MOST_LINES = 450
TEXT = {".py", ".sql", ".toml", ".js", ".css", ".j2"}
MOST_CODE_LINES = 6  # of one cell, the parameters apart
WORDS_PER_LINE = 4


def _name(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


TREES = {_name(file): ast.parse(file.read_text(encoding="utf-8")) for file in sorted((ROOT / PACKAGE).rglob("*.py"))}
TOOLS = {_name(file): ast.parse(file.read_text(encoding="utf-8")) for file in sorted((ROOT / "tools").glob("*.py"))}
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
each_module = pytest.mark.parametrize("module", TREES)
each_notebook = pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.name)


def imported(tree: ast.AST, known: Iterable[str] = TREES) -> set[str]:
    """What a module imports by absolute names, wherever the import stands and whatever for."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            full = [f"{node.module}.{alias.name}" for alias in node.names]
            names |= {name if name in known or node.module == PACKAGE else node.module for name in full}
    return names


def relative(tree: ast.AST) -> list[int]:
    """The lines with a relative import, or with one that a name built at run time could hide from these checks."""
    hidden = {"import_module", "__import__"}
    return [
        node.lineno
        for node in ast.walk(tree)
        if (isinstance(node, ast.ImportFrom) and (node.level or hidden & {alias.name for alias in node.names}))
        or (isinstance(node, ast.Name) and node.id in hidden)
        or (isinstance(node, ast.Attribute) and node.attr in hidden)
    ]


def part(module: str) -> str:
    """The folder or module right below the package: appeal_insights.records.store -> records."""
    return module.partition(".")[2].partition(".")[0]


def upward(module: str, names: Iterable[str]) -> list[str]:
    """The imports that do not go down to a lower layer, the module's own folder apart."""
    ours = [name for name in names if name.partition(".")[0] == PACKAGE and part(name) != part(module)]
    return sorted(name for name in ours if LAYER.get(part(name), len(LAYERS)) >= LAYER[part(module)])


def circle(graph: dict[str, set[str]]) -> list[str]:
    """The modules of an import circle, or nothing."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def strays(module: str, names: Iterable[str]) -> list[str]:
    """The outside libraries that a module imports but that live elsewhere."""
    here = module.partition(".")[2] + "."
    outside = {name.partition(".")[0] for name in names}
    return sorted(name for name in outside & HOMES.keys() if not any(here.startswith(f"{at}.") for at in HOMES[name]))


def fixed_sql(tree: ast.AST) -> Iterator[int]:
    """The lines of string constants that are SQL; docstrings and parts of f-strings apart."""
    apart = {id(child) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for child in node.values}
    apart |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if id(node) not in apart and _is_sql(node):
            yield node.lineno


def pasted_sql(tree: ast.AST) -> Iterator[int]:
    """The lines where SQL is put together as text: by an f-string, +, % or a method such as format."""
    for node in ast.walk(tree):
        match node:
            case ast.JoinedStr(values=pieces):
                text = "".join(str(piece.value) if isinstance(piece, ast.Constant) else "x" for piece in pieces)
                pasted = bool(_SQL.match(text))
            case ast.BinOp(left=text, op=ast.Add() | ast.Mod()) | ast.Call(func=ast.Attribute(value=text)):
                pasted = _is_sql(text)
            case _:
                continue
        if pasted:
            yield node.lineno


def _is_sql(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(_SQL.match(node.value))


def too_long(files: Iterable[Path], most: int = MOST_LINES) -> list[str]:
    """The text files with more lines than `most`."""
    texts = [file for file in files if file.suffix in TEXT]
    sizes = {file: len(file.read_text(encoding="utf-8").splitlines()) for file in texts}
    return [f"{file.name}: {lines} lines" for file, lines in sizes.items() if lines > most]


def unfit(book: nbformat.NotebookNode) -> list[str]:
    """What a committed notebook has that it should not have, or lacks."""
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    given = [cell for cell in code if "parameters" in cell.metadata.get("tags", [])]
    steps = [cell for cell in code if cell not in given]
    trees = [ast.parse(cell.source) for cell in code]
    defined = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
    prose = "\n".join(cell.source for cell in book.cells if cell.cell_type == "markdown")
    lines = sum(code_lines(cell.source) for cell in code)
    wrong = {
        "outputs": any(cell.outputs or cell.execution_count for cell in code),
        "not one cell of parameters": len(given) != 1,
        "parameters that are computed": not all(plain(cell.source) for cell in given),
        "a definition": any(isinstance(node, defined) for tree in trees for node in ast.walk(tree)),
        "SQL": any(line for tree in trees for line in (*fixed_sql(tree), *pasted_sql(tree))),
        "a long cell": any(code_lines(cell.source) > MOST_CODE_LINES for cell in steps),
        "too little prose": len(re.findall(r"[A-Za-z][\w'-]*", prose)) < WORDS_PER_LINE * lines,
    }
    return [what for what, so in wrong.items() if so]


def code_lines(source: str) -> int:
    """How many lines of a cell are code, not empty and no comment."""
    return sum(bool(line.strip()) and not line.lstrip().startswith("#") for line in source.splitlines())


def plain(source: str) -> bool:
    """Whether a cell does nothing but name plain values."""
    try:
        return all(isinstance(node, ast.Assign) and [ast.literal_eval(node.value)] for node in ast.parse(source).body)
    except ValueError:
        return False


def test_every_part_of_the_package_has_a_layer():
    assert {part(module) for module in TREES if part(module)} <= LAYER.keys()


@each_module
def test_imports_are_absolute_and_stand_in_the_text(module):
    assert module == PACKAGE or relative(TREES[module]) == []


@each_module
def test_imports_go_down_the_layers(module):
    assert module == PACKAGE or upward(module, imported(TREES[module])) == []


def test_no_module_imports_itself_by_a_detour():
    assert circle({module: imported(tree) & TREES.keys() for module, tree in TREES.items()}) == []


@each_module
def test_an_outside_library_stays_in_its_home(module):
    assert strays(module, imported(TREES[module])) == []


@pytest.mark.parametrize("module", [module for module in TREES if part(module) == "analysis"])
def test_analysis_knows_tables_and_errors_only(module):
    names = imported(TREES[module])
    assert {name.partition(".")[0] for name in names} <= ANALYSIS_NEEDS
    assert {part(name) for name in names if name.startswith(PACKAGE)} <= {"errors", "analysis"}


@pytest.mark.parametrize("module", [*TREES, *TOOLS])
def test_sql_is_in_files_and_never_put_together_as_text(module):
    tree = (TREES | TOOLS)[module]
    assert list(pasted_sql(tree)) == []
    assert module.removeprefix(f"{PACKAGE}.") in SQL_HOMES or list(fixed_sql(tree)) == []


def test_no_file_is_long():
    assert too_long(file for folder in (PACKAGE, "tools", "tests") for file in sorted((ROOT / folder).rglob("*"))) == []


@each_notebook
def test_a_notebook_is_committed_as_a_memo_without_outputs(file):
    assert unfit(nbformat.read(file, as_version=4)) == []


# The checks themselves can fail.


@pytest.mark.parametrize(
    "text",
    [
        "from .store import Store",
        "from . import store",
        "from importlib import import_module",
        "import importlib\nimportlib.import_module('duckdb')",
        "__import__('duckdb')",
    ],
)
def test_a_relative_or_hidden_import_is_noticed(text):
    assert relative(ast.parse(text))


@pytest.mark.parametrize(
    "text",
    [
        "import appeal_insights.findings.overturn",
        "from appeal_insights.findings import overturn",
        "from appeal_insights.charts.trend import trend",
        "from appeal_insights import query",
        "import appeal_insights",
        "def late():\n    from appeal_insights.reports import run",
        "if TYPE_CHECKING:\n    from appeal_insights.cli import main",
    ],
)
def test_an_import_that_goes_up_or_aside_is_noticed(text):
    assert upward("appeal_insights.metrics.query", imported(ast.parse(text)))


@pytest.mark.parametrize(
    "text",
    [
        "from appeal_insights import errors, __version__",
        "from appeal_insights.metrics.metric import Metric",
        "import os",
    ],
)
def test_an_import_that_goes_down_is_fine(text):
    assert upward("appeal_insights.metrics.query", imported(ast.parse(text))) == []


def test_a_circle_is_noticed():
    assert set(circle({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": set()})) == {"a", "b", "c"}


def test_a_library_away_from_home_is_noticed():
    names = imported(ast.parse("import duckdb, pandas\nfrom sqlglot import exp\nimport altair as alt"))
    assert strays("appeal_insights.records.store", names) == ["altair", "sqlglot"]
    assert strays("appeal_insights.records.statement", names) == ["altair"]
    assert strays("appeal_insights.records_too", names) == ["altair", "duckdb", "sqlglot"]


@pytest.mark.parametrize(
    "text",
    [
        "'select a from b'",
        "'''\n  -- why\n  WITH x AS (select 1) select 2'''",
        "run('insert into t values (1)')",
        "'create or replace temp table t as from u'",
        "'update t set a = 1'",
        "'delete from t'",
        "\"attach 'other.duckdb'\"",
        "\"copy t to 'x.csv'\"",
        "'select 1'",
        "'set threads = 1'",
    ],
)
def test_sql_in_a_string_is_noticed(text):
    assert list(fixed_sql(ast.parse(f"x = {text}")))


@pytest.mark.parametrize(
    "text",
    [
        "'Select one of them.'",
        "'with a copy'",
        "'update'",
        "'Create it by hand.'",
        "{'select', 'set'}",
        "'from a to b'",
    ],
)
def test_english_in_a_string_is_no_sql(text):
    assert not list(fixed_sql(ast.parse(f"x = {text}")))


@pytest.mark.parametrize(
    "text",
    [
        "f'select {name} from t'",
        "'select a from t'.replace('t', name)",
        "'select a from ' + name + ' where b'",
        "'select a from %s' % name",
        "'select a from {}'.format(name)",
    ],
)
def test_sql_put_together_as_text_is_noticed(text):
    assert list(pasted_sql(ast.parse(f"x = {text}")))


def test_a_long_file_is_noticed(tmp_path):
    (tmp_path / "long.sql").write_text("--\n" * 3, encoding="utf-8")
    (tmp_path / "long.png").write_bytes(b"\xff\n" * 9)
    assert too_long(tmp_path.iterdir(), most=2) == ["long.sql: 3 lines"]
    assert too_long(tmp_path.iterdir(), most=3) == []


def memo(*steps: str, parameters: str = "a = 1  # one", prose: str = "word " * 99) -> nbformat.NotebookNode:
    new = nbformat.v4
    given = new.new_code_cell(parameters, metadata={"tags": ["parameters"]})
    return new.new_notebook(cells=[new.new_markdown_cell(prose), given, *(new.new_code_cell(step) for step in steps)])


def test_what_is_unfit_in_a_notebook_is_noticed():
    assert unfit(memo("a\nb\n# why\nc")) == []
    assert unfit(memo(prose="one word too few 改判率")) == []
    assert unfit(memo(prose="a word less")) == ["too little prose"]
    assert unfit(memo(parameters="a = 1 + f(2)")) == ["parameters that are computed"]
    assert unfit(memo("def f():\n    pass")) == ["a definition"]
    assert unfit(memo("f('select a from b')")) == ["SQL"]
    assert unfit(memo("\n".join("abcdefg"))) == ["a long cell"]
    ran = memo("a")
    ran.cells[-1].execution_count = 1
    assert unfit(ran) == ["outputs"]
    del ran.cells[1:]
    assert unfit(ran) == ["not one cell of parameters"]

"""What becomes of a notebook before it is served: whose words count, and that a visitor's stay text."""

import ast
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from appeal_insights.findings.view import View
from appeal_insights.serve.prepared import heading, prepared

LOG = Path("serve.log")
PARAMETERS = 'store = "demo"  # which\nlanguage = "en"\naudience = "analyst"  # all\nview = ""'


@pytest.fixture
def notebook():
    cells = [
        new_markdown_cell("# What moved? · 什么变化了？\n\nRead [this](01_data_check.ipynb).\n\n阅读说明。"),
        new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}),
        new_code_cell("ap.explore(store)"),
    ]
    return new_notebook(cells=cells)


def assigned(notebook):
    """The parameters as the kernel has them after the cells that set them."""
    found = {}
    for cell in notebook.cells:
        if cell.cell_type == "code" and "explore" not in cell.source:
            lines = [line for line in ast.parse(cell.source).body if isinstance(line, ast.Assign)]
            found |= {line.targets[0].id: ast.literal_eval(line.value) for line in lines}
    return found


def test_who_serves_stands_above_what_the_notebook_says(notebook):
    given = {"language": "zh-CN", "audience": "stakeholder", "metric": "no parameter of this notebook"}
    made = prepared(notebook, title="T", set_by_server=given, log=LOG)
    assert assigned(made) == {"store": "demo", "language": "zh-CN", "audience": "stakeholder", "view": ""}
    assert made.cells[-1].source == "ap.explore(store)"


@pytest.mark.parametrize(
    "text",
    [
        View("metric", {"metric": "overturn_rate"}).token(),
        "'; audience = 'analyst'; '",
        '"""\naudience = "analyst"\n"""',
        "x\\\naudience = 'analyst'",
    ],
)
def test_a_visitor_gives_a_view_and_nothing_else_whatever_it_says(notebook, text):
    given = {"language": "en", "audience": "stakeholder"}
    made = prepared(notebook, title="T", set_by_server=given, log=LOG, view=text)
    assert assigned(made) == {"store": "demo", "language": "en", "audience": "stakeholder", "view": text}


def test_errors_are_told_from_the_first_cell_on(notebook):
    made = prepared(notebook, title="T", set_by_server={"language": "both"}, log=LOG)
    assert made.cells[0].source.endswith("begin('both', 'serve.log')")


def test_prose_is_of_the_language_and_holds_no_link_and_no_markup_of_strangers(notebook):
    notebook.cells[0].source += "\n\nHarmless <script>alert(1)</script><img src=https://x.example/a onerror=b>."
    made = prepared(notebook, title="T", set_by_server={"language": "en"}, log=LOG)
    shown = made.cells[1].metadata["shown"]
    assert shown.startswith("<h1>What moved?</h1>")
    assert "Read this." in shown
    assert "Harmless" in shown
    for gone in ("<a", "<script", "<img", "阅读"):
        assert gone not in shown


def test_the_title_is_the_first_heading_else_the_name(notebook):
    assert heading(notebook, "00_explore") == "What moved? · 什么变化了？"
    assert heading(new_notebook(), "00_explore") == "00_explore"

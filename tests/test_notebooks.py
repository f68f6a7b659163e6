"""Every notebook runs from top to bottom on the demo's store, and is kept without outputs."""

import subprocess
import sys

import nbformat
import pytest

from tests.demo import PROJECT

NOTEBOOKS = sorted((PROJECT / "notebooks").glob("*.ipynb"))


def test_there_are_notebooks():
    assert "02_overturn_root_cause" in [path.stem for path in NOTEBOOKS]


@pytest.fixture(params=NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])
def notebook(request):
    return nbformat.read(request.param, as_version=4)


def test_a_notebook_is_kept_without_outputs_and_without_traces_of_a_run(notebook):
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None
        assert set(cell.metadata) <= {"tags"}
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert notebook.metadata.kernelspec.name == "python3"


def test_a_notebook_reads_like_a_memo(notebook):
    first, parameters = notebook.cells[:2]
    assert first.source.startswith("# ")
    assert parameters.metadata.tags == ["parameters"]
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    assert all(len(source.splitlines()) <= 12 for source in code)
    assert not any("def " in source or "import pandas" in source for source in code)
    titles = [cell.source.splitlines()[0] for cell in notebook.cells[1:] if cell.cell_type == "markdown"]
    assert titles
    assert all(title.startswith("## ") and "?" in title and title.endswith("？") for title in titles)


@pytest.fixture(scope="module")
def ran(demo, tmp_path_factory):
    """Every notebook run cell by cell, and one beside them whose second cell fails."""
    place = demo.copy(tmp_path_factory.mktemp("notebooks"))
    broken = nbformat.read(NOTEBOOKS[0], as_version=4)
    broken.cells = [nbformat.v4.new_code_cell(source) for source in ("1 + 1", "1 / 0")]
    nbformat.write(broken, place / "notebooks" / "broken.ipynb")
    words = ["-q", "-p", "no:cacheprovider", "--nbval-lax", "--nbval-current-env", "notebooks"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *words], cwd=place, capture_output=True, text=True, check=False
    )


BROKEN = [nbformat.v4.new_code_cell(source) for source in ("1 + 1", "1 / 0")]


def test_every_notebook_runs_on_the_demo(ran):
    failed = [line for line in ran.stdout.splitlines() if line.startswith("FAILED")]
    assert [line for line in failed if "broken.ipynb" not in line] == [], ran.stdout[-3000:]
    cells = [cell for path in NOTEBOOKS for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert f"1 failed, {len(cells) + 1} passed" in ran.stdout


def test_a_cell_that_fails_is_seen(ran):
    assert ran.returncode == 1
    assert "ZeroDivisionError" in ran.stdout
    assert "broken.ipynb::Cell 1" in ran.stdout

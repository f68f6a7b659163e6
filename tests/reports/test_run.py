"""A run is published when every cell ran, and then it is whole; whatever goes wrong leaves the earlier runs alone."""

import json
import shutil
from datetime import datetime
from pathlib import Path

import nbformat
import pytest

from appeal_insights import __version__
from appeal_insights.errors import AppealInsightsError, BadRun
from appeal_insights.findings.shown import FINDING
from appeal_insights.reports.run import export_again, run
from tests.demo import folders, shell

NOTEBOOK = "02_overturn_root_cause"
GIVEN = {"store": "demo", "before": "2026-W40..2026-W43", "after": "2026-W44..2026-W46", "by": "policy,market"}
PUBLISHED = [*(f"{NOTEBOOK}.{kind}" for kind in ("html", "ipynb", "xlsx")), "findings.json", "manifest.json"]


@pytest.fixture(scope="module")
def place(demo, tmp_path_factory):
    """A workspace to be written to, with the notebook and three that fail in a cell."""
    root = demo.copy(tmp_path_factory.mktemp("runs"))
    for name, cell in {"raises": "1 / 0", "dies": "import os\nos._exit(7)", "stops": "import sys\nsys.exit(0)"}.items():
        made = nbformat.read(root / "notebooks" / f"{NOTEBOOK}.ipynb", as_version=4)
        parameters = next(each for each in made.cells if "parameters" in each.metadata.get("tags", []))
        made.cells = [parameters, nbformat.v4.new_code_cell(cell), nbformat.v4.new_code_cell("2 + 2")]
        nbformat.write(made, root / "notebooks" / f"{name}.ipynb")
    return root


@pytest.fixture(scope="module")
def english(place):
    return run(NOTEBOOK, GIVEN, workspace=place, progress=False)


@pytest.fixture(scope="module")
def both(place):
    given = {"store": "tiktok", "before": "2025-H2", "after": "2026-H1", "language": "both"}
    return run(f"notebooks/{NOTEBOOK}.ipynb", given, workspace=place, progress=False)


def manifest(made):
    return json.loads((made.folder / "manifest.json").read_text())


def notebook(path):
    found = nbformat.read(path, as_version=4)
    nbformat.validate(found)
    return found


def contents(runs: Path) -> dict[str, bytes]:
    """Every file of every run. The list of the runs beside them is written anew each time."""
    return {str(path.relative_to(runs)): path.read_bytes() for path in runs.glob("*/*") if path.is_file()}


@pytest.mark.parametrize("language", ["english", "both"])
def test_a_run_is_one_folder_with_notebook_page_findings_and_manifest(request, language, place):
    made = request.getfixturevalue(language)
    assert list(folders(made.folder)) == PUBLISHED
    assert made.folder.parent == place / "data" / "runs"
    assert made.folder.name.endswith(f"_{made.parameters['language']}")
    assert made.html.read_text(encoding="utf-8").rstrip().endswith("</html>")


def test_a_folder_is_named_by_when_it_started_and_what_it_is_about(english):
    started, rest = english.folder.name.split("_", 1)
    assert rest == f"{NOTEBOOK}_demo_2026-W44..2026-W46_en"
    assert datetime.strptime(started, "%Y-%m-%dT%H%M%S%z") == datetime.fromisoformat(manifest(english)["started"])


def test_the_manifest_says_what_was_run_with_what(english):
    told = manifest(english)
    assert told["notebook"] == NOTEBOOK
    assert told["parameters"] == english.parameters
    assert told["parameters"]["as_of"] == "2026-11-16T06:00:00Z"
    assert told["made_with"]["appeal_insights"] == __version__
    assert told["started"] <= told["finished"]
    assert {*told["files"], "manifest.json"} == set(PUBLISHED)
    facts = dict(told["facts"])
    assert facts["Periods"] == "2026-W40..2026-W43 against 2026-W44..2026-W46"
    assert facts["Fingerprint of the records"].endswith("(31,035 rows)")


def test_the_notebook_ran_with_the_parameters_that_were_checked(english):
    [injected] = [
        cell for cell in notebook(english.notebook).cells if "injected-parameters" in cell.metadata.get("tags", [])
    ]
    inside = {}
    exec(injected.source, inside)
    assert {name: inside[name] for name in english.parameters} == english.parameters


@pytest.mark.parametrize("language", ["english", "both"])
def test_the_findings_are_those_that_the_notebook_showed(request, language):
    made = request.getfixturevalue(language)
    shown = [
        output["data"][FINDING]
        for cell in notebook(made.notebook).cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if FINDING in output.get("data", {})
    ]
    assert json.loads((made.folder / "findings.json").read_text(encoding="utf-8")) == shown == made.findings
    assert [finding["id"] for finding in shown][:3] == ["moved", "split", "segment_1"]
    wanted = {"english": ["en"], "both": ["en", "zh-CN"]}[language]
    assert all(list(finding["texts"]) == wanted for finding in shown)


def test_the_findings_are_those_of_the_same_question_asked_directly(english, demo):
    asked = demo.investigate(by="policy,market", language="en")
    assert english.findings == json.loads(json.dumps([finding.as_json() for finding in asked.conclusions]))


def test_the_page_says_what_was_found_in_every_language_wanted(english, both):
    for made in (english, both):
        page = made.html.read_text(encoding="utf-8")
        for finding in made.findings:
            for texts in finding["texts"].values():
                assert texts["claim"] in page
    assert "是结构还是率值？" in both.html.read_text(encoding="utf-8")
    assert "是结构还是率值？" not in english.html.read_text(encoding="utf-8")


def test_a_page_made_again_is_the_same_to_the_byte(english, both, tmp_path):
    for made in (english, both):
        again = export_again(made.notebook, tmp_path / "again.html")
        assert again.read_bytes() == made.html.read_bytes()


def test_a_notebook_of_no_run_is_not_exported(place, tmp_path):
    with pytest.raises(BadRun, match="did not run to its end"):
        export_again(place / "notebooks" / f"{NOTEBOOK}.ipynb", tmp_path / "page.html")
    bare = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# T")])
    nbformat.write(bare, tmp_path / "bare.ipynb")
    with pytest.raises(BadRun, match="keeps no parameters"):
        export_again(tmp_path / "bare.ipynb", tmp_path / "page.html")
    assert not (tmp_path / "page.html").exists()


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("raises", "failed with ZeroDivisionError: division by zero"),
        ("dies", "Kernel died: the process that ran dies ended"),
        ("stops", "did not run to its end"),
    ],
)
def test_a_cell_that_fails_or_kills_its_kernel_publishes_nothing_and_says_why(place, english, name, says):
    runs = place / "data" / "runs"
    before = contents(runs)
    said = shell("run", name, *(f"-p{key}={value}" for key, value in GIVEN.items()), f"--workspace={place}")
    assert said.code == 1
    assert "Traceback" not in said.err + said.out
    after = contents(runs)
    assert {path: after[path] for path in before} == before
    [failed] = [folder for folder in folders(runs) if f"_{name}_" in folder]
    assert failed.startswith("failed-")
    left = set(folders(runs / failed))
    assert {"error.txt", f"{name}.ipynb"} <= left
    assert not left & {"findings.json", "manifest.json", f"{name}.html", f"{name}.xlsx"}
    error = (runs / failed / "error.txt").read_text().strip()
    assert says in error
    assert error in said.err


def test_a_wrong_parameter_is_refused_before_a_folder_is_made(place, english):
    before = contents(place / "data" / "runs")
    for given in ({"marke": "DE"}, {"market": "GE"}, {"before": "W40"}):
        with pytest.raises(AppealInsightsError):
            run(NOTEBOOK, {**GIVEN, **given}, workspace=place, progress=False)
    assert contents(place / "data" / "runs") == before
    said = shell("run", NOTEBOOK, "-pmarke=DE", f"--workspace={place}")
    assert (said.code, said.err.count("\n")) == (1, 1)
    assert "Did you mean 'market'?" in said.err


def test_a_page_that_cannot_be_made_fails_the_run(demo, tmp_path, monkeypatch):
    root = demo.copy(tmp_path)
    shutil.copy(root / "notebooks" / f"{NOTEBOOK}.ipynb", root / "notebooks" / "short.ipynb")
    made = nbformat.read(root / "notebooks" / "short.ipynb", as_version=4)
    made.cells = [cell for cell in made.cells if "parameters" in cell.metadata.get("tags", [])]
    nbformat.write(made, root / "notebooks" / "short.ipynb")

    def half_a_page(executed, html, about):
        html.write_text("<html>")
        raise BadRun("No page today.")

    monkeypatch.setattr("appeal_insights.reports.run.export", half_a_page)
    with pytest.raises(BadRun, match="No page today"):
        run("short", GIVEN, workspace=root, progress=False)
    [failed] = [path for path in (root / "data" / "runs").iterdir() if path.is_dir()]
    assert failed.name.startswith("failed-")
    assert {"error.txt", "short.ipynb"} <= set(folders(failed))
    assert not (failed / "short.html").exists()
    assert not (failed / "manifest.json").exists()


def test_a_notebook_that_is_not_there_is_refused_with_the_nearest(place):
    with pytest.raises(AppealInsightsError, match=f"Did you mean '{NOTEBOOK}'"):
        run("02_overturn_root_caus", GIVEN, workspace=place, progress=False)


def test_nothing_half_done_is_left_behind(place, english, both):
    names = list(folders(place / "data" / "runs"))
    assert not [name for name in names if name.startswith(".")]
    assert {english.folder.name, both.folder.name} <= set(names)

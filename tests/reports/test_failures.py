"""Whatever goes wrong, nothing half-done looks done: the folder says so, the page says why, earlier runs stay."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from html import unescape
from pathlib import Path

import nbformat
import pytest

from appeal_insights.errors import BadRun, UnknownStore
from appeal_insights.records.workspace import Workspace
from appeal_insights.reports.catalogue import INDEX, listed
from appeal_insights.reports.failure import Asked, CellError, in_words, stopped_in
from appeal_insights.reports.folders import LOCK, RUNNING, close_abandoned, is_alive, working_folder
from appeal_insights.reports.run import run
from tests.demo import AFTER, BEFORE, folders, shell
from tests.helpers import english_left

COMMAND = [sys.executable, "-c", "from appeal_insights.cli import main; main()"]
GIVEN = {"store": "demo", "before": BEFORE, "after": AFTER}
HEADING = "## Was it mix or rate? · 是结构还是率值？\n\nSome words."
ASKED = "import appeal_insights as ap\nap.investigate(after=after, language=language, "
CELLS = {
    "raises": "1 / 0",
    "hostile": "raise ValueError('</pre><script>alert(1)</script>')",
    "dies": "import os\nos._exit(7)",
    "ours": ASKED + "store='dmo', before=before)",
    "dimension": ASKED + "store='demo', before=before, where='marke=DE')",
    "period": ASKED + "store='demo', before='soon')",
    "parameter": ASKED + "store='demo', before=before, basis='decisions')",
    "sleeps": "import os, pathlib, time\npathlib.Path('pid').write_text(str(os.getpid()))\ntime.sleep(300)",
    "short": "2 + 2",
}
CHINESE = {  # what a Chinese run says of them
    "ours": "UnknownStore: {folder} 中没有数据库 'dmo'。是否指 'demo'？现有：demo、quality、service、tiktok。可用命令",
    "dimension": "UnknownDimension: 没有维度 'marke'。是否指 'market'？可按以下维度拆分：market、appellant、",
    "period": "BadPeriod: 无法识别时间段 'soon'。请写成日（2026-10-05）、ISO 周（2026-W40）、月（2026-10）、",
    "parameter": "BadParameter: 没有这样的统计口径：'decisions'。是否指 'decision'？请从以下选项中选择：decision、",
}
PATIENCE = 60  # seconds: a kernel starts slowly where much else runs


@pytest.fixture(scope="module")
def place(demo, tmp_path_factory):
    """A workspace with an earlier run and with notebooks that fail, each below a heading."""
    root = demo.copy(tmp_path_factory.mktemp("failures"))
    whole = nbformat.read(root / "notebooks" / "02_overturn_root_cause.ipynb", as_version=4)
    parameters = next(cell for cell in whole.cells if "parameters" in cell.metadata.get("tags", []))
    new = nbformat.v4
    for name, cell in CELLS.items():
        cells = [new.new_markdown_cell("# T"), parameters, new.new_markdown_cell(HEADING), new.new_code_cell(cell)]
        nbformat.write(
            new.new_notebook(cells=[*cells, new.new_code_cell("3 + 3")]), root / "notebooks" / f"{name}.ipynb"
        )
    return Workspace(root)


@pytest.fixture(scope="module")
def earlier(place):
    return run("short", GIVEN, workspace=place.root, progress=False)


@pytest.fixture
def runs(place, earlier):
    """The folder of runs; after the test the earlier run is as it was, and nothing is left running."""
    before = contents(earlier.folder)
    yield place.runs
    assert contents(earlier.folder) == before
    assert not [name for name in folders(place.runs) if name.startswith(".")]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def fail(place, name, **given):
    """Run a notebook that fails; its folder, what the command said, and the error page as text."""
    before = set(folders(place.runs))
    asked = [f"-p{key}={value}" for key, value in {**GIVEN, **given}.items()]
    said = shell("run", name, *asked, f"--workspace={place.root}")
    [failed] = set(folders(place.runs)) - before - {INDEX}
    return place.runs / failed, said, text_of(place.runs / failed / "error.html")


def prose_of(page: Path) -> list[str]:
    """What a page says, code and traces apart, one paragraph or heading each."""
    body = page.read_text(encoding="utf-8").partition("<body>")[2].partition("<footer>")[0]
    said = re.findall(r"<(p|h1|h2|summary)\b[^>]*>(.*?)</\1>", re.sub(r"(?s)<pre.*?</pre>", "", body), re.DOTALL)
    return [unescape(re.sub(r"<[^>]+>", "", text)).strip() for _, text in said]


def text_of(page: Path) -> str:
    body = page.read_text(encoding="utf-8").partition("<body>")[2]
    return unescape(re.sub(r"<[^>]+>", "", body))


def gone(pid: int) -> bool:
    """Whether a process ends within our patience. One that ended but that nobody asked about yet counts."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.1)
    return False


def started(place, *words):
    """A real process that runs the notebook that sleeps, and the id of its kernel, once it sleeps."""
    (place.root / "pid").unlink(missing_ok=True)
    asked = [f"-p{key}={value}" for key, value in GIVEN.items()]
    command = [*COMMAND, "run", "sleeps", *asked, *words, f"--workspace={place.root}"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + PATIENCE
    while not (place.root / "pid").exists() or not (place.root / "pid").read_text():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.1)
    return process, int((place.root / "pid").read_text())


def test_a_failing_cell_is_told_with_its_number_heading_source_and_the_next_step(place, runs):
    folder, said, page = fail(place, "raises")
    assert said.code == 1
    assert folder.name.startswith("failed-")
    assert list(folders(folder)) == ["error.html", "error.txt", "failure.json", "raises.ipynb"]
    assert "Cell 3 of raises failed with ZeroDivisionError: division by zero" in said.err
    assert str(folder) in said.err
    for text in ("This run failed", "Cell 3 of raises failed with ZeroDivisionError: division by zero",
                 "below the heading: Was it mix or rate?", "1 / 0", "mend that cell", "Traceback",
                 "The notebook as far as it came", f"run raises -p store=demo -p before={BEFORE}"):  # fmt: skip
        assert text in page
    partial = nbformat.read(folder / "raises.ipynb", as_version=4)
    assert [cell.execution_count for cell in partial.cells if cell.cell_type == "code"] == [1, 2, 3, None]
    assert json.loads((folder / "failure.json").read_text())["cell"] == 3


def test_a_kernel_that_was_killed_is_a_failure_that_says_so(place, runs):
    folder, said, page = fail(place, "dies")
    assert said.code == 1
    assert "Kernel died" in said.err
    assert "Traceback" not in said.err
    assert "os._exit(7)" in page
    assert "needs memory" in page
    assert not [path for path in folder.iterdir() if path.suffix == ".html" and path.name != "error.html"]


def test_what_a_cell_raised_is_text_on_the_page(place, runs):
    folder, _, page = fail(place, "hostile")
    assert "<script" not in (folder / "error.html").read_text(encoding="utf-8")
    assert "</pre><script>alert(1)</script>" in page


@pytest.mark.parametrize("cell", CHINESE)
def test_the_error_page_and_the_notebook_of_a_chinese_run_are_chinese(place, runs, cell):
    folder, said, page = fail(place, cell, language="zh-CN")
    says = f"{cell} 的第 3 个代码单元格出错：{CHINESE[cell].format(folder=place.stores)}"
    assert said.code == 1
    assert says in said.err
    assert (folder / "error.html").read_text(encoding="utf-8").count('<html lang="zh-CN">') == 1
    prose = prose_of(folder / "error.html")
    assert sum(says in line for line in prose) == 1
    assert [line for line in prose if english_left(line)] == []
    for text in ("本次运行失败", "是结构还是率值？", "请按提示修改"):
        assert text in page
    assert "Was it mix" not in page
    cells = nbformat.read(folder / f"{cell}.ipynb", as_version=4).cells
    assert says in unescape(cells[0].source)
    assert [one.source for one in cells if "papermill encountered" in one.source or "Exception was" in one.source] == []


def test_the_error_page_of_a_run_in_both_languages_speaks_both_and_says_each_once(place, runs):
    folder, said, page = fail(place, "ours", language="both")
    for text in ("This run failed", "本次运行失败", "Was it mix or rate?", "是结构还是率值？"):
        assert text in page
    for text in ("Did you mean 'demo'?", "是否指 'demo'？"):
        assert said.err.count(text) == 1
        assert sum(text in line for line in prose_of(folder / "error.html")) == 1


def test_a_missing_store_and_a_wrong_parameter_start_nothing_and_say_it_in_the_language_wanted(place, runs):
    before = list(folders(runs))
    for given, english, chinese in (
        ({"store": "dmo"}, "Did you mean 'demo'?", "是否指 'demo'？"),
        ({"market": "XX"}, "No market 'XX' in demo", "demo 的维度 market 没有取值 'XX'"),
        ({"before": "W40"}, "Cannot read the period 'W40'", "参数 before：无法识别时间段 'W40'"),
    ):
        for language in ("en", "zh-CN", "both"):
            asked = [f"-p{key}={value}" for key, value in {**GIVEN, **given, "language": language}.items()]
            said = shell("run", "short", *asked, f"--workspace={place.root}")
            assert said.code == 1
            assert (english in said.err) == (language != "zh-CN")
            assert (chinese in said.err) == (language != "en")
    assert list(folders(runs)) == before


def test_ctrl_c_ends_the_kernel_marks_the_run_and_says_130(place, runs):
    process, kernel = started(place, "-planguage=both")
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert "Interrupted: nothing was published." in said
    assert "Traceback" not in said
    assert gone(kernel)
    [failed] = [name for name in folders(runs) if "_sleeps_" in name]
    assert failed.startswith("failed-")
    assert failed in said
    page = text_of(runs / failed / "error.html")
    for text in ("This run was interrupted", "本次运行被中断", "time.sleep(300)", "Run it again:"):
        assert text in page
    assert [one.state for one in listed(runs) if "_sleeps_" in one.folder] == ["failed"]
    _remove(runs / failed)


def test_what_a_killed_process_left_is_unfinished_until_the_next_run_marks_it_as_failed(place, runs):
    process, kernel = started(place, "-planguage=zh-CN")
    [alive] = [one for one in listed(runs) if one.folder.startswith(RUNNING)]
    assert (alive.state, alive.notebook) == ("running", "sleeps")
    assert close_abandoned(runs) == []
    process.kill()
    process.communicate(timeout=PATIENCE)
    assert gone(kernel)
    assert [one.state for one in listed(runs) if one.folder.startswith(RUNNING)] == ["abandoned"]
    said = shell("run", "short", *(f"-p{key}={value}" for key, value in GIVEN.items()), f"--workspace={place.root}")
    assert said.code == 0
    [failed] = [name for name in folders(runs) if "_sleeps_" in name]
    assert re.fullmatch(r"failed-.*_sleeps_demo_.*_zh-CN", failed)
    assert list(folders(runs / failed)) == ["error.html", "error.txt", "failure.json", "sleeps.ipynb"]
    assert "本次运行没有完成" in text_of(runs / failed / "error.html")
    assert failed in (runs / INDEX).read_text(encoding="utf-8")
    _remove(runs / failed)


def test_a_machine_that_writes_no_workbooks_still_makes_reports(place, earlier, monkeypatch):
    monkeypatch.setattr("appeal_insights.reports.run.can_write", lambda: False)
    made = run("short", GIVEN, workspace=place.root, progress=False)
    assert {*folders(earlier.folder)} - {*folders(made.folder)} == {"short.xlsx"}
    assert [one.state for one in listed(place.runs) if one.folder == made.folder.name] == ["published"]


def test_a_run_that_worked_is_in_the_catalogue(place, earlier):
    assert earlier.folder.name in (place.runs / INDEX).read_text(encoding="utf-8")


def test_a_folder_of_two_runs_of_one_second_gets_a_name_of_its_own(tmp_path):
    asked = Asked("n", {}, {"language": "en"}, "")
    made = []
    for _ in range(2):
        with working_folder(tmp_path, "a", asked) as work:
            assert is_alive(work.folder)
        made.append(work.published.name)
    assert made == ["a", "a-2"]
    assert list(folders(tmp_path / "a")) == []


@pytest.mark.parametrize("left", ["", "x", "[]", '{"notebook": 3}', '{"notebook": "n", "given": 1, "parameters": 2}'])
def test_leftovers_without_a_readable_request_are_closed_too(tmp_path, left):
    folder = tmp_path / f"{RUNNING}2026-11-01T000000Z_n_demo_en-7"
    folder.mkdir()
    (folder / LOCK).touch()
    (folder / ".asked.json").write_text(left)
    (folder / "n.ipynb").write_text("{broken")
    (folder / "n.html").write_text("half a page")
    [closed] = close_abandoned(tmp_path)
    assert closed.name == "failed-2026-11-01T000000Z_n_demo_en"
    assert list(folders(closed)) == ["error.html", "error.txt", "failure.json", "n.ipynb"]


def test_a_folder_that_was_just_made_is_left_to_its_process(tmp_path):
    folder = tmp_path / f"{RUNNING}x-1"
    folder.mkdir()
    assert close_abandoned(tmp_path) == []
    os.utime(folder, (0, 0))
    assert [path.name for path in close_abandoned(tmp_path)] == ["failed-x"]


def test_an_error_while_the_error_is_written_down_does_not_hide_it(tmp_path, monkeypatch):
    def fails(*_):
        raise OSError("no space left")

    monkeypatch.setattr("appeal_insights.reports.folders.write_failure", fails)
    with pytest.raises(BadRun, match="the first"), working_folder(tmp_path, "a", Asked("n", {}, {}, "")):
        raise BadRun("the first")
    assert list(folders(tmp_path)) == ["failed-a"]


def test_an_error_of_a_cell_is_chinese_by_its_note_else_by_its_kind_and_others_have_only_their_own():
    ours = "UnknownStore: No x."
    assert CellError("UnknownStore", ours, f"UnknownStore: {ours}\n没有 x。").say("zh-CN") == "UnknownStore: 没有 x。"
    assert (
        CellError("UnknownStore", ours, f"UnknownStore: {ours}")
        .say("zh-CN")
        .endswith("请先导入数据或更正名称。（No x.）")
    )
    assert CellError("UnknownStore", ours, f"UnknownStore: {ours}\n没有 x。").say("en") == ours
    for language in ("en", "zh-CN"):
        assert CellError("KeyError", "'x'", "KeyError: 'x'\nA note.").say(language) == "KeyError: 'x'"


def test_an_error_is_told_once_in_each_language_wanted():
    error = UnknownStore.of("store.no_table", store="demo", table="audits", tables=["appeals"])
    assert in_words(error, "both").splitlines() == [error.say("en"), error.say("zh-CN")]
    assert in_words(error, "zh-CN") == "数据库 demo 中没有 audits，现有：appeals。请先导入。"
    assert in_words(KeyError("x"), "both") == "'x'"


def test_a_notebook_that_never_began_stopped_nowhere():
    new = nbformat.v4
    assert stopped_in(new.new_notebook(cells=[new.new_markdown_cell("# T"), new.new_code_cell("1")])) is None


def _remove(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()

"""The catalogue lists what is there as it is: whole, failed, unfinished or damaged, and it never computes anything."""

import fcntl
import json
import os
import time
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appeal_insights.records.workspace import Workspace
from appeal_insights.reports.catalogue import INDEX, catalogue_page, listed, write_catalogue
from appeal_insights.reports.folders import LOCK
from tests.demo import shell
from tests.pages import HOSTILE

NAME = "2026-11-{day:02}T060000Z_02_overturn_root_cause_demo_en"
KEYS = ["notebook", "parameters", "where", "files", "texts", "en", "claim", "started"]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=8,
)


class Links(HTMLParser):
    """Where a page leads, and which elements it has."""

    def __init__(self, text):
        super().__init__()
        self.links, self.elements = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag == "a":
            self.links.append(dict(attributes)["href"])


@pytest.fixture
def place(tmp_path):
    (tmp_path / "notebooks").mkdir()
    return Workspace(tmp_path)


def make_run(place, day=1, name=None, *, claim="It rose", grade="Likely: clearly", findings=None, **parameters):
    """A folder as a run leaves it."""
    folder = place.runs / (name or NAME.format(day=day))
    folder.mkdir(parents=True)
    asked = {"store": "demo", "before": "2026-W40", "after": "2026-W41", "where": {"market": ["DE", "AT"]},
             "as_of": "2026-11-16T06:00:00Z", "language": "en", "audience": "stakeholder"}  # fmt: skip
    for end in ("html", "ipynb", "xlsx"):
        (folder / f"02_overturn_root_cause.{end}").write_text("x")
    told = [{"id": "moved", "grade": "likely", "texts": {"en": {"claim": claim, "grade": grade}}}]
    write(folder / "findings.json", told if findings is None else findings)
    manifest = {
        "notebook": "02_overturn_root_cause",
        "parameters": asked | parameters,
        "started": f"2026-11-{day:02}T06:00:00+00:00",
        "files": ["02_overturn_root_cause.html", "02_overturn_root_cause.xlsx"],
    }
    write(folder / "manifest.json", manifest)
    return folder


def write(path, content):
    path.write_text(json.dumps(content), encoding="utf-8")


def page(place):
    return write_catalogue(place).read_text(encoding="utf-8")


def test_a_run_is_listed_with_its_headline_scope_periods_language_and_data_date(place):
    make_run(place)
    text = page(place)
    for said in ("It rose", "Likely", "market=DE,AT", "02_overturn_root_cause", "2026-W40", "2026-W41", "2026-11-16",
                 "06:00 UTC", "English"):  # fmt: skip
        assert said in text
    assert "clearly" not in text


def test_links_are_relative_and_lead_to_files_that_are_there(place):
    make_run(place, name="2026-11-01T060000Z_02_overturn_root_cause_a b%20&_2026-W44..2026-W46")
    links = Links(page(place)).links
    assert len(links) == 3
    for link in links:
        assert ":" not in link
        assert (place.runs / unquote(link)).is_file()


def test_the_newest_run_stands_first(place):
    for day in (2, 9, 5):
        make_run(place, day, claim=f"claim {day}")
    text = page(place)
    assert text.index("claim 9") < text.index("claim 5") < text.index("claim 2")


def test_a_run_in_both_languages_says_its_headline_in_both(place):
    texts = {"en": {"claim": "It rose", "grade": "Likely: x"}, "zh-CN": {"claim": "上升了", "grade": "很可能：甲"}}
    make_run(place, findings=[{"texts": texts}], language="both")
    text = page(place)
    assert '<p lang="zh-CN"><strong>上升了</strong> <span class="grade">很可能</span>' in text
    assert "It rose" in text
    assert ">中文<" in text


def test_heads_stand_in_both_languages(place):
    make_run(place)
    text = page(place)
    for said in ("Headline finding", "主要结论", "Data as of", "数据截止", "Periods", "时间段"):
        assert said in text


def test_a_run_for_analysts_says_so(place):
    make_run(place, audience="analyst")
    assert "for analysts only" in page(place)


def test_a_run_without_findings_and_one_of_everything_are_listed_as_such(place):
    make_run(place, findings=[], where={})
    text = page(place)
    assert "No finding" in text
    assert "all records" in text


def test_an_empty_workspace_says_how_to_begin(place):
    text = page(place)
    assert "There is no report yet" in text
    assert "还没有报告" in text


def test_a_failed_run_stands_apart_with_the_first_line_of_its_error(place):
    folder = place.runs / "failed-2026-11-03T060000Z_raises_demo_en"
    folder.mkdir(parents=True)
    (folder / "error.txt").write_text("BadRun: Cell 3 failed\nand more\n")
    text = page(place)
    assert "Failed runs" in text
    assert "BadRun: Cell 3 failed" in text
    assert "and more" not in text
    assert Links(text).links == [f"{folder.name}/error.txt"]
    write(folder / "failure.json", {"notebook": "raises", "error": "Cell 4\nno", "parameters": {"before": "2026-W1"}})
    (folder / "error.html").write_text("x")
    text = page(place)
    assert "Cell 4" in text
    assert "2026-W1" in text
    assert Links(text).links == [f"{folder.name}/error.html"]


def test_a_running_folder_is_told_from_one_whose_process_is_gone(place):
    folder = place.runs / ".running-2026-11-03T060000Z_x_demo_en-1"
    folder.mkdir(parents=True)
    assert [one.state for one in listed(place.runs)] == ["running"]
    with (folder / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert [one.state for one in listed(place.runs)] == ["running"]
    assert [one.state for one in listed(place.runs)] == ["abandoned"]
    (folder / LOCK).unlink()
    os.utime(folder, (time.time() - 3600,) * 2)
    assert "unfinished: its process is gone" in page(place)


def _truncate(folder):
    path = folder / "manifest.json"
    path.write_text(path.read_text()[:50])


DAMAGE = {
    "manifest missing": (lambda folder: (folder / "manifest.json").unlink(), "manifest.json missing"),
    "manifest cut short": (_truncate, "manifest.json cannot be read"),
    "manifest a list": (lambda folder: write(folder / "manifest.json", []), "manifest.json cannot be read"),
    "manifest no notebook": (lambda folder: write(folder / "manifest.json", {"notebook": 3}), "cannot be read"),
    "not text": (lambda folder: (folder / "manifest.json").write_bytes(b"\xff\xfe\x00"), "cannot be read"),
    "page missing": (lambda folder: (folder / "02_overturn_root_cause.html").unlink(), "_cause.html missing"),
    "workbook missing": (lambda folder: (folder / "02_overturn_root_cause.xlsx").unlink(), "_cause.xlsx missing"),
    "findings missing": (lambda folder: (folder / "findings.json").unlink(), "findings.json missing"),
    "findings a text": (lambda folder: write(folder / "findings.json", "x"), "findings.json cannot be read"),
    "findings of numbers": (lambda folder: write(folder / "findings.json", [1]), "findings.json cannot be read"),
    "findings nested": (lambda folder: (folder / "findings.json").write_text("[" * 99_999), "cannot be read"),
    "page a folder": (lambda folder: _replace_by_folder(folder / "02_overturn_root_cause.html"), "missing"),
}


def _replace_by_folder(path):
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_folder_is_named_as_such_and_the_others_are_listed(place, damage):
    make_run(place, 1, claim="the sound one")
    broken = make_run(place, 2, claim="the broken one")
    does, says = DAMAGE[damage]
    does(broken)
    text = page(place)
    assert "the sound one" in text
    assert "the broken one" not in text
    assert "Damaged folders" in text
    assert says in text
    assert broken.name in text


def test_odd_parameters_do_not_stop_the_list(place):
    for day, where in enumerate(([], 7, {"a": 3}, {"market": None}, "no sign", None), 1):
        make_run(place, day, where=where, before=None, after=4, as_of=[], language="xx")
    assert len(listed(place.runs)) == 6
    assert "It rose" in page(place)


def test_files_links_and_hidden_folders_beside_the_runs_are_left_out(place):
    make_run(place)
    (place.runs / "note.txt").write_text("x")
    (place.runs / ".hidden").mkdir()
    (place.runs / "dangling").symlink_to(place.runs / "nowhere")
    assert len(listed(place.runs)) == 1


def test_the_same_folders_give_the_same_bytes_and_the_page_is_whole_or_not_there(place, monkeypatch):
    make_run(place)
    first = write_catalogue(place).read_bytes()
    assert write_catalogue(place).read_bytes() == first
    assert sorted(path.name for path in place.runs.iterdir()) == [NAME.format(day=1), INDEX]

    def fails(*_):
        raise RuntimeError

    monkeypatch.setattr("appeal_insights.reports.catalogue.catalogue_page", fails)
    with pytest.raises(RuntimeError):
        write_catalogue(place)
    assert (place.runs / INDEX).read_bytes() == first


def test_the_page_runs_nothing_and_asks_for_nothing(place):
    make_run(place)
    found = Links(page(place))
    [policy] = [given["content"] for tag, given in found.elements if given.get("http-equiv")]
    assert "default-src 'none'" in policy
    assert "script-src 'none'" in policy
    assert "unsafe" not in policy
    assert not [tag for tag, _ in found.elements if tag in ("script", "img", "iframe", "object")]
    assert not [given for _, given in found.elements if any(name.startswith("on") for name in given)]


@pytest.mark.parametrize("text", HOSTILE)
def test_values_are_text_wherever_they_stand(place, text):
    make_run(place, claim=text, grade=text, before=text, after=text, where={text: [text]})
    failed = place.runs / "failed-x"
    failed.mkdir()
    write(failed / "failure.json", {"notebook": text, "error": text})
    tags = {tag for tag, _ in Links(page(place)).elements}
    sound = {tag for tag, _ in Links(catalogue_page([])).elements}
    assert tags - sound <= {"section", "div", "table", "thead", "tbody", "tr", "th", "td", "a", "strong", "br", "h2"}


@settings(max_examples=25)
@given(ANYTHING)
def test_whatever_a_manifest_holds_the_page_is_written(tmp_path_factory, content):
    place = Workspace(tmp_path_factory.mktemp("any"))
    folder = make_run(place)
    write(folder / "manifest.json", content)
    assert "</html>" in page(place)
    make_run(place, 2, findings=[content])
    assert "</html>" in page(place)


def test_five_hundred_runs_are_listed_in_a_moment(place):
    for number in range(500):
        make_run(place, 1 + number % 28, name=f"2026-11-01T060000Z_{number:03}", claim=f"claim {number}")
    started = time.process_time()
    text = page(place)
    assert time.process_time() - started < 3
    assert text.count("<strong>") == 500


def test_the_command_writes_the_page_and_says_where(place):
    said = shell("catalogue", f"--workspace={place.root}")
    assert said.code == 0
    assert str(place.runs / INDEX) in said.out

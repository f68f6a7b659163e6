"""The pages agree with the code: what is written from it is up to date, and what they name is there."""

import re
from pathlib import Path

import pytest

import appeal_insights
from tools import docs as tool

PAGES = sorted([*tool.ROOT.glob("docs/**/*.md"), *(tool.ROOT / name for name in ("README.md", "CONTRIBUTING.md"))])
PAGES = [page for page in PAGES if page.exists()]
_LINK = re.compile(r"\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)")


def linked_files(text: str) -> list[str]:
    """The files that a page links to, without those on the web and places on the page itself."""
    targets = [target.partition("#")[0] for target in _LINK.findall(text)]
    return [target for target in targets if target and not re.match(r"[a-z]+:", target)]


def unnamed(names: list[str], text: str) -> list[str]:
    """The public names that a text does not mention as a reader would type them: ap.name."""
    return [name for name in names if not re.search(rf"\bap\.{name}\b", text)]


@pytest.mark.parametrize("name", tool.pages())
def test_a_written_page_is_up_to_date(name):
    assert (tool.ROOT / name).read_text(encoding="utf-8") == tool.pages()[name], "run: make docs"


def test_check_names_the_page_that_is_out_of_date_and_leaves_it_alone(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(tool, "ROOT", tmp_path)
    monkeypatch.setattr(tool, "pages", lambda: {"docs/metrics.md": "new\n", "docs/queries.md": "same\n"})
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "metrics.md").write_text("old\n", encoding="utf-8")
    (tmp_path / "docs" / "queries.md").write_text("same\n", encoding="utf-8")
    assert tool.main(["--check"]) == 1
    said = capsys.readouterr().err
    assert "docs/metrics.md" in said
    assert "docs/queries.md" not in said
    assert (tmp_path / "docs" / "metrics.md").read_text(encoding="utf-8") == "old\n"
    assert tool.main([]) == 0
    assert tool.main(["--check"]) == 0


def test_a_bar_or_a_line_break_stays_inside_its_cell():
    assert tool.table(["a", "b"], [["x || y", "one\ntwo"]]) == "| a | b |\n| --- | --- |\n| x \\|\\| y | one<br>two |"


def test_a_header_is_read_in_its_parts():
    text = "-- What?\n--\n-- reads   a   x\n--         b   y\n-- gives   c\n--\n-- A note.\n\nselect 1"
    assert tool.header(text) == ("What?", "a   x\nb   y", "c", "A note.")


def test_every_query_stands_in_one_group():
    assert tool.ungrouped(tool.QUERY_GROUPS) == []
    names = [name for group in tool.QUERY_GROUPS.values() for name in group]
    assert tool.ungrouped({"all": [*names, "trend", "tren"]}) == ["tren", "trend"]
    assert set(tool.STEPS) == {file.stem for file in tool.METRICS.glob("*.sql")}


def test_a_metric_says_what_its_kind_counts():
    of = {metric.id: dict(tool._facts_of(metric)) for metric in tool.metrics().values()}
    assert of["received"]["counts"] == of["backlog"]["counts"] == "appeals"
    assert not {"numerator", "denominator", "better"} & set(of["received"])
    assert of["backlog"]["open"] == "from `received_at` until `decided_at`"
    assert of["turnaround"]["duration"] == "`turnaround_seconds`; late after 24 hours"
    assert of["restricted_hours"]["numerator"].startswith("`restricted_seconds` of enforcements, added up, where")
    assert of["appeals_per_enforcement"]["period of the numerator, by basis"].endswith(
        "`received_at`, on `received_on`"
    )
    assert of["overturn_rate"]["settles"] == "\n".join(
        ["submission: 28 days after the period", "enforcement: 212 days after the period"]
    )
    assert all(text for facts in of.values() for text in facts.values())


def test_a_header_without_an_answer_is_refused():
    with pytest.raises(ValueError, match="asks, reads and gives"):
        tool.header("-- What?\n--\n-- reads   a\n\nselect 1")


def test_every_public_name_is_in_the_docs():
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert unnamed(appeal_insights.__all__, text) == []


def test_a_name_is_in_the_docs_only_as_it_is_typed():
    assert unnamed(["run", "query"], "To run it: `ap.query(...)`") == ["run"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(tool.ROOT).as_posix())
def test_every_link_to_a_file_leads_to_one(page: Path):
    for target in linked_files(page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{target} is not there"


def test_links_to_files_are_told_from_others():
    text = '[a](limits.md#clusters) ![b](../data/x.png "Title") [c](https://example.org/x) [d](#here) [e](mailto:a@b.c)'
    assert linked_files(text) == ["limits.md", "../data/x.png"]

"""A run without periods: checked parameters, a page, a workbook, and a line in the list of runs."""

import json

import pytest

from appeal_insights.errors import UnknownParameter, UnknownStore
from appeal_insights.records.workspace import Workspace
from appeal_insights.reports.catalogue import INDEX, catalogue_page, listed
from appeal_insights.reports.parameters import check_parameters, short_name
from appeal_insights.reports.run import export_again, run
from tests.reports.test_workbook import Book

NOTEBOOK = "01_data_check"


@pytest.fixture(scope="module")
def made(demo, tmp_path_factory):
    place = demo.copy(tmp_path_factory.mktemp("checked"))
    return run(NOTEBOOK, {"store": "demo", "language": "both"}, workspace=place, progress=False)


def test_a_run_speaks_of_the_day_of_its_data(made):
    assert made.folder.name.endswith(f"_{NOTEBOOK}_demo_2026-11-16_both")
    assert made.parameters == {
        "store": "demo",
        "as_of": "2026-11-16T06:00:00Z",
        "language": "both",
        "audience": "stakeholder",
    }
    names = sorted(path.name for path in made.folder.iterdir())
    assert names == [*(f"{NOTEBOOK}.{kind}" for kind in ("html", "ipynb", "xlsx")), "findings.json", "manifest.json"]


def test_the_page_is_offline_and_titled_and_the_same_when_it_is_exported_again(made, tmp_path):
    page = made.html.read_text(encoding="utf-8")
    assert "<title>What came in, and can it be trusted? · 收到了什么数据，可信吗？ · demo · 2026-11-16</title>" in page
    assert export_again(made.notebook, tmp_path / "again.html").read_text(encoding="utf-8") == page


def test_the_list_of_runs_has_its_verdict_and_no_periods(made):
    [one] = [each for each in listed(made.folder.parent) if each.notebook == NOTEBOOK]
    assert [claim.split(":")[0].split("：")[0] for _, claim, _ in one.claims] == [
        "The records can be used with care",
        "记录可谨慎使用",
    ]
    assert (one.before, one.after, one.as_of[:10]) == ("", "", "2026-11-16")
    assert "→" not in catalogue_page([one])
    assert (made.folder.parent / INDEX).exists()
    assert json.loads((made.folder / "findings.json").read_text(encoding="utf-8"))[0]["id"] == "soundness"


def test_the_workbook_has_the_numbers_as_numbers(made):
    book = Book((made.folder / f"{NOTEBOOK}.xlsx").read_bytes())
    name = next(sheet for sheet in book.sheets if sheet.startswith("Records by period"))  # of appeals, which come first
    _, everything, *markets = book.rows(name)
    assert everything[-1] == 31_035 == sum(everything[1:-1]) == sum(row[-1] for row in markets)


@pytest.mark.parametrize(
    ("given", "kind", "says"),
    [
        ({"store": "demos"}, UnknownStore, "Did you mean 'demo'"),
        ({"store": "demo", "market": "DE"}, UnknownParameter, "Its parameters: store, as_of, language, audience."),
        ({"store": "demo", "after": "2026-W44"}, UnknownParameter, "has no parameter 'after'"),
    ],
)
def test_what_the_notebook_does_not_take_is_refused(demo, given, kind, says):
    with pytest.raises(kind) as refused:
        check_parameters(demo.root / "notebooks" / f"{NOTEBOOK}.ipynb", given, Workspace(demo.root))
    assert says in refused.value.message


def test_its_folder_is_named_by_the_instant_that_was_asked_for(demo):
    path = demo.root / "notebooks" / f"{NOTEBOOK}.ipynb"
    resolved = check_parameters(path, {"store": "demo", "as_of": "2026-11-12"}, Workspace(demo.root))
    assert short_name(resolved) == "demo_2026-11-12_en"

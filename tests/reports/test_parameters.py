"""What a run is given is checked before anything starts; only text travels, and text stays text."""

import pytest
from papermill.translators import PythonTranslator

from appeal_insights.errors import (
    AppealInsightsError,
    BadParameter,
    BadPeriod,
    UnknownDimension,
    UnknownMetric,
    UnknownParameter,
    UnknownStore,
)
from appeal_insights.records.workspace import Workspace
from appeal_insights.reports.parameters import check_parameters, defaults, short_name
from tests.helpers import make_store, table
from tests.pages import notebook, written

NOTEBOOK = "02_overturn_root_cause"
GIVEN = {"store": "demo", "before": "2026-W40..2026-W43", "after": "2026-W44..2026-W46"}


@pytest.fixture
def check(demo):
    """The parameters that the notebook would get."""
    path = demo.root / "notebooks" / f"{NOTEBOOK}.ipynb"
    return lambda **given: check_parameters(path, {**GIVEN, **given}, Workspace(demo.root))


def declared_in(tmp_path, source, *, tags=("parameters",)):
    """A notebook whose only cell is this one."""
    made = notebook("# T")
    made.cells[0].update(cell_type="code", source=source, outputs=[], execution_count=None)
    made.cells[0].metadata["tags"] = list(tags)
    return written(made, tmp_path / "n.ipynb")


def test_what_is_not_given_is_as_the_notebook_says(check):
    resolved = check()
    assert resolved == {
        **GIVEN,
        "metric": "overturn_rate",
        "where": {},
        "by": "",
        "basis": "decision",
        "as_of": "2026-11-16T06:00:00Z",
        "language": "en",
        "audience": "stakeholder",
    }


def test_the_newest_load_is_pinned_so_that_a_run_can_be_repeated(check):
    assert check(as_of="")["as_of"] == "2026-11-16T06:00:00Z"
    assert check(store="tiktok", before="2025-H2", after="2026-H1")["as_of"] == "2026-09-01T00:00:00Z"


def test_a_relative_period_reaches_the_notebook_as_the_weeks_it_stands_for(check):
    resolved = check(after="last week", before="4 weeks before")
    assert (resolved["before"], resolved["after"]) == ("2026-W42..2026-W45", "2026-W46")


@pytest.mark.parametrize(
    ("given", "instant"),
    [
        ("2026-11-12", "2026-11-12T00:00:00Z"),
        ("2026-11-12T08:30:00+02:00", "2026-11-12T06:30:00Z"),
        ("2026-11-12T06:30:00Z", "2026-11-12T06:30:00Z"),
    ],
)
def test_an_instant_is_told_in_utc_however_it_was_written(check, given, instant):
    assert check(as_of=given)["as_of"] == instant


def test_no_stays_norway(check):
    assert check(market="NO")["where"] == {"market": ["NO"]}
    assert check(where="market=NO,SE")["where"] == {"market": ["NO", "SE"]}


def test_a_code_with_a_leading_zero_stays_text(tmp_path, demo):
    (tmp_path / "notebooks").mkdir()
    rows = """
        appeal_id | market | policy | received_at          | decided_at           | outcome
        a1        | NO     | 012    | 2026-10-05T08:00:00Z | 2026-10-05T12:00:00Z | decision_upheld
        a2        | NO     | 12     | 2026-10-12T08:00:00Z | 2026-10-12T12:00:00Z | decision_reversed
    """
    make_store(tmp_path / "data" / "store" / "codes.duckdb", table(rows))
    path = demo.root / "notebooks" / f"{NOTEBOOK}.ipynb"
    given = {"store": "codes", "before": "2026-10-05", "after": "2026-10-12", "policy": "012"}
    assert check_parameters(path, given, Workspace(tmp_path))["where"] == {"policy": ["012"]}


def test_a_dimension_joins_the_scope_and_wins_over_it(check):
    assert check(where="queue=live; market=FR", market="DE, AT")["where"] == {"queue": ["live"], "market": ["DE", "AT"]}


def test_a_scope_that_the_notebook_itself_declares_holds_until_another_is_given(tmp_path, demo):
    source = 'store = "demo"\nbefore = ""\nafter = ""\nmetric = "overturn_rate"\nwhere = "market=NO"\nby = ""\n'
    path = declared_in(tmp_path, source + 'basis = "decision"\nas_of = ""\n')
    for given, where in (
        ({}, {"market": ["NO"]}),
        ({"queue": "live"}, {"market": ["NO"], "queue": ["live"]}),
        ({"where": "market=SE"}, {"market": ["SE"]}),
    ):
        assert check_parameters(path, {**GIVEN, **given}, Workspace(demo.root))["where"] == where


def test_names_are_taken_with_blanks_around_them(check):
    assert check(by=" market , policy ")["by"] == "market,policy"


@pytest.mark.parametrize(
    ("given", "kind", "says"),
    [
        ({"marke": "DE"}, UnknownParameter, "Did you mean 'market'?"),
        ({"befor": "2026-W40"}, UnknownParameter, "Did you mean 'before'?"),
        ({"where": "marke=DE"}, UnknownDimension, "Did you mean 'market'?"),
        ({"market": "GE"}, BadParameter, "No market 'GE'"),
        ({"market": ""}, BadParameter, "No value of 'market' is wanted"),
        ({"store": "demon"}, UnknownStore, "Did you mean 'demo'?"),
        ({"metric": "overturn_rates"}, UnknownMetric, "Did you mean 'overturn_rate'?"),
        ({"basis": "decisions"}, BadParameter, "Did you mean 'decision'?"),
        ({"audience": "all"}, BadParameter, "analyst, stakeholder"),
        ({"language": "de"}, AppealInsightsError, "en, zh-CN, both"),
        ({"by": "polcy"}, UnknownDimension, "Did you mean 'policy'?"),
        ({"before": "soon"}, BadPeriod, "Parameter before: Cannot read the period 'soon'"),
        ({"before": "2026-02-30"}, BadPeriod, "No such day"),
        ({"after": "2026-W43"}, BadPeriod, "share days"),
        ({"as_of": "2026-11-12T06:30:00"}, BadPeriod, "has no time zone"),
        ({"store": ""}, BadParameter, "needs 'store'. Give it as -p store=VALUE"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_does(check, given, kind, says):
    with pytest.raises(kind) as refused:
        check(**given)
    assert says in refused.value.message


@pytest.mark.parametrize("name", ["store", "before", "after"])
def test_what_has_no_default_has_to_be_given(tmp_path, demo, name):
    path = declared_in(tmp_path, 'store = ""\nbefore = ""\nafter = ""\n')
    given = {known: value for known, value in GIVEN.items() if known != name}
    with pytest.raises(BadParameter, match=f"needs '{name}'"):
        check_parameters(path, given, Workspace(demo.root))


HOSTILE = ["x=1;import os", '"); import os; ("', "'\nimport os\n'", "__import__('os')", "../../etc/passwd", "\\"]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("name", ["store", "metric", "before", "basis", "as_of", "language", "audience", "by", "where"])
def test_code_in_a_value_is_refused(check, name, text):
    with pytest.raises(AppealInsightsError):
        check(**{name: text})


@pytest.mark.parametrize("text", HOSTILE)
def test_code_in_a_name_is_refused(check, text):
    with pytest.raises(UnknownParameter):
        check(**{text: "1"})


def test_a_value_of_the_data_that_looks_like_code_reaches_the_notebook_as_text(tmp_path, demo, check):
    (tmp_path / "notebooks").mkdir()
    hostile = "\"); raise SystemExit('ran'); (\"\\"
    rows = table("""
        appeal_id | received_at          | decided_at           | outcome
        a1        | 2026-10-05T08:00:00Z | 2026-10-05T12:00:00Z | decision_upheld
        a2        | 2026-10-12T08:00:00Z | 2026-10-12T12:00:00Z | decision_reversed
    """)
    make_store(tmp_path / "data" / "store" / "odd.duckdb", rows.assign(policy=hostile, market="NO"))
    path = demo.root / "notebooks" / f"{NOTEBOOK}.ipynb"
    given = {"store": "odd", "before": "2026-10-05", "after": "2026-10-12", "where": {"policy": [hostile]}}
    resolved = check_parameters(path, given, Workspace(tmp_path))
    assert resolved["where"] == {"policy": [hostile]}
    inside = {}
    exec(PythonTranslator.codify(resolved), inside)  # what papermill puts into the notebook
    assert {name: inside[name] for name in resolved} == resolved


def test_the_parameters_of_a_notebook_are_those_of_its_tagged_cell(tmp_path):
    path = declared_in(tmp_path, 'store = "demo"  # where from\nweeks = 4\n')
    assert defaults(path) == {"store": "demo", "weeks": "4"}


def test_a_parameter_that_only_this_notebook_has_is_taken_as_text(tmp_path, demo):
    more = '\nmetric = "overturn_rate"\nwhere = ""\nby = ""\nbasis = "decision"\nas_of = ""\ntitle = "none"\n'
    path = declared_in(tmp_path, 'store = "demo"\nbefore = ""\nafter = ""' + more)
    assert check_parameters(path, {**GIVEN, "title": "012"}, Workspace(demo.root))["title"] == "012"


@pytest.mark.parametrize(
    ("source", "tags", "says"),
    [
        ("store = open('x').read()", ("parameters",), 'may hold name = "text" only, not'),
        ("import os", ("parameters",), "not 'import os'"),
        ('store = "demo"', (), "needs one cell tagged 'parameters', it has 0"),
    ],
)
def test_a_parameters_cell_that_computes_is_refused_unrun(tmp_path, source, tags, says):
    with pytest.raises(BadParameter) as refused:
        defaults(declared_in(tmp_path, source, tags=tags))
    assert says in refused.value.message


def test_a_folder_is_named_after_store_scope_period_and_language_in_letters_that_every_disk_takes(check):
    assert short_name(check(where="market=DE,AT; queue=live")) == "demo_market-DE-AT--queue-live_2026-W44..2026-W46_en"
    long = {"store": "x" * 60, "where": {"policy": ["/..\\\0:*?" * 9]}, "after": "2026", "language": "en"}
    assert len(short_name(long)) == 80
    assert not set(short_name(long)) & set('/\\\0:*?"<>| ')

"""A store whose policies, queues and events are markup and code: its report, run for real, shows them as text."""

import shutil
from datetime import date, timedelta

import nbformat
import pandas as pd
import pytest

from appeal_insights.records.ingest import ingest
from appeal_insights.reports.run import run
from tests.demo import PROJECT
from tests.helpers import FIRST_LOAD, make_store
from tests.pages import HOSTILE

pytestmark = pytest.mark.browser

NOTEBOOK, CHECKED = "02_overturn_root_cause", "01_data_check"
GIVEN = {"store": "hostile", "before": "2026-W36..2026-W39", "after": "2026-W40..2026-W43", "language": "both"}
LATER = FIRST_LOAD + timedelta(days=1)
DAYS = [date(2026, 8, 31) + timedelta(days=day) for day in range(56)]  # the Monday of W36 to the Sunday of W43
OPEN_ALL = "document.querySelectorAll('details').forEach((details) => { details.open = true; })"
OVER_ALL = "[aria-roledescription='point'], [aria-roledescription='bar'], [aria-roledescription='text mark']"
# Trend, weeks of submission, causes, their parts, one cause over time, segments, slope and heat map, in two languages.
FIGURES = 16


def records():
    """Three appeals a day of each policy, each in a queue as hostile; the first comes to be overturned more often."""
    rows = []
    for place, day in enumerate(DAYS):
        for nth, policy in enumerate(HOSTILE):
            for number in range(3):
                overturned = (place + nth + number) % 10 < (9 if nth == 0 and place >= 28 else 3)
                outcome = "decision_reversed" if overturned else "decision_upheld"
                queue = HOSTILE[(nth + number) % len(HOSTILE)]
                rows.append({"policy": policy, "queue": queue, "decided_at": f"{day}T12:00:00Z", "outcome": outcome})
    table = pd.DataFrame(rows).assign(market="DE")
    received = pd.to_datetime(table["decided_at"]) - pd.Timedelta(hours=5)
    ids = [f"a{number}" for number in range(len(table))]
    return table.assign(appeal_id=ids, received_at=received.dt.strftime("%Y-%m-%dT%H:%M:%SZ"))


def events():
    """One event for each hostile title, all around the first day after, with no scope or with a hostile one."""
    return pd.DataFrame(
        {
            "event_id": [f"e{nth}" for nth in range(len(HOSTILE))],
            "event_type": "model_release",
            "title_en": HOSTILE,
            "title_zh": HOSTILE,
            "starts_at": "2026-09-28T08:00:00Z",
            "scope": [f"queue={HOSTILE[1]}", *[""] * (len(HOSTILE) - 1)],
        }
    ).astype("str")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A workspace with that store, the notebook, and the same notebook under a hostile heading."""
    root = tmp_path_factory.mktemp("hostile")
    (root / "notebooks").mkdir()
    shutil.copy(PROJECT / "notebooks" / f"{CHECKED}.ipynb", root / "notebooks")
    made = nbformat.read(PROJECT / "notebooks" / f"{NOTEBOOK}.ipynb", as_version=4)
    nbformat.write(made, root / "notebooks" / f"{NOTEBOOK}.ipynb")
    made.cells[0].source = f"# {' '.join(HOSTILE)}\n\n{made.cells[0].source.partition(chr(10))[2]}"
    nbformat.write(made, root / "notebooks" / "titled.ipynb")
    store = make_store(root / "data" / "store" / "hostile.duckdb", records())
    return make_store(store, events(), loaded_at=FIRST_LOAD, fact="known_events").parents[2]


@pytest.fixture(scope="module")
def whole(place):
    """The report over everything, by policy and queue."""
    return run(NOTEBOOK, {**GIVEN, "by": "policy,queue"}, workspace=place, progress=False)


@pytest.fixture(scope="module")
def scoped(place):
    """The report with a hostile heading over hostile scopes."""
    where = {"policy": list(HOSTILE[:4]), "queue": [text.strip() for text in HOSTILE]}
    return run(
        "titled", {**GIVEN, "where": where, "by": "queue", "audience": "analyst"}, workspace=place, progress=False
    )


@pytest.fixture(scope="module")
def checked(place):
    """What was taken in, with rows rejected whose values and market are markup."""
    rejected = records().head(len(HOSTILE)).assign(appeal_id=HOSTILE, market=HOSTILE)
    ingest(rejected, place / "data" / "store" / "hostile.duckdb", loaded_at=LATER)
    given = {"store": "hostile", "language": "both", "audience": "analyst"}
    return run(CHECKED, given, workspace=place, progress=False)


def plain(text):
    return " ".join(text.replace("\u2028", " ").split())


def looked_over(opened):
    """The page with everything opened and the pointer moved over its charts."""
    opened.page.evaluate(OPEN_ALL)
    for figure in opened.figures:
        for part in figure.query_selector_all(OVER_ALL)[:3]:
            part.hover(force=True)
    return plain(opened.page.locator("main").inner_text())


def test_every_hostile_text_is_seen_and_none_does_anything(whole, page_offline):
    opened = page_offline(whole.html)
    said = looked_over(opened)
    for text in HOSTILE:
        assert plain(text) in said
    assert len(opened.figures) == FIGURES
    assert {figure.get_attribute("data-drawn") for figure in opened.figures} == {"yes"}
    opened.check_quiet()


def test_without_scripts_they_are_seen_as_well(whole, page_offline):
    opened = page_offline(whole.html, scripts=False)
    assert opened.page.locator(".chart > svg").count() == FIGURES
    opened.check_quiet()


def test_a_hostile_scope_and_a_hostile_title_are_text_too(scoped, page_offline):
    opened = page_offline(scoped.html)
    assert plain(HOSTILE[0]) in looked_over(opened)
    assert HOSTILE[0] in opened.page.title()
    assert opened.page.locator("h1 *, title *").count() == 0
    opened.check_quiet()


def test_rejected_markup_and_new_codes_are_text_on_the_page_of_the_data_check(checked, page_offline):
    opened = page_offline(checked.html)
    said = looked_over(opened)
    assert plain(HOSTILE[0]) in said
    assert f"{len(HOSTILE)} of {len(records()) + len(events()) + len(HOSTILE)} rows read were rejected" in said.replace(
        ",", ""
    )
    opened.check_quiet()


@pytest.mark.parametrize("name", ["whole", "scoped", "checked"])
def test_there_is_no_element_on_the_page_that_a_text_brought(request, page_offline, name):
    page = page_offline(request.getfixturevalue(name).html, scripts=False).page
    assert page.locator("img, iframe, object, embed, form, input, base, link:not([rel=icon])").count() == 0
    assert page.locator("main script:not(.spec)").count() == 0
    handlers = (
        "[...document.querySelectorAll('*')].flatMap((one) => one.getAttributeNames()).filter((n) => /^on/.test(n))"
    )
    assert page.evaluate(handlers) == []
    assert {link[:1] for link in page.eval_on_selector_all("a", "(all) => all.map((a) => a.getAttribute('href'))")} == {
        "#"
    }

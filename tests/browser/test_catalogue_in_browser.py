"""The list of runs in a real browser: quiet, readable at any width, and nothing in it fires."""

import pytest

from appeal_insights.records.workspace import Workspace
from appeal_insights.reports.catalogue import write_catalogue
from tests.pages import HOSTILE
from tests.reports.test_catalogue import make_run

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [1360, 420])
def test_the_list_opens_offline_and_nothing_of_its_values_fires(tmp_path, page_offline, width):
    place = Workspace(tmp_path)
    for day, text in enumerate(HOSTILE, 1):
        make_run(place, day, claim=text, grade=text, before=text, after=text)
    opened = page_offline(write_catalogue(place), width=width)
    opened.check_quiet()
    assert opened.page.locator("table.runs tbody tr").count() == len(HOSTILE)
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
    claims = opened.page.locator(".headline strong").all_text_contents()
    assert sorted(claims) == sorted(HOSTILE)

"""A batch of runs is judged after it ran: quiet ones stay quiet, a rerun is no second chance, a true alarm survives."""

import json

import nbformat
import numpy as np
import pytest

from appeal_insights.records.workspace import Workspace
from appeal_insights.reports.batches import RunTest, judge, read_test
from appeal_insights.reports.catalogue import catalogue_page, listed
from appeal_insights.reports.run import run
from tests.findings.test_reading import appeals
from tests.helpers import make_store
from tests.reports.test_catalogue import make_run

AFTER = "2026-11-09..2026-11-15"


def runs_of(p, **more):
    """A run for each p, of its own market."""
    return {f"r{place}": RunTest("02", AFTER, f"market {place}", value, "2026-11-16", **more)
            for place, value in enumerate(p)}  # fmt: skip


def test_of_thirty_quiet_runs_one_or_two_alarm_alone_and_none_remains_in_most_batches():
    """While nothing moved, one batch of twenty names something: 5 % of 1,000 batches is 50, give or take 7."""
    draw = np.random.default_rng(3)
    alone = named = 0
    for _ in range(1000):
        [batch], _ = judge(runs_of(draw.uniform(size=30)))
        alone += batch.alone
        named += batch.remain > 0
    assert 1.3 < alone / 1000 < 1.7
    assert 25 < named < 75


def test_one_true_alarm_survives_among_twenty_nine_quiet_runs():
    quiet = np.linspace(0.03, 0.99, 29)  # the smallest would alarm by itself
    [batch], verdicts = judge(runs_of([0.0004, *quiet]))
    assert (batch.tests, batch.alone, batch.remain, batch.by_chance) == (30, 2, 1, "1.5")
    assert verdicts["r0"].adjusted == pytest.approx(30 * 0.0004)
    assert verdicts["r1"].adjusted > 0.05


def test_the_same_run_again_is_the_same_test():
    runs = runs_of([0.001, 0.5])
    runs |= {f"again{place}": RunTest("02", AFTER, "market 0", 0.001, "2026-11-16") for place in range(5)}
    [batch], verdicts = judge(runs)
    assert (batch.tests, batch.alone, batch.remain) == (2, 1, 1)
    assert {verdicts[name].adjusted for name in ("r0", "again4")} == {0.002}


def test_of_runs_on_other_data_the_newest_counts_and_on_the_same_data_the_largest_p():
    runs = runs_of([0.001, 0.5])
    runs["later"] = RunTest("02", AFTER, "market 0", 0.3, "2026-11-23")
    runs["twice"] = RunTest("02", AFTER, "market 0", 0.2, "2026-11-23")
    [batch], verdicts = judge(runs)
    assert (batch.tests, batch.alone) == (2, 0)
    assert verdicts["r0"].older
    assert verdicts["later"].adjusted == verdicts["twice"].adjusted == 0.5  # min(2 * 0.3, 0.5)


def test_another_period_or_notebook_is_another_batch_and_one_run_is_none():
    runs = runs_of([0.01, 0.02])
    runs["other"] = RunTest("03", AFTER, "market 0", 0.04, "2026-11-16")
    runs["week"] = RunTest("02", "2026-11-16..2026-11-22", "market 0", 0.04, "2026-11-23")
    batches, verdicts = judge(runs)
    assert [(batch.notebook, batch.after, batch.tests) for batch in batches] == [("02", AFTER, 2)]
    assert verdicts["other"].adjusted == verdicts["week"].adjusted == 0.04


def test_a_run_that_made_no_test_does_not_count():
    [batch], verdicts = judge(runs_of([0.04, 0.5, None]))
    assert batch.tests == 2
    assert (verdicts["r2"].p, verdicts["r2"].adjusted) == (None, None)
    assert verdicts["r0"].adjusted == 0.08
    assert judge({}) == ([], {})
    assert judge(runs_of([None, None]))[0] == []


@pytest.mark.parametrize("p", [None, True, "0.1", float("nan"), -1, 2, [], {}])
def test_what_is_no_p_is_none(p):
    assert read_test({"asked": {"after": AFTER}, "p": p}, "02").p is None


@pytest.mark.parametrize("kept", [None, [], {}, {"asked": 3}, {"asked": {}}, {"asked": {"after": 4}, "p": 0.1}])
def test_what_is_no_test_is_none(kept):
    assert read_test(kept, "02") is None


def keep(folder, p, **asked):
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["test"] = {"asked": {"after": AFTER, **asked}, "p": p, "as_of": "2026-11-16T06:00:00"}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def test_the_catalogue_says_what_each_batch_promises_and_each_run_its_p_in_both_languages(tmp_path):
    place = Workspace(tmp_path)
    for number in range(30):
        folder = make_run(place, 1, f"2026-11-01T0600{number:02}Z_02_overturn_root_cause_x")
        keep(folder, 0.0004 if not number else 0.5, market=number)
    make_run(place, 2)  # an older run that kept no test
    text = catalogue_page(listed(place.runs))
    assert "On average 1.5 of 30 would alarm by chance, each at its own 5 %, had nothing moved anywhere." in text
    assert "1 alarmed by themselves; 1 remain when all are judged together." in text
    assert "30 次中平均仍会有 1.5 次因偶然而告警" in text
    assert f"<tr><td>{AFTER}" in text
    assert '&lt; 0.001<span class="small">0.012</span>' in text
    assert text.count('0.500<span class="small">0.500</span>') == 29


def test_without_a_batch_the_catalogue_speaks_of_none(tmp_path):
    make_run(Workspace(tmp_path), 1)
    assert "Batches" not in catalogue_page(listed(Workspace(tmp_path).runs))


SHOWS = """
import appeal_insights as ap
from appeal_insights.findings.shown import Shown
from appeal_insights.findings.tested import AsTest

inquiry = ap.investigate(store=store, before=before, after=after, language=language)
Shown([AsTest(inquiry.evidence, inquiry.languages)])
"""


def test_a_run_keeps_its_p_and_what_it_asked(tmp_path):
    place = Workspace(tmp_path)
    (tmp_path / "notebooks").mkdir()
    make_store(place.store("s"), appeals())
    given = {"store": "s", "metric": "overturn_rate", "before": "2026-W41..2026-W42", "after": "2026-W43..2026-W44",
             "where": "", "by": "", "basis": "decision", "as_of": "", "language": "en",
             "audience": "stakeholder"}  # fmt: skip
    new = nbformat.v4
    text = "\n".join(f'{name} = "{value}"' for name, value in given.items())
    cells = [new.new_markdown_cell("# T"), new.new_code_cell(text, metadata={"tags": ["parameters"]})]
    nbformat.write(new.new_notebook(cells=[*cells, new.new_code_cell(SHOWS)]), tmp_path / "notebooks" / "n.ipynb")
    made = run("n", {"store": "s"}, workspace=tmp_path, progress=False)
    kept = json.loads((made.folder / "manifest.json").read_text(encoding="utf-8"))["test"]
    assert kept["p"] < 0.001
    assert kept["asked"]["after"] == "2026-10-19..2026-11-01"
    assert kept["as_of"] == "2026-11-16T06:00:00"
    assert not {"started", "as_of"} & set(kept["asked"])
    assert "This run as one test: p &lt; 0.001" in made.html.read_text(encoding="utf-8")
    [one] = listed(place.runs)
    assert one.test.notebook == "n"
    assert one.test.p == kept["p"]

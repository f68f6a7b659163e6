"""As of an earlier instant nothing is seen that had not happened by then, whatever kind of metric it is."""

from datetime import datetime, timedelta

import pytest

from appeal_insights.metrics.metric import metrics
from tests.helpers import FIRST_LOAD, answer, make_store, table

# One enforcement, all of whose story is told to the hour, and an audit of its reversal. Noon is one day on every clock.
ENFORCED = table("""
    enforcement_id | market | restriction_class | enforced_at
    e1             | GB     | visibility        | 2026-10-05T09:00:00Z
""")
APPEALED = table("""
    appeal_id | round | received_at          | decided_at           | outcome           | decided_by | handling_seconds
    a1        | 1     | 2026-10-05T10:00:00Z | 2026-10-05T11:00:00Z | decision_upheld   | human      | 100
    a2        | 2     | 2026-10-05T12:00:00Z | 2026-10-05T13:00:00Z | decision_reversed | human      | 300
""").rename(columns={"round": "appeal_round"})
APPEALED = APPEALED.assign(market="GB", enforcement_id="e1", reinstated_at=[None, "2026-10-05T14:00:00Z"])
AUDITED = table("""
    audit_id | subject_type | decided_at           | audited_at           | purpose | decision          | verdict
    q1       | appeal       | 2026-10-05T11:00:00Z | 2026-10-05T15:00:00Z | random  | decision_upheld   | incorrect
    q2       | appeal       | 2026-10-05T13:00:00Z | 2026-10-05T15:00:00Z | random  | decision_reversed | correct
    q3       | enforcement  | 2026-10-05T09:00:00Z | 2026-10-05T15:00:00Z | random  | enforced          | incorrect
""").assign(market="GB", subject_id="a")
AUDITED["disputed_at"] = ["2026-10-05T15:30:00Z", None, None]
AUDITED["final_verdict"] = ["correct", None, None]
AUDITED["final_at"] = ["2026-10-05T16:00:00Z", None, None]
ANSWERED = table("""
    answer_id | item_id | rater | role    | market | truth | answer | answered_at
    g1        | i1      | Q-01  | auditor | GB     | wrong | wrong  | 2026-10-05T10:00:00Z
    g2        | i2      | Q-01  | auditor | GB     | right | wrong  | 2026-10-05T13:00:00Z
""")
COULD_BE_AUDITED = table("""
    cell_id | subject_type | market | stratum | cases | decided_at
    c1      | appeal       | GB     | easy    | 40    | 2026-10-05T12:00:00Z
""")
HOURS = range(8, 17)
# What is counted as of each full hour from 8 to 16, as numerator/denominator; a dot where nothing is.
SEEN = {
    "overturn_rate":              ".     .    .    0/1  0/1  1/2  1/2  1/2  1/2",
    "full_overturn_rate":         ".     .    .    0/1  0/1  1/2  1/2  1/2  1/2",
    "round_2_overturn_rate":      ".     .    .    .    .    1/1  1/1  1/1  1/1",
    "omitted_share":              ".     .    .    0/1  0/1  0/2  0/2  0/2  0/2",
    "reversals_per_received":     ".     .    0/1  0/1  0/2  1/2  1/2  1/2  1/2",
    "received":                   ".     .    1    1    2    2    2    2    2",
    "decided":                    ".     .    .    1    1    2    2    2    2",
    "backlog":                    ".     .    1    .    1    .    .    .    .",
    "turnaround":                 ".     .    .    0/1  0/1  0/2  0/2  0/2  0/2",
    "time_to_reinstate":          ".     .    .    .    .    .    0/1  0/1  0/1",
    "handling_time":              ".     .    . 100/1 100/1 400/2 400/2 400/2 400/2",
    "not_solely_automated_share": ".     .    .    1/1  1/1  2/2  2/2  2/2  2/2",
    "appeal_rate":                ".     0/1  1/1  1/1  1/1  1/1  1/1  1/1  1/1",
    "overturned_share":           ".     0/1  0/1  0/1  0/1  1/1  1/1  1/1  1/1",
    "appeals_per_enforcement":    ".     0/1  1/1  1/1  2/1  2/1  2/1  2/1  2/1",
    "re_appeal_rate":             ".     .    .    0/1  1/1  1/1  1/1  1/1  1/1",
    "restricted_hours":           ".     .    .    .    .    .    18000/1  18000/1  18000/1",
    "wrong_overturn_rate":        ".     .    .    .    .    .    .    0/1  0/1",
    "wrong_uphold_rate":          ".     .    .    .    .    .    .    1/1  0/1",
    "wrong_enforcement_rate":     ".     .    .    .    .    .    .    1/1  1/1",
    "handling_accuracy":          ".     .    .    .    .    .    .    1/3  2/3",
    "dispute_rate":               ".     .    .    .    .    .    .    0/3  1/3",
    "gold_pass_rate":             ".     .    1/1  1/1  1/1  1/2  1/2  1/2  1/2",
    "auditable_cases":            ".     .    .    .    40   40   40   40   40",
}  # fmt: skip


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("story") / "story.duckdb"
    make_store(path, ENFORCED, fact="enforcements")
    make_store(path, APPEALED)
    make_store(path, ANSWERED, fact="gold")
    make_store(path, COULD_BE_AUDITED, fact="strata")
    return make_store(path, AUDITED, fact="audits")


@pytest.fixture(scope="module")
def foretold(tmp_path_factory):
    """The same, where each record was known weeks before any of it happened: planned, or a clock that was wrong."""
    path = tmp_path_factory.mktemp("foretold") / "story.duckdb"
    early = {"known_from": "2026-09-01T00:00:00Z"}
    make_store(path, ENFORCED.assign(**early), fact="enforcements")
    make_store(path, APPEALED.assign(**early))
    make_store(path, ANSWERED.assign(**early), fact="gold")
    make_store(path, COULD_BE_AUDITED.assign(**early), fact="strata")
    return make_store(path, AUDITED.assign(**early), fact="audits")


def seen(path, name: str, as_of: datetime) -> str:
    found = answer(path, "trend", "2026-10-05", of=name, as_of=as_of)
    if found.empty:
        return "."
    [row] = found.itertuples()
    if metrics()[name].kind in ("count", "stock"):
        return str(row.numerator) if row.numerator else "."
    return f"{row.numerator}/{row.denominator}" if row.denominator else "."


def test_every_metric_has_its_story_here():
    assert set(SEEN) == {name for name, of in metrics().items() if of.at}


@pytest.mark.parametrize("name", SEEN)
def test_a_metric_sees_what_had_happened_by_then(path, foretold, name):
    instants = [datetime(2026, 10, 5, hour) for hour in HOURS]
    assert [seen(path, name, as_of) for as_of in instants] == SEEN[name].split()
    assert [seen(foretold, name, as_of) for as_of in instants] == SEEN[name].split()
    assert seen(path, name, FIRST_LOAD) == SEEN[name].split()[-1]


@pytest.mark.parametrize("name", ["appeal_rate", "overturn_rate", "received", "wrong_uphold_rate"])
def test_a_second_before_it_happened_it_had_not(path, name):
    first = next(hour for hour, text in zip(HOURS, SEEN[name].split(), strict=True) if text[0] not in ".0")
    then = datetime(2026, 10, 5, first)
    assert seen(path, name, then - timedelta(seconds=1)) != seen(path, name, then)


def test_an_audit_that_is_to_come_has_no_purpose_yet(foretold):
    asked = {"of": "wrong_uphold_rate", "by": ("purpose",)}
    assert answer(foretold, "breakdown", "2026-10-05", **asked)["segment"].tolist() == ["random"]
    before = answer(foretold, "breakdown", "2026-10-05", as_of=datetime(2026, 10, 5, 14), **asked)
    assert before["denominator"].sum() == 0
    assert before["segment"].tolist() == ["(blank)"]

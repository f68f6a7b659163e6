"""A query that cannot be asked with a metric says so, and why, in both languages; also where only its text is asked."""

import pytest

from appeal_insights.errors import AppealInsightsError, BadParameter, TooFine, UnknownQuery, UnknownStore
from appeal_insights.findings.answer import query as ask_for
from appeal_insights.findings.answer import show_sql
from appeal_insights.metrics.metric import metrics
from appeal_insights.metrics.query import QUERIES, query
from appeal_insights.records.store import Store
from tests.helpers import answer, decided, english_left, make_sheet, make_store, question, table
from tests.metrics.test_as_of import APPEALED, ENFORCED, tell

ONE_OF_EACH = {
    "proportion": "overturn_rate",
    "ratio": "handling_time",
    "count": "received",
    "distribution": "turnaround",
    "stock": "backlog",
}


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tell(tmp_path_factory.mktemp("all") / "all.duckdb")


def refused(path, name: str, of: str) -> AppealInsightsError | None:
    pair = QUERIES[name].spans == "pair"
    try:
        answer(path, name, *(["2026-10-05", "2026-10-06"] if pair else ["2026-10-05"]), of=of)
    except AppealInsightsError as error:
        return error
    return None


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_is_answered_for_the_kinds_that_it_shows_and_refused_for_the_others(path, name):
    wants = QUERIES[name]
    for kind, of in ONE_OF_EACH.items():
        error = refused(path, name, "appeal_rate" if wants.fact and kind == "proportion" else of)
        if kind in wants.kinds and not wants.identity:
            assert error is None, f"{name} of {of}: {error}"
            continue
        assert isinstance(error, BadParameter)
        if kind in wants.kinds:
            assert error.message.startswith(f"{name} shows whether a rate agrees with those that it follows from")
            continue
        assert f"and {of} is a {kind}. Choose another query or another metric." in error.message
        assert english_left(error.say("zh-CN").replace(name, "").replace(of, "")) == []


@pytest.mark.parametrize("of", [name for name, found in metrics().items() if found.at])
def test_every_metric_is_answered_by_whatever_shows_its_kind(path, of):
    found = metrics()[of]
    for name, wants in QUERIES.items():
        fits = found.kind in wants.kinds and wants.fact in ("", found.fact) and (found.completes or not wants.completes)
        fits = fits and bool(found.identity or not wants.identity)
        error = refused(path, name, of)
        assert (error is None) == bool(fits), f"{name} of {of}: {error}"


@pytest.mark.parametrize(
    ("name", "of", "says", "zh"),
    [
        ("cohort", "not_solely_automated_share", "cohort needs to know when a record comes to count", "何时计入"),
        (
            "funnel",
            "overturn_rate",
            "funnel is about enforcements, and overturn_rate does not count them",
            "appeal_rate",
        ),
        ("flows", "overturn_rate", "flows shows stock, and overturn_rate is a proportion", "存量"),
        ("percentiles", "overturn_rate", "percentiles shows distribution, and overturn_rate is a", "分布"),
        (
            "before_after",
            "backlog",
            "shows proportion, ratio, distribution, and backlog is a stock",
            "占比、比值、分布",
        ),
        ("identity", "overturn_rate", "and overturn_rate says of none", "未声明此类关系"),
        ("by_cluster", "received", "by_cluster shows proportion, distribution, and received is a count", "数量"),
    ],
)
def test_it_says_why_in_both_languages(path, name, of, says, zh):
    error = refused(path, name, of)
    assert error is not None
    assert says in error.message
    assert zh in error.say("zh-CN")


def test_counted_figures_have_no_records_one_by_one(tmp_path):
    rows = table("week | market | reversed | decided\n2026-W40 | GB | 2 | 5")
    sheet = make_sheet(tmp_path / "sheet.duckdb", rows)
    for name in ("by_cluster", "cohort", "records"):
        with pytest.raises(TooFine, match=f"{name} needs records one by one.* ask for a trend") as error:
            answer(sheet, name, "2026-W40")
        assert "汇总数据" in error.value.say("zh-CN")


def test_a_ratio_is_broken_by_what_the_records_of_both_its_sides_have(path):
    asked = {"of": "appeals_per_enforcement", "by": ("queue",)}
    with pytest.raises(AppealInsightsError, match="No dimension 'queue'"):
        answer(path, "breakdown", "2026-10-05", **asked)
    with pytest.raises(
        AppealInsightsError, match=r"cannot be broken by 'restriction_class'.* There are: market"
    ) as error:
        answer(path, "breakdown", "2026-10-05", of="appeals_per_enforcement", by=("restriction_class",))
    assert "不能按 'restriction_class' 拆分" in error.value.say("zh-CN")
    assert "restriction_class" not in metrics()["appeals_per_enforcement"].dimensions


def test_a_value_of_either_side_of_a_ratio_may_be_asked_for(path, tmp_path):
    """In ZA nothing was enforced, but an appeal came."""
    both = make_store(tmp_path / "s.duckdb", APPEALED.assign(market=["GB", "ZA"]))
    make_store(both, ENFORCED, fact="enforcements")
    asked = {"of": "appeals_per_enforcement", "where": {"market": ["ZA"]}}
    assert answer(both, "breakdown", "2026-10-05", **asked)[["numerator", "denominator"]].to_numpy().tolist() == [
        [1, 0]
    ]
    with pytest.raises(BadParameter, match="No market 'NO'"):
        answer(both, "breakdown", "2026-10-05", of="appeals_per_enforcement", where={"market": ["NO"]})


def test_without_appeals_nobody_knows_how_many_enforcements_were_appealed(tmp_path):
    path = make_store(tmp_path / "s.duckdb", ENFORCED, fact="enforcements")
    for of in ("appeal_rate", "overturned_share", "re_appeal_rate", "restricted_hours", "appeals_per_enforcement"):
        with pytest.raises(UnknownStore, match="holds no appeals"):
            answer(path, "breakdown", "2026-10-05", of=of)


def test_appeals_that_do_not_say_what_they_are_against_give_no_appeal_rate_of_nought(tmp_path):
    path = make_store(tmp_path / "s.duckdb", ENFORCED, fact="enforcements")
    make_store(path, APPEALED.drop(columns="enforcement_id"))
    with pytest.raises(
        BadParameter, match=r"do not say which of the enforcements.* no enforcement_id.*appeal_rate"
    ) as no:
        answer(path, "breakdown", "2026-10-05", of="appeal_rate")
    assert "appeal_rate 会误为 0" in no.value.say("zh-CN")
    assert answer(path, "breakdown", "2026-10-05", of="appeals_per_enforcement")["numerator"].tolist() == [2]


def test_a_fact_that_is_not_there_is_asked_for(tmp_path):
    path = make_store(tmp_path / "s.duckdb", decided([("2026-10-05", "GB", "upheld", 1)]))
    with pytest.raises(UnknownStore, match="holds no audits"):
        answer(path, "breakdown", "2026-10-05", of="wrong_uphold_rate")


def test_an_unknown_query_is_answered_with_the_nearest_one(path):
    with Store(path) as store, pytest.raises(UnknownQuery, match="Did you mean 'before_after'"):
        query(store, "before_afer", question(store, "2026-W40"))


@pytest.mark.parametrize("call", [ask_for, show_sql])
@pytest.mark.parametrize(
    ("name", "asked", "says"),
    [
        ("flows", {"during": "2026-W40"}, "flows shows stock"),
        ("funnel", {"during": "2026-W40"}, "funnel is about enforcements"),
        ("top_movers", {"before": "2026-W40"}, "top_movers compares two periods"),
        ("records", {"during": "2026-W40", "most": "-1"}, "most is a number such as 24 or 0.5, not '-1'"),
        ("distribution", {"metric": "turnaround", "during": "2026-W40", "over": "a day"}, "over is a number"),
        (
            "trend",
            {"metric": "received", "during": "2026-W40", "basis": "decision"},
            "received has no basis 'decision'",
        ),
    ],
)
def test_a_question_as_typed_is_refused_alike_whether_its_answer_or_its_text_is_wanted(demo, call, name, asked, says):
    with pytest.raises(BadParameter, match=says):
        call(name, store="demo", workspace=demo.root, **asked)

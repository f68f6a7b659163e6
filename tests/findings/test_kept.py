"""What an analyst notes is kept whole, stands in the next run with numbers of then and now, and can be withdrawn."""

import json
from datetime import UTC, datetime

import pytest

import appeal_insights as ap
from appeal_insights.errors import AppealInsightsError, BadParameter, UnknownName
from appeal_insights.findings.kept import LONGEST, keep, kept
from appeal_insights.findings.noted import MOST, notes
from appeal_insights.findings.shown import EXHIBIT
from appeal_insights.findings.view import View
from appeal_insights.findings.view_numbers import numbers_of, report_of
from tests.helpers import decided, make_store

SUNDAY = datetime(2026, 11, 22, 9, tzinfo=UTC)
VIEW = View("metric", {"store": "few", "metric": "overturn_rate", "during": "2026-W45", "where": "market=DE"})
CASES = [
    ("2026-11-02", "DE", "upheld", 30),
    ("2026-11-02", "DE", "reversed", 10),
    ("2026-11-03", "FR", "upheld", 20),
    ("2026-11-03", "MT", "reversed", 3),
]
LATER = datetime(2026, 11, 17)


@pytest.fixture
def place(tmp_path):
    """A workspace with 43 appeals of one week; 40 of them in DE, of which 10 were overturned."""
    (tmp_path / "notebooks").mkdir()
    make_store(tmp_path / "data" / "store" / "few.duckdb", decided(CASES))
    return tmp_path


def noted(place, *, audience="analyst", as_of=LATER, where=None):
    return notes("few", "overturn", as_of=as_of, where=where or {}, audience=audience, workspace=place)


def cells(place, language="en", **asked):
    """The rows of the exhibit in the report, without the names of its columns."""
    return [list(row) for one in noted(place, **asked).exhibits(language) for row in one.cells.rows]


def test_a_kept_finding_holds_the_numbers_that_were_seen(place):
    one = keep(VIEW, en="Germany is at a quarter.", author="Mei", kept_at=SUNDAY, workspace=place)
    [number] = one.numbers
    assert (number.numerator, number.denominator, number.rate) == (10, 40, 0.25)
    assert number.low < 0.25 < number.high
    [file] = (place / "data" / "kept").iterdir()
    told = json.loads(file.read_text(encoding="utf-8"))
    assert (told["words"], told["author"], told["grade"]) == ({"en": "Germany is at a quarter."}, "Mei", "noted")
    assert (told["store"], told["kept_at"], told["as_of"]) == ("few", "2026-11-22T09:00:00Z", "2026-11-16T06:00:00Z")
    assert told["fingerprint"].endswith("(63 rows)")
    assert View.from_token(told["view"]) == VIEW
    assert list(kept("few", workspace=place)) == [one]
    assert list(kept("other", workspace=place)) == []


def test_its_numbers_are_those_of_a_query(place):
    [ours] = numbers_of(VIEW, store="few", as_of=LATER, workspace=place)
    asked = ap.query("breakdown", store="few", during="2026-W45", where="market=DE", workspace=place).iloc[0]
    assert (ours.rate, ours.low, ours.high) == (asked["rate"], asked["low"], asked["high"])


def test_a_comparison_has_a_number_for_each_side(place):
    by_time = View("compare", {"store": "few", "before": "2026-11-02", "after": "2026-11-03"})
    assert [(one.span, one.numerator, one.denominator) for one in keep(by_time, en="x", workspace=place).numbers] == [
        ("2026-11-02", 10, 40),
        ("2026-11-03", 3, 23),
    ]
    by_place = View("compare", {"during": "2026-W45", "where": "market=DE", "against": "market=FR"})
    both = numbers_of(by_place, store="few", as_of=LATER, workspace=place)
    assert [(one.scope, one.denominator) for one in both] == [("market=DE", 40), ("market=FR", 20)]


def test_a_report_shows_numbers_of_then_beside_those_of_now(place):
    keep(VIEW, en="Germany is at a quarter.", zh="德国为四分之一。", author="Mei", kept_at=SUNDAY, workspace=place)
    more = decided([*CASES, ("2026-11-04", "DE", "reversed", 10)])
    make_store(place / "data" / "store" / "few.duckdb", more, loaded_at=datetime(2026, 11, 18))
    [row] = cells(place, as_of=datetime(2026, 11, 18))
    assert row[0] == "Germany is at a quarter."
    assert row[1] == "Overturn rate · market=DE · 2026-W45"
    assert row[2].startswith("25.0% (")
    assert row[2].endswith("; 10 of 40")
    assert row[3].startswith("40.0% (")
    assert row[3].endswith("; 20 of 50")
    assert row[4:] == ["16 November 2026 06:00 UTC", "Mei"]
    [chinese] = cells(place, "zh-CN", as_of=datetime(2026, 11, 18))
    assert chinese[0] == "德国为四分之一。"
    assert chinese[2].startswith("25.0%（")
    assert chinese[2].endswith("，40 中有 10")


def test_a_run_shows_it_among_the_findings_and_one_without_notes_is_as_it_was(demo, tmp_path):
    root = demo.copy(tmp_path)
    asked = {"store": "demo", "before": "2026-W40", "after": "2026-W41", "language": "both", "workspace": root}

    def shown():
        return [bundle[EXHIBIT] for bundle in ap.investigate(**asked).findings.bundles() if EXHIBIT in bundle]

    assert [one for one in shown() if one["id"] == "noted"] == []
    keep(View("metric", {"store": "demo", "during": "2026-W40"}), en="Look here.", workspace=root)
    found = [one for one in shown() if one["id"] == "noted"]
    assert [one["title"] for one in found] == ["Noted by analysts", "分析师记录"]
    assert "noted by an analyst" in found[0]["notes"][0]
    assert found[0]["table"]["rows"][0][0] == "Look here."
    assert found[1]["table"]["rows"][0][0] == "[仅有英文] Look here."
    assert not ap.review_accuracy(store="quality", workspace=root).notes.found


def test_each_finding_belongs_to_one_report():
    told = {"overturn_rate": "overturn", "handling_accuracy": "accuracy", "sla_attainment": "service"}
    assert {name: report_of(View("metric", {"metric": name})) for name in told} == told
    assert report_of(View("quality", {})) == "accuracy"
    assert report_of(View("compare", {})) == "overturn"


def test_a_stakeholder_sees_no_small_number_of_then_or_of_now(place):
    keep(VIEW.but(where="market=MT"), en="Malta reversed all.", workspace=place)
    [hidden], [seen] = cells(place, audience="stakeholder"), cells(place)
    assert hidden[2:4] == ["not shown", "not shown"]
    assert "3 of 3" in seen[2]
    assert "3 of 3" in seen[3]


def test_what_was_seen_later_or_of_other_records_is_not_in_a_report(place):
    keep(VIEW, en="x", workspace=place)
    assert len(noted(place).found) == 1
    assert len(noted(place, as_of=datetime(2026, 11, 15)).found) == 0
    assert len(noted(place, where={"market": ["FR"]}).found) == 0
    assert len(noted(place, where={"market": ["DE", "FR"]}).found) == 1


def test_one_that_can_no_longer_be_counted_says_why_and_keeps_its_numbers_of_then(place):
    keep(VIEW, en="x", workspace=place)
    path = place / "data" / "store" / "few.duckdb"
    path.unlink()
    make_store(path, decided([("2026-11-02", "FR", "upheld", 40)]))
    [row] = cells(place)
    assert row[2].endswith("10 of 40")
    assert "No market 'DE'" in row[3]
    assert "没有取值" in cells(place, "zh-CN")[0][3]


def test_a_withdrawn_finding_stays_on_file_and_leaves_list_and_reports(place):
    first = keep(VIEW, en="first", kept_at=SUNDAY, workspace=place)
    second = keep(VIEW, en="second", kept_at=SUNDAY, workspace=place)
    assert first.id != second.id
    left = kept("few", workspace=place).withdraw(first.id, at=SUNDAY)
    assert [one.words["en"] for one in left] == ["second"]
    assert [row[0] for row in cells(place)] == ["second"]
    told = json.loads((place / "data" / "kept" / f"{first.id}.json").read_text(encoding="utf-8"))
    assert told["withdrawn_at"] == "2026-11-22T09:00:00Z"
    with pytest.raises(UnknownName, match="No kept finding"):
        left.withdraw(first.id)


def test_hostile_words_are_text_wherever_they_are_shown(place):
    hostile = '<img src=x onerror="alert(1)">\n\x00=cmd()'
    keep(VIEW, en=hostile, zh=hostile, author="<b>me</b>", workspace=place)
    found = kept("few", workspace=place)
    assert "<img" not in found._repr_html_()
    assert "<b>" not in found._repr_html_()
    for one in noted(place).exhibits("en"):
        page = "".join(bundle["text/html"] for bundle in one.bundles())
        assert "<img" not in page
        assert "<b>" not in page
        assert "&lt;img" in page
    assert found[0].words["en"] == '<img src=x onerror="alert(1)"> =cmd()'


@pytest.mark.parametrize(
    ("given", "view", "says"),
    [
        ({}, VIEW, "no words to keep"),
        ({"en": " \n "}, VIEW, "no words to keep"),
        ({"en": "x" * (LONGEST + 1)}, VIEW, "too long for a finding"),
        ({"en": "x"}, View("metric", {"store": "few"}), "names no period"),
        ({"en": "x"}, VIEW.but(during="2024-W01"), ""),
        ({"en": "x"}, VIEW.but(store="fev"), "Did you mean 'few'"),
    ],
)
def test_what_cannot_be_kept_is_refused_and_leaves_no_file(place, given, view, says):
    if not says:  # a week in which nothing was counted has a number as well: none
        assert keep(view, **given, workspace=place).numbers[0].denominator == 0
        return
    with pytest.raises(AppealInsightsError) as raised:
        keep(view, **given, workspace=place)
    assert says in raised.value.say("en")
    assert not list((place / "data").glob("kept/*"))


def test_a_file_that_is_none_of_ours_costs_nothing_but_itself(place):
    one = keep(VIEW, en="x", workspace=place)
    folder = place / "data" / "kept"
    for name, text in (("a", "{"), ("b", "[]"), ("c", '{"format": 1}'), ("d", '{"format": 2}'), ("e", "null")):
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
    (folder / "f.json").write_text((folder / f"{one.id}.json").read_text(encoding="utf-8"), encoding="utf-8")
    found = kept("few", workspace=place)
    assert [each.id for each in found] == [one.id]
    assert sorted(found.unreadable) == ["a.json", "b.json", "c.json", "d.json", "e.json", "f.json"]


def test_nothing_is_left_half_written(place, monkeypatch):
    monkeypatch.setattr("pathlib.Path.hardlink_to", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        keep(VIEW, en="x", workspace=place)
    assert list((place / "data" / "kept").iterdir()) == []


def test_of_many_the_newest_are_shown_and_the_others_counted(place):
    for minute in range(MOST + 2):
        keep(VIEW, en=f"note {minute}", kept_at=SUNDAY.replace(minute=minute), workspace=place)
    shown = cells(place)
    assert [shown[0][0], len(shown)] == [f"note {MOST + 1}", MOST]
    assert "2 older notes" in noted(place).exhibits("en")[0].notes[-1]


def test_words_of_both_languages_stand_alone_or_marked(place):
    one = keep(VIEW, zh="德国偏高。", workspace=place)
    assert one.said("zh-CN") == "德国偏高。"
    assert one.said("en") == "[in Chinese only] 德国偏高。"
    with pytest.raises(BadParameter):
        keep(VIEW, author="me", workspace=place)

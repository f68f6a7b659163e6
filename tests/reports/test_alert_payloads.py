"""Cards and mails are read back, hold three numbers, one picture and one link, and nothing in them acts."""

import email
import email.policy
import json
from dataclasses import replace
from datetime import date, datetime

import pandas as pd
import pytest

from appeal_insights.findings.alerts_held import Alert
from appeal_insights.language import LANGUAGES
from appeal_insights.reports.alert_ledger import Told
from appeal_insights.reports.alert_payloads import LARK_MOST, TEAMS_MOST, newest_report, write_payloads

MOMENT = datetime(2026, 11, 16, 6)
LINK = "https://reports.example/runs/2026/page.html"
HOSTILE = (
    '<at id="all"></at> [x](javascript:1) <script>alert(1)</script>\r\nBcc: a@b.example \u202e https://evil.example `'
)
PNG = b"\x89PNG\r\n\x1a\n"


def trend() -> pd.DataFrame:
    """Seven weeks of 12 in 40, then 32 in 40, against a target of 30 %; one week empty, as for a stakeholder."""
    starts = pd.date_range("2026-09-21", periods=8, freq="7D")
    rows = pd.DataFrame({"period": starts, "ends_on": starts + pd.Timedelta(days=7), "segment": "", "mature": True})
    rows["period_label"] = [f"2026-W{39 + n}" for n in range(8)]
    rows["numerator"], rows["denominator"] = [12.0] * 7 + [32.0], 40.0
    rows["rate"] = rows["numerator"] / 40
    rows["low"], rows["high"] = rows["rate"] - 0.1, rows["rate"] + 0.1
    rows.loc[2, ["rate", "low", "high", "numerator", "denominator"]] = float("nan")
    return rows.assign(target=0.3, target_direction="at_most", target_owner="boss")


def told(**changes) -> Told:
    alert = Alert(
        "target:overturn_rate:market=DE", "target", "serious", "overturn_rate", {"market": ["DE"]}, date(2026, 11, 9),
        "2026-W46", 0.8, 0.65, 0.9, 32, 40, before=0.3, target=0.3, direction="at_most",
        sureness="alerts.sure.signal", owner="Head of appeals", trend=trend(),
    )  # fmt: skip
    return Told(alert.key, "new", MOMENT.isoformat(), MOMENT.isoformat(), replace(alert, **changes))


def written(folder, *news, link=LINK, languages=LANGUAGES):
    return write_payloads(folder, news, languages=languages, as_of=MOMENT, link=link)


def mail_of(path) -> email.message.EmailMessage:
    return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)


def texts(value) -> list[str]:
    """Every text of a JSON file, keys apart."""
    if isinstance(value, str):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for part in parts for text in texts(part)]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    [one] = written(tmp_path_factory.mktemp("cards"), told())
    return one


def test_a_card_of_lark_holds_three_numbers_in_each_language_and_one_link(files):
    card = json.loads(files.lark.read_text(encoding="utf-8"))
    assert card["msg_type"] == "interactive"
    elements = card["card"]["elements"]
    english, chinese = [part["fields"] for part in elements if "fields" in part]
    assert [one["text"]["content"].split("\n") for one in english] == [
        ["Now (2026-W46)", "80.0% (32 of 40; 95%: 65.0% to 90.0%)"], ["Target", "at most 30.0%"], ["Before", "30.0%"],
    ]  # fmt: skip
    assert [one["text"]["content"].split("\n")[0] for one in chinese] == ["当前（2026-W46）", "目标", "此前"]
    [button] = [part["actions"][0] for part in elements if part["tag"] == "action"]
    assert (button["url"], button["text"]["content"]) == (LINK, "Newest report / 最新报告")
    assert card["card"]["header"]["title"]["content"].startswith("New: Overturn rate missed its target (Market: DE)")


def test_a_card_of_teams_is_an_adaptive_card_with_the_same_numbers(files):
    message = json.loads(files.teams.read_text(encoding="utf-8"))
    [attachment] = message["attachments"]
    card = attachment["content"]
    assert (message["type"], card["type"], card["version"]) == ("message", "AdaptiveCard", "1.4")
    english = next(part for part in card["body"] if part["type"] == "ColumnSet")
    values = [column["items"][1]["inlines"][0]["text"] for column in english["columns"]]
    assert values == ["80.0% (32 of 40; 95%: 65.0% to 90.0%)", "at most 30.0%", "30.0%"]
    assert [(one["type"], one["url"]) for one in card["actions"]] == [("Action.OpenUrl", LINK)]
    assert "msteams" not in card  # where mentions would be declared


def test_a_mail_has_text_html_and_the_picture_inside(files):
    message = mail_of(files.mail)
    assert message["X-Unsent"] == "1"
    assert message["To"] is None
    kinds = [part.get_content_type() for part in message.walk() if not part.is_multipart()]
    assert kinds == ["text/plain", "text/html", "image/png"]
    plain, html = (message.get_body((kind,)).get_content() for kind in ("plain", "html"))
    for said in (plain, html):
        assert "80.0% (32 of 40; 95%: 65.0% to 90.0%)" in said
        assert "不高于 30.0%" in said
        assert LINK in said
    [image] = [part for part in message.walk() if part.get_content_type() == "image/png"]
    assert image["Content-ID"] == "<trend>"
    assert 'src="cid:trend"' in html
    assert image.get_content() == files.png.read_bytes()
    assert files.png.read_bytes().startswith(PNG)


def test_the_same_alert_gives_the_same_bytes(tmp_path, files):
    [again] = written(tmp_path, told())
    for name in ("lark", "teams", "mail", "png"):
        assert getattr(again, name).read_bytes() == getattr(files, name).read_bytes()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_hostile_name_is_text_everywhere(tmp_path, language):
    names = {"market": [HOSTILE]}
    [one] = written(
        tmp_path, told(owner=HOSTILE, scope=names, names={"en": HOSTILE, "zh": HOSTILE}), languages=[language]
    )
    for path in (one.lark, one.teams):
        card = json.loads(path.read_text(encoding="utf-8"))
        card.get("card", {}).pop("$schema", None)
        said = [text for text in texts(card) if "adaptivecards.io" not in text and text != LINK]
        assert any("＜at id=" in text for text in said)  # it is there to be read
        for text in said:
            assert not set(text) & set("<>@`\u202e\r")
            assert "://" not in text
    lark = json.loads(one.lark.read_text(encoding="utf-8"))
    assert "lark_md" not in texts(lark)
    assert "TextBlock" not in texts(json.loads(one.teams.read_text(encoding="utf-8")))
    message = mail_of(one.mail)
    assert message["Bcc"] is None
    html = message.get_body(("html",)).get_content()
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "\u202e" not in html


def test_the_longest_names_stay_below_what_a_messenger_takes(tmp_path):
    long = {"en": "字" * 20_000, "zh": "字" * 20_000}
    [one] = written(tmp_path, told(names=long, owner="主" * 20_000, scope={"market": ["市" * 9_000]}))
    assert one.lark.stat().st_size <= LARK_MOST
    assert one.teams.stat().st_size <= TEAMS_MOST
    assert len(str(mail_of(one.mail)["Subject"])) < 400


def test_without_a_report_there_is_no_button_and_a_path_is_text(tmp_path):
    [none] = written(tmp_path / "none", told(), link="")
    [path] = written(tmp_path / "path", told(), link="/srv/data/runs/a/page.html")
    for files, said in ((none, "There is no report of this store yet."), (path, "/srv/data/runs/a/page.html")):
        assert not [one for one in json.loads(files.lark.read_text())["card"]["elements"] if one["tag"] == "action"]
        assert json.loads(files.teams.read_text())["attachments"][0]["content"]["actions"] == []
        assert said in files.lark.read_text(encoding="utf-8")
        assert said in mail_of(files.mail).get_body(("plain",)).get_content()


def test_what_is_no_rate_has_no_picture(tmp_path):
    [one] = written(
        tmp_path, told(trend=None, unit="number", value=140.0, target=100.0, numerator=140, denominator=None)
    )
    assert one.png is None
    assert [part.get_content_type() for part in mail_of(one.mail).walk() if not part.is_multipart()] == [
        "text/plain", "text/html",
    ]  # fmt: skip
    assert list(tmp_path.glob("*.png")) == []


@pytest.mark.parametrize("kind", ["overdue", "target"])
@pytest.mark.parametrize("target", [None, 0.0])
def test_alerts_of_every_kind_have_their_sentence(tmp_path, kind, target):
    [one] = written(tmp_path, told(kind=kind, target=target, unit="number", value=7.0, low=None, high=None))
    assert json.loads(one.lark.read_text(encoding="utf-8"))


def run(folder, name, *, store="s", audience="stakeholder"):
    place = folder / name
    place.mkdir(parents=True)
    manifest = {"notebook": "02_x", "parameters": {"store": store, "audience": audience}}
    (place / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (place / "02_x.html").write_text("x", encoding="utf-8")
    return place / "02_x.html"


def test_the_link_is_that_of_the_newest_report_that_the_reader_may_open(tmp_path):
    assert newest_report(tmp_path / "none", "s", "stakeholder") == ""
    older = run(tmp_path, "2026-11-09T060000Z_02_x_a")
    newer = run(tmp_path, "2026-11-16T060000Z_02_x_a", audience="analyst")
    run(tmp_path, "2026-11-17T060000Z_02_x_a", store="other")
    run(tmp_path, "failed-2026-11-18T060000Z_02_x_a")
    (tmp_path / "2026-11-19T060000Z_broken").mkdir()
    assert newest_report(tmp_path, "s", "stakeholder") == str(older)
    assert newest_report(tmp_path, "s", "analyst") == str(newer)
    at = newest_report(tmp_path, "s", "analyst", base="https://reports.example/runs/")
    assert at == "https://reports.example/runs/2026-11-16T060000Z_02_x_a/02_x.html"

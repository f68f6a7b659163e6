"""Alerts as files for a messenger or for mail: three numbers, one picture, one link. They are written, never sent.

A card cannot hold a picture without a network, so its PNG lies beside it; the mail holds its own. What comes from data
is put where no card looks for mark-up, and without the signs that mentions, links and tags are made of.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

from markupsafe import Markup

from appeal_insights.charts.theme import spec_of
from appeal_insights.charts.trend import trend
from appeal_insights.findings import alerts_told as told
from appeal_insights.findings.alerts_held import Alert
from appeal_insights.findings.targets import drawn_targets
from appeal_insights.language import Language, say
from appeal_insights.reports.alert_ledger import Told
from appeal_insights.reports.offline import write_whole
from appeal_insights.reports.still import picture

LARK_MOST = 30_000  # bytes of a card, as Lark takes it
TEAMS_MOST = 28_000  # bytes of a message, as Teams takes it
LONGEST = 300  # characters of one text in a card: far below the sizes above, also in two languages
# Tags, mentions and addresses begin with these; the wide forms read alike and mean nothing to any of the three.
_DISARMED = str.maketrans({"<": "＜", ">": "＞", "@": "＠", "`": "'", "\\": "＼"})
_WEB = re.compile(r"https?://[^\s]+")


@dataclass(frozen=True)
class Payloads:
    """The files of one alert."""

    lark: Path
    teams: Path
    mail: Path
    png: Path | None


@dataclass(frozen=True)
class _Part:
    """What one language says of an alert: plain text, to be escaped by each format in its own way."""

    language: Language
    title: str
    lines: Sequence[str]
    numbers: Sequence[tuple[str, str]]
    report: str  # the word on the button


def write_payloads(
    folder: Path, news: Sequence[Told], *, languages: Sequence[Language], as_of: datetime, link: str = ""
) -> list[Payloads]:
    """The files of each alert that is news, numbered as they are listed. The same alerts give the same bytes."""
    return [_write(folder, place, one, languages, as_of, link) for place, one in enumerate(news, 1) if one.alert]


def _write(folder: Path, place: int, one: Told, languages: Sequence[Language], as_of: datetime, link: str) -> Payloads:
    assert one.alert is not None
    name = f"{place:02d}-{one.alert.kind}-{sha256(one.key.encode()).hexdigest()[:8]}"
    png = alert_picture(one.alert, languages[0])
    image = write_whole(folder / f"{name}.png", png) if png else None
    parts = [_part(one, one.alert, language, link, image.name if image else "") for language in languages]
    lark, teams = lark_card(parts, link, urgent=one.state == "worse"), teams_card(parts, link)
    return Payloads(
        write_whole(folder / f"{name}.lark.json", _as_text(lark, LARK_MOST)),
        write_whole(folder / f"{name}.teams.json", _as_text(teams, TEAMS_MOST)),
        write_whole(folder / f"{name}.eml", mail(parts, link, png, as_of)),
        image,
    )


def alert_picture(alert: Alert, language: Language) -> bytes | None:
    """The trend up to the alert, with its target, as PNG; None of what is no rate."""
    table = alert.trend
    if table is None or table.empty or table["rate"].notna().sum() == 0:
        return None
    title = f"{told.metric_title(alert, language)} · {told.scope_title(alert, language)}"
    drawn = drawn_targets(table, language)
    description = say(
        "alerts.picture_alt", language, metric=told.metric_title(alert, language),
        scope=told.scope_title(alert, language),
    )  # fmt: skip
    unit = told.metric_title(alert, language)
    chart = trend(
        table,
        title=_short(title),
        unit=_short(unit),
        description=description,
        targets=drawn,
        language=language,
    )
    return picture(spec_of(chart), language)


def _part(one: Told, alert: Alert, language: Language, link: str, file: str) -> _Part:
    state = say(f"alerts.state.{one.state}", language)
    lines = [
        say("alerts.since", language, day=told.since(alert, language)),
        *([say(f"alerts.why.{one.why}", language)] if one.why else []),
        told.sureness(alert, language),
        told.owner(alert, language),
        told.next_step(alert, language),
        *([say("alerts.picture", language, file=file)] if file else []),
        *([] if link else [say("alerts.no_report", language)]),
    ]
    if link and not _WEB.fullmatch(link):
        lines.append(say("alerts.report_at", language, link=link))
    return _Part(
        language,
        say("alerts.subject", language, state=state, what=told.headline(alert, language)),
        lines,
        told.numbers(alert, language),
        say("alerts.report", language),
    )


def lark_card(parts: Sequence[_Part], link: str, *, urgent: bool = False) -> dict[str, Any]:
    """An interactive card of Lark. Every text of it is `plain_text`, in which nothing is read as mark-up."""
    elements: list[dict[str, Any]] = []
    for place, part in enumerate(parts):
        if place:
            elements += [{"tag": "hr"}, {"tag": "div", "text": _lark(part.title)}]
        fields = [{"is_short": True, "text": _lark(f"{label}\n{value}")} for label, value in part.numbers]
        elements.append({"tag": "div", "fields": fields})
        elements += [{"tag": "div", "text": _lark(line)} for line in part.lines]
    if _WEB.fullmatch(link):
        words = " / ".join(part.report for part in parts)
        button = {"tag": "button", "text": _lark(words), "type": "primary", "url": link}
        elements.append({"tag": "action", "actions": [button]})
    header = {"title": _lark(parts[0].title), "template": "red" if urgent else "orange"}
    card = {"config": {"wide_screen_mode": True}, "header": header, "elements": elements}
    return {"msg_type": "interactive", "card": card}


def _lark(text: str) -> dict[str, str]:
    return {"tag": "plain_text", "content": "\n".join(_disarmed(line) for line in text.split("\n"))}


def teams_card(parts: Sequence[_Part], link: str) -> dict[str, Any]:
    """A message of Teams with an Adaptive Card. Its texts are runs, which know no Markdown; nobody is mentioned."""
    body: list[dict[str, Any]] = []
    for place, part in enumerate(parts):
        body.append(_run(part.title, weight="Bolder", size="Medium") | {"separator": bool(place)})
        columns = [
            {"type": "Column", "width": "stretch", "items": [_run(label, isSubtle=True), _run(value, weight="Bolder")]}
            for label, value in part.numbers
        ]
        body.append({"type": "ColumnSet", "columns": columns})
        body += [_run(line) for line in part.lines]
    words = " / ".join(part.report for part in parts)
    actions = [{"type": "Action.OpenUrl", "title": words, "url": link}] if _WEB.fullmatch(link) else []
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4",
        "fallbackText": _disarmed(parts[0].title), "body": body, "actions": actions,
    }  # fmt: skip
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _run(text: str, **how: Any) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": _disarmed(text), **how}]}


def mail(parts: Sequence[_Part], link: str, png: bytes | None, as_of: datetime) -> bytes:
    """A mail as text and as HTML with the picture inside. It opens as a draft; who gets it is for the sender to say."""
    message = EmailMessage(policy=SMTP)
    message["Subject"] = _short(" / ".join(part.title for part in parts))
    message["Date"] = format_datetime(as_of)
    message["X-Unsent"] = "1"
    message.set_content("\n\n".join(_mail_text(part, link) for part in parts) + "\n")
    body = Markup("").join(_mail_html(part, link) for part in parts)
    shown = (
        Markup('<p><img src="cid:trend" alt="{}" width="700"></p>').format(told.visible(parts[0].title)) if png else ""
    )
    page = Markup('<!DOCTYPE html><html lang="{}"><head><meta charset="utf-8"></head><body>{}{}</body></html>')
    message.add_alternative(str(page.format(parts[0].language, body, shown)), subtype="html")
    if png:
        html = cast(EmailMessage, cast(list[Any], message.get_payload())[1])
        html.add_related(
            png, maintype="image", subtype="png", cid="<trend>", filename="trend.png", disposition="inline"
        )
    for place, each in enumerate(part for part in message.walk() if part.is_multipart()):
        each.set_boundary(f"=_alert_{sha256(parts[0].title.encode()).hexdigest()[:16]}_{place}")
    return message.as_bytes()


def _mail_text(part: _Part, link: str) -> str:
    numbers = [f"  {told.visible(label)}: {told.visible(value)}" for label, value in part.numbers]
    more = [f"{part.report}: {link}"] if _WEB.fullmatch(link) else []
    return "\n".join([told.visible(part.title), "", *numbers, "", *(told.visible(line) for line in part.lines), *more])


def _mail_html(part: _Part, link: str) -> Markup:
    cells = Markup("").join(
        Markup('<td style="padding:0 24px 0 0"><small>{}</small><br><b>{}</b></td>').format(
            told.visible(label), told.visible(value)
        )
        for label, value in part.numbers
    )
    lines = Markup("").join(Markup("<p>{}</p>").format(told.visible(line)) for line in part.lines)
    web = _WEB.fullmatch(link)
    more = Markup('<p><a href="{}">{}</a></p>').format(link, part.report) if web else ""
    head = Markup('<div lang="{}"><h2>{}</h2><table><tr>{}</tr></table>').format(
        part.language, told.visible(part.title), cells
    )
    return head + lines + more + Markup("</div>")


def newest_report(runs: Path, store: str, audience: str, *, base: str = "") -> str:
    """The page of the newest published run of a store that this audience may read: a path, or an address below `base`.

    Empty where there is none.
    """
    folders = sorted(runs.iterdir(), reverse=True) if runs.is_dir() else []
    for folder in folders:
        if not folder.name[:1].isdigit():
            continue  # failed, or at work
        kept = _manifest(folder)
        parameters = kept.get("parameters")
        page = folder / f"{kept.get('notebook')}.html"
        if not isinstance(parameters, dict) or parameters.get("store") != store or not page.is_file():
            continue
        if audience == "analyst" or parameters.get("audience", "stakeholder") == "stakeholder":
            return f"{base.rstrip('/')}/{folder.name}/{page.name}" if base else str(page)
    return ""


def _manifest(folder: Path) -> Mapping[str, Any]:
    try:
        kept = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return kept if isinstance(kept, dict) else {}


def _as_text(card: Mapping[str, Any], most: int) -> str:
    text = json.dumps(card, ensure_ascii=False, indent=1) + "\n"
    assert len(text.encode()) <= most, "every text is cut and their number is fixed, so a card cannot be this large"
    return text


def _disarmed(text: str) -> str:
    return _short(text).translate(_DISARMED).replace("://", "：//")


def _short(text: str) -> str:
    found = told.visible(text)
    return found if len(found) <= LONGEST else found[:LONGEST] + "…"

"""From the cells of an executed notebook to the blocks of a page: an allow-list of what may be shown, and how.

What a notebook holds is data. Nothing of it reaches the page as markup, except a short list of harmless tags.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import nh3
from markupsafe import Markup, escape
from nbconvert.filters.markdown_mistune import markdown2html_mistune
from nbformat import NotebookNode

from appeal_insights.errors import BadRun
from appeal_insights.language import LANGUAGES, Language
from appeal_insights.reports.still import still
from appeal_insights.reports.vega import as_json, reaches_out

EXHIBIT = "application/vnd.appeal-insights.exhibit+json"
FINDING = "application/vnd.appeal-insights.finding+json"
CODE = "application/vnd.appeal-insights.code+json"
TWIN = "application/vnd.appeal-insights.twin+json"  # the table of the exhibit before it, for JupyterLab alone

_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
_TAGS = _HEADINGS | {
    "p", "br", "hr", "blockquote", "ul", "ol", "li", "dl", "dt", "dd", "em", "strong", "b", "i", "sub", "sup",
    "code", "pre", "table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td",
}  # fmt: skip
_ATTRIBUTES = {"th": {"colspan", "rowspan", "scope"}, "td": {"colspan", "rowspan"}}
_GONE = {"script", "style", "iframe", "object", "embed", "svg", "math", "template", "noscript", "textarea", "select"}
_HEADING = re.compile(r"<h([1-6])>(.*?)</h\1>", re.DOTALL)
_PARAGRAPH = re.compile(r"<(p|li)>([^<]*(?:<(?!/?(?:p|li)>)[^<]*)*)")
_CHINESE = re.compile("[\u3400-\u9fff]")
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_TABLE_END = "</table></div>"
_PAGE_IDS = {"", "report", "contents-heading", "code-toggle", "chart-settings"}  # of the template itself
_GRADES = ("confirmed", "likely", "possible", "unknown")


@dataclass(frozen=True)
class Block:
    """One thing on the page. `kind` names the macro that shows it; `content` is all text, JSON or cleaned markup."""

    kind: str
    content: Mapping[str, Any]


@dataclass
class Page:
    """The blocks of a page in order, its heading, and the (anchor, text) of each section."""

    heading: str | None = None
    blocks: list[Block] = field(default_factory=list)
    sections: list[tuple[str, Markup]] = field(default_factory=list)

    def has(self, kind: str) -> bool:
        return any(block.kind == kind for block in self.blocks)

    @property
    def chart_languages(self) -> list[Language]:
        """The languages of the charts, none if nothing is drawn."""
        exhibits = [block.content for block in self.blocks if block.kind == "exhibit"]
        drawn = {exhibit["language"] for exhibit in exhibits if exhibit["spec"]}
        return [language for language in LANGUAGES if language in drawn]


def page(notebook: NotebookNode) -> Page:
    """The page of an executed notebook.

    Raises  BadRun   an exhibit or a finding lacks something it must have, or a chart names an outside address.
    """
    made = Page()
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            _add_markdown(made, str(cell.source))
        elif cell.cell_type == "code":
            if cell.source.strip():
                made.blocks.append(Block("code", {"text": cell.source.strip()}))
            made.blocks.extend(_outputs(cell.get("outputs", [])))
    _make_ids_unique(made)
    return made


def cleaned(html: str) -> Markup:
    """Markup with nothing but tables, lists, headings and emphasis left: no attribute, link, image or script."""
    kept = nh3.clean(html, tags=_TAGS, attributes=_ATTRIBUTES, clean_content_tags=_GONE, url_schemes=set())
    return Markup(kept.replace("<table>", '<div class="scroll" tabindex="0"><table>').replace("</table>", _TABLE_END))


def _add_markdown(made: Page, source: str) -> None:
    """Prose. The first title of the notebook becomes the page's own; each further section gets an anchor."""

    def anchored(match: re.Match[str]) -> str:
        level, text = int(match[1]), Markup(match[2])
        if level == 1 and made.heading is None:
            made.heading = str(text.striptags())
            return ""
        level = max(level, 2)
        if level > 2:
            return f"<h{level}>{text}</h{level}>"
        anchor = f"section-{len(made.sections) + 1}"
        made.sections.append((anchor, escape(text.striptags())))
        return f'<h2 id="{anchor}">{text}</h2>'

    html = _HEADING.sub(anchored, cleaned(_without_anchors(markdown2html_mistune(source))))
    html = _PARAGRAPH.sub(_in_its_language, html)
    if html.strip():
        made.blocks.append(Block("prose", {"html": Markup(html)}))


def _in_its_language(match: re.Match[str]) -> str:
    """A Chinese paragraph says so, for the voice that reads it and the font that writes it."""
    tag, text = match.groups()
    words = Markup(text).striptags()
    chinese, latin = len(_CHINESE.findall(words)), len(re.findall("[A-Za-z]", words))
    return f'<{tag} lang="zh-CN">{text}' if 2 * chinese > latin else match[0]  # a name or a week may be latin


def _make_ids_unique(made: Page) -> None:
    """The same exhibit in two languages has one name; on the page the second gets its own."""
    used = {anchor for anchor, _ in made.sections} | _PAGE_IDS
    for number, block in enumerate(made.blocks):
        if "id" not in block.content:
            continue
        name, nth = block.content["id"], 1
        while name in used:
            nth += 1
            name = f"{block.content['id']}-{nth}"
        used.add(name)
        made.blocks[number] = Block(block.kind, {**block.content, "id": name})


def _without_anchors(html: str) -> str:
    """Headings without the sign that the renderer hangs behind each."""
    return re.sub(r'<a class="anchor-link"[^>]*>.*?</a>', "", html)


def _outputs(outputs: Iterable[NotebookNode]) -> Iterable[Block]:
    for output in outputs:
        match output.output_type:
            case "stream":
                if output.name == "stdout" and output.text.strip():
                    yield Block("plain", {"text": _text(output.text)})
            case "error":
                trace = output.get("traceback") or [f"{output.get('ename')}: {output.get('evalue')}"]
                yield Block("error", {"text": _text("\n".join(trace))})
            case "display_data" | "execute_result" if TWIN not in output.data:
                yield _shown(output.data)


def _shown(data: Mapping[str, Any]) -> Block:
    """The first type of the allow-list that the output has; a note for an output that has none."""
    for kind, show in _ALLOWED.items():
        if kind in data:
            return show(data)
    return Block("dropped", {"type": ", ".join(sorted(data)) or "?"})


def _exhibit(data: Mapping[str, Any]) -> Block:
    given = _with(data[EXHIBIT], EXHIBIT, ("id", "language"))
    spec, table = given.get("spec"), given.get("table")
    if spec:
        _with(given, EXHIBIT, ("title", "alt"))  # a chart without words is no chart
    if reaches_out(spec):
        raise BadRun.of("output.outside", id=given["id"])
    if spec:
        # The caption says the title, and says it better: it wraps, and can be read and copied.
        spec = {name: part for name, part in spec.items() if name not in ("title", "$schema")}
    language = _language(given["language"])
    content = {
        "id": _anchor(given["id"]),
        "language": language,
        "title": given.get("title", ""),
        "alt": given.get("alt", ""),
        "spec": Markup(as_json(spec)) if spec else None,
        "still": still(spec, language) if spec else None,
        "table": table,
        "notes": given.get("notes") or [],
    }
    return Block("exhibit", content)


def _finding(data: Mapping[str, Any]) -> Block:
    given = _with(data[FINDING], FINDING, ("id", "grade", "texts", "labels"))
    if given["grade"] not in _GRADES:
        raise BadRun.of("output.grade", grade=given["grade"], id=given["id"], grades=_GRADES)
    spoken = [language for language in LANGUAGES if language in given["texts"]]
    evidence = given.get("evidence") or {}
    parts = [
        {"language": one, "text": given["texts"][one], "label": given["labels"][one], "evidence": evidence.get(one)}
        for one in spoken
    ]
    return Block("finding", {"id": _anchor(given["id"]), "grade": given["grade"], "parts": parts})


def _code(data: Mapping[str, Any]) -> Block:
    given = _with(data[CODE], CODE, ("title", "text"))
    return Block("listing", {"title": given["title"], "text": given["text"]})


def _html(data: Mapping[str, Any]) -> Block:
    return Block("html", {"html": cleaned(_joined(data["text/html"]))})


def _png(data: Mapping[str, Any]) -> Block:
    image = re.sub(r"\s", "", _joined(data["image/png"]))
    if not re.fullmatch(r"[A-Za-z0-9+/]+={0,2}", image):
        return Block("dropped", {"type": "image/png"})
    return Block("image", {"png": image, "alt": _text(_joined(data.get("text/plain", "")))})


def _plain(data: Mapping[str, Any]) -> Block:
    return Block("plain", {"text": _text(_joined(data["text/plain"]))})


_ALLOWED: Mapping[str, Callable[[Mapping[str, Any]], Block]] = {
    EXHIBIT: _exhibit,
    FINDING: _finding,
    CODE: _code,
    "text/html": _html,
    "image/png": _png,
    "text/plain": _plain,
}


def _with(given: object, kind: str, needed: Sequence[str]) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise BadRun.of("output.no_names", kind=kind, found=type(given).__name__)
    missing = [name for name in needed if not given.get(name)]
    if missing:
        raise BadRun.of("output.lacks", kind=kind, missing=missing)
    return given


def _language(name: str) -> Language:
    if name not in LANGUAGES:
        raise BadRun.of("output.language", name=name, languages=LANGUAGES)
    return name


def _anchor(name: object) -> str:
    """A name that can be an anchor and no more."""
    return re.sub(r"[^\w.-]+", "-", str(name)).strip("-")


def _text(text: str) -> str:
    return _ANSI.sub("", text).strip("\n")


def _joined(text: str | Sequence[str]) -> str:
    return text if isinstance(text, str) else "".join(text)

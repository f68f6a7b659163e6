"""What every page of ours shares: its folder of templates, its policy, its words, and being written whole or not."""

import base64
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import jinja2
from markupsafe import Markup

from appeal_insights.charts.palette import SCALES, colours
from appeal_insights.language import languages, say

TEMPLATE = Path(__file__).parent / "template"


def source(name: str) -> str:
    """A file of the template as text."""
    return (TEMPLATE / name).read_text(encoding="utf-8")


def report_style() -> str:
    """The style of a report: dark where the reader has it so, and on paper its charts in the colours of print."""
    printed = [
        f'  .chart svg [{name}="{light}"] {{ {name}: {colour}; }}'
        for light, colour in colours("print").items()
        for name in ("fill", "stroke")
        if light not in SCALES and light != colour
    ]
    return source("style.css") + source("dark.css") + "\n@media print {\n" + "\n".join(printed) + "\n}\n"


def policy(style: str, scripts: Sequence[str]) -> str:
    """What the page may do: run these scripts and show this style, and reach nothing at all."""
    allowed = " ".join(_hash(script) for script in scripts) or "'none'"
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {allowed}",
            f"style-src {_hash(style)}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def word(key: str, choice: str) -> str:
    """A word of the page itself, in each of the languages that a choice stands for."""
    return " / ".join(say(key, language) for language in languages(choice))


def page(
    template: str,
    *,
    language: str,
    styles: Sequence[str] = ("style.css", "runs.css", "dark.css"),
    scripts: Sequence[str] = (),
    **values: object,
) -> str:
    """A page from one of our templates, with these files of ours as its style and scripts: all given is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATE), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    style, code = "".join(map(source, styles)), [source(name) for name in scripts]
    environment.globals.update(word=lambda key: word(key, language), say=say)
    return environment.get_template(template).render(
        style=Markup(style),
        scripts=[Markup(script) for script in code],
        policy=policy(style, code),
        languages=languages(language),
        **values,
    )


def write_whole(path: Path, content: str | bytes) -> Path:
    """Write a file beside its place and put it there whole, or leave what was there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
    try:
        draft.write_bytes(content.encode() if isinstance(content, str) else content)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return path


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

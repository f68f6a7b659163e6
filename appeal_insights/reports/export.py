"""From an executed notebook to one HTML file that opens anywhere: no network, no server, nothing beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import nbformat
from markupsafe import Markup
from nbconvert.exporters.templateexporter import TemplateExporter
from traitlets import default

from appeal_insights.charts.palette import turning
from appeal_insights.errors import BadInput
from appeal_insights.language import languages, say
from appeal_insights.reports import vega
from appeal_insights.reports.blocks import Page, page
from appeal_insights.reports.offline import TEMPLATE, policy, report_style, source, word, write_whole


@dataclass(frozen=True)
class About:
    """What the page says of itself: its title, language and audience, and the facts of its foot (label, value)."""

    title: str
    language: Literal["en", "zh-CN", "both"]
    facts: Sequence[tuple[str, str]]
    audience: str


def export(notebook: Path, html: Path, *, about: About, cache: Path | None = None) -> Path:
    """Write an executed notebook as one offline HTML file. The same notebook gives the same bytes.

    Takes   notebook   an .ipynb with its outputs. Outputs are shown by an allow-list of types (blocks.py).
            cache      where the charting script is kept between exports; the user's cache folder if not given.
    Gives   the path of the HTML, which is put in place whole or not at all.
    Raises  BadInput   the notebook cannot be read.
            BadRun     an exhibit or a finding in it is incomplete.
    """
    return write_whole(html, render(read(notebook), about=about, cache=cache))


def read(notebook: Path) -> nbformat.NotebookNode:
    """The notebook of a file. Raises BadInput where there is none."""
    try:
        return cast(nbformat.NotebookNode, nbformat.read(notebook, as_version=4))  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise BadInput.of("run.no_notebook", notebook=notebook, reason=error) from error


def render(notebook: nbformat.NotebookNode, *, about: About, cache: Path | None = None) -> str:
    """The whole page as text."""
    made = page(notebook)
    resources = {"page": made, "about": about, "languages": languages(about.language), **_inline(made, cache)}
    text, _ = _PageExporter(about).from_notebook_node(notebook, resources=resources)
    return str(text)


class _PageExporter(TemplateExporter):
    """The notebook exporter with our own template: escaping is on, and nothing of the stock pages comes in."""

    def __init__(self, about: About) -> None:
        self._about = about
        super().__init__(  # type: ignore[no-untyped-call]
            extra_template_basedirs=[str(TEMPLATE.parent)], template_name=TEMPLATE.name, default_preprocessors=[]
        )

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".html"

    def _create_environment(self) -> Any:
        environment = super()._create_environment()  # type: ignore[no-untyped-call]
        environment.autoescape = True
        environment.trim_blocks = environment.lstrip_blocks = True
        environment.globals.update(word=self._word, say=say)
        return environment

    def _word(self, key: str) -> str:
        return word(key, self._about.language)


def _inline(made: Page, cache: Path | None) -> dict[str, Any]:
    """Style and scripts as they stand in the page, and the policy that lets these run and nothing else."""
    style, boot = report_style(), source("boot.js")
    scripts = [boot]
    settings = {
        language: {"locale": vega.locale(language), "failed": say("export.not_drawn", language), "dark": _dark(made)}
        for language in made.chart_languages
    }
    if settings:
        scripts.append(vega.chart_script(source("charts.js"), cache))
    return {
        "policy": policy(style, scripts),
        # These are files of this package, and JSON without markup in it: nothing to escape.
        "style": Markup(style),
        "scripts": [Markup(script) for script in scripts],
        "settings": Markup(vega.as_json(settings)) if settings else None,
    }


def _dark(made: Page) -> dict[str, str]:
    """What the colours of these charts are on a dark screen."""
    specs = "".join(str(block.content["spec"]) for block in made.blocks if block.kind == "exhibit")
    return {light: dark for light, dark in turning("dark").items() if f'"{light}"' in specs}

"""What an explorer shows as files that stand by themselves: an offline page, pictures, a workbook."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args

from markupsafe import Markup
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from appeal_insights import __version__
from appeal_insights.errors import BadParameter, choice
from appeal_insights.findings.shown import EXHIBIT, Exhibit
from appeal_insights.findings.view import View
from appeal_insights.findings.view_numbers import metric_of
from appeal_insights.language import languages, say
from appeal_insights.metrics.metric import metric
from appeal_insights.periods import instant
from appeal_insights.records.shared import shared
from appeal_insights.records.workspace import find_workspace
from appeal_insights.reports.export import About, render
from appeal_insights.reports.offline import word, write_whole
from appeal_insights.reports.still import picture, still
from appeal_insights.reports.workbook import can_write, write_workbook

Form = Literal["html", "png", "svg", "xlsx"]
FORMS: tuple[Form, ...] = get_args(Form)


def export_view(
    view: View,
    exhibits: Sequence[Exhibit],
    *,
    form: str,
    language: Literal["en", "zh-CN", "both"] | str = "en",
    audience: str = "stakeholder",
    store: str = "",
    workspace: Path | None = None,
) -> list[Path]:
    """Write what a view shows into data/exports of the workspace, whole or not at all.

    Takes   `exhibits`: what is on the screen, in every language, past disclosure already: files hold that and no more.
            `form`: html (one offline page), png or svg (a picture of each chart), xlsx (a sheet of each table).
    Gives   the files, named after the view: the same view is written to the same place.
    Raises  BadParameter   nothing is shown, or no picture can be made of it.
    """
    wanted = choice("format", form, FORMS)
    if not any(one.cells or one.chart for one in exhibits):
        raise BadParameter.of("view.nothing_shown")
    name = view.asked.get("store") or store
    base = find_workspace(workspace).exports / f"{view.kind}-{name}-{metric_of(view)}-{view.token()[-8:]}-{audience}"
    if wanted in ("png", "svg"):
        return _pictures(exhibits, wanted, base)
    about = _about(view, name, language, audience, workspace)
    file = base.with_name(f"{base.name}-{language}.{wanted}")
    if wanted == "html":
        return [write_whole(file, render(_notebook(view, exhibits, about), about=about))]
    if not can_write():
        raise BadParameter.of("view.no_workbook")
    tables = [bundle[EXHIBIT] for one in exhibits for bundle in one.bundles() if EXHIBIT in bundle]
    return [write_workbook(file, tables, [], about=about)]


def _pictures(exhibits: Sequence[Exhibit], form: str, base: Path) -> list[Path]:
    drawn = [(one, spec) for one in exhibits if (spec := _spec(one)) is not None]
    if not drawn:
        raise BadParameter.of("view.no_picture")
    made: list[tuple[Path, str | bytes]] = []
    for one, spec in drawn:
        content = picture(spec, one.language) if form == "png" else _alone(still(spec, one.language))
        if content is None:
            raise BadParameter.of("view.not_drawn")
        made.append((base.with_name(f"{base.name}-{one.id}-{one.language}.{form}"), content))
    return [write_whole(path, content) for path, content in made]


def _alone(drawn: Markup | None) -> str | None:
    """A picture that was made for a page, as a file of its own."""
    return None if drawn is None else str(drawn).replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)


def _spec(one: Exhibit) -> Mapping[str, Any] | None:
    found = next(one.bundles()).get(EXHIBIT, {}).get("spec")
    return found if isinstance(found, Mapping) else None


def _notebook(view: View, exhibits: Sequence[Exhibit], about: About) -> NotebookNode:
    """A notebook as a run leaves it: a title, the lines of code, and what they show."""
    outputs = [new_output("display_data", data=bundle) for one in exhibits for bundle in one.bundles()]  # type: ignore[no-untyped-call]
    cells = [
        new_markdown_cell("# " + "".join(f"&#{ord(one)};" for one in about.title)),  # type: ignore[no-untyped-call]
        new_code_cell(view.code(), outputs=outputs, execution_count=1),  # type: ignore[no-untyped-call]
    ]
    return new_notebook(cells=cells)  # type: ignore[no-untyped-call,no-any-return]


def _about(view: View, store: str, language: str, audience: str, workspace: Path | None) -> About:
    wanted = languages(language)
    of = metric(metric_of(view))
    names = " / ".join(of.name["zh" if one == "zh-CN" else "en"] for one in wanted)
    spoken = view.asked.get("during") or view.asked.get("after", "")
    with shared(find_workspace(workspace).existing_store(store)) as opened:
        moment = instant(view.asked["as_of"]) if "as_of" in view.asked else opened.latest()
        fact = "figures" if "figures" in opened.tables else of.fact
        fingerprint = str(opened.fingerprint(fact, moment))
    told = {"link": view.token(), "data": f"{moment.isoformat()}Z · {fingerprint}"}
    facts = [(" / ".join(say(f"export.view_{key}", one) for one in wanted), text) for key, text in told.items()]
    facts += [(word("about.parameters", language), "; ".join(f"{key}: {text}" for key, text in view.asked.items()))]
    title = " · ".join(part for part in (names, store, spoken) if part)
    return About(title, language, [*facts, ("appeal_insights", __version__)], audience)  # type: ignore[arg-type]

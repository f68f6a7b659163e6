"""A view that somebody handed over, opened in the explorer that shows its kind."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from appeal_insights.disclosure import AUDIENCES
from appeal_insights.errors import AppealInsightsError, choice
from appeal_insights.findings.shown import Exhibit, Shown
from appeal_insights.findings.view import View, ViewKind
from appeal_insights.language import languages


def open_view(
    view: str = "",
    *,
    store: str = "demo",
    language: str = "en",
    audience: str = "stakeholder",
    workspace: Path | None = None,
) -> Any:
    """Open a view by its token, or by a link that holds one, in the explorer that shows its kind.

    Takes   `view`: empty opens nothing and shows nothing. `store`: where the view names none. `audience`: of whoever
            opens it; a view has none.
    Gives   the explorer; of a view that cannot be shown here the sentence that says why.
    Raises  what is wrong with a language or an audience.
    """
    wanted = languages(language)
    choice("audience", audience, AUDIENCES)
    if not view.strip():
        return Shown([])
    try:
        found = View.from_token(view)
        made = _explorer(found.kind)
        told = {"language": language, "audience": audience, "view": view, "workspace": workspace}
        return made(found.asked.get("store", store), name=f"opened-{found.kind}", **told)
    except AppealInsightsError as error:
        return Shown([Exhibit("view", one, notes=[error.say(one)]) for one in wanted])


def _explorer(kind: ViewKind) -> Callable[..., Any]:
    """The explorer of a kind: loaded when it is needed, so that a page without a view begins at once."""
    from appeal_insights.explorer.cases import explore_cases
    from appeal_insights.explorer.compare import explore_comparison
    from appeal_insights.explorer.explore import explore
    from appeal_insights.explorer.quality import explore_quality

    known: dict[ViewKind, Callable[..., Any]] = {
        "metric": explore,
        "compare": explore_comparison,
        "quality": explore_quality,
        "cases": explore_cases,
    }
    return known[kind]

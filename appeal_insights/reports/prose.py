"""A notebook's prose carries both languages; a report keeps the ones that were asked for."""

import re

from nbformat import NotebookNode

from appeal_insights.language import LANGUAGES, Language, languages

_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_VIEW = "view-"  # before a view's name: the tag of a cell that is of it
_BETWEEN = " · "  # stands between the two halves of a heading


def is_chinese(text: str) -> bool:
    """Whether a paragraph is Chinese: it has a Chinese character."""
    return bool(_CHINESE.search(text))


def keep_languages(notebook: NotebookNode, choice: str) -> NotebookNode:
    """The notebook with its markdown in the languages of a choice (en, zh-CN or both); everything else as it was."""
    wanted = languages(choice)
    if wanted == LANGUAGES:
        return notebook
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = keep_language(cell.source, wanted[0])
    return notebook


def keep_view(notebook: NotebookNode, view: str) -> NotebookNode:
    """The notebook with the cells of one view, and those of none; all of them where no view is meant."""
    if view:
        own = f"{_VIEW}{view}"
        notebook.cells = [cell for cell in notebook.cells if own in _views(cell) or not _views(cell)]
    return notebook


def _views(cell: NotebookNode) -> list[str]:
    return [tag for tag in cell.metadata.get("tags", []) if tag.startswith(_VIEW)]


def keep_language(markdown: str, language: Language) -> str:
    """The paragraphs of one language, and its half of each heading."""
    kept = [_heading(part, language) if part.startswith("#") else part for part in markdown.split("\n\n")]
    return "\n\n".join(part for part in kept if part.startswith("#") or is_chinese(part) == (language == "zh-CN"))


def _heading(line: str, language: Language) -> str:
    marks, _, title = line.partition(" ")
    halves = title.split(_BETWEEN)
    if [is_chinese(half) for half in halves] != [False, True]:
        return line
    return f"{marks} {halves[language == 'zh-CN']}"

"""Write docs/gallery: a page in each language with every family of charts and its picture. `make docs` runs this."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import nbformat

from appeal_insights.charts.gallery import Family, families
from appeal_insights.charts.theme import spec_of
from appeal_insights.findings.gallery import twin
from appeal_insights.language import LANGUAGES, Language, count, say
from appeal_insights.reports.still import still
from tools.docs import table

ROOT = Path(__file__).resolve().parent.parent
PLACE = ROOT / "docs" / "gallery"
NOTEBOOK = ROOT / "notebooks" / "05_gallery.ipynb"
PAGES: Mapping[Language, str] = {"en": "README.md", "zh-CN": "README.zh-CN.md"}
NAMES = {"en": "English", "zh-CN": "中文"}
MOST_ROWS = 6  # of a table on the page; the notebook has all of them
HEAD = "<!-- Written by `make docs` from appeal_insights/charts/gallery.py and words/gallery.toml. Change it there. -->"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the pages and the notebook, or with --check name what is out of date. Gives the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a page is out of date")
    check = parser.parse_args(arguments).check
    old = [path for path, text in texts().items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if check:
        for path in old:
            print(f"{path.relative_to(ROOT)} is out of date. Write it anew with: make docs", file=sys.stderr)
        return int(bool(old))
    for path in old:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(texts()[path], encoding="utf-8", newline="\n")
    for language in LANGUAGES:
        draw(language)
    return 0


def texts() -> dict[Path, str]:
    """The pages and the notebook by where they stand."""
    return {**{PLACE / name: page(language) for language, name in PAGES.items()}, NOTEBOOK: notebook()}


def draw(language: Language) -> None:
    """The pictures of a language. Labels are as wide as the fonts at hand, so bytes differ between machines."""
    (PLACE / language).mkdir(parents=True, exist_ok=True)
    for name, found in families().items():
        (PLACE / language / f"{name}.svg").write_text(picture(found, language), encoding="utf-8", newline="\n")


def picture(found: Family, language: Language) -> str:
    """The example of a family as a picture that stands alone."""
    drawn = still(spec_of(found.chart(language)), language)
    if drawn is None:
        raise ValueError(f"The example of {found.name} cannot be drawn.")
    return str(drawn).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1) + "\n"


def page(language: Language) -> str:
    """The page of a language: a list of the questions, then a section for each."""
    others = [f"[{NAMES[other]}]({name})" for other, name in PAGES.items() if other != language]
    known = families()
    listed = [f"- [{found.told('question', language)}](#{name})" for name, found in known.items()]
    parts = [
        HEAD,
        f"# {say('gallery.heading', language)}",
        " · ".join(others),
        say("gallery.intro", language),
        say("gallery.variants", language),
        "\n".join(listed),
        *(section(found, language) for found in known.values()),
    ]
    return "\n\n".join(parts) + "\n"


def section(found: Family, language: Language) -> str:
    """A family: its question, the picture, when to use it, the text for who cannot see it, the table, the lines."""
    alt = found.told("description", language)
    written = twin(found, language)
    rows = [[str(cell) for cell in row] for row in written.rows[:MOST_ROWS]]
    key = "gallery.first_of" if len(written.rows) > MOST_ROWS else "gallery.whole_of"
    told = {"shown": str(MOST_ROWS), "count": count(len(written.rows), language)}
    values = told if key == "gallery.first_of" else {"count": told["count"]}
    return "\n\n".join(
        [
            f'<a id="{found.name}"></a>\n\n## {found.told("question", language)}',
            f"![{alt}]({language}/{found.name}.svg)",
            f"**{say('gallery.use', language)}** {found.told('when', language)}",
            f"**{say('gallery.alt', language)}** {alt}",
            f"**{say('gallery.twin', language)}** {say(key, language, **values)}",
            table([name for name, _, _ in written.columns], rows),
            f"**{say('gallery.lines', language)}**",
            f"```python\n{found.code(language)}\n```",
        ]
    )


def notebook() -> str:
    """The gallery as a notebook: a heading that is the question and a cell, for each family."""
    both = {word: [say(f"gallery.{word}", each) for each in LANGUAGES] for word in ("heading", "intro", "read")}
    title = f"# {' · '.join(both['heading'])}\n\n" + "\n\n".join([*both["intro"], *both["read"]])
    parameters = 'language = "en"  # en, zh-CN or both'
    first = "from appeal_insights.findings.gallery import gallery\n\n"
    cells = [
        nbformat.v4.new_markdown_cell(title),
        nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}),
    ]
    for name, found in families().items():
        question = " · ".join(found.told("question", each) for each in LANGUAGES)
        when = "\n\n".join(found.told("when", each) for each in LANGUAGES)
        cells += [
            nbformat.v4.new_markdown_cell(f"## {question}\n\n{when}"),
            nbformat.v4.new_code_cell(f'{first}gallery("{name}", language)'),
        ]
        first = ""
    for number, one in enumerate(cells):
        one.id = f"cell-{number:02}"
    made = nbformat.v4.new_notebook(cells=cells)
    made.metadata = {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return str(nbformat.writes(made)) + "\n"


if __name__ == "__main__":
    sys.exit(main())

"""What each query file says of itself: what it asks, reads and gives."""

import textwrap
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from appeal_insights.errors import BadContract


@dataclass(frozen=True)
class Header:
    """The parts of a query file's header comment; `note` is mostly empty."""

    asks: str
    reads: str
    gives: str
    note: str = ""


def header(text: str) -> Header:
    """The header of a query file's text. Raises BadContract where it does not say what it asks, reads and gives."""
    lines = []
    for line in text.splitlines():
        if not line.startswith("--"):
            break
        lines.append(line.removeprefix("--").removeprefix(" "))
    found: dict[str, list[str]] = {"asks": [], "reads": [], "gives": [], "note": []}
    place = "asks"
    for line in lines:
        word = line.split(" ", 1)[0]
        if word in ("reads", "gives"):
            place, line = word, line.replace(word, " " * len(word), 1)
        elif line and not line.startswith(" ") and place != "asks":
            place = "note"
        found[place].append(line)
    parts = {name: textwrap.dedent("\n".join(of)).strip() for name, of in found.items()}
    if not (parts["asks"] and parts["reads"] and parts["gives"]):
        raise BadContract("The header of a query says what it asks, reads and gives.")
    return Header(**parts)


@cache
def headers() -> dict[str, Header]:
    """The header of every query by its name."""
    folder = files("appeal_insights.metrics").joinpath("queries")
    found = sorted((file.name.removesuffix(".sql"), file) for file in folder.iterdir() if file.name.endswith(".sql"))
    return {name: header(file.read_text(encoding="utf-8")) for name, file in found}

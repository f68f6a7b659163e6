"""The colours of every chart by what they are for: on a light page, on a dark one, and on paper.

Charts are built with the light ones. Each of these stands for one purpose, so a finished specification can be
turned to another variant colour by colour, and nothing that a chart says changes with it.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, Literal

Variant = Literal["light", "dark", "print"]
VARIANTS: tuple[Variant, ...] = ("light", "dark", "print")

INK, QUIET, GROUND = "#1c2733", "#55606b", "#ffffff"
EDGE, GRID = "#8b959f", "#e8ebee"  # lines of an axis, and lines that stand back; lines of the ground
# What is written on a dark and on a pale cell. Short, so that they are told from the ground and from ink.
ON_DARK, ON_PALE = "#fff", "#000"

# Six colours, each 3:1 or better on the ground. They also differ in lightness, so that they stay apart in grey print
# and with any colour vision: the test measures both. Marks and dashes tell the same a second time.
COLOURS = ("#14281f", "#b54f12", "#2a9cc4", "#7a1f5c", "#7e7e62", "#3f4cc0")

DARK, LIGHT = "#1f4a73", "#b9cde0"  # two parts of one bar, far apart in grey; the dark one alone for a single line
PALEST = "#eef3f8"  # of the shades of cells, which end at DARK
BELOW, AS_EXPECTED, ABOVE = "#7f2704", "#f3f4f5", COLOURS[2]  # of the shades to both sides of what was expected
STRONG = COLOURS[1]  # what is set off from the rest
LIMITS, SINCE, LIKELY, SPAN = "#c9d6e2", "#d9b48f", "#e7c3a5", "#6f8fae"  # grounds, drawn see-through

# Ends of scales, and what is written on their cells: shades between them are reckoned where a chart is drawn.
SCALES = (PALEST, DARK, BELOW, AS_EXPECTED, ON_DARK, ON_PALE)

# light -> dark, print
_TURNED: Mapping[str, tuple[str, str]] = {
    GROUND: ("#12181f", "#ffffff"),
    INK: ("#e8edf2", "#000000"),
    QUIET: ("#a9b4bf", "#333333"),
    EDGE: ("#707b86", "#6b6b6b"),
    GRID: ("#27303a", "#d4d4d4"),
    ON_DARK: ("#000", "#fff"),
    ON_PALE: ("#fff", "#000"),
    COLOURS[0]: ("#fff5f0", "#150000"),
    STRONG: ("#ff770a", "#a33508"),
    ABOVE: ("#1d65ba", "#269bd4"),
    COLOURS[3]: ("#eda2e9", "#692566"),
    COLOURS[4]: ("#858450", "#777669"),
    COLOURS[5]: ("#a1ed8e", "#000095"),
    DARK: ("#5f9fdd", "#1d456a"),
    LIGHT: ("#30475e", "#c8c8c8"),
    PALEST: ("#1b252f", "#ffffff"),
    BELOW: ("#dd885c", "#7f2704"),
    AS_EXPECTED: ("#20272f", "#f7f7f7"),
    LIMITS: ("#33475a", "#d0d0d0"),
    SINCE: ("#8a5c2a", "#8f8f8f"),
    LIKELY: ("#6b4728", "#dcdcdc"),
    SPAN: ("#6f8fae", "#8a8a8a"),
}
MOST_SHADES = 26  # lines of an age: half a year of weeks
_BETWEEN = (EDGE, DARK)  # lines of an age have a shade in between, reckoned with the chart
_HOLD_COLOURS = ("background", "range", "value", "category")
_END_IN = ("color", "fill", "stroke")
_HOLD_DATA = ("data", "datasets", "params", "domain")


def colours(variant: Variant) -> Mapping[str, str]:
    """Each colour that a chart is built with, and what it is in a variant."""
    if variant == "light":
        return {colour: colour for colour in _TURNED}
    place = VARIANTS.index(variant) - 1
    return {colour: turned[place] for colour, turned in _TURNED.items()}


def shades(steps: int, variant: Variant = "light") -> list[str]:
    """Lines from the palest, the oldest, to the darkest in even steps; a single one is the darkest."""
    known = colours(variant)
    pale, dark = ([int(known[end][at : at + 2], 16) for at in (1, 3, 5)] for end in _BETWEEN)
    ways = [nth / (steps - 1) for nth in range(steps)] if steps > 1 else [1.0]
    mixed = ([round(a + (b - a) * way) for a, b in zip(pale, dark, strict=True)] for way in ways)
    return ["#" + "".join(f"{part:02x}" for part in parts) for parts in mixed]


@cache
def turning(variant: Variant) -> Mapping[str, str]:
    """The same, and every shade of a line that a chart may be built with."""
    every = (zip(shades(steps), shades(steps, variant), strict=True) for steps in range(1, MOST_SHADES + 1))
    return {**dict(pair for pairs in every for pair in pairs), **colours(variant)}


def turned(spec: dict[str, Any], variant: Variant) -> dict[str, Any]:
    """A specification in the colours of a variant. Its data, labels and texts stay as they are."""
    if variant == "light":
        return spec
    return {name: _turned(value, name, turning(variant)) for name, value in spec.items()}


def _turned(value: Any, name: str, known: Mapping[str, str]) -> Any:
    if name in _HOLD_DATA:
        return value
    if isinstance(value, dict):
        return {inner: _turned(part, inner, known) for inner, part in value.items()}
    if isinstance(value, list):
        return [_turned(part, name, known) for part in value]
    holds = name in _HOLD_COLOURS or name.lower().endswith(_END_IN)
    return known.get(value, value) if holds and isinstance(value, str) else value

"""A chart as a still picture: SVG for paper and for where scripts are switched off, with nothing in it that acts.

The picture is drawn here and then written anew, element by element: only shapes and text of a short list come through.
What was a label of the data is text in it, and cannot become anything else.
"""

import json
import re
import xml.etree.ElementTree as ElementTree
import zlib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import vl_convert
from markupsafe import Markup, escape

from appeal_insights.charts.theme import FONTS
from appeal_insights.language import Language
from appeal_insights.reports.vega import COMPOSED, VEGA_LITE, locale

WIDTH = 700  # pixels, which is about what an A4 page has between its margins
# Texts are measured in a plain font: in a large Chinese one that takes three times as long and tells about the same.
MEASURED_IN = "sans-serif"
_ELEMENTS = {
    "svg", "g", "path", "rect", "line", "circle", "text", "tspan", "defs", "clipPath", "linearGradient", "stop",
}  # fmt: skip
_ATTRIBUTES = {
    "id", "transform", "d", "x", "y", "dx", "dy", "x1", "x2", "y1", "y2", "r", "cx", "cy", "width", "height", "viewBox",
    "fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "stroke-dashoffset",
    "stroke-linecap", "stroke-linejoin", "stroke-miterlimit", "opacity", "text-anchor", "font-size", "font-weight",
    "font-style", "clip-path", "gradientUnits", "offset", "stop-color",
}  # fmt: skip
_VALUE = re.compile(r"[\w\s.,#%()+-]*")  # numbers, colours, paths: no quote, no colon, no address
_WITHIN = re.compile(r"url\(#([\w-]+)\)")  # a part of the picture itself
_LONG = re.compile(r"(\d\.\d\d)\d+")  # a hundredth of a pixel is enough
_IN_TWO = re.compile("[\U00010000-\U0010ffff]")  # written as two units: a label cut between them cannot be drawn
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def still(spec: Mapping[str, Any], language: Language) -> Markup | None:
    """The picture of a chart's specification as SVG markup, or None where it cannot be drawn.

    The first picture of a process takes a second longer than the others: the drawing engine starts.
    """
    text = json.dumps(_legible(spec), ensure_ascii=False)
    return _still(text, language) or _still(_IN_TWO.sub("\N{REPLACEMENT CHARACTER}", text), language)


def picture(spec: Mapping[str, Any], language: Language) -> bytes | None:
    """The same as a PNG of twice the width, for where no SVG can be shown, such as mail; None if it cannot be drawn."""
    written = locale(language)
    fitted = _fitted(
        json.loads(_IN_TWO.sub("\N{REPLACEMENT CHARACTER}", json.dumps(_legible(spec), ensure_ascii=False)))
    )
    try:
        return vl_convert.vegalite_to_png(
            fitted, vl_version=VEGA_LITE, scale=2, allowed_base_urls=[], format_locale=written["number"],
            time_format_locale=written["time"],
        )  # fmt: skip
    except ValueError:
        return None


def _legible(value: Any) -> Any:
    """The same without characters that no XML may hold: at one of them the drawing engine ends the whole process."""
    if isinstance(value, str):
        return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, Mapping):
        return {_legible(name): _legible(part) for name, part in value.items()}
    return [_legible(part) for part in value] if isinstance(value, list) else value


@lru_cache(maxsize=64)
def _still(spec: str, language: Language) -> Markup | None:
    written = locale(language)
    try:
        drawn = vl_convert.vegalite_to_svg(
            _fitted(json.loads(spec)), vl_version=VEGA_LITE, allowed_base_urls=[],
            format_locale=written["number"], time_format_locale=written["time"],
        )  # fmt: skip
        root = ElementTree.fromstring(drawn)
    except (ValueError, ElementTree.ParseError):
        return None  # the page itself will say that there is no chart
    return Markup("".join(_written(root, _Names(f"{zlib.crc32(spec.encode()):08x}"))))


class _Names:
    """Names of the parts of a picture, its own on the page, and the same each time it is drawn."""

    def __init__(self, picture: str) -> None:
        self._picture = picture
        self._numbers: dict[str, int] = {}

    def __call__(self, name: str) -> str:
        return f"part-{self._picture}-{self._numbers.setdefault(name, len(self._numbers))}"


def _fitted(spec: dict[str, Any]) -> dict[str, Any]:
    """As wide as a page, labels included, as the live chart fits itself into its box."""
    quick = {**spec, "config": {**spec.get("config", {}), "font": MEASURED_IN}}
    if any(name in spec for name in COMPOSED):
        return quick
    return {**quick, "width": WIDTH, "autosize": {"type": "fit-x", "contains": "padding"}}


def _written(element: ElementTree.Element, named: _Names) -> Iterator[str]:
    """An element of the list with its attributes of the list, and what is in it; nothing that would not be seen."""
    name = str(element.tag).rpartition("}")[2]
    if name not in _ELEMENTS or element.get("display") == "none" or element.get("opacity") == "0":
        return
    if (name == "path" and not element.get("d")) or (name == "g" and not len(element)):
        return
    given = {"font-family": FONTS} if name == "svg" else {}
    given |= {key: value for key in _ATTRIBUTES if (value := _value(element.get(key), key, named)) is not None}
    yield f"<{name}" + "".join(f' {key}="{escape(given[key])}"' for key in sorted(given)) + ">"
    if name in ("text", "tspan"):
        yield str(escape(element.text or ""))
    for part in element:
        yield from _written(part, named)
    yield f"</{name}>"


def _value(value: str | None, name: str, named: _Names) -> str | None:
    """An attribute's value, or None for one that is not of the plain kinds."""
    if value is None:
        return None
    if name == "id":
        return named(value)
    if found := _WITHIN.fullmatch(value):
        return f"url(#{named(found[1])})"
    return _LONG.sub(r"\1", value) if _VALUE.fullmatch(value) and "url" not in value else None

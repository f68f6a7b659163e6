"""What a page needs to draw its charts without a network: one script with the library inside, and safe JSON."""

import hashlib
import json
import os
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, cast

import vl_convert

from appeal_insights.language import Language

VEGA_LITE = "6.4"  # the version the charts are written for
COMPOSED = ("concat", "hconcat", "vconcat", "facet", "repeat")  # charts of several, which have no one width
# A script inside HTML ends at the first "</script", wherever it stands, and these are all it takes to prevent one.
_ESCAPES = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def as_json(value: object) -> str:
    """JSON that can stand inside a script element: no character of it means anything to HTML."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.translate(_ESCAPES)


def chart_script(snippet: str, cache: Path | None = None) -> str:
    """The charting library with the snippet that uses it, as one script that leaves no name behind on the page.

    Bundling takes over a second, so the result is kept in `cache`, else in the user's cache folder.
    """
    key = hashlib.sha256(f"{version('vl-convert-python')} {VEGA_LITE} {snippet}".encode()).hexdigest()[:16]
    kept = (cache or _cache_folder()) / f"charts-{key}.js"
    try:
        return kept.read_text(encoding="utf-8")
    except OSError:
        script = vl_convert.javascript_bundle(snippet, vl_version=VEGA_LITE).replace("\r\n", "\n")
    _keep(script, kept)
    return script


def locale(language: Language) -> dict[str, Any]:
    """How numbers and dates are written in the charts of a language."""
    name: Literal["en-GB", "zh-CN"] = "en-GB" if language == "en" else "zh-CN"
    return {"number": vl_convert.get_format_locale(name), "time": vl_convert.get_time_format_locale(name)}


def reaches_out(spec: object) -> bool:
    """Does a chart's specification name an address anywhere outside its data? None of ours does."""
    if isinstance(spec, dict):
        inner = cast(dict[str, Any], spec)
        return any(
            name in ("url", "href") or (name not in ("values", "datasets") and reaches_out(value))
            for name, value in inner.items()
        )
    return isinstance(spec, list) and any(reaches_out(part) for part in spec)


def _cache_folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "appeal_insights"


def _keep(script: str, kept: Path) -> None:
    """Keep the script for next time. A folder that cannot be written costs time, never a report."""
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        draft = kept.with_name(f"{kept.name}.{os.getpid()}.draft")
        draft.write_text(script, encoding="utf-8", newline="\n")
        draft.replace(kept)
    except OSError:
        return

"""Say things in English or Chinese: whole sentences by key, and numbers and dates as each language writes them."""

import tomllib
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import Literal, cast

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

from appeal_insights.errors import AppealInsightsError, did_you_mean, word

Language = Literal["en", "zh-CN"]
LANGUAGES: tuple[Language, ...] = ("en", "zh-CN")
CHOICES = (*LANGUAGES, "both")

_LOCALE = {"en": "en_GB", "zh-CN": "zh_Hans_CN"}
_TOML_KEY = {"en": "en", "zh-CN": "zh"}


class UnknownWords(AppealInsightsError):
    """No sentence of that key, or a value for one of its holes is missing."""


def languages(choice: str) -> tuple[Language, ...]:
    """The languages that a choice of en, zh-CN or both stands for, in reading order."""
    if choice == "both":
        return LANGUAGES
    if choice in LANGUAGES:
        return (choice,)
    raise UnknownWords.of("choice", what=word("language"), given=choice, known=CHOICES)


@cache
def words() -> dict[str, dict[str, str]]:
    """Every sentence: key -> {'en': ..., 'zh': ...}, from words/*.toml. Tables nest: [change.rose] is 'change.rose'."""
    found: dict[str, dict[str, str]] = {}
    folder = files("appeal_insights").joinpath("words")
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".toml"):
            _collect(tomllib.loads(file.read_text(encoding="utf-8")), "", found)
    return found


def _collect(table: dict[str, object], prefix: str, found: dict[str, dict[str, str]]) -> None:
    if "en" in table and isinstance(table["en"], str):
        if prefix in found:
            raise UnknownWords(f"The sentence {prefix!r} stands in two files of words/. Keep one.")
        found[prefix] = cast(dict[str, str], table)
        return
    for name, value in table.items():
        _collect(cast(dict[str, object], value), f"{prefix}.{name}" if prefix else name, found)


def say(key: str, language: Language, **values: object) -> str:
    """The sentence of a key with its holes filled. Values are text already: numbers go through the functions below."""
    known = words()
    if key not in known:
        raise UnknownWords(f"No sentence {key!r}.{did_you_mean(key, known)} Add it to words/ in both languages.")
    sentence = known[key][_TOML_KEY[language]]
    missing = holes(sentence) - set(values)
    if missing:
        raise UnknownWords(f"The sentence {key!r} also needs: {', '.join(sorted(missing))}.")
    return sentence.format(**values)


def holes(sentence: str) -> set[str]:
    """The names in braces of a sentence."""
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


def count(number: int, language: Language) -> str:
    """A whole number in full digits: 14,589,660."""
    return str(format_decimal(int(number), format="#,##0", locale=_LOCALE[language]))


def share(value: float, language: Language, *, digits: int = 1) -> str:
    """A share 0..1 as a percentage: 48.1%."""
    return _fixed(100 * value, digits, language) + "%"


def points(value: float, language: Language, *, digits: int = 2) -> str:
    """A difference of two shares in percentage points, signed: +1.98 points."""
    number = _signed(100 * value, digits, language)
    return f"{number} 个百分点" if language == "zh-CN" else f"{number} points"


def points_size(value: float, language: Language, *, digits: int = 2) -> str:
    """The size of a difference, without its sign: 1.98 points. For sentences whose verb says the direction."""
    return points(abs(value), language, digits=digits).lstrip("+")


def points_number(value: float, language: Language, *, digits: int = 2) -> str:
    """The same without the unit, for a table whose heading says it."""
    return _signed(100 * value, digits, language)


def share_range(low: float, high: float, language: Language, *, digits: int = 1) -> str:
    """An interval of a share: 47.2% to 49.1%."""
    return say(
        "unit.from_to", language, low=share(low, language, digits=digits), high=share(high, language, digits=digits)
    )


def points_range(low: float, high: float, language: Language, *, digits: int = 2) -> str:
    """An interval of a difference in points: +1.1 to +2.9 points."""
    return say(
        "unit.points_from_to",
        language,
        low=points_number(low, language, digits=digits),
        high=points_number(high, language, digits=digits),
    )


def day(value: date, language: Language) -> str:
    """A day as the language writes it: 22 November 2026, 2026年11月22日."""
    return str(format_date(value, format="long", locale=_LOCALE[language]))


def instant(value: datetime, language: Language) -> str:
    """An instant in UTC to the minute, zone said."""
    shown = format_datetime(
        value, format="d MMMM y HH:mm" if language == "en" else "y年M月d日 HH:mm", locale=_LOCALE[language]
    )
    return f"{shown} UTC"


def _fixed(number: float, digits: int, language: Language) -> str:
    shown = format_decimal(number, format="#,##0." + "0" * digits if digits else "#,##0", locale=_LOCALE[language])
    return str(shown)


def _signed(number: float, digits: int, language: Language) -> str:
    shown = _fixed(abs(number), digits, language)
    if float(shown.replace(",", "")) == 0:
        return shown
    return ("+" if number > 0 else "\N{MINUS SIGN}") + shown

"""Every error of the package: what was given, what was expected, the nearest right answer, the next step.

An error that a notebook, a run or the explorer can meet has its sentence in words/errors.toml, in both languages.
"""

import tomllib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any, Protocol, Self, TypeVar, runtime_checkable

Name = TypeVar("Name", bound=str)
LEAST_PART = 4  # letters of a part that still says which name is meant: upheld for decision_upheld
MOST_LISTED = 12  # names of a list in a sentence, where nothing else is said


@runtime_checkable
class Sayable(Protocol):
    """What can be said in either language."""

    def say(self, language: str) -> str: ...


class Sentence:
    """A sentence or a word of words/errors.toml, with the values for its holes.

    Takes   as values text and numbers, lists of names, and what can be said in either language itself. Where there is
            a list `known`, the hole `hint` asks whether the name in it that is nearest to `given` was meant.
    """

    def __init__(self, key: str, /, **values: object) -> None:
        self.key = key
        self.values = values

    def say(self, language: str) -> str:
        said = {name: _said(value, language) for name, value in self.values.items()}
        if isinstance(known := said.get("known"), _Listed):
            said["hint"] = did_you_mean(str(self.values["given"]), known.names, language=language)
        return _words(self.key, language).format(**said)


def word(name: str) -> Sentence:
    """A word of ours that differs by language, such as a grain."""
    return Sentence(f"word.{name}")


class AppealInsightsError(Exception):
    """The base of every error that is meant for a reader. The message is a whole sentence or two, in English."""

    sentence: Sentence | None = None  # None: there is no more than the English message

    @classmethod
    def of(cls, key: str, /, **values: object) -> Self:
        """The error that says a sentence of words/errors.toml."""
        sentence = Sentence(key, **values)
        error = cls(sentence.say("en"))
        error.sentence = sentence
        return error

    def __str__(self) -> str:
        return f"{type(self).__name__}: {super().__str__()}"

    @property
    def message(self) -> str:
        """The sentence without the name of the error."""
        return super().__str__()

    def say(self, language: str) -> str:
        """The message in either language. Without a sentence for it, Chinese says what kind of error it is."""
        if self.sentence:
            return self.sentence.say(language)
        if language == "en":
            return self.message
        kind = next(one.__name__ for one in type(self).__mro__ if one.__name__ in _table()["kind"])
        return Sentence("only_english", kind=Sentence(f"kind.{kind}"), english=self.message).say(language)


class BadContract(AppealInsightsError):
    """A declaration of the contract does not hold together."""


class BadMapping(AppealInsightsError):
    """A mapping file does not fit the contract or the file it maps."""


class BadCalendar(AppealInsightsError):
    """A calendar is declared in a way that no calendar can be, or asked about days that it does not know."""


class BadInput(AppealInsightsError):
    """A file cannot be read at all."""


class BadTable(AppealInsightsError):
    """A table given to an analysis lacks a column or holds an impossible number."""


class BadPeriod(AppealInsightsError):
    """A period cannot be read, or two periods do not go together."""


class BadPredicate(AppealInsightsError):
    """A metric's predicate is more than a row-level yes/no question over the contract's columns."""


class EmptyPeriod(AppealInsightsError):
    """One period has nothing in its denominator."""


class TooFine(AppealInsightsError):
    """A finer grain or another dimension was asked for than the data have."""


class UnknownName(AppealInsightsError):
    """The base of 'no such ...': a name that nobody declared."""


class UnknownDimension(UnknownName):
    """No such dimension."""


class UnknownMetric(UnknownName):
    """No such metric."""


class UnknownParameter(UnknownName):
    """No such parameter of a notebook."""


class UnknownQuery(UnknownName):
    """No such query file."""


class UnknownStore(UnknownName):
    """No such store in the workspace."""


class BadParameter(AppealInsightsError):
    """A parameter has a value of the wrong type."""


class BadRun(AppealInsightsError):
    """A run did not end as it should."""


def nearest(given: str, known: Iterable[str]) -> str | None:
    """The known name nearest to what was given, or the only one that it is a part of, or None."""
    by_folded = {name.casefold(): name for name in known}
    close = get_close_matches(given.casefold(), list(by_folded), n=1, cutoff=0.6)
    if close:
        return by_folded[close[0]]
    within = [name for folded, name in by_folded.items() if len(given) >= LEAST_PART and given.casefold() in folded]
    return within[0] if len(within) == 1 else None


def did_you_mean(given: str, known: Iterable[str], *, language: str = "en") -> str:
    """' Did you mean ...?' for the nearest known name, or nothing."""
    name = nearest(given, known)
    return Sentence("word.did_you_mean", name=name).say(language) if name else ""


def choice(what: str, given: str, known: Sequence[Name]) -> Name:
    """The one of a few known words that was given. Raises BadParameter with the nearest of them."""
    for name in known:
        if name == given:
            return name
    raise BadParameter.of("choice", what=word(what), given=given, known=known)


def one_of(known: Iterable[str], *, most: int = MOST_LISTED, language: str = "en") -> str:
    """The known names as a readable list, cut where it gets long."""
    names = list(known)
    more = Sentence("word.and_more", count=len(names) - most).say(language) if len(names) > most else ""
    return _words("word.separator", language).join(names[:most]) + more


@contextmanager
def also_said_in(languages: Iterable[str]) -> Iterator[None]:
    """Errors of the body carry their sentence in these languages too, as notes: a traceback ends with them."""
    try:
        yield
    except AppealInsightsError as error:
        for language in languages:
            if language != "en":
                error.add_note(error.say(language))
        raise


@dataclass(frozen=True)
class _Listed:
    """A list of names in a sentence. Its format is how many there are at most: {known:20}."""

    names: Sequence[str]
    language: str

    def __format__(self, most: str) -> str:
        return one_of(self.names, most=int(most or MOST_LISTED), language=self.language)


def _said(value: object, language: str) -> object:
    if isinstance(value, Sayable):
        return value.say(language)
    if isinstance(value, Iterable) and not isinstance(value, str):
        return _Listed([str(_said(one, language)) for one in value], language)
    return value


@cache
def _table() -> dict[str, Any]:
    file = files("appeal_insights").joinpath("words", "errors.toml")
    return dict(tomllib.loads(file.read_text(encoding="utf-8"))["error"])


def _words(key: str, language: str) -> str:
    entry = _table()
    for part in key.split("."):
        entry = entry[part]
    return str(entry["zh" if language == "zh-CN" else "en"])

"""A view: what an explorer shows, as plain data. It travels as a token, and says itself as a few lines of Python.

A view holds the question and never an answer, and never for whom it is asked. Who opens a token sees what their own
audience may see of their own store: one that an analyst made, opened by a stakeholder, is a stakeholder's view.
The language is part of the question, since it is kept and restored with it; who pastes a token goes on in their own.
"""

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self, get_args

from appeal_insights.errors import BadParameter, UnknownParameter, choice
from appeal_insights.language import CHOICES
from appeal_insights.records.scope import Scope, read_scope, write_scope

ViewKind = Literal["metric", "compare", "quality", "cases"]
KINDS: tuple[ViewKind, ...] = get_args(ViewKind)
_ALWAYS = ("store", "where", "as_of", "language")
KEYS: dict[ViewKind, tuple[str, ...]] = {  # what each kind may be asked with
    "metric": (*_ALWAYS, "metric", "by", "during", "every", "basis"),
    "compare": (*_ALWAYS, "metric", "before", "after", "during", "by", "basis", "against", "event", "path"),
    "quality": (
        *(*_ALWAYS, "start", "end", "by", "budget", "series"),
        *("part", "lift", "costs", "before", "after", "during"),
    ),
    "cases": (*_ALWAYS, "metric", "during", "basis", "part", "columns", "sampled", "most", "seed"),
}
SCOPES = ("where", "against")  # keys that hold which records are meant
# The calls that show a view, and which of its keys they take; none named: all of them.
_CALLS: dict[ViewKind, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "metric": (
        ('query("trend"', ("store", "metric", "by", "during", "every", "where", "basis", "as_of")),
        ('query("breakdown"', ("store", "metric", "by", "during", "where", "basis", "as_of")),
    ),
    "compare": (("compare(", ()),),
    "quality": (("accuracy(", ("store", "during", "by", "where", "lift", "costs", "part", "as_of", "language")),),
    "cases": (('cases(audience="analyst"', ()),),  # nobody else is shown records
}
VERSION = "v1"  # of the token; another number is another layout
MOST_TEXT = 20_000  # characters of a token, and bytes of what it holds: a question is shorter
_TOKEN = re.compile(r"v(?P<version>[0-9]+)\.(?P<body>[A-Za-z0-9_-]+)\.(?P<check>[0-9a-f]{8})")
_IN_A_LINK = re.compile(r"[?&#]view=([^&#]*)")


@dataclass(frozen=True)
class View:
    """What an explorer shows: its kind, and the words that the library is asked with, as they would be typed.

    Takes   `asked`: keyword arguments as text; those that are empty say nothing and are left out.
    Raises  UnknownParameter   a key that views of this kind do not have;  BadParameter   no such kind, or no text.
    """

    kind: ViewKind
    asked: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        choice("view", self.kind, KINDS)
        for name, value in self.asked.items():
            if name not in KEYS[self.kind]:
                raise UnknownParameter.of("view.key", given=name, kind=self.kind, known=KEYS[self.kind])
            if not isinstance(value, str):
                raise BadParameter.of("view.text", name=name)
        if self.asked.get("language"):
            choice("language", self.asked["language"], CHOICES)
        told = {name: self.asked[name] for name in sorted(self.asked) if self.asked[name]}
        object.__setattr__(self, "asked", told)

    def but(self, **changed: str) -> Self:
        """The same view with some words changed; an empty one is taken out."""
        return replace(self, asked={**self.asked, **changed})

    @property
    def where(self) -> Scope:
        """The records that are meant."""
        return read_where(self.asked.get("where", ""))

    def arguments(self, *names: str) -> dict[str, Any]:
        """The keyword arguments of the library's call: all, or those of these names; scopes as dictionaries."""
        told = {name: value for name, value in self.asked.items() if not names or name in names}
        return {name: read_where(value) if name in SCOPES else value for name, value in told.items()}

    def token(self) -> str:
        """The view as one word of letters, digits and .-_ that fits a link or a chat."""
        body = _packed(json.dumps([self.kind, self.asked], ensure_ascii=False, separators=(",", ":")))
        return f"{VERSION}.{body}.{_check(body)}"

    @classmethod
    def from_token(cls, text: str) -> Self:
        """The view of a token, or of a link that holds one; white space in it does no harm.

        Raises  BadParameter   it is no token, a mistyped one, or a newer version's;  what a View raises.
        """
        text = "".join(text.split())
        found = _TOKEN.fullmatch(inside[1] if (inside := _IN_A_LINK.search(text)) else text)
        if found is None or len(text) > MOST_TEXT:
            raise BadParameter.of("view.no_token")
        if found["version"] != VERSION[1:]:
            raise BadParameter.of("view.other_version", given=f"v{found['version']}", known=[VERSION])
        if _check(found["body"]) != found["check"]:
            raise BadParameter.of("view.mistyped")
        return cls(*_unpacked(found["body"]))

    def code(self) -> str:
        """The few lines of Python that give what the view shows."""
        lines = [_call(opening, self.arguments(*names)) for opening, names in _CALLS[self.kind]]
        return "\n".join(["import appeal_insights as ap", "", *lines])


def write_where(scope: Mapping[str, list[str]]) -> str:
    """A scope as text that `read_where` reads back, whatever its values hold: as one types it where that is enough."""
    typed = write_scope(scope)
    try:
        enough = read_scope(typed) == scope
    except BadParameter:
        enough = False
    return typed if enough else json.dumps(scope, ensure_ascii=False)


def read_where(text: str) -> Scope:
    """The scope of such a text. Raises BadParameter where it is none."""
    if not text.lstrip().startswith("{"):
        return read_scope(text)
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadParameter.of("parameter.scope", given=text) from error
    if not all(isinstance(values, list) and all(isinstance(one, str) for one in values) for values in found.values()):
        raise BadParameter.of("parameter.scope", given=text)
    return {str(name): list(values) for name, values in found.items()}


def _call(opening: str, told: Mapping[str, Any]) -> str:
    """A call as one types it: a scope as text where that says it, else as a dictionary."""
    given = []
    for name, value in told.items():
        typed = write_where(value) if isinstance(value, dict) else value
        said = value if isinstance(value, dict) and typed.startswith("{") else typed
        given.append(f"{name}={json.dumps(said, ensure_ascii=False)}")
    return f"ap.{opening}{', ' if given and not opening.endswith('(') else ''}{', '.join(given)})"


def _packed(text: str) -> str:
    return base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).rstrip(b"=").decode("ascii")


def _unpacked(body: str) -> tuple[Any, Any]:
    """Kind and words. The check held, so what cannot be read here was made on purpose: no more is said of it."""
    try:
        unpacking = zlib.decompressobj()
        whole = unpacking.decompress(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)), MOST_TEXT)
        kind, asked = json.loads(whole)
    except (ValueError, zlib.error, TypeError, RecursionError) as error:
        raise BadParameter.of("view.no_token") from error
    if not (isinstance(kind, str) and isinstance(asked, dict)):
        raise BadParameter.of("view.no_token")
    return kind, asked


def _check(body: str) -> str:
    return hashlib.sha256(f"{VERSION}.{body}".encode()).hexdigest()[:8]

"""Findings that analysts kept: a view, their own words for it, and the numbers that they saw. One file each."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, overload

from appeal_insights.errors import AppealInsightsError, BadParameter, UnknownName
from appeal_insights.findings.shown import Cells
from appeal_insights.findings.view import View
from appeal_insights.findings.view_numbers import Number, metric_of, numbers_of
from appeal_insights.language import Language, say
from appeal_insights.metrics.metric import metric
from appeal_insights.periods import instant
from appeal_insights.records.shared import shared
from appeal_insights.records.workspace import Workspace, find_workspace

FORMAT = 1  # of the file
GRADE = "noted"  # how sure: an analyst looked and said so, and nothing was tested
LONGEST = 2000  # characters of a finding in one language; a name is shorter
LONGEST_NAME = 120
_KEYS: dict[Language, str] = {"en": "en", "zh-CN": "zh"}


@dataclass(frozen=True)
class Kept:
    """What an analyst said of a view, and the numbers that were seen then."""

    id: str
    view: View
    store: str
    words: Mapping[str, str]  # en, zh: one of them at least
    author: str  # empty where nobody is named
    kept_at: str  # instant, UTC
    as_of: str  # what was known then
    fingerprint: str  # of the records that were visible then
    numbers: Sequence[Number]
    grade: str = GRADE
    withdrawn_at: str = ""

    def said(self, language: Language) -> str:
        """The words in a language; those of the other one, marked, where only these are there."""
        if own := self.words.get(_KEYS[language]):
            return own
        return say("kept.only_other", language, words=next(iter(self.words.values())))


@dataclass(frozen=True)
class KeptFindings(Sequence[Kept]):
    """The kept findings of a store, the newest first; those that were withdrawn are no longer among them."""

    place: Workspace
    store: str
    found: Sequence[Kept] = field(default_factory=tuple)
    unreadable: Sequence[str] = ()  # names of files that are no kept finding

    @overload
    def __getitem__(self, place: int) -> Kept: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Kept]: ...
    def __getitem__(self, place: int | slice) -> Kept | Sequence[Kept]:
        return self.found[place]

    def __len__(self) -> int:
        return len(self.found)

    def withdraw(self, id: str, *, at: datetime | None = None) -> "KeptFindings":
        """Take a finding back: it stays on file with the instant, and no later run shows it. Gives those that are left.

        Raises  UnknownName   there is none of that id.
        """
        known = {one.id: one for one in self.found}
        if id not in known:
            raise UnknownName.of("kept.unknown", given=id, known=list(known), store=self.store)
        _write(self.place.kept / f"{id}.json", replace(known[id], withdrawn_at=_moment(at)), again=True)
        return kept(self.store, workspace=self.place.root)

    def _repr_html_(self) -> str:
        heads = [(name, say(f"column.{key}", "en"), "left") for name, key in _LISTED.items()]
        rows = [[one.id, one.kept_at, one.author, one.said("en"), metric_of(one.view)] for one in self.found]
        return Cells(heads, rows).as_html()


_LISTED = {"id": "kept_id", "kept_at": "kept_at", "author": "kept_by", "words": "kept_words", "metric": "kept_metric"}


def keep(
    view: View,
    *,
    en: str = "",
    zh: str = "",
    author: str = "",
    store: str = "",
    kept_at: datetime | None = None,
    workspace: Path | None = None,
) -> Kept:
    """Keep a view as a finding in the analyst's own words; the next run of its report shows it, with numbers of then.

    Takes   `en`, `zh`: what is to be said, in one language at least. `author`: who says so. `store`: where the view
            does not name one.
    Gives   what was kept, as it stands in the workspace under data/kept.
    Raises  BadParameter   nothing is said, or too much;  EmptyPeriod and the like   the view has no numbers.
    """
    words = {name: text for name, given in (("en", en), ("zh", zh)) if (text := _plain(given, LONGEST))}
    if not words:
        raise BadParameter.of("kept.no_words")
    place, name = find_workspace(workspace), view.asked.get("store") or store
    asked = view.asked.get("as_of")
    with shared(place.existing_store(name)) as opened:
        moment = instant(asked) if asked else opened.latest()
        fact = "figures" if "figures" in opened.tables else metric(metric_of(view)).fact
        fingerprint = str(opened.fingerprint(fact, moment))
    numbers = numbers_of(view, store=name, as_of=moment, workspace=workspace)
    said_at = _moment(kept_at)
    found = Kept(
        id=f"{said_at.replace(':', '').replace('-', '').rstrip('Z')}-{view.token()[-8:]}",
        view=view,
        store=name,
        words=words,
        author=_plain(author, LONGEST_NAME),
        kept_at=said_at,
        as_of=moment.isoformat() + "Z",
        fingerprint=fingerprint,
        numbers=numbers,
    )
    place.kept.mkdir(parents=True, exist_ok=True)
    for turn in range(1, 1000):
        one = found if turn == 1 else replace(found, id=f"{found.id}-{turn}")
        if _write(place.kept / f"{one.id}.json", one):
            return one
    raise BadParameter.of("kept.too_many")


def kept(store: str, *, workspace: Path | None = None) -> KeptFindings:
    """The findings that were kept of a store, the newest first. `.withdraw(id)` takes one back."""
    place = find_workspace(workspace)
    found, unreadable = [], []
    for path in sorted(place.kept.glob("*.json"), reverse=True):
        try:
            found.append(_read(path))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, AppealInsightsError):
            unreadable.append(path.name)
    ours = [one for one in found if one.store == store and not one.withdrawn_at]
    ours.sort(key=lambda one: (one.kept_at, one.id), reverse=True)
    return KeptFindings(place, store, ours, unreadable)


def _plain(text: str, longest: int) -> str:
    """The text in one line. Raises BadParameter where it is too long to be read."""
    line = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    if len(line) > longest:
        raise BadParameter.of("kept.too_long", given=len(line), most=longest)
    return line


def _moment(given: datetime | None) -> str:
    return (given or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _write(path: Path, one: Kept, *, again: bool = False) -> bool:
    """Put a file in place whole. False where there is one of that name already and it is not to be written again."""
    content = {**asdict(one), "view": one.view.token(), "format": FORMAT}
    draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
    try:
        draft.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        if again:
            draft.replace(path)
        else:
            path.hardlink_to(draft)
    except FileExistsError:
        return False
    finally:
        draft.unlink(missing_ok=True)
    return True


def _read(path: Path) -> Kept:
    told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if told.pop("format") != FORMAT or told["id"] != path.stem:
        raise ValueError(path.name)
    texts = {name: str(told[name]) for name in ("id", "store", "author", "kept_at", "as_of", "fingerprint", "grade")}
    words = {name: _plain(str(told["words"][name]), LONGEST) for name in ("en", "zh") if told["words"].get(name)}
    if not words:
        raise ValueError(path.name)
    instant(texts["as_of"]), instant(texts["kept_at"])
    return Kept(
        view=View.from_token(told["view"]),
        words=words,
        numbers=[_number(row) for row in told["numbers"]],
        withdrawn_at=str(told.get("withdrawn_at", "")),
        **texts,
    )


def _number(row: Mapping[str, Any]) -> Number:
    rates = [None if row[name] is None else float(row[name]) for name in ("rate", "low", "high")]
    counted = int(row["numerator"]), int(row["denominator"])
    return Number(str(row["span"]), str(row["scope"]), *counted, *rates)

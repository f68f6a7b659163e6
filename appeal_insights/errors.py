"""Every error of the package: what was given, what was expected, the nearest right answer, the next step."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import TypeVar

Name = TypeVar("Name", bound=str)
LEAST_PART = 4  # letters of a part that still says which name is meant: upheld for decision_upheld


class AppealInsightsError(Exception):
    """The base of every error that is meant for a reader. The message is a whole sentence or two."""

    def __str__(self) -> str:
        return f"{type(self).__name__}: {super().__str__()}"

    @property
    def message(self) -> str:
        """The sentence without the name of the error."""
        return super().__str__()


class BadContract(AppealInsightsError):
    """A declaration of the contract does not hold together."""


class BadMapping(AppealInsightsError):
    """A mapping file does not fit the contract or the file it maps."""


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


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """' Did you mean ...?' for the nearest known name, or nothing."""
    name = nearest(given, known)
    return f" Did you mean {name!r}?" if name else ""


def choice(what: str, given: str, known: Sequence[Name]) -> Name:
    """The one of a few known words that was given. Raises BadParameter with the nearest of them."""
    for name in known:
        if name == given:
            return name
    raise BadParameter(f"No {what} {given!r}.{did_you_mean(given, known)} Choose one of: {', '.join(known)}.")


def one_of(known: Iterable[str], *, most: int = 12) -> str:
    """The known names as a readable list, cut where it gets long."""
    names = list(known)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more

"""Which records are meant: 'market=DE,AT; queue=live' as a dictionary of dimension -> values, and back."""

from collections.abc import Mapping, Sequence

from appeal_insights.errors import BadParameter

Scope = dict[str, list[str]]


def read_scope(text: str | Mapping[str, str | Sequence[str]] | None) -> Scope:
    """Read a scope. Empty means everything. A value may not hold a comma or semicolon; give a dictionary then.

    Raises  BadParameter   a part has no '='.
    """
    if not text:
        return {}
    if isinstance(text, Mapping):
        return {
            name: [values] if isinstance(values, str) else [str(value) for value in values]
            for name, values in text.items()
        }
    found: Scope = {}
    for part in text.split(";"):
        if not part.strip():
            continue
        name, sign, values = part.partition("=")
        listed = [value.strip() for value in values.split(",") if value.strip()]
        if not (sign and name.strip() and listed):
            raise BadParameter.of("parameter.scope", given=part.strip())
        found.setdefault(name.strip(), []).extend(listed)
    return found


def read_names(text: str | Sequence[str]) -> list[str]:
    """Read a list of names: 'market,policy', or a list already."""
    return [name.strip() for name in (text.split(",") if isinstance(text, str) else text) if name.strip()]


def write_scope(scope: Mapping[str, Sequence[str]]) -> str:
    """The scope as one line of text."""
    return "; ".join(f"{name}={','.join(values)}" for name, values in scope.items())


def touches(event: Mapping[str, Sequence[str]], records: Mapping[str, Sequence[str]]) -> bool:
    """Whether an event of that scope can have touched those records: they contradict each other in no dimension."""
    return all(set(values) & set(records[name]) for name, values in event.items() if name in records)

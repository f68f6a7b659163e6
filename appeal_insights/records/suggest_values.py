"""Their values of a coded column and ours: a line for each that is not ours already."""

from collections.abc import Iterator, Sequence

from appeal_insights.errors import one_of
from appeal_insights.language import Language, count, say
from appeal_insights.records.contract import Column
from appeal_insights.records.suggest_columns import MOST_VALUES, known, meant
from appeal_insights.records.suggest_text import comment, quoted


def value_lines(cells: Sequence[tuple[str, int]], ours: Column, language: Language) -> Iterator[str]:
    """The table [values.<ours>], from (value, rows). What is only near, or unknown, waits in a comment."""
    lines = [line for value, rows in cells[:MOST_VALUES] if (line := _line(value, rows, ours, language))]
    if lines:
        yield from ("", f"[values.{ours.name}]", *lines)
        if len(cells) > MOST_VALUES:
            more = count(len(cells) - MOST_VALUES, language)
            yield comment(say("suggest.values_more", language, count=more))


def _line(value: str, rows: int, ours: Column, language: Language) -> str:
    found, told = meant(value, ours), count(rows, language)
    if found is None and ours.values:
        said = say("suggest.value_unknown", language, rows=told, known=one_of(ours.values, most=30))
        return comment(f'{quoted(value)} = "?"  # {said}')
    if found is None:
        said = say("suggest.value_free", language, rows=told, like=ours.pattern)
        return comment(f'{quoted(value)} = "?"  # {said}')
    if found.how == "same":
        return ""
    line = f"{quoted(value)} = {quoted(found.value)}"
    if found.how == "near":
        return comment(f"{line}  # {say('suggest.value_near', language, rows=told)}")
    doubtful = value.casefold() in known()["doubtful"].get(ours.name, ())
    said = say("suggest.value_doubtful" if doubtful else "suggest.value", language, rows=told)
    return f"{line}  {comment(said)}"

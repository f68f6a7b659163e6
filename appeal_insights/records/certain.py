"""Which rows of a CSV are good beyond doubt: the plain forms of every cell, decided in the database.

checking.py is the judge and has the reasons; it is asked about the rows only that are not certain here. So a question
may be narrower than its own, never wider: `tests/records/test_certain.py` holds the two to each other.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from appeal_insights.records.checking import NUMBERS, YEARS, clock, countries, market_zones
from appeal_insights.records.contract import Column
from appeal_insights.records.mapping import EXCEL, EXCEL_EPOCH, KNOWN_FROM, From, Mapping
from appeal_insights.records.statement import Node, all_of, choose, column, fill, instant_value, parse, text_value

# Whatever trims text somewhere may stand at no end of a cell; a NUL stands nowhere. \x01 marks the ends of cells.
_SPACE = r"\s\x0b\x1c-\x1f\x{85}\x{a0}\x{1680}\x{180e}\x{2000}-\x{200f}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff}"
_UNTIDY = rf"\x01[{_SPACE}]|[{_SPACE}]\x01|\x00"
_DAY = r"\d{4}-\d\d-\d\d"
_TIME = r"(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,6})?)?"
_PLAIN = rf"{_DAY}(?:[T ]{_TIME})?"
_ZULU = rf"{_DAY}[T ]{_TIME}Z"
_SHIFTED = rf"{_DAY}[T ]{_TIME}[+-](?:0\d|1[0-4]):?[0-5]\d"
_DIRECTIVES = {
    "Y": (r"\d{4}", r"\d{4}"),
    "m": (r"(?:0[1-9]|1[0-2])", r"(?:0?[1-9]|1[0-2])"),
    "d": (r"(?:0[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|[12]\d|3[01])"),
    "H": (r"(?:[01]\d|2[0-3])", r"(?:[01]?\d|2[0-3])"),
    "M": (r"[0-5]\d", r"[0-5]?\d"),
    "S": (r"[0-5]\d", r"[0-5]?\d"),
}  # with two digits, and with one where nothing but a mark follows
_DAY_NUMBER = parse(
    """
    case
        when regexp_full_match(x, '[1-9][0-9]{2,4}([.][0-9]+)?')
            then epoch + to_seconds(cast(floor(cast(x as double) * 86400 + 0.5) as bigint))
    end
    """
)
_NUMBER = {
    "integer": parse("case when regexp_full_match(x, form) then cast(x as bigint) end"),
    "number": parse("case when regexp_full_match(x, form) then cast(x as double) end"),
}
_NOTHING = {
    "instant": parse("cast(null as timestamp)"),
    "integer": parse("cast(null as bigint)"),
    "number": parse("cast(null as double)"),
}
_CLOCK_YEARS = range(2000, 2040)  # of clocks with summer time; other times are looked at one by one


def certain_row(mapping: Mapping) -> tuple[dict[str, Node], Node]:
    """What our columns are made of, over the columns of a CSV as text, and whether the row is good beyond doubt.

    Gives   ours -> its value, `zone` and `known_from` too;  a condition over these values by name and over their
            columns, that holds for certain rows only.
    """
    made: dict[str, Node] = {}
    holds = [_tidy(mapping)]
    for name, of in mapping.contract.columns.items():
        cell = _cell(name, mapping)
        if cell is None:
            made[name] = _NOTHING.get(of.type, parse("cast(null as varchar)"))
        elif of.type == "instant":
            made[name] = instant(cell, mapping.columns.get(name), mapping.zone)
            holds.append(_instant_holds(cell, column(name)))
        elif of.type in NUMBERS:
            parts = {"x": _translated(cell, mapping.values.get(name, {})), "form": text_value(NUMBERS[of.type].form)}
            made[name] = fill(_NUMBER[of.type], parts)
            holds.append(fill(parse("cell is null or x is not null"), {"cell": cell, "x": column(name)}))
        else:
            made[name] = _translated(cell, mapping.values.get(name, {}))
            holds += _text_holds(column(name), of)
        if cell is not None and (of.required or name == mapping.contract.key) and name not in mapping.absent:
            holds.append(fill(parse("x is not null"), {"x": cell}))
    made["zone"] = text_value(mapping.zone)
    if market := mapping.contract.market:
        holds.append(_is_one_of(column(market), sorted(countries())))
        zones = [(text_value(name), text_value(zone)) for name, zone in market_zones().items()]
        made["zone"] = choose(column(market), zones, otherwise=made["zone"])
    made[KNOWN_FROM] = parse("cast(null as timestamp)")
    if (extracted := _cell(KNOWN_FROM, mapping)) is not None:
        made[KNOWN_FROM] = instant(extracted, mapping.columns.get(KNOWN_FROM), mapping.zone)
        holds.append(_instant_holds(extracted, column(KNOWN_FROM)))
    return made, all_of(holds)


def _cell(name: str, mapping: Mapping) -> Node | None:
    """Their text for one of our columns: a cell (null where it is empty), or the constant."""
    if name in mapping.constants:
        return text_value(mapping.constants[name])
    return column(mapping.columns[name].theirs) if name in mapping.columns else None


def _tidy(mapping: Mapping) -> Node:
    """No cell that is taken as it is begins or ends with what is trimmed, or holds a NUL; constants neither."""
    free = [
        name for name, of in mapping.contract.columns.items() if of.type in ("text", "code", "scope") and not of.values
    ]
    cells = [cell for name in free if (cell := _cell(name, mapping)) is not None]
    return fill(
        parse("not regexp_matches(concat_ws(chr(1), '', cells, ''), untidy)"),
        {"cells": cells, "untidy": text_value(_UNTIDY)},
    )


def _translated(cell: Node, values: dict[str, str]) -> Node:
    if not values:
        return cell
    nothing = parse("cast(null as varchar)")
    pairs = [(text_value(theirs), text_value(ours) if ours else nothing) for theirs, ours in values.items()]
    return choose(cell, pairs, otherwise=cell)


def _text_holds(value: Node, of: Column) -> list[Node]:
    if of.type == "text":
        return []
    if of.type != "code":
        return [fill(parse("x is null"), {"x": value})]
    found = [_is_one_of(value, of.values)] if of.values else []
    if of.pattern:
        parts = {"x": value, "pattern": text_value(of.pattern)}
        found.append(fill(parse("x is null or regexp_full_match(x, pattern)"), parts))
    return found


def _is_one_of(value: Node, known: Sequence[str]) -> Node:
    return fill(parse("x is null or x in (listed)"), {"x": value, "listed": [text_value(one) for one in known]})


def _instant_holds(cell: Node, value: Node) -> Node:
    first, last = (instant_value(datetime(year, 1, 1)) for year in (YEARS[0], YEARS[1] + 1))
    parts = {"cell": cell, "x": value, "first": first, "last": last}
    return fill(parse("cell is null or coalesce(x >= first and x < last, false)"), parts)


def instant(cell: Node, source: From | None, zone: str) -> Node:
    """A text as an instant in UTC, null where it is empty or not certain."""
    if source is not None and source.format:
        one = source.formats[0] if len(source.formats) == 1 else None  # of several the second look tells which
        return _formatted(cell, one, zone) if one else parse("cast(null as timestamp)")
    local = _to_utc(fill(parse("try_cast(x as timestamp)"), {"x": cell}), zone)
    tree = parse(
        """
        case
            when regexp_full_match(x, zulu) then try_cast(x as timestamp)
            when regexp_full_match(x, plain) then local
            when regexp_full_match(x, shifted) then timezone('UTC', try_cast(x as timestamptz))
        end
        """
    )
    forms = {"zulu": _ZULU, "plain": _PLAIN, "shifted": _SHIFTED}
    return fill(tree, {"x": cell, "local": local, **{name: text_value(form) for name, form in forms.items()}})


def _formatted(cell: Node, form: str, zone: str) -> Node:
    if form == EXCEL:
        return fill(_to_utc(_DAY_NUMBER, zone), {"x": cell, "epoch": instant_value(EXCEL_EPOCH)})
    pattern = _pattern(form)
    if pattern is None:
        return parse("cast(null as timestamp)")
    local = _to_utc(fill(parse("try_strptime(x, form)"), {"x": cell, "form": text_value(form)}), zone)
    tree = parse("case when regexp_full_match(x, pattern) then local end")
    return fill(tree, {"x": cell, "pattern": text_value(pattern), "local": local})


def _pattern(form: str) -> str | None:
    """What a text of that format looks like; None for a format with anything but plain numbers, or a part twice."""
    parts = re.findall(r"%(.)|([^%]+)|(%)", form)
    directives = [directive for directive, *_ in parts if directive]
    if set(directives) - set(_DIRECTIVES) or len(set(directives)) < len(directives) or any(sign for *_, sign in parts):
        return None
    if form != form.strip():
        return None
    found = ""
    for (directive, text, _), (follows, *_) in pairwise([*parts, ("", "", "")]):
        if text and not re.fullmatch(r"[-/.:, TZ]+", text):
            return None
        found += _DIRECTIVES[directive][not follows] if directive else re.escape(text)
    return found


def _to_utc(local: Node, zone: str) -> Node:
    """A local time as UTC by the pinned rules, null where the clocks skip or repeat it: that is not certain."""
    if zone == "UTC":
        return local
    return fill(fill(parse("local - to_seconds(shift)"), {"shift": _shift_of(zone)}), {"local": local})


@cache
def _shift_of(zone: str) -> Node:
    return _shift(_eras(zone))


def _shift(eras: Sequence[tuple[datetime, int | None]]) -> Node:
    """Seconds that `local` is ahead of UTC, as a tree of comparisons: about ten of them for any time."""
    if len(eras) == 1:
        seconds = eras[0][1]
        return parse("cast(null as bigint)") if seconds is None else parse(str(seconds))
    middle = len(eras) // 2
    parts = {
        "middle": instant_value(eras[middle][0]),
        "earlier": _shift(eras[:middle]),
        "later": _shift(eras[middle:]),
    }
    return fill(parse("case when local < middle then earlier else later end"), parts)


@cache
def _eras(zone: str) -> tuple[tuple[datetime, int | None], ...]:
    """From when on, by the local clock, it was so many seconds ahead of UTC; None where clocks skip or repeat.

    Clocks that change twice within one day, there and back, are not thought of: none did in these years.
    """
    rules = clock(zone)
    midnights = [datetime(_CLOCK_YEARS.start, 1, 1) + timedelta(days=n) for n in range(len(_CLOCK_YEARS) * 366)]
    eras: list[tuple[datetime, int | None]] = [(datetime.min, None)]
    for day, following in pairwise(midnights):
        same = _ahead(day, rules) if _ahead(day, rules) == _ahead(following, rules) else None
        hours = (day + timedelta(hours=n) for n in range(24))
        for since, ahead in [(day, same)] if same is not None else [(hour, _settled(hour, rules)) for hour in hours]:
            if ahead != eras[-1][1]:
                eras.append((since, ahead))
    return (*eras, (midnights[-1], None))


def _ahead(local: datetime, rules: ZoneInfo, fold: int = 0) -> int:
    ahead = local.replace(tzinfo=rules, fold=fold).utcoffset()
    return int(ahead.total_seconds()) if ahead else 0


def _settled(hour: datetime, rules: ZoneInfo) -> int | None:
    """How far ahead of UTC a local hour is, or None if clocks change in it or at its ends."""
    moments = [hour + timedelta(minutes=minutes) for minutes in (-1, 0, 15, 30, 45, 60, 61)]
    found = {_ahead(moment, rules, fold) for moment in moments for fold in (0, 1)}
    return found.pop() if len(found) == 1 else None

"""Read the counts and rates of a sheet: whole numbers with the sheet's own signs, and numerators from rates."""

import re
from decimal import ROUND_HALF_EVEN, Decimal

import pandas as pd

from appeal_insights.records.figures_mapping import FiguresMapping, Rate

_FINEST = Decimal("1e-9")  # half a unit of the last digit of a rate: what a spreadsheet keeps has no more
_SPACES = " \u00a0\u202f"


def counts_of(text: "pd.Series[str]", mapping: FiguresMapping) -> "pd.Series[float]":
    """Cells as whole numbers, 0 or more; nothing where they are none. 1,234 counts, a decimal comma does not."""
    text = text.astype("str")  # a count that no row names has no cells
    between = _SPACES if mapping.thousands in _SPACES else mapping.thousands
    sign = f"[{re.escape(between)}]"
    form = rf"(?:[0-9]{{1,15}}|[0-9]{{1,3}}(?:{sign}[0-9]{{3}}){{1,4}})(?:{re.escape(mapping.decimal)}0+)?"
    good = text.str.fullmatch(form).fillna(False).astype(bool)
    whole = text.where(good).str.replace(rf"{sign}|{re.escape(mapping.decimal)}0+$", "", regex=True)
    return pd.to_numeric(whole, errors="coerce").astype("float64")


def half_unit(cells: "pd.Series[str]", rate: Rate, mapping: FiguresMapping) -> float:
    """Half a unit of the last digit that a column of rates has, in share."""
    said = cells.dropna().astype("str").str.replace(rf"[{_SPACES}%％]", "", regex=True)
    digits = max((len(one.partition(mapping.decimal)[2]) for one in said), default=0)
    of_hundred = rate.percent or cells.dropna().astype("str").str.contains("[%％]").any()
    return float(Decimal(5).scaleb(-digits - 1 - (2 if of_hundred else 0)))


def numerator_of(text: object, of: float, rate: Rate, mapping: FiguresMapping) -> int | str:
    """The numerator that a rate states, or the reason why it states none."""
    if of == 0:
        return 0
    said = str(text).replace(" ", "").replace("\u00a0", "")
    found = re.fullmatch(rf"([0-9]+(?:{re.escape(mapping.decimal)}[0-9]+)?)([%％]?)", said)
    if not isinstance(text, str) or not found:
        return "is no rate"
    value = Decimal(found[1].replace(mapping.decimal, "."))
    digits = -int(value.as_tuple().exponent) + (2 if rate.percent or found[2] else 0)
    share = value.scaleb(-2) if rate.percent or found[2] else value
    half_unit = max(Decimal(5).scaleb(-digits - 1), _FINEST) if digits else Decimal(0)
    if share > 1:
        return "is a rate above 100 %: say percent = true where 46.2 means 46.2 %"
    product = share * Decimal(int(of))
    room = half_unit * Decimal(int(of))
    if rate.rounded:
        return int(product.quantize(Decimal(1), rounding=ROUND_HALF_EVEN))
    if room >= Decimal("0.5"):
        least, most = max(product - room, Decimal(0)), product + room
        return f"has too few digits: of {of:,.0f} it may be any count from {least:,.0f} to {most:,.0f}"
    whole = product.quantize(Decimal(1), rounding=ROUND_HALF_EVEN)
    if abs(product - whole) > room:
        return f"is no rate of {of:,.0f}: no whole number gives it"
    return int(whole)

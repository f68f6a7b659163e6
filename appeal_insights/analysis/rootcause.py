"""Which segment moved the rate? Every look is paid for, and a change of mix is no move of a rate.

`find_causes` searches all segments of a few dimensions at once: it holds both periods against one baseline, names the
largest segments whose parts all moved, takes them away and looks again.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from appeal_insights.analysis.causes import Cause, Causes, Check, Segment
from appeal_insights.analysis.intervals import Dispersion, change_intervals, dispersion_over_days
from appeal_insights.analysis.leaves import BoolArray, Days, Leaves, add_up, read_leaves
from appeal_insights.analysis.mix_search import MOST_MIX_CAUSES, Shifted, search_mix
from appeal_insights.analysis.search import MOST_CAUSES, Found, Table, search
from appeal_insights.analysis.segments import Scan, build_lattice, enough_days, find_moves, learn_day_noise, scan
from appeal_insights.errors import BadParameter

SAME_RECORDS = 0.9  # the share of all their records that two segments have in common, to be one by two names
POWER = 0.8  # how often the smallest change would have been seen
DAYS_OF_ITS_OWN = 7  # a side: with fewer, a segment's own days do not speak for it

LEAST_EXPECTED = 5.0  # expected numerators, and the rest, a side must have: below it a comparison is a coin flip

_COUNTS = ["numerator_before", "denominator_before", "numerator_after", "denominator_after"]


def find_causes(
    leaves: pd.DataFrame,
    by: Sequence[str],
    *,
    period: str = "period",
    before: object = "before",
    after: object = "after",
    day: str | None = "day",
    numerator: str = "numerator",
    denominator: str = "denominator",
    one: bool = False,
    alpha: float = 0.05,
) -> Causes:
    """Find the segments whose own rate moved the whole, and those whose share did.

    Takes   one row per combination of the dimensions `by`, period and day, in any order, with its counts (>= 0).
            Rows of other periods are left out; a missing value is "(blank)". Give only dimensions that were known
            before the outcome. `day` may be None or no column: then noise beyond chance is not known.
            one: at most one cause. alpha: how often a quiet table may name a cause.
    Gives   Causes; empty and with a check where a period has nothing in its denominator.
    Raises  BadTable       a column is missing, or a count empty, negative, or not a number.
            BadParameter   alpha is no share, or the periods or columns do not go together.
    """
    if not 0 < alpha < 1:
        raise BadParameter.of("parameter.alpha", alpha=f"{alpha:g}")
    read = read_leaves(
        leaves, by, period=period, before=before, after=after, day=day, numerator=numerator, denominator=denominator
    )
    empty = [name for name, total in zip((before, after), read.denominator.sum(axis=1), strict=True) if not total]
    if empty:
        checks = [Check("empty_period", {"period": str(name)}) for name in empty]
        return _sum_up(read, [], checks, mix=np.nan, alpha=alpha)
    lattice = build_lattice(read)
    moves = find_moves(read, lattice)
    noise = learn_day_noise(lattice, moves, read.days) if read.days is not None and enough_days(read.days) else None
    table = Table(read, lattice, moves, noise)

    def own(segment: int) -> Dispersion:
        return _of_its_days(read.days if noise is not None else None, lattice.inside(segment))

    found = search(table, own, alpha=alpha, most=1 if one else MOST_CAUSES)
    shifted = search_mix(table, alpha=alpha, most=1 if one else MOST_MIX_CAUSES)
    causes = [_of_rate(table, each) for each in found] + [_of_mix(table, each) for each in shifted]
    causes.sort(key=lambda cause: -abs(cause.contribution))
    shares = moves.denominator / moves.denominator.sum(axis=1, keepdims=True)
    first = scan(lattice, moves, noise, np.ones(len(moves.baseline), dtype=bool))
    return _sum_up(
        read,
        causes[:1] if one else causes,
        _checks(read, looked_at=int(first.eligible.sum())),
        mix=float(shares[1] @ moves.baseline - shares[0] @ moves.baseline),
        alpha=alpha,
        dispersion=_of_its_days(read.days, np.ones(len(moves.baseline), dtype=bool), least=0).floor,
        looked_at=int(first.eligible.sum()),
        smallest=_smallest(table, first, alpha),
    )


def _sum_up(
    read: Leaves,
    causes: list[Cause],
    checks: list[Check],
    *,
    mix: float,
    alpha: float,
    dispersion: float = 1.0,
    looked_at: int = 0,
    smallest: float = np.nan,
) -> Causes:
    (n0, n1), (d0, d1) = read.numerator.sum(axis=1), read.denominator.sum(axis=1)
    r0, r1 = _rate(n0, d0), _rate(n1, d1)
    change = r1 - r0
    return Causes(
        causes=causes,
        quiet=not causes,
        checks=checks,
        change=change,
        mix_effect=mix,
        rate_effect=change - mix,
        numerator_before=float(n0),
        denominator_before=float(d0),
        numerator_after=float(n1),
        denominator_after=float(d1),
        rate_before=r0,
        rate_after=r1,
        alpha=alpha,
        dispersion=dispersion,
        looked_at=looked_at,
        smallest=smallest,
        unexplained=change - sum(cause.contribution for cause in causes),
    )


def _checks(read: Leaves, *, looked_at: int) -> list[Check]:
    checks: list[Check] = []
    if read.above:
        checks.append(Check("numerator_above_denominator", {"rows": read.above}))
    days = read.days
    if days is None:
        checks.append(Check("no_days"))
    else:
        sides = {"before": days.before, "after": len(days.labels) - days.before}
        if not enough_days(days):
            checks.append(Check("few_days", sides))
        if days.dated and not _same_weekdays(days):
            checks.append(Check("uneven_weekdays", sides))
    if not looked_at:
        checks.append(Check("too_small"))
    return checks


def _same_weekdays(days: Days) -> bool:
    """Whether each weekday is as large a part of one period as of the other."""
    weekday = days.labels.day_of_week.to_numpy()
    before, after = (np.bincount(part, minlength=7) for part in (weekday[: days.before], weekday[days.before :]))
    return np.array_equal(before * after.sum(), after * before.sum())


def _of_rate(table: Table, found: Found) -> Cause:
    """Describe a segment that moved: its contribution is its mix-adjusted change times its mean share."""
    d0, d1 = table.moves.denominator[:, found.rows].sum(axis=1)
    e0, e1 = table.moves.excess[:, found.rows].sum(axis=1)
    expected = float(table.moves.denominator.sum(axis=0)[found.rows] @ table.moves.baseline[found.rows]) / (d0 + d1)
    adjusted = np.clip([expected + e0 / d0, expected + e1 / d1], 0, 1)
    share = float((np.array([d0, d1]) / table.moves.denominator.sum(axis=1)).mean())
    sides = {"numerator_before": [adjusted[0] * d0], "denominator_before": [d0]}
    sides |= {"numerator_after": [adjusted[1] * d1], "denominator_after": [d1]}
    change = change_intervals(pd.DataFrame(sides), found.dispersion).iloc[0]
    return _cause(
        table,
        found.segment,
        "rate",
        contribution=float(change["change"]) * share,
        bounds=(float(change["change_low"]) * share, float(change["change_high"]) * share),
        p=found.p,
        adjusted=(float(adjusted[0]), float(adjusted[1])),
        dispersion=found.dispersion.floor,
    )


def _of_mix(table: Table, shifted: Shifted) -> Cause:
    rates = table.moves.denominator.sum(axis=0)[shifted.rows], table.moves.baseline[shifted.rows]
    mean = float(rates[0] @ rates[1] / rates[0].sum())
    return _cause(
        table,
        shifted.segment,
        "mix",
        contribution=shifted.contribution,
        bounds=(shifted.low, shifted.high),
        p=shifted.p,
        adjusted=(mean, mean),
        dispersion=shifted.dispersion.floor,
    )


def _cause(
    table: Table,
    segment: int,
    kind: Literal["rate", "mix"],
    *,
    contribution: float,
    bounds: tuple[float, float],
    p: float,
    adjusted: tuple[float, float],
    dispersion: float,
) -> Cause:
    inside = table.lattice.inside(segment)
    (n0, n1), (d0, d1) = (
        counts[:, inside].sum(axis=1) for counts in (table.leaves.numerator, table.leaves.denominator)
    )
    whole = table.leaves.denominator.sum(axis=1)
    return Cause(
        segment=_name(table, segment),
        kind=kind,
        contribution=contribution,
        low=bounds[0],
        high=bounds[1],
        p=p,
        numerator_before=float(n0),
        denominator_before=float(d0),
        numerator_after=float(n1),
        denominator_after=float(d1),
        rate_before=_rate(n0, d0),
        rate_after=_rate(n1, d1),
        adjusted_before=adjusted[0],
        adjusted_after=adjusted[1],
        share_before=float(d0 / whole[0]),
        share_after=float(d1 / whole[1]),
        dispersion=dispersion,
        aliases=_aliases(table, segment, inside),
    )


def _name(table: Table, segment: int) -> Segment:
    codes = table.leaves.codes[:, table.lattice.leaf[segment]]
    return {
        table.leaves.by[place]: table.leaves.values[place][codes[place]] for place in table.lattice.dimensions(segment)
    }


def _aliases(table: Table, segment: int, inside: BoolArray) -> list[Segment]:
    """Other segments of as many dimensions or fewer that are nearly the same records."""
    counts = table.leaves.denominator.sum(axis=0)
    own = float(counts[inside].sum())
    most = len(table.lattice.dimensions(segment))
    aliases: list[Segment] = []
    for member, dims in zip(table.lattice.member, table.lattice.groupings, strict=True):
        if len(dims) > most:
            continue
        both = add_up(member[inside], counts[inside], table.lattice.size)
        theirs = add_up(member, counts, table.lattice.size)
        same = np.flatnonzero(both > SAME_RECORDS * (own + theirs - both))
        aliases += [_name(table, int(other)) for other in same if other != segment]
    return aliases


def _of_its_days(days: Days | None, inside: BoolArray, *, least: int = DAYS_OF_ITS_OWN) -> Dispersion:
    """The dispersion of the leaves inside over their days, unknown where a side has fewer than `least` of them."""
    if days is None:
        return Dispersion(None)
    size = len(days.labels)
    within = inside[days.leaf]
    n, d = (add_up(days.day[within], counts[within], size) for counts in (days.numerator, days.denominator))
    is_before = np.arange(size) < days.before
    if min((d[is_before] > 0).sum(), (d[~is_before] > 0).sum()) < least:
        return Dispersion(None)
    table = {"day": days.labels, "period": is_before, "numerator": np.minimum(n, d), "denominator": d}
    return dispersion_over_days(pd.DataFrame(table))


def _smallest(table: Table, first: Scan, alpha: float) -> float:
    """The change of the whole that would pass the strictest look, four times of five."""
    if not first.eligible[0]:
        return float("nan")
    degrees = first.degrees[0]
    reach = -stdtrit(degrees, alpha / 2 / int(first.eligible.sum())) + stdtrit(degrees, POWER)
    per_log_odds = (table.moves.information.sum(axis=1) / table.moves.denominator.sum(axis=1)).mean()
    return float(reach * first.wide[0] * per_log_odds)


def _rate(numerator: float, denominator: float) -> float:
    return float(numerator / denominator) if denominator else float("nan")


def stand_out(segments: pd.DataFrame) -> pd.DataFrame:
    """Hold the change of each segment's rate against that of all other records. Describes, and tests nothing.

    Takes   one row per segment, over one or more dimensions: dimension, segment, numerator_before, denominator_before,
            numerator_after, denominator_after. Segments of one dimension add up to the whole.
    Gives   the same rows with
            rest_change   change of the rate of all other records, in share
            excess        what the segment brought beyond its share of a change common to all, in share; null where the
                          segment is everything or is in one period only
            eligible      whether it and the rest have enough on both sides to be compared
    """
    if segments.empty:
        return segments.assign(rest_change=pd.Series(dtype=float), excess=0.0, eligible=False)
    own = segments[_COUNTS].astype(float)
    whole = segments.groupby("dimension")[_COUNTS].transform("sum").astype(float)
    rest = whole - own
    change, rest_change = _change(own), _change(rest)
    share = (
        own["denominator_before"] / whole["denominator_before"] + own["denominator_after"] / whole["denominator_after"]
    ) / 2
    return segments.assign(
        rest_change=rest_change,
        excess=share * (1 - share) * (change - rest_change),
        eligible=_enough(own) & _enough(rest),
    )


def _change(counts: pd.DataFrame) -> pd.Series:
    d0, d1 = counts["denominator_before"].where(lambda n: n > 0), counts["denominator_after"].where(lambda n: n > 0)
    return counts["numerator_after"] / d1 - counts["numerator_before"] / d0


def _enough(counts: pd.DataFrame) -> "pd.Series[bool]":
    d0, d1 = counts["denominator_before"], counts["denominator_after"]
    pooled = (counts["numerator_before"] + counts["numerator_after"]) / (d0 + d1).where(d0 + d1 > 0)
    rarer = np.minimum(pooled, 1 - pooled)
    return (d0 * rarer >= LEAST_EXPECTED) & (d1 * rarer >= LEAST_EXPECTED)

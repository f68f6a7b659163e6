"""Which segment moved the rate? Every look is paid for, and a change of mix is no move of a rate.

`find_causes` searches all segments of a few dimensions at once: it holds both periods against one baseline, names the
largest segments whose parts all moved, takes them away and looks again.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from appeal_insights.analysis.causes import Cause, Causes, Check, Settings
from appeal_insights.analysis.cluster_noise import learn_cluster_noise
from appeal_insights.analysis.day_noise import enough_days, learn_day_noise
from appeal_insights.analysis.describing import of_mix, of_rate
from appeal_insights.analysis.lattice import build_lattice, deepen
from appeal_insights.analysis.leaves import Days, Leaves, read_leaves
from appeal_insights.analysis.mix_search import LEAST_MOVE, LEAST_PART, LEAST_POINTS, MOST_MIX_CAUSES, search_mix
from appeal_insights.analysis.search import (
    LATER_ALPHA,
    LATER_SIZE,
    MOST_CAUSES,
    First,
    Table,
    of_its_days,
    search,
)
from appeal_insights.analysis.segments import LEAST_INFORMATION, add_moves, find_moves
from appeal_insights.errors import BadParameter

POWER = 0.8  # how often the smallest change would have been seen
SETTINGS = Settings(
    later_alpha=LATER_ALPHA,
    later_size=LATER_SIZE,
    least_information=LEAST_INFORMATION,
    mix_points=LEAST_POINTS,
    mix_part=LEAST_PART,
    mix_move=LEAST_MOVE,
)

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
    clusters: pd.DataFrame | None = None,
) -> Causes:
    """Find the segments whose own rate moved the whole, and those whose share did.

    Takes   one row per combination of the dimensions `by`, period and day, in any order, with its counts (>= 0).
            Rows of other periods are left out; a missing value is "(blank)". Give only dimensions that were known
            before the outcome. `day` may be None or no column: then noise beyond chance is not known.
            one: at most one cause. alpha: how often a quiet table may name a cause.
            clusters: of records that share their luck, such as all appeals against one enforcement: one row per single
            value of each dimension and period, and one for the whole of each period. Columns dimension (one of `by`, ""
            for the whole), segment (its value; "" for the whole), period (as in the leaves), numerator, denominator and
            the sums of `dispersion`: sum_xx, sum_xn, sum_nn and, where days are known, day_xx, day_xn, day_nn.
    Gives   Causes; empty and with a check where a period has nothing in its denominator. Segments combine up to three
            dimensions; two where leaves and dimensions are very many (`Causes.depth`).
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
    table = _table(read, clusters, before=before, after=after)
    found, first = search(table, alpha=alpha, most=1 if one else MOST_CAUSES)
    shifted, of_mix_p = search_mix(table, alpha=alpha, most=1 if one else MOST_MIX_CAUSES)
    causes = [of_rate(table, each) for each in found] + [of_mix(table, each) for each in shifted]
    causes.sort(key=lambda cause: -abs(cause.contribution))
    shares = table.moves.denominator / table.moves.denominator.sum(axis=1, keepdims=True)
    return _sum_up(
        read,
        causes[:1] if one else causes,
        _checks(read, looked_at=first.looks),
        mix=float(shares[1] @ table.moves.baseline - shares[0] @ table.moves.baseline),
        alpha=alpha,
        dispersion=of_its_days(read.days, np.ones(len(table.moves.baseline), dtype=bool), least=0).floor,
        looked_at=first.looks,
        smallest=_smallest(table, first, alpha),
        p=min(first.p, of_mix_p),
        depth=table.lattice.depth,
        noise=_noise(table),
    )


def _table(read: Leaves, clusters: pd.DataFrame | None, *, before: object, after: object) -> Table:
    """Everything the searches look at."""
    lattice = build_lattice(read)
    moves = find_moves(read, lattice)
    lattice = deepen(lattice, read, moves.information, least=LEAST_INFORMATION)
    days = None
    if read.days is not None and enough_days(read.days):
        days = learn_day_noise(lattice, moves.baseline, read.days)
    of_clusters = None
    if clusters is not None and len(clusters):
        of_clusters = learn_cluster_noise(
            clusters, lattice, read, before=before, after=after, beyond_days=days is not None
        )
    return Table(read, lattice, moves, add_moves(lattice, moves), days, of_clusters)


def _noise(table: Table) -> Literal["chance", "days", "clusters", "days and clusters"]:
    if table.days is None:
        return "chance" if table.clusters is None else "clusters"
    return "days" if table.clusters is None else "days and clusters"


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
    p: float = 1.0,
    depth: int = 0,
    noise: Literal["chance", "days", "clusters", "days and clusters"] = "chance",
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
        p=p,
        depth=depth,
        noise=noise,
        settings=SETTINGS,
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


def _smallest(table: Table, first: First, alpha: float) -> float:
    """The change of the whole that would pass, four times of five."""
    seen = first.scan
    if not seen.eligible[0]:
        return float("nan")
    # What the whole pays for all looks: as much as every layer of the search, of which it is one.
    looks = len(np.unique(table.lattice.layer[seen.eligible]))
    reach = -stdtrit(seen.degrees[0], alpha / 2 / looks) + stdtrit(seen.degrees[0], POWER)
    per_log_odds = (table.moves.information.sum(axis=1) / table.moves.denominator.sum(axis=1)).mean()
    return float(reach * seen.wide[0] * per_log_odds)


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

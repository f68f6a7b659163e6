"""How many times more a rate moves than independent cases would let it: learned from its days and its clusters.

Cases are not independent. One bulk restore, one wrong rule or one lenient shift moves hundreds of them on a day; and
appeals against one enforcement share its merits, also where weeks lie between them. Days see the first and clusters the
second. Both act, so what clusters add from one day to another is added to what the days say.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from appeal_insights.analysis.counts import (
    FloatArray,
    first,
    read_counts,
    read_numbers,
    require_columns,
    require_filled,
)
from appeal_insights.errors import BadTable

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
Sums = tuple[str, str, str]

# Columns of a table of cells: over clusters, numerator squared, numerator by denominator and denominator squared.
OF_CLUSTERS: Sums = ("sum_xx", "sum_xn", "sum_nn")
# The same where the records of one cluster on two days count as two clusters.
OF_CLUSTER_DAYS: Sums = ("day_xx", "day_xn", "day_nn")

# Weeks that have to be there before weekdays get an effect of their own. Simulated intervals of a change: over two
# weeks the effect makes them 10 to 14 % wider where weekdays are alike and 2 to 5 % narrower where weekends are 12
# points higher; over three weeks 2 to 3 % wider and 8 to 15 % narrower.
WEEKS_FOR_WEEKDAYS = 3
# Days that have to remain beyond the fitted levels; with fewer the dispersion is unknown.
FREE_DAYS = 2
# The same of clusters, by their number as alike as days of one size would be.
FREE_CLUSTERS = 2
# Sums are exact up to 2^53, their products only nearly.
ROUNDING = 1e-9
# A day that a fitted level takes up to this share of its variance has nothing left to tell.
TAKEN_UP = 1e-9


@dataclass(frozen=True)
class Dispersion:
    """How many times more a rate moves than it would if its cases were independent.

    value     observed over expected variance; below 1 when it was quieter than chance; None when unknown
    days      the days it was learned from, those with something in the denominator
    degrees   degrees of freedom for t quantiles, as many as `value` is worth; None means normal quantiles
    clusters  whether it knows of records that share a cluster
    """

    value: float | None
    days: int = 0
    degrees: float | None = None
    clusters: bool = False

    @property
    def known(self) -> bool:
        """Whether there was enough to learn it from."""
        return self.value is not None

    @property
    def floor(self) -> float:
        """What to divide a denominator by: never below 1, and 1 when unknown."""
        return 1.0 if self.value is None else max(1.0, self.value)


def dispersion(days: pd.DataFrame | None = None, cells: pd.DataFrame | None = None) -> Dispersion:
    """Learn the dispersion of one segment from its days, its clusters or both, whatever there is.

    Takes   days as `dispersion_over_days`, cells as `dispersion_over_clusters` does; None or no row where there are
            none. Where the cells also have day_xx, day_xn, day_nn (the same sums, the records of one cluster on two
            days counted as two clusters), what both see is known, and days and clusters are added up (`together`).
            Without them the larger counts (`larger`).
    Gives   a Dispersion, unknown where neither is known.
    Raises  BadTable   what the two raise.
    """
    of_days = Dispersion(None) if days is None else dispersion_over_days(days)
    of_clusters = Dispersion(None) if cells is None else dispersion_over_clusters(cells)
    if cells is None or not (of_days.known and of_clusters.known) or OF_CLUSTER_DAYS[0] not in cells:
        return larger(of_days, of_clusters)
    return together(of_days, of_clusters, same_day=_over_sums(cells, OF_CLUSTER_DAYS)[0])


def larger(days: Dispersion, clusters: Dispersion) -> Dispersion:
    """The dispersion to use where it is not known how much of one is in the other: the larger, with its degrees."""
    least = -np.inf
    of_clusters = (clusters.value if clusters.known else least) > (days.value if days.known else least)  # type: ignore[operator]
    return replace(clusters if of_clusters else days, days=days.days, clusters=clusters.known)


def together(days: Dispersion, clusters: Dispersion, *, same_day: float) -> Dispersion:
    """The dispersion where both are known: of the days, and what clusters add from one day to another.

    Takes   same_day: the dispersion over clusters were the records of a cluster on two days two clusters. The days
            hold it already. (Simulated with day shocks and re-appeals 3 or 14 days later, 95 % intervals of eight
            weeks then cover .93; those with the larger of the two .90.)
    Gives   a Dispersion that is never below either of the two.
    Source  Cameron, Gelbach and Miller (2011), J. Business & Economic Statistics 29: variance clustered in two ways.
            Satterthwaite (1946): the degrees of freedom of a sum of variances.
    """
    if days.value is None or clusters.value is None or clusters.value <= same_day:
        return larger(days, clusters)
    more = clusters.value - same_day
    value = days.value + more
    if value <= clusters.value:
        return larger(days, clusters)
    noise = _noise(days.value, days.degrees) + _noise(more, clusters.degrees)
    return Dispersion(value, days.days, value**2 / noise if noise else None, clusters=True)


def _noise(value: float, degrees: float | None) -> float:
    return 0.0 if degrees is None else value**2 / degrees


def dispersion_over_clusters(cells: pd.DataFrame) -> Dispersion:
    """Learn from the clusters of one segment how much more its rate moves than independent cases would.

    A cluster is what shares its luck: all appeals against one enforcement, x of n reversed. Each is held against the
    rate r of its own period. The sum of (x - r n)^2 follows from three sums over clusters, so no cluster has to leave
    the database. It is compared with what independent cases would leave once the rate has taken its part: for clusters
    of one size that is the familiar G / (G - 1), and clusters of one record give 1 exactly. A cluster with records in
    two periods counts as one in each, which makes the interval of a change too wide rather than too narrow.

    Takes   one row per period: period (any label), numerator, denominator, and over clusters sum_xx (numerator
            squared), sum_xn (numerator by denominator), sum_nn (denominator squared), integers. A record without a
            cluster is one of its own.
    Gives   a Dispersion; its degrees are at least so many, as the sums do not tell how uneven the largest clusters are.
            Unknown where no two records share a cluster, where the clusters are worth fewer than two beyond the rate,
            or where every rate is 0 or 1.
    Raises  BadTable   a column is missing, a period empty or there twice, or the sums are not those of any clusters.
    Source  Kish and Frankel (1974), J. Royal Statistical Society B 36: a ratio's variance over clusters, linearised.
            Satterthwaite (1946), Biometrics Bulletin 2: the degrees of freedom.
    """
    value, degrees = _over_sums(cells, OF_CLUSTERS)
    shared = bool((cells["sum_nn"] > cells["denominator"]).any())
    if not shared or degrees < FREE_CLUSTERS:
        return Dispersion(None)
    return Dispersion(value, degrees=degrees, clusters=True)


def _over_sums(cells: pd.DataFrame, names: Sums) -> tuple[float, float]:
    """Value and degrees of freedom; nan and 0 where nothing can differ."""
    n, d, xx, xn, nn = _read_cells(cells, names)
    rate = rate_of(n, d)
    variance = rate * (1 - rate)
    tells = (variance > 0) & (nn < d * d)
    rate, variance, d, xx, xn, nn = (each[tells] for each in (rate, variance, d, xx, xn, nn))
    if not len(d):
        return np.nan, 0.0
    squares = xx - 2 * rate * xn + rate**2 * nn
    free = 1 - nn / d**2  # what the rate leaves of the squares
    # Were cases independent, the squares would be variance * d * free, and rate * (1 - rate) less than the variance by
    # one part in d.
    expected = variance * d / (d - 1) * d * free
    # A quadratic form again: its degrees need the cubes of the clusters too, and are at least this without them.
    degrees = expected.sum() ** 2 / ((variance * d / (d - 1)) ** 2 * nn * free).sum()
    # Where every cluster has the rate of all, what is left of the squares is rounding, on either side of zero.
    return max(0.0, float(squares.sum() / expected.sum())), float(degrees)


def _read_cells(cells: pd.DataFrame, names: Sums) -> list[FloatArray]:
    """Numerator, denominator and the three sums, after checking that there can be such clusters."""
    require_columns(cells, ("period",))
    require_filled(cells, "period")
    if cells["period"].duplicated().any():
        raise BadTable.of("table.period_twice", period=str(cells["period"][cells["period"].duplicated()].iloc[0]))
    n, d = read_counts(cells, ("numerator", "denominator"))
    xx, xn, nn = read_numbers(cells, *names)
    # Of whole numbers 0 <= x <= n: x <= xx <= xn <= nn, and the same of what is not in the numerator; the squares of a
    # sum are at least those of its parts; and Cauchy and Schwarz.
    impossible = {
        names[0]: (xx < n) | (xx > n * n),
        names[1]: (xn < xx) | (xn > n * d) | (xn * xn > xx * nn * (1 + ROUNDING)),
        names[2]: (nn < xn) | (nn > d * d) | (nn - 2 * xn + xx < d - n),
    }
    for name, bad in impossible.items():
        row = first(bad)
        if row is not None:
            raise BadTable.of(
                "table.no_clusters",
                row=str(cells.index[row]),
                name=name,
                value=f"{cells[name].iloc[row]:,.12g}",
                numerator=f"{n[row]:,.12g}",
                denominator=f"{d[row]:,.12g}",
            )
    return [n, d, xx, xn, nn]


def dispersion_over_days(days: pd.DataFrame) -> Dispersion:
    """Learn from the days of one segment how much more its rate moves than independent cases would.

    Each day is held against the rate of its own period and, from three weeks on, against its weekday. What remains,
    squared and added up, is compared with what independent cases would leave. A day weighs as much as it moves the
    rate, so busy days tell most, days of one or two cases need no pooling, and one bulk restore is seen at its size.
    (Simulated 95 % intervals then cover .94 or more, also with bulk restores. Were every day to weigh the same, as in
    Pearson's chi-square, those would cover .88.) Few or uneven days are worth few degrees of freedom.

    Takes   one row per day: day (date), period (any label), numerator, denominator. Whole weeks are best. A day
            without anything in the denominator does not count. Days that move together are not noticed.
    Gives   a Dispersion, unknown when fewer than two days remain beyond the fitted levels, or every rate is 0 or 1.
    Raises  BadTable   a column is missing, a count impossible, a day or period empty, or a day there twice.
    Source  MacKinnon and White (1985), J. Econometrics 29: squares freed of what the fit took (HC2), days as clusters.
            Satterthwaite (1946), Biometrics Bulletin 2: the degrees of freedom of such a sum.
    """
    n, d = read_counts(days, ("numerator", "denominator"))
    period, weekday = _periods_and_weekdays(days)
    counted = int((d > 0).sum())
    total_n, total_d = (np.bincount(period, weights=counts).astype(np.float64) for counts in (n, d))
    rate = rate_of(total_n, total_d)
    variance = (rate * (1 - rate))[period] * d  # of the numerator of a day, were its cases independent
    tells = variance > 0  # in a period that is all 0 or all 1, no day can differ
    if not tells.any():
        return Dispersion(None, counted)
    spread = np.sqrt(variance[tells])
    levels = _levels(period[tells], weekday[tells]) * (d[tells] / spread)[:, np.newaxis]
    fitted = _orthonormal(levels)
    if len(spread) - fitted.shape[1] < FREE_DAYS:
        return Dispersion(None, counted)

    moved = (n - rate[period] * d)[tells] / spread
    moved -= fitted @ (fitted.T @ moved)
    free = 1 - (fitted**2).sum(axis=1)
    weight = np.where(free > TAKEN_UP, spread**2 / np.maximum(free, TAKEN_UP), 0.0)
    # The sum of squares is a quadratic form; twice its mean squared over its variance is its degrees of freedom.
    expected = float((weight * free).sum())
    squares = (weight**2 * (2 * free - 1)).sum() + ((fitted.T * weight @ fitted) ** 2).sum()
    return Dispersion(float((weight * moved**2).sum()) / expected, counted, expected**2 / float(squares))


def rate_of(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """The share of each row, nan where nothing was counted."""
    empty: FloatArray = np.full(len(numerator), np.nan)
    return np.divide(numerator, denominator, out=empty, where=denominator > 0)


def _periods_and_weekdays(days: pd.DataFrame) -> tuple[IntArray, IntArray]:
    """Number the periods of the days from 0, and their weekdays from Monday = 0."""
    require_columns(days, ("day", "period"))
    require_filled(days, "day")
    require_filled(days, "period")
    try:
        day = pd.to_datetime(days["day"]).dt.normalize()
    except (ValueError, TypeError) as error:
        raise BadTable.of("table.no_dates", name="day", reason=error) from error
    if day.duplicated().any():
        twice = day[day.duplicated()].iloc[0]
        raise BadTable.of("table.day_twice", day=f"{twice:%Y-%m-%d}")
    codes, _ = pd.factorize(days["period"])
    return codes.astype(np.int64), day.dt.day_of_week.to_numpy().astype(np.int64)


def _levels(period: IntArray, weekday: IntArray) -> FloatArray:
    """One column of 0 and 1 for each level a day is held against: its period and, where learnable, its weekday."""
    weekdays = np.unique(weekday)
    columns = [period == number for number in np.unique(period)]
    if len(weekday) >= WEEKS_FOR_WEEKDAYS * len(weekdays):
        columns += [weekday == number for number in weekdays[1:]]
    return np.column_stack(columns).astype(np.float64)


def _orthonormal(columns: FloatArray) -> FloatArray:
    """An orthonormal basis of the columns; a level that others imply, such as a lone Saturday, adds nothing."""
    basis, sizes, _ = np.linalg.svd(columns, full_matrices=False)
    return basis[:, sizes > TAKEN_UP * sizes[0]]

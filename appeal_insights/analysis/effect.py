"""Did a project, a training or a policy change help? Against those it did not touch, with what had to be assumed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
import pandas as pd
from scipy.special import expit, logit, stdtr, stdtrit

from appeal_insights.analysis.counts import FloatArray, read_counts, require_columns, require_filled
from appeal_insights.analysis.drift_tables import read_days
from appeal_insights.errors import BadParameter, BadTable

CONTROLS = 2  # units that have to be left alone
MOST_ASSIGNMENTS = 2000  # of the randomisation test; more are drawn at random
NEWTON = 30  # steps of the fit at most
CLOSE = 1e-9
ASSUMED = ("parallel", "no_spill_over", "same_audits")


@dataclass(frozen=True)
class Effect:
    """What changed where something was done, beyond what changed where it was not; all in share (0.01 is one point).

    effect, low, high   of the treated after the start
    p            two-sided, of the interval's own test
    p_randomised how often as large a difference comes if other units had been the treated ones
    placebo, placebo_low, placebo_high   the same in the time before, as if the start had been in its middle; should
                 hold 0 (nan where there is not time enough)
    pre_post     what a comparison without controls would have said: never an answer, shown for how far off it is
    odds_ratio   of the fit
    units, controls   how many were treated and how many were not
    assumed      keys of what has to hold: the others would have moved alike, nothing spilled over, and audits of both
                 changed alike if they did
    table        rates by group and period: group, period, numerator, denominator, rate
    """

    effect: float
    low: float
    high: float
    p: float
    p_randomised: float
    placebo: float
    placebo_low: float
    placebo_high: float
    pre_post: float
    odds_ratio: float
    units: int
    controls: int
    assumed: tuple[str, ...]
    table: pd.DataFrame

    @property
    def placebo_holds(self) -> bool:
        """Whether nothing happened before anything was done, as far as can be seen."""
        return not (self.placebo_low > 0 or self.placebo_high < 0)


def effect(
    counts: pd.DataFrame,
    *,
    unit: str,
    treated: Collection[str],
    start: str | pd.Timestamp,
    day: str = "day",
    numerator: str = "correct",
    denominator: str = "audited",
    within: str | None = None,
    strata: str | Sequence[str] = (),
    level: float = 0.95,
) -> Effect:
    """Estimate what a change did to a rate: how much more the treated moved than the others, difference in differences.

    A quasi-binomial logistic model with a level for each unit (and stratum), and one for the time after (in each
    market, where `within` names it). Its noise is how differently units moved that were treated alike, at least that
    of independent audits, so days and cases of one unit may share their luck.

    Takes   one row per unit and day (and stratum): numerator, denominator. treated: the units where something was done,
            from `start` on. within: a column such as market inside which treated and others are compared. strata:
            columns whose mix may change.
    Gives   an Effect.
    Raises  BadTable      fewer than two units were left alone, none is treated, or all days lie on one side.
            BadParameter  level is no share.
    Source  Wedderburn (1974), Biometrika 61: the quasi-binomial model. Bertrand, Duflo and Mullainathan (2004),
            Quarterly J. Economics 119: days of one unit are added up. Fisher (1935): the randomisation test.
    """
    if not 0 < level < 1:
        raise BadParameter.of("parameter.level", level=f"{level:g}")
    extra = [strata] if isinstance(strata, str) else list(strata)
    table = _read(counts, unit, treated, start, day, numerator, denominator, within, extra)
    main = _fit(table, level)
    before = table[~table.after]
    middle = before.day.min() + (before.day.max() - before.day.min()) / 2
    early = before.assign(after=before.day >= middle)
    placebo = _fit(early, level)
    sums = table.groupby(["treated", "after"])[["x", "n"]].sum()
    rate = sums.x / sums.n
    shown = pd.DataFrame(
        {
            "group": np.where(sums.index.get_level_values(0), "treated", "controls"),
            "period": np.where(sums.index.get_level_values(1), "after", "before"),
            "numerator": sums.x.astype(np.int64).to_numpy(),
            "denominator": sums.n.astype(np.int64).to_numpy(),
            "rate": rate.to_numpy(),
        }
    )
    return Effect(
        effect=main.effect,
        low=main.low,
        high=main.high,
        p=main.p,
        p_randomised=_randomised(table),
        placebo=placebo.effect,
        placebo_low=placebo.low,
        placebo_high=placebo.high,
        pre_post=float(rate[(True, True)] - rate[(True, False)]),
        odds_ratio=float(np.exp(main.odds)),
        units=int(table[table.treated].unit.nunique()),
        controls=int(table[~table.treated].unit.nunique()),
        assumed=ASSUMED,
        table=shown,
    )


def _read(
    counts: pd.DataFrame,
    unit: str,
    treated: Collection[str],
    start: str | pd.Timestamp,
    day: str,
    numerator: str,
    denominator: str,
    within: str | None,
    strata: list[str],
) -> pd.DataFrame:
    """Counts by unit, stratum and day, with who is treated and when."""
    names = [unit, *([within] if within else []), *strata]
    require_columns(counts, names)
    for name in names:
        require_filled(counts, name)
    x, n = read_counts(counts, (numerator, denominator))
    table = pd.DataFrame(
        {
            "unit": counts[unit].astype("str").to_numpy(),
            "within": counts[within].astype("str").to_numpy() if within else "",
            "stratum": counts[strata].astype("str").agg(" · ".join, axis=1).to_numpy() if strata else "",
            "day": read_days(counts, day).to_numpy(),
            "x": x,
            "n": n,
        }
    )
    table = table[table.n > 0]
    wanted = {str(one) for one in treated}
    table["treated"] = table.unit.isin(wanted)
    table["after"] = table.day >= pd.Timestamp(start)
    units = sorted(table.unit.unique())
    if not table.treated.any():
        raise BadTable.of("table.none_treated", column=unit, treated=sorted(wanted), units=units)
    left = table[~table.treated].unit.nunique()
    if left < CONTROLS:
        raise BadTable.of("table.few_controls", column=unit, given=left)
    if table.after.all() or not table.after.any():
        raise BadTable.of("table.one_side", column=day, day=f"{pd.Timestamp(start):%Y-%m-%d}")
    return table


def _usable(table: pd.DataFrame) -> bool:
    """Whether both groups have rows on both sides."""
    return int(table.groupby(["treated", "after"]).ngroups) == 4


@dataclass(frozen=True)
class _Fitted:
    effect: float
    low: float
    high: float
    p: float
    odds: float  # log odds ratio


NOTHING = _Fitted(np.nan, np.nan, np.nan, np.nan, np.nan)


def _cells(table: pd.DataFrame) -> pd.DataFrame:
    """One row per unit, stratum and side of the start. Units seen on one side only tell nothing."""
    keys = ["unit", "within", "stratum", "treated"]
    cells = table.groupby([*keys, "after"], as_index=False)[["x", "n"]].sum()
    return cells[cells.groupby(keys)["n"].transform("size") == 2].reset_index(drop=True)


def _design(cells: pd.DataFrame) -> FloatArray:
    """Columns of 0 and 1: the treated after the start, each unit and stratum, and the time after in each market."""
    level = pd.get_dummies(cells.unit + "\0" + cells.stratum).to_numpy(dtype=np.float64)
    later = pd.get_dummies(cells.within + "\0" + cells.stratum).to_numpy(dtype=np.float64)
    after = cells.after.to_numpy(dtype=np.float64)
    did = (cells.treated & cells.after).to_numpy(dtype=np.float64)
    return np.column_stack([did, level, later * after[:, np.newaxis]])


def irls(design: FloatArray, x: FloatArray, n: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Fit a logistic model of shares x / n by reweighted least squares; a level that others imply is left out.

    Gives   the coefficients and the fitted shares.
    Source  McCullagh and Nelder (1989), Generalized Linear Models.
    """
    p = (x + 0.5) / (n + 1)
    beta: FloatArray = np.zeros(design.shape[1])
    now = beta
    for _ in range(NEWTON):
        weight = n * p * (1 - p)
        wanted = logit(p) + (x - n * p) / weight
        root = np.sqrt(weight)
        found = np.linalg.lstsq(design * root[:, np.newaxis], wanted * root, rcond=1e-10)[0]
        now = np.asarray(found, dtype=np.float64)
        p = np.clip(expit(design @ now), 1e-6, 1 - 1e-6)
        if np.abs(now - beta).max() < CLOSE:
            break
        beta = now
    return now, p


def _fit(table: pd.DataFrame, level: float) -> _Fitted:
    """The difference in differences with the noise that units show between them, by t with their degrees."""
    cells = _cells(table)
    if not _usable(cells):
        return NOTHING
    design, x, n = _design(cells), cells.x.to_numpy(), cells.n.to_numpy()
    beta, p = irls(design, x, n)
    weight = n * p * (1 - p)
    free = len(cells) - int(np.linalg.matrix_rank(design))
    if free < 1:
        return NOTHING
    noise = max(float(((x - n * p) ** 2 / weight).sum()) / free, 1.0)
    error = float(np.sqrt(noise * np.linalg.pinv(design.T * weight @ design)[0, 0]))
    reach = float(stdtrit(free, (1 + level) / 2)) * error
    on = design[:, 0] > 0
    share, at = n[on] / n[on].sum(), design[on] @ beta
    low, middle, high = (
        float((share * (expit(at) - expit(at - odds))).sum()) for odds in (beta[0] - reach, beta[0], beta[0] + reach)
    )
    return _Fitted(middle, low, high, 2 * float(stdtr(free, -abs(beta[0]) / error)), float(beta[0]))


def _randomised(table: pd.DataFrame) -> float:
    """How often another choice of as many units, in each market as many, gives as large a difference."""
    cells = _cells(table)
    wide = cells.groupby(["unit", "within", "treated", "after"])[["x", "n"]].sum().unstack("after")
    change = logit((wide["x"][True] + 0.5) / (wide["n"][True] + 1)) - logit(
        (wide["x"][False] + 0.5) / (wide["n"][False] + 1)
    )
    weight = (1 / (1 / wide["n"][True] + 1 / wide["n"][False])).to_numpy()
    market = wide.index.get_level_values("within").to_numpy()
    treated = wide.index.get_level_values("treated").to_numpy().astype(bool)
    of_market = pd.Series(change.to_numpy() * weight).groupby(market).transform("sum") / pd.Series(weight).groupby(
        market
    ).transform("sum")
    moved = change.to_numpy() - of_market.to_numpy()
    rng = np.random.default_rng(0)
    places = [np.flatnonzero(market == one) for one in np.unique(market)]
    many = int(np.prod([float(comb(len(place), int(treated[place].sum()))) for place in places]))
    if many <= MOST_ASSIGNMENTS and len(places) == 1:
        picks = [np.isin(np.arange(len(moved)), pick) for pick in combinations(range(len(moved)), int(treated.sum()))]
    else:
        picks = [treated]
        for _ in range(MOST_ASSIGNMENTS):
            pick = treated.copy()
            for place in places:
                pick[place] = rng.permutation(treated[place])
            picks.append(pick)
    chosen = np.array(picks)
    apart = (chosen @ (moved * weight)) / (chosen @ weight) - (~chosen @ (moved * weight)) / (~chosen @ weight)
    seen = np.average(moved[treated], weights=weight[treated]) - np.average(moved[~treated], weights=weight[~treated])
    return float((np.abs(apart) >= abs(seen) - 1e-12).mean())

"""What drift is compared with: control charts, EWMA, CUSUM, PELT, ADWIN, and the rule that knows everything."""

import contextlib

import numpy as np
import pandas as pd

from benchmarks.simulated_estate import BASELINE, DAYS, WATCHED, Estate, expit

with contextlib.suppress(ImportError):
    import ruptures
with contextlib.suppress(ImportError):
    from river import drift as river_drift

PATHS = 400  # simulated to set the threshold of the rule that knows everything
SELDOM = 0.02  # of quiet paths in the watched time; the mixture alarms on .4 to 2.1 % of quiet series
WORK = ("step", "ramp", "dip", "cohort")


def pooled(estate: Estate) -> tuple[np.ndarray, np.ndarray]:
    """Audited and correct by series and day, strata thrown together, as most charts have it."""
    table = estate.counts.assign(
        one=(estate.counts.market + " · " + estate.counts.policy),
        number=(estate.counts.day - estate.counts.day.min()).dt.days,
    )
    names = (estate.truth.market + " · " + estate.truth.policy).tolist()
    sums = table.groupby(["one", "number"])[["audited", "correct"]].sum().unstack(fill_value=0)
    sums = sums.reindex(names)
    return tuple(
        sums[name].reindex(columns=range(DAYS), fill_value=0).to_numpy(float) for name in ("audited", "correct")
    )


def z_scores(estate: Estate) -> np.ndarray:
    """Each day against the baseline's rate; nan without audits."""
    n, x = pooled(estate)
    rate = (x[:, :BASELINE].sum(1) / n[:, :BASELINE].sum(1))[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        return (x - n * rate) / np.sqrt(n * rate * (1 - rate))


def p_chart(estate: Estate) -> np.ndarray:
    """Whether a day of each quiet series is outside three standard deviations."""
    quiet = (estate.truth.kind == "quiet").to_numpy()
    return (np.abs(np.nan_to_num(z_scores(estate)[quiet, BASELINE:])) > 3).any(axis=1)


def weekly(estate: Estate) -> np.ndarray:
    """Rate by week, from the first Monday of the watched time backwards and forwards."""
    n, x = pooled(estate)
    weeks = DAYS // 7
    n, x = (of[:, : weeks * 7].reshape(len(of), weeks, 7).sum(2) for of in (n, x))
    with np.errstate(divide="ignore", invalid="ignore"):
        return x / n


def xmr_path(estate: Estate) -> np.ndarray:
    """Distance of each week from the centre, over three sigma, watched weeks only."""
    rate = weekly(estate)
    before = rate[:, : BASELINE // 7]
    centre = np.nanmean(before, 1, keepdims=True)
    sigma = np.nanmean(np.abs(np.diff(before, axis=1)), 1, keepdims=True) / 1.128
    return (rate[:, BASELINE // 7 :] - centre) / (3 * sigma)


def xmr_alarms(path: np.ndarray) -> np.ndarray:
    """First week that breaks a rule, or the number of weeks: outside, eight on a side, three of four far."""
    first = np.full(len(path), path.shape[1])
    for i, row in enumerate(np.nan_to_num(path)):
        for t in range(len(row)):
            eight, four = row[max(0, t - 7) : t + 1], row[max(0, t - 3) : t + 1]
            if (
                abs(row[t]) > 1
                or (len(eight) == 8 and (np.all(eight > 0) or np.all(eight < 0)))
                or max((four > 0.5).sum(), (four < -0.5).sum()) >= 3
            ):
                first[i] = t
                break
    return first


def xmr_rules(estate: Estate) -> np.ndarray:
    """Whether each quiet series breaks a rule."""
    path = xmr_path(estate)[(estate.truth.kind == "quiet").to_numpy()]
    return xmr_alarms(path) < path.shape[1]


def optimal_delay(estate: Estate, i: int, budget: float) -> tuple[float, float, float]:
    """Days until the CUSUM alarms that knows the accuracy before, the size of the change and the noise of a series.

    Gives   the delay with the threshold log(budget), which promises what the mixture promises (Lorden's bound); with
            the one at which simulated quiet paths of the same audits alarm in 224 days exactly as often as the budget
            allows; and with the one at which two in a hundred do. nan: not within ninety days.
    """
    row = estate.truth.iloc[i]
    if row.kind not in WORK:
        return np.nan, np.nan, np.nan
    rng = np.random.default_rng(i)
    n, x = _cells(estate, i)
    p = estate.quiet[i]
    mean = float((p.mean(1) * [0.7, 0.2, 0.1]).sum())
    of_day = min(np.sqrt((row.spread - 1) / (row.audits * mean * (1 - mean))), 0.6)
    noise = 1 + of_day**2 * (n * p * (1 - p)).sum(0)[n.sum(0) > 0].mean()
    full = estate.shift[i][np.abs(estate.shift[i]).argmax()]
    moved = expit(np.log(p / (1 - p)) + full)
    right, wrong = (np.log(a / b)[:, BASELINE:] / noise for a, b in ((moved, p), (1 - moved, 1 - p)))
    n, x = n[:, BASELINE:], x[:, BASELINE:]
    luck = rng.normal(0, of_day, (PATHS, 1, WATCHED))
    quiet = rng.binomial(n.astype(int), expit(np.log(p / (1 - p))[None, :, BASELINE:] + luck))
    level = np.zeros(PATHS)
    highest = np.zeros(PATHS)
    for t in range(WATCHED):
        level = np.maximum(level + (quiet[:, :, t] * right[:, t] + (n[:, t] - quiet[:, :, t]) * wrong[:, t]).sum(1), 0)
        highest = np.maximum(highest, level)
    said = (x * right + (n - x) * wrong).sum(0)
    exact, seldom = (float(np.quantile(highest, 1 - often)) for often in (WATCHED / budget, SELDOM))
    return tuple(_cusum_delay(said, row.day - BASELINE, threshold) for threshold in (np.log(budget), exact, seldom))


def _cusum_delay(said: np.ndarray, change: int, threshold: float) -> float:
    value = 0.0
    for t, one in enumerate(said[: change + 90]):
        value = max(value + one, 0.0)
        if value > threshold:
            if t >= change:
                return t - change
            value = 0.0  # for nothing: it starts again
    return np.nan


def _cells(estate: Estate, i: int) -> tuple[np.ndarray, np.ndarray]:
    row = estate.truth.iloc[i]
    own = estate.counts[(estate.counts.market == row.market) & (estate.counts.policy == row.policy)]
    layer = own.stratum.map({"easy": 0, "medium": 1, "hard": 2}).to_numpy()
    day = (own.day - estate.counts.day.min()).dt.days.to_numpy()
    n, x = np.zeros((3, DAYS)), np.zeros((3, DAYS))
    n[layer, day], x[layer, day] = own.audited, own.correct
    return n, x


def ewma(z: np.ndarray, keep: float = 0.2) -> np.ndarray:
    """Exponentially weighted mean of the days, in its own standard deviations."""
    value = np.zeros(len(z))
    path = []
    for t in range(z.shape[1]):
        value = np.where(np.isnan(z[:, t]), value, (1 - keep) * value + keep * np.nan_to_num(z[:, t]))
        path.append(np.abs(value) / np.sqrt(keep / (2 - keep)))
    return np.array(path).T


def cusum(z: np.ndarray, slack: float = 0.5) -> np.ndarray:
    """The larger of two one-sided sums."""
    low = high = np.zeros(len(z))
    path = []
    for t in range(z.shape[1]):
        now = np.nan_to_num(z[:, t])
        there = ~np.isnan(z[:, t])
        high = np.where(there, np.maximum(high + now - slack, 0), high)
        low = np.where(there, np.maximum(low - now - slack, 0), low)
        path.append(np.maximum(high, low))
    return np.array(path).T


def pelt(estate: Estate) -> np.ndarray:
    """First watched day on which PELT with a BIC penalty, asked every four weeks, sees a change in the watched time."""
    z = z_scores(estate)
    first = np.full(len(z), WATCHED)
    for i, row in enumerate(z):
        place = np.flatnonzero(~np.isnan(row))
        for until in range(BASELINE + 28, DAYS + 1, 28):
            upto = place[place < until]
            signal = row[upto][:, None]
            cost = 2 * np.log(len(signal)) * signal[: (upto < BASELINE).sum()].var()
            points = ruptures.Pelt(model="l2", min_size=5, jump=1).fit(signal).predict(pen=cost)[:-1]
            if any(upto[point] >= BASELINE for point in points):
                first[i] = until - 1 - BASELINE
                break
    return first


def adwin(estate: Estate, delta: float = 0.002) -> np.ndarray:
    """First watched day on which ADWIN, fed audit by audit, sees a change."""
    n, x = (of.astype(int) for of in pooled(estate))
    rng = np.random.default_rng(0)
    first = np.full(len(n), WATCHED)
    for i in range(len(n)):
        rule = river_drift.ADWIN(delta=delta)
        for t in range(DAYS):
            for value in rng.permutation(np.repeat([1, 0], [x[i, t], n[i, t] - x[i, t]])):
                rule.update(value)
                if rule.drift_detected and t >= BASELINE:
                    first[i] = t - BASELINE
                    break
            if first[i] < WATCHED:
                break
    return first


def others(estates: list[Estate], within: int, budget: float) -> pd.DataFrame:
    """What each rule says of the same series, as shipped and with thresholds at which as many quiet ones alarm."""
    z = [z_scores(one)[:, BASELINE:] for one in estates]
    paths = {
        "daily p-chart": ([np.abs(one) for one in z], 3.0),
        "EWMA (.2, 2.7)": ([ewma(one) for one in z], 2.7),
        "CUSUM (.5, 5)": ([cusum(one) for one in z], 5.0),
        "weekly XmR, outside only": ([np.abs(xmr_path(one)).repeat(7, axis=1) for one in estates], 1.0),
    }
    quiet = [(one.truth.kind == "quiet").to_numpy() for one in estates]
    rows = {}
    for name, (path, usual) in paths.items():
        highest = np.concatenate([np.nan_to_num(one[kept]).max(axis=1) for one, kept in zip(path, quiet, strict=True)])
        for way, threshold in (("as shipped", usual), ("equal budget", np.quantile(highest, 1 - WATCHED / budget))):
            first = [_first(np.nan_to_num(one) > threshold) for one in path]
            rows[name, way] = _judge(estates, first, within)
    ruled = [xmr_alarms(xmr_path(one)) * 7 + 6 for one in estates]
    rows["weekly XmR with rules", "as shipped"] = _judge(estates, ruled, within)
    if "ruptures" in globals():
        rows["PELT, asked every 4 weeks", "as shipped"] = _judge(estates, [pelt(one) for one in estates], within)
    if "river_drift" in globals():
        for way, delta in (("as shipped", 0.002), ("equal budget", 1e-9)):
            rows["ADWIN", way] = _judge(estates, [adwin(one, delta) for one in estates], within)
    return pd.DataFrame(rows).T


def _first(over: np.ndarray) -> np.ndarray:
    return np.where(over.any(axis=1), over.argmax(axis=1), WATCHED)


def _judge(estates: list[Estate], first: list[np.ndarray], within: int) -> dict[str, str]:
    truth = pd.concat([one.truth for one in estates], ignore_index=True)
    day = np.concatenate(first)
    alarm, after = day < WATCHED, day + BASELINE - truth.day.to_numpy()
    work = truth.kind.isin(WORK).to_numpy() & (after >= 0)  # an earlier alarm is for nothing
    changed = truth.kind.isin(WORK).to_numpy()
    found = work & (after < within) & alarm
    said = {"quiet alarming": f"{alarm[truth.kind == 'quiet'].mean():.3f}"}
    for trap in ("sampling", "volume", "wander"):
        said[trap] = f"{alarm[truth.kind == trap].mean():.2f}"
    return said | {"found": f"{found.sum() / changed.sum():.2f}", "mean delay": f"{after[found].mean():.1f}"}

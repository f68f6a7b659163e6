"""Gold cases and known events, and which series each of them stands for."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import logsumexp

from appeal_insights.analysis.counts import FloatArray, require_columns, require_filled
from appeal_insights.analysis.drift_baseline import Levels, Usual, by_weekday, learn_levels, learn_usual
from appeal_insights.analysis.drift_dating import Dating
from appeal_insights.analysis.drift_engine import Evidence, evidence_of_counts
from appeal_insights.analysis.drift_tables import Days, IntArray, codes_of, labels_of, read_cells, read_days
from appeal_insights.analysis.drift_watch import Crossing, watch

EVENT_NAMES = ("event", "title", "title_en", "name", "event_id")
EVENT_DAYS = ("day", "starts_on", "starts_at", "date")
EVERYWHERE = "(all)"
# Days from an event to the change it may have brought: a date is known to a few days, and people take time.
EARLIEST, LATEST = -3, 6
LISTED = 0.6  # how likely what brought a change is among the known events
# Log Bayes factor from which gold cases put a change down to auditors, if they moved at all.
AUDITORS_SURE = 1.5
GOLD_LEAST = 50  # gold cases in the baseline, to watch auditors by them


def traits_of(counts: pd.DataFrame, series: list[str], others: set[str]) -> pd.DataFrame:
    """One row per series, in order: its columns, and those of the others that have one value in each series."""
    code, named = codes_of(counts, series)
    for name in sorted(others & set(counts.columns) - set(series)):
        values = counts[name].astype("str").groupby(code)
        if (values.nunique() == 1).all():
            named[name] = values.first().to_numpy()
    return named


@dataclass(frozen=True)
class Auditors:
    """Gold cases by the group of series they stand for."""

    labels: list[str]
    keys: pd.DataFrame  # of each group, the columns it is known by
    of_series: IntArray  # the group of each series, -1 where nobody of it saw gold cases
    audited: FloatArray  # group, auditor, day
    correct: FloatArray
    weekday: IntArray
    usual: Usual
    levels: Levels
    evidence: Evidence
    starts: IntArray
    baseline: int

    @property
    def watched(self) -> "npt.NDArray[np.bool_]":
        """Which groups had gold cases enough in the baseline."""
        return np.asarray(self.starts < self.audited.shape[2])

    def watch(self, threshold: float) -> list[Crossing]:
        """Alarms of the pass rate of gold cases itself."""
        mix = self.audited[:, :, : self.baseline].sum(axis=2) + 1e-9
        mix /= mix.sum(axis=1, keepdims=True)
        return watch(
            self.audited, self.correct, self.weekday, self.usual, self.starts, self.baseline, mix, threshold
        ).crossings

    def shifted(self, group: int, probability: FloatArray, start: int, day: int) -> bool:
        """Whether the pass rate moved since the days on which a series may have changed, rather than not at all."""
        if group < 0:
            return False
        span = slice(start - self.baseline, day + 1 - self.baseline)
        since = self.evidence.better[group, span][::-1].cumsum(axis=0)[::-1]
        level = self.levels.weight[group] + self.evidence.usual[group, : span.stop].sum(axis=0)
        mixed = logsumexp(since + self.evidence.prior[group], axis=2) + level - logsumexp(level)
        factor = logsumexp(logsumexp(mixed, axis=1) + np.log(np.maximum(probability, 1e-300)))
        return bool(factor > AUDITORS_SURE)


def read_auditors(
    gold: pd.DataFrame, traits: pd.DataFrame, days: Days, *, day: str, audited: str, correct: str, baseline: int
) -> Auditors:
    """Read gold cases and learn how the auditors of each group of series usually pass.

    Raises  BadTable   a column is missing, a count impossible or a value empty.
    """
    require_columns(gold, (day, audited, correct))
    link = [str(name) for name in gold.columns if name in traits.columns]
    who = [str(name) for name in gold.columns if name not in {*link, day, audited, correct}]
    for name in link:
        require_filled(gold, name)
    table = pd.DataFrame(
        {
            "group": labels_of(gold[link].astype("str")) if link else EVERYWHERE,
            "auditor": labels_of(gold[who].astype("str")) if who else "",
            "day": read_days(gold, day),
            "audited": gold[audited],
            "correct": gold[correct],
        }
    )
    table = table[(table["day"] >= days.first) & (table["day"] <= days.date(days.count - 1))]
    table["auditor"] = _numbered(table)
    cells = read_cells(table, series=["group"], day="day", stratum="auditor", audited="audited", correct="correct")
    n, x = (_over_days(counts, cells.days, days) for counts in (cells.audited, cells.correct))
    usual = learn_usual(n[:, :, :baseline], x[:, :, :baseline], days.weekday[:baseline])
    inside = np.broadcast_to((np.arange(days.count) < baseline) * 1.0, (len(n), days.count))
    levels = learn_levels(by_weekday(n, days.weekday, inside), by_weekday(x, days.weekday, inside), usual)
    a_day = n[:, :, :baseline].mean(axis=2)
    known = n[:, :, :baseline].sum(axis=(1, 2)) >= GOLD_LEAST
    of_series = pd.Index(cells.labels).get_indexer(
        pd.Index(labels_of(traits[link]) if link else [EVERYWHERE] * len(traits))
    )
    return Auditors(
        labels=cells.labels,
        keys=traits[link].iloc[[int((of_series == group).argmax()) for group in range(len(n))]],
        of_series=np.where((of_series >= 0) & known[of_series], of_series, -1),
        audited=n,
        correct=x,
        weekday=days.weekday,
        usual=usual,
        levels=levels,
        evidence=evidence_of_counts(n, x, days.weekday, usual, levels, a_day, baseline),
        starts=np.where(known, baseline, days.count).astype(np.int64),
        baseline=baseline,
    )


def _numbered(table: pd.DataFrame) -> "pd.Series[str]":
    """Auditors of each group by number, in the order they came: one who comes later changes no other's number."""
    first: pd.DataFrame = table.groupby(["group", "auditor"])["day"].min().reset_index()
    first = first.sort_values(["group", "day", "auditor"])
    first["number"] = first.groupby("group").cumcount().map("{:05d}".format)
    return table[["group", "auditor"]].merge(first, how="left")["number"].set_axis(table.index)


def _over_days(counts: FloatArray, own: Days, days: Days) -> FloatArray:
    """The same counts over all days."""
    before = (own.first - days.first).days
    return np.pad(counts, ((0, 0), (0, 0), (before, days.count - before - own.count)))


def read_events(known_events: pd.DataFrame | None, traits: pd.DataFrame, days: Days) -> pd.DataFrame:
    """Known events: event, number (of the day, from 0), touched (how many series), and columns that say which.

    Raises  BadTable   there is no column of days or of names.
    """
    if known_events is None or not len(known_events):
        return pd.DataFrame(columns=["event", "number", "touched"])
    name = _first_of(known_events, EVENT_NAMES)
    day = _first_of(known_events, EVENT_DAYS)
    link = [str(one) for one in known_events.columns if one in traits.columns and one not in (name, day)]
    events = known_events[link].astype("str").where(known_events[link].notna() & (known_events[link] != ""), None)
    number = days.number(read_days(known_events, day))
    events = events.assign(event=known_events[name].astype("str"), number=number)
    touched = np.ones((len(events), len(traits)), dtype=bool)
    for one in link:
        touched &= events[one].isna().to_numpy()[:, np.newaxis] | (
            events[one].to_numpy()[:, np.newaxis] == traits[one].to_numpy()
        )
    return events.assign(touched=touched.sum(axis=1)).sort_values(["number", "event"])


def _first_of(table: pd.DataFrame, names: tuple[str, ...]) -> str:
    found = next((name for name in names if name in table.columns), None)
    if found is None:
        require_columns(table, names[:1])
    return str(found)


def touching(events: pd.DataFrame, keys: dict[str, object]) -> pd.DataFrame:
    """The events that touch a series: those that say nothing else about any of its columns."""
    there = np.ones(len(events), dtype=bool)
    for name in set(events.columns) - {"event", "number", "touched"}:
        if name in keys:
            there &= (events[name].isna() | (events[name] == keys[name])).to_numpy()
    return events[there]


def match_event(events: pd.DataFrame, dating: Dating, start: int, alarm: int) -> str | None:
    """The known event a change most likely goes with, if that is more likely than none.

    Takes   events that touch the series. Each is held against chance: a change on any day from `start` to `alarm`.
            Events after the alarm are not known at it.
    """
    events = events[(events["number"] <= alarm) & (events["number"] >= start - LATEST)]
    if not len(events):
        return None
    days = len(dating.probability)
    lag = np.arange(EARLIEST, LATEST + 1)
    kernel = np.where(lag >= 0, 1 - lag / (LATEST + 1), 1 + lag / (1 - EARLIEST))
    kernel /= kernel.sum()
    place = events["number"].to_numpy()[:, np.newaxis] - start + lag
    inside = (place >= 0) & (place < days)
    mass = (np.where(inside, dating.probability[np.clip(place, 0, days - 1)], 0.0) * kernel).sum(axis=1)
    # Against none of them: were the true one not listed, events would lie as near by chance.
    # What touches many series and moved one of them is less likely to have moved it.
    prior = 1 / np.maximum(events["touched"].to_numpy(dtype=np.float64), 1.0)
    odds = LISTED / (1 - LISTED) * mass * days * prior / prior.sum()
    best = int(odds.argmax())
    return str(events["event"].iloc[best]) if odds[best] > 1 else None

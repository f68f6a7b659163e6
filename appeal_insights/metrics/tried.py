"""Every definition that a store can try, each with its counts for every row of a sheet: one query, then arithmetic."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from appeal_insights.metrics.variants import OURS, SWITCHES, TREATMENTS, Choice, Trial, Variant, place, trial_statement
from appeal_insights.records.store import Store

Ints = npt.NDArray[np.int64]
EVERY_VERSION, ONCE = "every_version", "once_per_enforcement"


@dataclass(frozen=True)
class Tried:
    """What was tried, and what each definition counts."""

    trial: Trial
    definitions: pd.DataFrame  # one row each: the switches (id of a choice, '' is ours), differences; ours is the first
    numerators: pd.DataFrame  # the same rows, a column for each row of the sheet
    denominators: pd.DataFrame
    text: str  # the query
    cells: int  # and how many rows it gave

    def choice(self, id: str) -> Choice:
        return next(choice for choice in self.trial.choices if choice.id == id)


def count_definitions(store: Store, trial: Trial, *, most: int) -> Tried:
    """Count the rows of a sheet by our definition and by every other with up to `most` differences."""
    text = trial_statement(trial)
    cells = store.run(text, what="variants")
    options = {switch: [OURS, *(choice.id for choice in _telling(trial, switch, cells))] for switch in SWITCHES}
    definitions = _definitions(options, most)
    counts = _Counts(trial, cells, options)
    numerators = counts.of(definitions, "numerator")
    return Tried(trial, definitions, numerators, counts.of(definitions, "denominator"), text, len(cells))


def _telling(trial: Trial, switch: str, cells: pd.DataFrame) -> list[Choice]:
    """The choices of a switch, without a treatment that is the metric's own or of an outcome that never came."""
    return [choice for choice in trial.of(switch) if switch not in TREATMENTS or _differs(choice.variant, cells)]


def _differs(variant: Variant, cells: pd.DataFrame) -> bool:
    there = cells[_has_outcome(variant, cells)]
    return bool(((there["in_numerator"] != variant.numerator) | (there["in_denominator"] != variant.denominator)).any())


def _has_outcome(variant: Variant, cells: pd.DataFrame) -> "pd.Series[bool]":
    return cells["outcome"] == variant.outcome if variant.outcome else cells["outcome"].isna()


def _definitions(options: dict[str, list[str]], most: int) -> pd.DataFrame:
    """Every combination with up to `most` differences: the fewest first, then by the order of switches and variants."""
    ours = dict.fromkeys(options, OURS)
    turned = [switch for switch, choices in options.items() if len(choices) > 1]
    rows = [
        {**ours, **dict(zip(switches, choices, strict=True)), "differences": count}
        for count in range(min(most, len(turned)) + 1)
        for switches in combinations(turned, count)
        for choices in product(*(options[switch][1:] for switch in switches))
    ]
    return pd.DataFrame(rows)


class _Counts:
    """Sums of records by row, as-of, filter, treatment and place: whatever a definition needs, it is looked up here.

    A filter is a pair of rounds and repeats, a treatment a triple of open, omitted and partial.
    """

    def __init__(self, trial: Trial, cells: pd.DataFrame, options: dict[str, list[str]]) -> None:
        self.trial = trial
        self.clocks = {OURS: 0, **{choice.id: n for n, choice in enumerate(trial.of("clock"), 1)}}
        self.moments = {OURS: 0, **{choice.id: n for n, choice in enumerate(trial.of("as_of"), 1)}}
        self.filters = list(product(options["rounds"], options["repeats"]))
        self.treatments = list(product(*(options[switch] for switch in TREATMENTS)))
        self.places = [place(basis, clock) for basis in trial.bases for clock in range(len(self.clocks))]
        self.sums = {side: self._summed(cells, side) for side in ("numerator", "denominator")}

    def _summed(self, cells: pd.DataFrame, side: str) -> Ints:
        """The sums of a side: [row, as-of, filter, treatment, place]."""
        shape = (len(self.trial.rows), len(self.moments), len(self.filters), len(self.treatments), len(self.places))
        sums = np.zeros(shape, dtype=np.int64)
        kept = np.array([_kept(cells, *chosen) for chosen in self.filters])
        weight = np.array([self._weight(cells, chosen, side) for chosen in self.treatments])
        inside = cells[self.places].to_numpy(dtype=np.int64)
        nth, moment = cells["nth"].to_numpy(), cells["moment"].to_numpy()
        for at in cells.groupby(["nth", "moment"]).indices.values():
            counted = kept[:, None, at] * weight[None, :, at]
            sums[nth[at[0]], moment[at[0]]] = counted @ inside[at]
        return sums

    def _weight(self, cells: pd.DataFrame, chosen: Sequence[str], side: str) -> Ints:
        """The records of each cell that a treatment counts on a side."""
        counts = cells[f"in_{side}"].to_numpy(dtype=bool).copy()
        for id in chosen:
            if id != OURS:
                variant = next(choice.variant for choice in self.trial.choices if choice.id == id)
                counts[_has_outcome(variant, cells).to_numpy()] = getattr(variant, side)
        weighted: Ints = counts * cells["records"].to_numpy(dtype=np.int64)
        return weighted

    def of(self, definitions: pd.DataFrame, side: str) -> pd.DataFrame:
        """What each definition counts on a side, a column for each row of the sheet."""
        filters = {chosen: n for n, chosen in enumerate(self.filters)}
        treatments = {chosen: n for n, chosen in enumerate(self.treatments)}
        moment = definitions["as_of"].map(self.moments).to_numpy(dtype=np.int64)
        kept = _numbers(definitions, ["rounds", "repeats"], filters)
        treated = _numbers(definitions, list(TREATMENTS), treatments)
        placed = _numbers(definitions, ["basis", "clock"], self._places_of(definitions, side))
        return pd.DataFrame(self.sums[side][:, moment, kept, treated, placed].T, index=definitions.index)

    def _places_of(self, definitions: pd.DataFrame, side: str) -> dict[tuple[str, str], int]:
        ours = self.trial.question.basis
        by = {choice.id: getattr(choice.variant, f"{side}_by") for choice in self.trial.of("basis")} | {OURS: ours}
        pairs = definitions[["basis", "clock"]].drop_duplicates().itertuples(index=False, name=None)
        return {(basis, clock): self.places.index(place(by[basis], self.clocks[clock])) for basis, clock in pairs}


def _numbers(definitions: pd.DataFrame, switches: list[str], numbers: Mapping[Any, int]) -> Ints:
    chosen = zip(*(definitions[switch] for switch in switches), strict=True)
    return np.array([numbers[each] for each in chosen], dtype=np.int64)


def _kept(cells: pd.DataFrame, rounds: str, repeats: str) -> npt.NDArray[np.bool_]:
    """Which cells a filter counts."""
    kept = np.ones(len(cells), dtype=bool)
    if rounds != OURS:
        kept &= cells["is_first_round"].to_numpy(dtype=bool)
    if repeats != EVERY_VERSION:
        kept &= cells["is_current"].to_numpy(dtype=bool)
    if repeats == ONCE:
        kept &= cells["is_last" if rounds == OURS else "is_last_of_rounds"].to_numpy(dtype=bool)
    return kept

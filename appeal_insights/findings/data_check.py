"""What came in, and can it be trusted? `check_data` is the one call of the notebook."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

import pandas as pd

from appeal_insights.disclosure import AUDIENCES, Audience
from appeal_insights.errors import also_said_in, choice
from appeal_insights.findings import data_check_exhibits as exhibits
from appeal_insights.findings import data_check_findings as conclusions
from appeal_insights.findings import data_held
from appeal_insights.findings.data_held import Held, Part
from appeal_insights.findings.finding import Finding
from appeal_insights.findings.gate import gate
from appeal_insights.findings.gate_exhibit import exhibit as gate_exhibit
from appeal_insights.findings.shown import Exhibit, Shown
from appeal_insights.language import Language, languages
from appeal_insights.metrics.holdings import holdings
from appeal_insights.metrics.query import query_table
from appeal_insights.periods import instant
from appeal_insights.records.store import Store
from appeal_insights.records.workspace import find_workspace


@dataclass(frozen=True)
class DataCheck:
    """What a check of the data found, part by part. Each part shows itself in every language asked for."""

    held: Held
    languages: tuple[Language, ...]

    def _by_part(self, show: Callable[[Held, Part, Language], Exhibit]) -> Shown:
        """An exhibit of each fact, or the sentence that there is none."""
        told = [show(self.held, part, language) for part in self.held.parts for language in self.languages]
        return Shown(told or [exhibits.nothing(self.held, language) for language in self.languages])

    @property
    def summary(self) -> Shown:
        """What came in, until when, whether it is sound, what next."""
        return Shown([exhibits.summary(self.held, language) for language in self.languages])

    @property
    def loads(self) -> Shown:
        """What was taken in, and what became of its rows."""
        return Shown([exhibits.loads(self.held, language) for language in self.languages])

    @property
    def rejects(self) -> Shown:
        """Why rows were not taken in, and how to take them in after all."""
        return Shown([exhibits.rejects(self.held, language) for language in self.languages])

    @property
    def gate(self) -> Shown:
        """Every check of the records."""
        return Shown([gate_exhibit(self.held.gate, language) for language in self.languages])

    @property
    def coverage(self) -> Shown:
        """Records by period and segment, gaps and a thin end."""
        return self._by_part(exhibits.coverage)

    @property
    def missing(self) -> Shown:
        """Values that are missing, by column and period."""
        return self._by_part(exhibits.missing)

    @property
    def codes(self) -> Shown:
        """Values of dimensions that are new or gone."""
        return self._by_part(exhibits.codes)

    @cached_property
    def conclusions(self) -> Sequence[Finding]:
        """The findings: whether the records are sound, then what is missing of them."""
        return conclusions.conclude(self.held, self.languages)

    @property
    def findings(self) -> Shown:
        """The findings, to be shown and collected."""
        return Shown(tuple(self.conclusions))

    @property
    def about(self) -> Shown:
        """The data's date and fingerprint, what the words mean, and the queries."""
        told: list[Exhibit] = [exhibits.about(self.held, language) for language in self.languages]
        return Shown([*told, *exhibits.queries(self.held, self.languages[0])])


def check_data(
    *,
    store: str,
    as_of: str = "",
    language: str = "en",
    audience: str = "stakeholder",
    workspace: Path | None = None,
) -> DataCheck:
    """Look at what a store holds: loads, rejected rows, checks, gaps, missing values, new and vanished codes.

    Takes   `store`: the name of a store in the workspace. `as_of`: an instant; the newest load if empty.
            `language`: en, zh-CN or both. `audience`: analyst sees all, stakeholder no value of a rejected row and
            nothing of under ten records.
    Raises  what is wrong with a parameter; UnknownStore with the nearest one.
    """
    wanted = languages(language)
    with also_said_in(wanted), Store(find_workspace(workspace).existing_store(store)) as opened:
        moment = instant(as_of) if as_of else opened.latest()
        held = _gather(opened, moment, choice("audience", audience, AUDIENCES))
    return DataCheck(held, wanted)


def _gather(store: Store, as_of: datetime, audience: Audience) -> Held:
    loads = query_table(store, "loads", as_of=as_of)
    loads = loads[loads["loaded_at"] <= as_of].reset_index(drop=True)
    rejected = data_held.rejects(store, as_of, audience)
    tests = gate(store, as_of)
    parts = [data_held.look(store, found, audience) for found in holdings(store, as_of)]
    return Held(
        store=store.name,
        as_of=as_of,
        audience=audience,
        parts=parts,
        facts=tuple(store.tables),
        loads=loads,
        rejects=rejected,
        to_mend=_to_mend(store, loads),
        gate=tests,
        asked=tuple(store.asked),
    )


def _to_mend(store: Store, loads: pd.DataFrame) -> tuple[str, ...]:
    """The files of rejected rows that stand beside the store, by load."""
    folder = store.path.with_suffix(".rejects")
    names = [f"{load}.csv" for load in loads.loc[loads["rows_rejected"] > 0, "load_id"]]
    return tuple(f"{folder.name}/{name}" for name in names if (folder / name).is_file())

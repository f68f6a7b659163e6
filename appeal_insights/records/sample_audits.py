"""The made-up audits of decisions on appeals: a simple random sample, and those that somebody asked for."""

from collections import Counter

import numpy as np
import pandas as pd

from appeal_insights.records import sample_shape as shape
from appeal_insights.records.sample_draws import (
    DAY,
    Bools,
    Floats,
    column_of,
    lognormal,
    look_up,
    pick,
    place,
    read_instant,
)
from appeal_insights.records.sample_writing import Bytes, csv_rows, ids, instants, words

COLUMNS = ("audit_id", "subject_type", "subject_id", "market", "appellant", "complaint_type", "policy_group",
           "policy", "queue", "site", "decision", "decided_at", "purpose", "verdict", "error_type",
           "audited_at")  # fmt: skip
SAME_AS_THE_APPEAL = ("market", "appellant", "complaint_type", "policy_group", "policy", "queue", "site")


def wrong_chance(decided: pd.DataFrame) -> Floats:
    """The chance that an auditor finds a decision wrong."""
    small = np.isin(np.array(shape.VALUES["content_language"]), shape.SMALL_LANGUAGES)
    return (
        look_up(decided, "outcome", shape.WRONG_SHARES)
        + shape.WRONG_IN_SMALL_LANGUAGES * (small[column_of(decided, "content_language")])
    )


def on_merits(seen: pd.DataFrame) -> pd.DataFrame:
    """The appeals that were decided on their merits by the extract."""
    decided = column_of(seen, "decided_at") <= read_instant(shape.SAMPLE_EXTRACTED_AT)
    found: pd.DataFrame = seen[decided & (column_of(seen, "outcome") != place("outcome", "decision_omitted"))]
    return found


def truth_sums(decided: pd.DataFrame) -> Counter[str]:
    """How many decisions of each kind there are, and how many of them an audit of all would find wrong."""
    wrong = wrong_chance(decided)
    upheld = column_of(decided, "outcome") == place("outcome", "decision_upheld")
    return Counter(
        upheld=int(upheld.sum()), overturned=int((~upheld).sum()),
        wrong_upheld=wrong[upheld].sum(), wrong_overturned=wrong[~upheld].sum(),
    )  # fmt: skip


def audits(rng: np.random.Generator, decided: pd.DataFrame, *, after: int) -> tuple[bytes, int]:
    """Rows of the audits of these decisions, and how many there are.

    Takes   decisions on the merits with `appeal_number`.
    """
    chosen, why, when, verdict_draw, error_draw = rng.random((5, len(decided)))
    purpose = _purpose(decided, chosen, why)
    audited_at = column_of(decided, "decided_at") + np.floor(DAY * lognormal(when, *shape.AUDITED_AFTER_DAYS)).astype(
        np.int64
    )
    kept = (purpose != b"") & (audited_at <= read_instant(shape.SAMPLE_EXTRACTED_AT))
    wrong = wrong_chance(decided) + shape.WRONG_WHERE_TARGETED * (purpose != b"random")
    verdict = np.where(
        verdict_draw < wrong, b"incorrect", np.where(verdict_draw > 1 - shape.UNCLEAR_SHARE, b"unclear", b"correct")
    )
    error = np.where(verdict == b"incorrect", _error(decided, error_draw), b"")
    rows = decided[kept]
    return csv_rows(
        [
            ids("Q", after + 1 + np.arange(len(rows))),
            np.full(len(rows), b"appeal"),
            ids("A", column_of(rows, "appeal_number")),
            *(words(column_of(rows, column), column) for column in SAME_AS_THE_APPEAL),
            words(column_of(rows, "outcome"), "outcome"),
            instants(column_of(rows, "decided_at")),
            purpose[kept],
            verdict[kept],
            error[kept],
            instants(audited_at[kept]),
        ]
    ), len(rows)


def _purpose(decided: pd.DataFrame, chosen: Floats, why: Floats) -> Bytes:
    """Why each decision is audited, or nothing. Nobody is audited twice."""
    new_hires = column_of(decided, "site") == place("site", shape.NEW_HIRES_SITE)
    looked_at: dict[str, Bools] = {
        "new_hire": new_hires,
        "targeted": column_of(decided, "appeal_round") == 2,  # somebody complained
        "escalation": column_of(decided, "complaint_type") == place("complaint_type", "account"),
    }
    purpose = np.zeros(len(decided), dtype="S10")
    for name, rows in looked_at.items():
        purpose[rows & (why < shape.TARGETED[name])] = name.encode()
    purpose[chosen < shape.AUDITED_SHARE] = b"random"
    return purpose


def _error(decided: pd.DataFrame, uniform: Floats) -> Bytes:
    upheld = column_of(decided, "outcome") == place("outcome", "decision_upheld")
    kinds = {name: words(pick(uniform, shape.ERRORS[name], "error_type"), "error_type") for name in shape.ERRORS}
    error: Bytes = np.where(upheld, kinds["upheld"], kinds["overturned"])
    return error

"""A year of made-up audits in which accuracy drifts in a few series, and the truth about it in a file of its own.

Drawn as the other samples are: from uniform numbers alone, each series from its own, so the same seed gives the same
bytes and a series that nothing happens to is the same in every scenario. Series by series is made and written.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from appeal_insights.errors import choice
from appeal_insights.records import sample_drift_plans as plans
from appeal_insights.records import sample_shape as shape
from appeal_insights.records.sample_draws import (
    DAY,
    NEVER,
    Bools,
    Floats,
    Integers,
    counts,
    lognormal,
    read_instant,
    stream,
)
from appeal_insights.records.sample_drift_course import NEW_LIFTS, RELATIVE_ERRORS, Course, course, tenure_of, truth_of
from appeal_insights.records.sample_drift_plans import DAYS, FIRST_DAY, Change, Line
from appeal_insights.records.sample_writing import Bytes, csv_rows, ids, instants, known, put_in_place, whole

DRIFT_FACTS = ("audits", "gold", "strata", "known_events", "targets")  # what there is a file of
DRIFT_SCENARIOS = tuple(plans.DRIFT_PLANS)
DRIFT_FILES = (*(f"{fact}.csv" for fact in DRIFT_FACTS), "truth.json")
AUDIT_COLUMNS = ("audit_id", "subject_type", "subject_id", "market", "policy_group", "policy", "queue", "site",
                 "tenure", "stratum", "reviewer", "decision", "decided_at", "purpose", "blind", "auditor", "verdict",
                 "error_type", "severity", "audited_at", "disputed_at", "final_verdict", "final_at")  # fmt: skip
GOLD_COLUMNS = ("answer_id", "item_id", "rater", "role", "market", "policy_group", "policy", "truth", "answer",
                "answered_at")  # fmt: skip
STRATA_COLUMNS = ("cell_id", "subject_type", "market", "policy_group", "policy", "queue", "site", "stratum",
                  "decided_at", "cases")  # fmt: skip
# Draws of their own, apart from those of the other samples. Under these numbers the default seed is an ordinary one.
LEVELS, STAFF, SERIES, GOLD = 50, 51, 52, 53
OF_A_SERIES = 100_000  # ids that are kept for each series
FROM_HOUR, TO_HOUR = 8, 18  # UTC: it is the same day on every clock of these markets
AUDITED_AFTER_DAYS, DISPUTED_AFTER_DAYS, FINAL_AFTER_DAYS = (1.2, 0.5), (2.0, 0.5), (4.0, 0.5)  # median, sigma
DISPUTED_SHARE, OVERTURNED_SHARE = 0.06, 0.3  # of the errors; of the disputes
FEWER_IN_THE_END = DISPUTED_SHARE * OVERTURNED_SHARE
UNCLEAR_SHARE, BLIND_SHARE, UPHELD_SHARE = 0.01, 0.8, 0.55
SEVERITIES = {"minor": 0.6, "major": 0.3, "critical": 0.1}
MOST_WRONG = 0.95
CASES_SIGMA = 0.08  # of the logarithm of the cases of a day
EXTRACTED_AT = read_instant(shape.SAMPLE_EXTRACTED_AT)
SHOCK_AT_MOST = 0.5  # of the logarithm of the errors of a day


@dataclass(frozen=True)
class Staff:
    """The reviewers of every site: whoever is at work on a day takes as many cases as the others."""

    names: Mapping[str, Bytes]
    joined: Mapping[str, Integers]  # the number of their first day
    errors: Mapping[str, Floats]  # of each for one of the others


def write_drift_sample(folder: Path, *, seed: int = 7, scenario: str = "accuracy_drift") -> Path:
    """Write a year of audits up to 2026-11-15 with what they were drawn from; gives the folder.

    Takes   scenario   accuracy_drift, or accuracy_quiet: the same where nothing moves.
    Gives   audits.csv; gold.csv, answers of auditors to cases of known truth; strata.csv, cases by day and cell;
            known_events.csv; targets.csv; truth.json. Each is put in place whole; the same seed gives the same bytes.
    Raises  BadParameter   no such scenario.
    """
    plan = plans.DRIFT_PLANS[choice("scenario", scenario, DRIFT_SCENARIOS)]
    levels = stream(seed, LEVELS).random((2, len(plans.lines())))
    accuracy = plans.LEAST_ACCURATE + (plans.MOST_ACCURATE - plans.LEAST_ACCURATE) * levels[0]
    courses = [course(line, plan, float(accuracy[line.number])) for line in plans.lines()]
    spread = 1 + (plans.MOST_DISPERSED - 1) * levels[1]
    staff = hire(seed)
    totals: Counter[str] = Counter()
    with put_in_place(folder, DRIFT_FILES) as files:
        for name, columns in (("audits", AUDIT_COLUMNS), ("gold", GOLD_COLUMNS), ("strata", STRATA_COLUMNS)):
            files[f"{name}.csv"].write(f"{','.join(columns)}\n".encode())
        for one in courses:
            totals.update(_write_series(files, seed, one, float(spread[one.line.number]), staff, plan))
        for place, market in enumerate(plans.AUDITS_A_WEEKDAY):
            totals.update(_write_gold(files["gold.csv"], seed, place, market, plan))
        _write_table(files["known_events.csv"], _events(plan), plans.EVENT_COLUMNS)
        _write_table(files["targets.csv"], plans.TARGETS, plans.TARGET_COLUMNS)
        asked = {"seed": seed, "scenario": scenario}
        files["truth.json"].write(f"{json.dumps(asked | _truth(plan, courses, totals), indent=2)}\n".encode())
    return folder


def hire(seed: int) -> Staff:
    """Draw who works where since when, and how many errors each of them makes for one of the others."""
    names, joined, errors = {}, {}, {}
    after = 0
    for place, (site, size) in enumerate(plans.REVIEWERS.items()):
        luck, day = stream(seed, STAFF, place).random((2, size))
        names[site] = np.array([f"R-{after + number:03d}" for number in range(1, size + 1)], dtype="S5")
        joined[site] = np.where(np.arange(size) < plans.JOIN_IN_THE_YEAR, np.floor(DAYS * day), -400).astype(np.int64)
        errors[site] = np.exp(plans.REVIEWER_SIGMA * ndtri(luck))
        after += size
    return Staff(names, joined, errors)


def _write_series(
    files: Mapping[str, IO[bytes]], seed: int, of: Course, spread: float, staff: Staff, plan: Sequence[Change]
) -> Counter[str]:
    """Draw and write one series; gives how many rows there are of each kind."""
    rng = stream(seed, SERIES, of.line.number)
    busy, shock, wander = rng.random((3, DAYS))
    shape_of = (DAYS, len(plans.STRATA), 2, len(plans.QUEUES))  # by day, stratum, site and queue
    drawn = rng.random((2, *shape_of))
    at = np.outer([plans.HOME_SHARE, 1 - plans.HOME_SHARE], list(plans.QUEUES.values()))
    noise = np.exp(CASES_SIGMA * ndtri(busy) - CASES_SIGMA**2 / 2)
    expected = (of.cases * noise[:, np.newaxis])[:, :, np.newaxis, np.newaxis] * at
    cases = counts(drawn[0].ravel(), expected.ravel()).reshape(shape_of)
    sampled = of.sampled[:, :, np.newaxis, np.newaxis]
    audits = np.minimum(counts(drawn[1].ravel(), (cases * sampled).ravel()).reshape(shape_of), cases)
    luck = of.lift * of.weekday * _shocks(shock, of, spread)
    luck *= _wandering(wander, of.line.touched(tuple(plan), "wander"))
    day, stratum, site, queue = np.nonzero(audits)
    times = audits[day, stratum, site, queue]
    table = pd.DataFrame({"day": day, "stratum": stratum, "site": site, "queue": queue})
    table = table.loc[table.index.repeat(times)].reset_index(drop=True)
    rows, written = _audits(rng, table, of, luck, staff)
    files["audits.csv"].write(rows)
    there = np.argwhere(cases > 0)
    files["strata.csv"].write(_cells(of.line, there, cases[tuple(there.T)]))
    return Counter(audits=written, cells=len(there), cases=int(cases.sum()))


def _shocks(uniform: Floats, of: Course, spread: float) -> Floats:
    """Days share their luck, so that a day's rate varies by so much more than independent cases would."""
    sigma = min(np.sqrt((spread - 1) * (1 - of.error) / (of.line.audits_a_weekday * of.error)), SHOCK_AT_MOST)
    return np.asarray(np.exp(sigma * ndtri(uniform) - sigma**2 / 2))


def _wandering(uniform: Floats, changes: Sequence[Change]) -> Floats:
    """Errors that come and go slowly, all the year, where that is so."""
    if not changes:
        return np.ones(DAYS)
    keep = np.exp(-1 / plans.WANDER_DAYS)
    steps = ndtri(uniform) * plans.WANDER_SIGMA
    walk = np.empty(DAYS)
    value = steps[0]
    for number, step in enumerate(steps):
        walk[number] = value = keep * value + np.sqrt(1 - keep**2) * step
    return np.asarray(np.exp(walk - plans.WANDER_SIGMA**2 / 2))


def _audits(rng: np.random.Generator, table: pd.DataFrame, of: Course, luck: Floats, staff: Staff) -> tuple[bytes, int]:
    """Rows of the audits of those decisions that were audited by the extract, and how many there are."""
    draws = rng.random((len(table), 15)).T  # row by row: what comes later moves no earlier row
    line, day, home = of.line, table["day"].to_numpy(), table["site"].to_numpy() == 0
    reviewer, tenure, makes = _reviewers(draws[0], draws[1], day, home, of, staff)
    wrong = of.error * RELATIVE_ERRORS[table["stratum"].to_numpy()] * luck[day] * makes
    wrong = 1 - (1 - wrong.clip(0, MOST_WRONG)) * (1 - plans.STRICTER * of.strict[day])
    found = draws[2] < wrong / (1 - FEWER_IN_THE_END)
    verdict = np.where(draws[3] < UNCLEAR_SHARE, b"unclear", np.where(found, b"incorrect", b"correct"))
    bad = verdict == b"incorrect"
    decided_at = _moment(day, draws[4])
    audited_at = _later(decided_at, draws[5], AUDITED_AFTER_DAYS)
    disputed = bad & (draws[6] < DISPUTED_SHARE)
    disputed_at = np.where(disputed, _later(audited_at, draws[7], DISPUTED_AFTER_DAYS), NEVER)
    final_at = np.where(disputed, _later(disputed_at.clip(None, EXTRACTED_AT), draws[8], FINAL_AFTER_DAYS), NEVER)
    decision = _decisions(line, draws[9])
    final = np.where(draws[10] < OVERTURNED_SHARE, b"correct", b"incorrect")
    written = {
        "audit_id": ids("Q", line.number * OF_A_SERIES + 1 + np.arange(len(table))),
        "subject_id": ids(line.subject_type[0].upper(), line.number * OF_A_SERIES + 1 + np.arange(len(table))),
        **_of_line(line, len(table)),
        "queue": _named(list(plans.QUEUES), table["queue"].to_numpy()),
        "site": _named(line.sites, table["site"].to_numpy()),
        "tenure": _named(list(plans.TENURES), tenure),
        "stratum": _named(plans.STRATA, table["stratum"].to_numpy()),
        "reviewer": reviewer,
        "decision": decision,
        "decided_at": instants(decided_at),
        "purpose": np.full(len(table), b"random"),
        "blind": np.where(draws[11] < BLIND_SHARE, b"true", b"false"),
        "auditor": _auditors(line.market, draws[12]),
        "verdict": verdict,
        "error_type": np.where(bad, _errors(decision, draws[13]), b""),
        "severity": np.where(bad, _chosen(SEVERITIES, draws[14]), b""),
        "audited_at": instants(audited_at),
        "disputed_at": instants(disputed_at),
        "final_verdict": known(final_at, final),
        "final_at": instants(final_at),
    }
    kept = audited_at <= EXTRACTED_AT
    return csv_rows([written[name][kept] for name in AUDIT_COLUMNS]), int(kept.sum())


def _reviewers(
    who: Floats, new: Floats, day: Integers, home: Bools, of: Course, staff: Staff
) -> tuple[Bytes, Integers, Floats]:
    """Who decided, their tenure, and their errors for each usual one: on every day those at work make 1 on average."""
    reviewer, tenure, makes = np.empty(len(day), dtype="S5"), np.zeros(len(day), dtype=np.int64), np.ones(len(day))
    for site, there in zip(of.line.sites, (home, ~home), strict=True):
        at_work = staff.joined[site] <= np.arange(DAYS)[:, np.newaxis]  # by day and reviewer
        usual = (at_work * staff.errors[site]).sum(axis=1) / at_work.sum(axis=1)
        order = np.argsort(~at_work, axis=1, kind="stable")  # those at work first
        rows = np.flatnonzero(there)
        chosen = order[day[rows], np.floor(who[rows] * at_work.sum(axis=1)[day[rows]]).astype(np.int64)]
        reviewer[rows] = staff.names[site][chosen]
        tenure[rows] = tenure_of(day[rows], staff.joined[site][chosen])
        makes[rows] = staff.errors[site][chosen] / usual[day[rows]]
    rows = np.flatnonzero(home & (new < of.new_share[day]))
    first = np.flatnonzero(of.new_share)[:1]
    reviewer[rows] = _cohort()[np.floor(who[rows] * plans.NEW_REVIEWERS).astype(np.int64)]
    tenure[rows] = tenure_of(day[rows], first)
    makes[rows] = NEW_LIFTS[tenure[rows]]
    return reviewer, tenure, makes


def _cohort() -> Bytes:
    after = sum(plans.REVIEWERS.values())
    return np.array([f"R-{after + number:03d}" for number in range(1, plans.NEW_REVIEWERS + 1)], dtype="S5")


def _auditors(market: str, uniform: Floats) -> Bytes:
    """Who audited, or answered: one of the auditors of the market."""
    before = sum(size for name, size in list(plans.AUDITORS.items())[: list(plans.AUDITORS).index(market)])
    names = [f"Q-{before + number:02d}" for number in range(1, plans.AUDITORS[market] + 1)]
    return _named(names, np.floor(uniform * len(names)).astype(np.int64))


def _decisions(line: Line, uniform: Floats) -> Bytes:
    if line.subject_type == "enforcement":
        return np.full(len(uniform), b"enforced")
    return np.where(uniform < UPHELD_SHARE, b"decision_upheld", b"decision_reversed")


def _errors(decision: Bytes, uniform: Floats) -> Bytes:
    granted = _chosen(shape.ERRORS["overturned"], uniform)
    return np.where(decision == b"decision_reversed", granted, _chosen(shape.ERRORS["upheld"], uniform))


def _write_gold(file: IO[bytes], seed: int, place: int, market: str, plan: Sequence[Change]) -> Counter[str]:
    """Draw and write the answers that the auditors of a market gave to cases of known truth."""
    rng = stream(seed, GOLD, place)
    shown = counts(rng.random(DAYS), plans.GOLD_A_WEEKDAY[market] * plans.works(market).astype(np.float64))
    day = np.repeat(np.arange(DAYS), shown)
    item, passes, second, who = rng.random((len(day), 4)).T
    item_number = np.floor(plans.GOLD_ITEMS * item).astype(np.int64)
    wrong = item_number < plans.GOLD_WRONG * plans.GOLD_ITEMS
    strict = np.zeros(DAYS, dtype=np.bool_)
    for change in plan:
        if change.kind == "auditors" and change.segment["market"] == market:
            strict |= np.arange(DAYS) >= change.first
    passed = passes < plans.GOLD_PASSED - plans.STRICTER * (strict[day] & ~wrong)
    answered_at = _moment(day, second)
    policy = [plans.POLICIES[number % len(plans.POLICIES)] for number in range(plans.GOLD_ITEMS)]
    file.write(
        csv_rows(
            [
                ids("G", place * OF_A_SERIES + 1 + np.arange(len(day))),
                ids("I", place * OF_A_SERIES + 1 + item_number),
                _auditors(market, who),
                np.full(len(day), b"auditor"),
                np.full(len(day), market.encode()),
                _named([shape.POLICY_GROUPS[name] for name in policy], item_number),
                _named(policy, item_number),
                np.where(wrong, b"incorrect", b"correct"),
                np.where(wrong == passed, b"incorrect", b"correct"),
                instants(answered_at),
            ]
        )
    )
    return Counter(gold=len(day), gold_passed=int(passed.sum()))


def _cells(line: Line, there: Integers, cases: Integers) -> bytes:
    """Rows of what could be audited: one for each day and cell with cases."""
    day, stratum, site, queue = there.T
    number = np.ravel_multi_index((day, stratum, site, queue), (DAYS, len(plans.STRATA), 2, len(plans.QUEUES)))
    written = {
        "cell_id": ids("C", line.number * OF_A_SERIES + 1 + number),
        **_of_line(line, len(there)),
        "queue": _named(list(plans.QUEUES), queue),
        "site": _named(line.sites, site),
        "stratum": _named(plans.STRATA, stratum),
        "decided_at": (FIRST_DAY + day).astype("S10"),
        "cases": whole(cases),
    }
    return csv_rows([written[name] for name in STRATA_COLUMNS])


def _of_line(line: Line, rows: int) -> dict[str, Bytes]:
    said = {"subject_type": line.subject_type, "market": line.market, "policy_group": shape.POLICY_GROUPS[line.policy],
            "policy": line.policy}  # fmt: skip
    return {name: np.full(rows, value.encode()) for name, value in said.items()}


def _named(names: Sequence[str], places: Integers) -> Bytes:
    found: Bytes = np.array(names, dtype=np.bytes_)[places]
    return found


def _chosen(weights: shape.Weights, uniform: Floats) -> Bytes:
    edges = np.cumsum(np.array(list(weights.values()), dtype=np.float64))
    return _named(list(weights), np.searchsorted(edges / edges[-1], uniform, side="right"))


def _later(since: Integers, uniform: Floats, law: tuple[float, float]) -> Integers:
    return since + np.floor(DAY * lognormal(uniform, *law)).astype(np.int64)


def _moment(day: Integers, uniform: Floats) -> Integers:
    """A second of the working hours of a day, given by its number in the year."""
    hour = FROM_HOUR + (TO_HOUR - FROM_HOUR) * uniform
    return read_instant(str(FIRST_DAY)) + DAY * day + np.floor(3600 * hour).astype(np.int64)


def _events(plan: Sequence[Change]) -> list[tuple[str, ...]]:
    """The dated events by their start: those behind what was planted, and others that changed nothing."""
    held = {*plans.DECOYS, *(change.event_id for change in plan)}
    return [event for event in plans.EVENTS if event[0] in held]


def _write_table(file: IO[bytes], rows: Sequence[tuple[str, ...]], columns: Sequence[str]) -> None:
    file.write(pd.DataFrame(list(rows), columns=list(columns)).to_csv(index=False, lineterminator="\n").encode())


def _truth(plan: Sequence[Change], courses: list[Course], totals: Counter[str]) -> dict[str, Any]:
    """What was planted, what only looks like it, and how accurate each series is where nothing happens to it."""
    told = [truth_of(change, courses) for change in plan]
    return {
        "first_day": str(FIRST_DAY),
        "last_day": str(plans.LAST_DAY),
        "extracted_at": shape.SAMPLE_EXTRACTED_AT,
        "clean_days": plans.CLEAN_DAYS,
        "changes": [one for one in told if one["cause"]],
        "no_drift": [
            {name: value for name, value in one.items() if name != "cause"} for one in told if not one["cause"]
        ],
        "series": [
            {
                "subject_type": of.line.subject_type,
                "market": of.line.market,
                "policy": of.line.policy,
                "accuracy": round(1 - of.error, 4),
                "audits_a_weekday": of.line.audits_a_weekday,
            }
            for of in courses
        ],
        "totals": dict(sorted(totals.items())),
    }

"""SLA clocks: of every record the promises that were in force, on which calendar, by when, and whether they were kept.

Reckoned anew when anything is loaded that they follow from. A clock has one version per state of what was known: a
pause that began or ended, a holiday that was confirmed a day later, a policy that came afterwards.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from importlib.resources import files
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from appeal_insights.records.business_time import MISSING, OpenTime, open_time
from appeal_insights.records.calendars import ALWAYS, Calendar
from appeal_insights.records.checking import market_zones
from appeal_insights.records.contract import BLANK, contract
from appeal_insights.records.own_calendars import CALENDARS, calendars_of, loaded_at
from appeal_insights.records.pauses import FOREVER, Pauses, due_with_pauses, net_seconds, pauses_from_log
from appeal_insights.records.scope import read_scope
from appeal_insights.records.statement import (
    Node,
    all_of,
    choose_first,
    day_value,
    fill,
    has_one_of,
    is_value,
    parse,
    write,
)  # fmt: skip
from appeal_insights.records.store import Writing

CLOCKS, POLICIES, LOG = "clocks", "sla_policies", "status_log"
CLOCKED = ("appeals", "tickets", "disputes")  # the facts whose records have clocks
MARKETS_OWN, SITES_OWN, ROUND_THE_CLOCK = "market", "site", "always"
_AHEAD = timedelta(days=400)  # what is promised today is due within it, with its pauses; a longer promise in
_SELDOM = 20  # times its hours: a calendar that is open less than an hour a day makes no due time known
_Policy = dict[str, Any]  # a row of the store's table, with its scope read
_NEVER = datetime(9999, 12, 31)
_MOST_DAYS, _LAST = 20 * 366, date(2200, 12, 31)  # no table reaches further ahead
_TYPES = {
    "text": "varchar", "code": "varchar", "instant": "timestamp", "day": "date", "integer": "bigint",
}  # fmt: skip
_VERSION = {"known_from": "timestamp", "known_to": "timestamp", "load_id": "integer", "source_row": "bigint"}
_TIMED = {
    "place": "bigint", "sla_policy": "varchar", "calendar": "varchar", "promised_seconds": "bigint",
    "due_at": "timestamp", "paused_seconds": "bigint", "stands_still": "boolean", "net_seconds": "bigint",
    "known_from": "timestamp", "known_to": "timestamp",
}  # fmt: skip


def run_clocks(target: Writing, touched: set[str]) -> None:
    """Reckon the clocks anew where something was loaded that they follow from, and somebody promised anything."""
    if not touched & {*CLOCKED, POLICIES, LOG, CALENDARS} or not target.has(POLICIES):
        return
    if logless := not target.has(LOG):
        target.create(
            LOG, {name: _TYPES[of.type] for name, of in contract(LOG).columns.items()} | _VERSION, temporary=True
        )
    _gather(target)
    policies = target.script("clock_policies").df()
    for moment, until in pairwise([*_moments(target, policies), _NEVER]):
        _time(target, _visible(policies, moment), calendars_of(target, moment), moment, until)
    _write(target)
    if logless:
        target.drop(LOG)


def _gather(target: Writing) -> None:
    """Make `clocked`, a row per record's version and clock, and an empty `timed`."""
    own = {name: _TYPES[of.type] for name, of in contract(CLOCKS).columns.items() if name not in ("clock_id", *_TIMED)}
    target.create("clocked", {**own, **_VERSION, "zone": "varchar"}, temporary=True)
    target.create("timed", _TIMED, temporary=True)
    target.script("clock_steps")
    clock_of = {"": "UTC", **market_zones()}
    target.connection.register("zones", pd.DataFrame(list(clock_of.items()), columns=["market", "zone"]))
    for fact in CLOCKED:
        if target.has(fact):
            target.script(f"clocked_{fact}")
    target.connection.unregister("zones")


def _moments(target: Writing, policies: pd.DataFrame) -> list[datetime]:
    """The instants from which something else was known of policies or calendars, the first since ever."""
    said = {at.to_pydatetime() for name in ("known_from", "known_to") for at in policies[name]}
    said |= {own.known_from for of in calendars_of(target).values() for own in (*of.days, *of.ramadan)}
    said |= loaded_at(target)
    return sorted((said - {_NEVER}) | {ALWAYS})


def _visible(policies: pd.DataFrame, moment: datetime) -> list[_Policy]:
    """The policies known at an instant, those first that go before others: the most specific, of these the newest."""
    known = policies[(policies["known_from"] <= moment) & (moment < policies["known_to"])]
    rows: list[_Policy] = [
        {**row, "where": read_scope(row["scope"] if isinstance(row["scope"], str) else "")}  # type: ignore[dict-item]
        for row in known.astype(object).to_dict("records")
    ]
    rows.sort(key=lambda row: (-len(row["where"]), -pd.Timestamp(row["valid_from_on"]).toordinal(), row["policy_id"]))
    said_of_records = {*contract(CLOCKS).dimensions} - {*_TIMED, "paused"}
    return [row for row in rows if set(row["where"]) <= said_of_records]


def _time(
    target: Writing,
    policies: list[_Policy],
    calendars: Mapping[str, Calendar],
    moment: datetime,
    until: datetime,
) -> None:
    """Add to `timed` what follows for all clocks from what was known between two instants."""
    kinds = sorted({(row["subject_type"], row["clock"]) for row in policies})
    for subject, clock in kinds:
        of_kind = [row for row in policies if (row["subject_type"], row["clock"]) == (subject, clock)]
        found = _promised(target, of_kind, subject, clock, moment, until)
        if len(found):
            _add(target, found, pd.DataFrame(of_kind), calendars, moment)


def _promised(
    target: Writing, policies: list[_Policy], subject: str, clock: str, moment: datetime, until: datetime
) -> pd.DataFrame:
    """The clocks of one kind that a policy is in force for: place, policy (its place), market, site, times."""
    holes = {
        "one_subject": is_value("subject_type", subject),
        "one_clock": is_value("clock", clock),
        "policy_place": choose_first([(_in_force(row), parse(str(place))) for place, row in enumerate(policies)]),
    }
    text = files("appeal_insights.records").joinpath("load", "clock_promised.sql").read_text(encoding="utf-8")
    found = target.connection.execute(write(fill(parse(text), holes)), [moment, until]).df()
    return found.assign(subject_type=subject)


def _in_force(policy: _Policy) -> Node:
    """Whether a policy is meant for a record and was in force when its clock started."""
    meant = [has_one_of(name, values) for name, values in policy["where"].items()]
    meant.append(fill(parse("started_on >= first_day"), {"first_day": day_value(policy["valid_from_on"].date())}))
    if not pd.isna(policy["valid_to_on"]):
        meant.append(fill(parse("started_on < end_day"), {"end_day": day_value(policy["valid_to_on"].date())}))
    return all_of(meant)


def _add(
    target: Writing, found: pd.DataFrame, policies: pd.DataFrame, calendars: Mapping[str, Calendar], moment: datetime
) -> None:
    """Reckon when these clocks are due and how long they ran, by the pauses known at each time."""
    policy = found["policy"].to_numpy(dtype=np.intp)
    found = found.assign(
        sla_policy=policies["policy_id"].to_numpy()[policy],
        pauses=policies["pauses"].to_numpy()[policy],
        promised_seconds=np.rint(3600 * policies["hours"].to_numpy(dtype=float)).astype(np.int64)[policy],
        calendar=_calendars(policies["calendar"].to_numpy(dtype=object)[policy], found, calendars),
    )
    staged, steps = _stages(target, found)
    timed = staged.assign(
        due_at=pd.Series(dtype="datetime64[s]"),
        net_seconds=pd.Series(dtype="Int64"),
        paused_seconds=0,
        stands_still=False,
    )
    known = _vouched(staged, calendars)
    if known.any():
        rows = staged[known]
        first, last = rows["started_at"].min().date(), rows[["started_at", "stopped_at"]].max().max().date()
        first -= timedelta(days=2)
        ahead = max(_AHEAD, _SELDOM * timedelta(seconds=int(rows["promised_seconds"].max())))
        named = [calendars[name] for name in sorted({*rows["calendar"]})]
        used = [replace(of, first=min(first, of.first)) for of in named]  # the table has all of the same days
        end = min(last + min(ahead, timedelta(days=_MOST_DAYS)), _LAST)
        timed = _reckoned(timed, steps, open_time(used, first, end, as_of=max(moment, ALWAYS)), known)
    target.append("timed", timed[[*_TIMED]])


def _vouched(rows: pd.DataFrame, calendars: Mapping[str, Calendar]) -> NDArray[np.bool]:
    """Whether the calendar of each clock is known, and says anything of the days on which it started."""
    since = {name: pd.Timestamp(of.first) + timedelta(days=1) for name, of in calendars.items()}
    found: NDArray[np.bool] = (rows["started_at"] >= rows["calendar"].map(since)).to_numpy()
    return found


def _calendars(said: NDArray[np.object_], found: pd.DataFrame, known: Mapping[str, Calendar]) -> NDArray[np.object_]:
    """The calendar of each clock: a site without its own keeps its market's; `(blank)` where nobody knows one."""
    of_market = _known_one(found["market"], known, BLANK)
    of_site = _known_one(found["site"], known, of_market)
    named = _known_one(said, known, BLANK)
    return np.where(said == MARKETS_OWN, of_market, np.where(said == SITES_OWN, of_site, named))


def _known_one(said: Any, known: Collection[str], otherwise: Any) -> NDArray[np.object_]:
    """What is said, where it is one of those that are known."""
    codes, names = pd.factorize(said, use_na_sentinel=False)
    listed = np.isin(np.asarray(names, dtype=object).astype(str), [*known])[codes]
    found: NDArray[np.object_] = np.where(listed, np.asarray(names, dtype=object)[codes], otherwise)
    return found


def _stages(target: Writing, found: pd.DataFrame) -> tuple[pd.DataFrame, Pauses]:
    """The clocks, once per state of what was known of their pauses; and the pauses as known in each of those rows."""
    pausing = found["pauses"].to_numpy() != "none"
    named = ["place", "subject_type", "record_id", "pauses", "stopped_at", "known_from", "known_to"]
    target.connection.register("paused_clocks", found.loc[pausing, named])
    target.script("clock_stages")
    stages, steps = target.script("clock_known").df(), target.script("clock_waits").df()
    target.script("clock_stages_end")
    target.connection.unregister("paused_clocks")
    moving = stages.merge(found[pausing].drop(columns=["known_from", "known_to"]), on="place", how="left")
    rows = pd.concat([moving.drop(columns="stage"), found[~pausing]], ignore_index=True)
    waits = np.where(steps["waits"].to_numpy(dtype=bool), "waits", "runs")
    return rows, pauses_from_log(steps["stage"], steps["happened_at"], waits, waiting=["waits"])


def _reckoned(rows: pd.DataFrame, of: Pauses, table: OpenTime, known: NDArray[np.bool]) -> pd.DataFrame:
    """The rows with due_at, net_seconds and paused_seconds where their calendar is known.

    Nothing is due that the table has not enough open time for: it stands still, or its calendar is hardly ever open.
    """
    place = np.flatnonzero(known)
    renumbered = np.full(len(rows), -1, dtype=np.intp)
    renumbered[place] = np.arange(len(place))
    keep = known[of.case]
    pauses = Pauses(renumbered[of.case[keep]], of.start[keep], of.end[keep])
    part = rows.iloc[place]
    calendar = table.number(part["calendar"].to_numpy(dtype=object))
    start, stop = (part[name].to_numpy().astype("datetime64[s]") for name in ("started_at", "stopped_at"))
    promised = part["promised_seconds"].to_numpy()
    whole = net_seconds(table, calendar, start, (table.ends[calendar] - 1).view("datetime64[s]"), pauses).view(np.int64)
    due = due_with_pauses(table, calendar, start, np.where(whole < promised, MISSING, promised), pauses)
    net = net_seconds(table, calendar, start, stop, pauses)
    stood, still = np.zeros(len(part), dtype=np.int64), np.zeros(len(part), dtype=np.int64)
    begun = np.maximum(pauses.start, start.view(np.int64)[pauses.case])
    ended = pauses.end != FOREVER
    np.add.at(stood, pauses.case[ended], np.maximum(pauses.end[ended] - begun[ended], 0))
    np.add.at(still, pauses.case[~ended], 1)
    rows = rows.copy()
    rows.loc[known, "due_at"] = due
    ran = pd.Series(pd.NA, index=rows.index, dtype="Int64")
    ran[known] = pd.array(net.view(np.int64), dtype="Int64")
    ran.iloc[place[np.isnat(net)]] = pd.NA
    stood, still = (_placed(each, place, len(rows)) for each in (stood, still))
    return rows.assign(net_seconds=ran, paused_seconds=stood, stands_still=still > 0)


def _placed(values: NDArray[np.int64], place: NDArray[np.intp], rows: int) -> NDArray[np.int64]:
    """Those values at their places, nothing elsewhere."""
    found = np.zeros(rows, dtype=np.int64)
    found[place] = values
    return found


def _write(target: Writing) -> None:
    """Put the versions of all clocks in the place of those that the store had."""
    clocks = contract(CLOCKS)
    met = target.script("clock_calendars").df()
    own = [name for name in clocks.dimensions if name not in (*met, "paused")]
    values = target.distinct("clocked", own) | {name: set(met[name]) for name in met}
    kinds: dict[str, Any] = {name: sorted(of.values) or _TYPES[of.type] for name, of in clocks.everything.items()}
    for name in clocks.dimensions:
        kinds[name] = sorted({BLANK, *values.get(name, set()), *clocks.everything[name].values})
    target.create("next", {**kinds, **_VERSION, "row_hash": "varchar"})
    target.script(CLOCKS)
    target.script("clock_end")

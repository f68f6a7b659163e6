"""Small tables of one made-up story, a family of charts each: in week 44 a new model came, and DE was hit hardest."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from appeal_insights.charts.audited import by_day, by_week, new_levels
from appeal_insights.charts.split import split_steps
from appeal_insights.language import Language, say, share

MARKETS = ("DE", "GB", "FR", "ES", "IT", "PL", "NL", "SE")
RATES = {"DE": 0.30, "GB": 0.34, "FR": 0.27, "ES": 0.31, "IT": 0.25, "PL": 0.22, "NL": 0.29, "SE": 0.26}
CHANGED = 7  # the week, from 0 on, in which the new model came
WEEKS = 11
LAUNCH = pd.Timestamp("2026-10-28")

Tables = dict[str, Any]


def trend(language: Language) -> Tables:
    """By week: the rate of three markets, and when the model came."""
    rows = _weekly(("DE", "GB", "FR")).assign(mature=lambda table: table["nth"] < WEEKS - 2).drop(columns="nth")
    return {"table": rows, "events": _launch(language)}


def small_multiples(language: Language) -> Tables:
    whole = _weekly(MARKETS).groupby(["period", "period_label"], as_index=False)[["numerator", "denominator"]].sum()
    whole = _with_rate(whole.assign(segment=say("gallery.all_markets", language)))
    return {"table": pd.concat([whole, _weekly(MARKETS).drop(columns="nth")], ignore_index=True)}


def sparklines(language: Language) -> Tables:
    rows = []
    for key, course in {"overturn": (0.28, 0.36), "in_time": (0.96, 0.91), "accuracy": (0.94, 0.94)}.items():
        for nth in range(WEEKS):
            value = course[0] if nth < CHANGED else course[1]
            value += 0.012 * _wave(nth, len(key))
            name = say(f"gallery.metric_{key}", language)
            label = _week(nth)
            rows.append((name, nth, label, value, share(value, language)))
    return {"table": pd.DataFrame(rows, columns=["name", "nth", "period_label", "value", "told"])}


def calendar_map(language: Language) -> Tables:
    days = pd.date_range("2026-06-01", "2026-11-15")
    closed = days == pd.Timestamp("2026-08-31")
    weekend = np.where((days.day_of_week >= 5) | closed, 0.45, 1.0)
    records = np.round(18_000 * weekend * (1 + 0.15 * np.sin(np.arange(len(days)) / 9))).astype(float)
    table = pd.DataFrame({"day": days, "records": records, "hidden": False, "closed": closed})
    table.loc[days.isin(pd.to_datetime(["2026-08-19", "2026-08-20"])), "records"] = 0.0
    return {"table": table}


def heat_map(language: Language) -> Tables:
    rows = _weekly(MARKETS).drop(columns="nth").assign(hidden=False)
    small = (rows["segment"] == "SE") & rows["period_label"].isin([_week(2), _week(5)])
    numbers = ["rate", "low", "high", "numerator", "denominator"]
    rows.loc[small, numbers] = np.nan
    return {"table": rows.assign(hidden=small)}


def coverage(language: Language) -> Tables:
    rows = _weekly(MARKETS)[["period", "period_label", "segment", "denominator"]].rename(
        columns={"denominator": "records"}
    )
    gone = (rows["segment"] == "PL") & rows["period_label"].isin([_week(3), _week(4)])
    late = (rows["segment"] == "IT") & (rows["period_label"] == _week(WEEKS - 1))
    records = rows["records"].astype(float).mask(gone, 0).mask(late, rows["records"] // 3)
    return {"table": rows.assign(records=records, hidden=False)}


def slope(language: Language) -> Tables:
    rows = _weekly(MARKETS[:5])
    sides = {"before": rows["nth"] < CHANGED, "after": rows["nth"] >= CHANGED}
    periods = {"before": f"{_week(0)}..{_week(CHANGED - 1)}", "after": f"{_week(CHANGED)}..{_week(WEEKS - 1)}"}
    found = pd.DataFrame({"segment": MARKETS[:5]})
    for side, inside in sides.items():
        part = _with_rate(rows[inside].groupby("segment", as_index=False)[["numerator", "denominator"]].sum())
        named = {name: f"{name}_{side}" for name in ("rate", "low", "high", "numerator", "denominator")}
        found = found.merge(part.rename(columns=named), on="segment").assign(**{f"period_{side}": periods[side]})
    return {"table": found}


def contributions(language: Language) -> Tables:
    effects = [("DE", 0.0006, 0.0192), ("GB", 0.0011, 0.0031), ("FR", 0.0002, 0.0018), ("PL", -0.0038, 0.0007)]
    rows = [
        {"segment": name, "mix_effect": mix, "rate_effect": rate, "contribution": mix + rate, "low": mix + rate - 0.003,
         "high": mix + rate + 0.003, "numerator_before": 3_060, "denominator_before": 10_080,
         "numerator_after": 2_419, "denominator_after": 5_760}
        for name, mix, rate in effects
    ]  # fmt: skip
    return {"table": pd.DataFrame(rows)}


def waterfall(language: Language) -> Tables:
    steps = [
        ("before", "start", 0.0, None), ("de_claims", "rate", 0.0192, 0.003), ("gb_claims", "rate", 0.0049, 0.002),
        ("de_share", "mix", 0.0018, 0.001), ("rest", "rest", -0.0026, None), ("after", "end", 0.0, None),
    ]  # fmt: skip
    rows, at = [], 0.2841
    for key, kind, moved, reach in steps:
        low, high = (moved - reach, moved + reach) if reach else (None, None)
        rows.append((say(f"gallery.step_{key}", language), kind, at, at + moved, low, high))
        at += moved
    return {"table": pd.DataFrame(rows, columns=["label", "kind", "from", "to", "low", "high"])}


def split_chart(language: Language) -> Tables:
    parts = {"before": 0.952, "after": 0.917, "mix": -0.006, "work": -0.024, "auditors": -0.005}
    intervals = pd.DataFrame({"part": ["mix", "work"], "low": [-0.009, -0.033], "high": [-0.003, -0.015]})
    return {"steps": split_steps(parts, language, intervals=intervals)}


def segment_tree(language: Language) -> Tables:
    rows = [
        ("DE", 0, 0.0198, False), ("misleading_claims", 1, 0.0186, True), ("video", 2, 0.0121, False),
        ("counterfeit", 1, 0.0008, False), ("GB", 0, 0.0042, False), ("misleading_claims", 1, 0.0039, False),
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["label", "depth", "contribution", "cause"])
    counts = {
        "numerator_before": 640,
        "denominator_before": 2_100,
        "numerator_after": 1_010,
        "denominator_after": 2_050,
    }
    return {"table": table.assign(low=table["contribution"] - 0.002, high=table["contribution"] + 0.002, **counts)}


def behaviour(language: Language) -> Tables:
    rows, alarms = _audits("DE", 0.95, 0.90), _alarms("DE")
    launch = pd.DataFrame({"starts_on": [LAUNCH], "number": [1], "title": [say("gallery.launch", language)]})
    return {
        "table": by_day(rows),
        "alarms": alarms,
        "levels": new_levels(rows, alarms),
        "evidence": rows,
        "events": launch,
    }


def change_dates(language: Language) -> Tables:
    days = pd.date_range("2026-09-25", "2026-11-03")
    known = {"2026-10-26": 0.03, "2026-10-27": 0.09, "2026-10-28": 0.46, "2026-10-29": 0.31, "2026-10-30": 0.08}
    table = pd.DataFrame({"day": days, "probability": [known.get(f"{day:%Y-%m-%d}", 0.03 / 35) for day in days]})
    launch = pd.DataFrame({"starts_on": [LAUNCH], "number": [1], "title": [say("gallery.launch", language)]})
    return {"table": table, "alarm": _alarms("DE").iloc[0].to_dict(), "events": launch}


def estate(language: Language) -> Tables:
    every = [_audits(name, 0.95, 0.90 if name == "DE" else 0.95, shift=nth) for nth, name in enumerate(MARKETS)]
    return {"table": by_week(pd.concat(every, ignore_index=True)), "alarms": _alarms("DE")}


def funnel_plot(language: Language) -> Tables:
    n = np.array([40, 55, 70, 90, 110, 130, 160, 180, 210, 240, 280, 320, 360, 420, 480])
    moved = 0.03 * np.array([_wave(nth, 5) for nth in range(len(n))])
    moved[9] = -0.092
    expected = 0.94
    reach = 1.96 * np.sqrt(expected * (1 - expected) / n)
    z = moved / np.sqrt(expected * (1 - expected) / n)
    table = pd.DataFrame({"unit": [f"R{nth + 1:02}" for nth in range(len(n))], "audited": n})
    rate = (expected + moved).clip(0, 1)
    return {
        "table": table.assign(
            rate=rate, expected=expected, low=expected - reach, high=np.minimum(expected + reach, 1.0), z=z,
            adjusted=np.where(np.abs(z) > 4, 0.0001, 0.4), stands_out=np.abs(z) > 4,
        )
    }  # fmt: skip


def ranges(language: Language) -> Tables:
    audited = {say("gallery.all_markets", language): (4_310, 0.948), "DE": (520, 0.900), "GB": (610, 0.954),
               "FR": (480, 0.951), "SE": (60, 0.917), "NL": (95, 0.968)}  # fmt: skip
    rows = [(name, round(rate * whole), whole) for name, (whole, rate) in audited.items()]
    return {"table": _with_rate(pd.DataFrame(rows, columns=["segment", "numerator", "denominator"]))}


def maturing_fan(language: Language) -> Tables:
    ages, rows = (1, 3, 7, 14, 21, 28), []
    for nth in range(6):
        seen = 28 if nth < 3 else (28, 21, 7)[nth - 3]
        for age in ages:
            rate = 0.46 - 0.12 * (1 - np.exp(-age / 6)) + 0.008 * nth if age <= seen else None
            known = None if rate is None else round(900 * rate)
            rows.append((_week(CHANGED - 1 + nth), age, rate, None, None, known, 900, nth < 3 or age < seen))
    columns = ["cohort", "days", "rate", "low", "high", "numerator", "denominator", "mature"]
    ends = pd.DataFrame(
        [(_week(CHANGED + 4), 28, 0.383, 0.355, 0.412)], columns=["cohort", "days", "rate", "low", "high"]
    )
    return {"table": pd.DataFrame(rows, columns=columns), "estimates": ends}


def waiting_curve(language: Language) -> Tables:
    rows = []
    for name, middle in {"DE": 30.0, "GB": 16.0}.items():
        for hour in range(2, 121, 2):
            left = float(np.exp(-np.log(2) * (hour / middle) ** 1.2))
            reach = 1.96 * np.sqrt(left * (1 - left) / 900)
            rows.append((name, 3600 * hour, left, max(left - reach, 0.0), min(left + reach, 1.0), round(900 * left)))
    columns = ["segment", "seconds", "still_open", "low", "high", "at_risk"]
    return {"table": pd.DataFrame(rows, columns=columns), "promise": 48 * 3600}


def landing(language: Language) -> Tables:
    days = pd.date_range("2026-11-01", periods=15)
    denominator = 520 * np.arange(1, 16)
    rate = 0.957 - 0.012 * np.arange(15) / 14 + 0.004 * np.array([_wave(nth, 3) for nth in range(15)])
    so_far = pd.DataFrame(
        {"day": days, "to_date": rate, "numerator": np.round(rate * denominator), "denominator": denominator}
    )
    ends = pd.DataFrame([{
        "start": pd.Timestamp("2026-11-01"), "end": pd.Timestamp("2026-12-01"), "through": days[-1],
        "projected": 0.941, "low": 0.934, "high": 0.947, "target": 0.95, "needed": 0.955, "standing": "open",
    }])  # fmt: skip
    return {"so_far": so_far, "ends": ends}


def forecast_chart(language: Language) -> Tables:
    seen, later = pd.date_range("2026-09-21", periods=56), pd.date_range("2026-11-16", periods=14)
    usual = [17_500, 16_800, 16_200, 16_400, 15_900, 9_400, 8_100]
    count = [round(usual[day.day_of_week] * (1 + 0.04 * _wave(nth, 7))) for nth, day in enumerate(seen)]
    expected = [float(usual[day.day_of_week]) for day in later]
    ahead = pd.DataFrame({"day": later, "expected": expected, "closed": later.day_of_week >= 5})
    ahead = ahead.assign(low=0.9 * ahead["expected"], high=1.1 * ahead["expected"])
    return {"history": pd.DataFrame({"day": seen, "count": count, "closed": seen.day_of_week >= 5}), "ahead": ahead}


def hours_chart(language: Language) -> Tables:
    weeks = pd.date_range("2026-11-16", periods=5, freq="7D")
    needed = np.array([1_480, 1_530, 1_710, 1_655, 1_420])
    table = pd.DataFrame({"week": weeks, "planned": 1_600.0, "needed": needed.astype(float)})
    short = (table["needed"] - table["planned"]).clip(lower=0)
    return {"table": table.assign(low_needed=0.93 * needed, high_needed=1.08 * needed, short=short)}


def _week(nth: int) -> str:
    year, week, _ = (pd.Timestamp("2026-09-07") + pd.Timedelta(weeks=nth)).isocalendar()
    return f"{year}-W{week:02}"


def _wave(nth: int, seed: int) -> float:
    """Chance that is the same each time: between -1 and 1."""
    return float(np.sin(12.9898 * (nth + 1) + 78.233 * seed) * 43758.5453 % 2 - 1)


def _weekly(markets: Sequence[str]) -> pd.DataFrame:
    """Rates by week and market; from the week of the model on DE is ten points higher, the others a little."""
    rows = []
    for place, market in enumerate(markets):
        for nth in range(WEEKS):
            raised = (0.11 if market == "DE" else 0.015) if nth >= CHANGED else 0.0
            whole = round(1_440 / (place + 1) ** 0.7 * (1 + 0.08 * _wave(nth, place + 20)))
            rate = RATES[market] + raised + 0.012 * _wave(nth, place)
            rows.append((_first(nth), _week(nth), market, nth, round(rate * whole), whole))
    columns = ["period", "period_label", "segment", "nth", "numerator", "denominator"]
    return _with_rate(pd.DataFrame(rows, columns=columns))


def _first(nth: int) -> pd.Timestamp:
    return pd.Timestamp("2026-09-07") + pd.Timedelta(weeks=nth)


def _with_rate(rows: pd.DataFrame) -> pd.DataFrame:
    rate = rows["numerator"] / rows["denominator"]
    reach = 1.96 * np.sqrt(rate * (1 - rate) / rows["denominator"])
    return rows.assign(rate=rate, low=rate - reach, high=rate + reach)


def _launch(language: Language) -> pd.DataFrame:
    return pd.DataFrame({"starts_on": [LAUNCH], "title": [say("gallery.launch", language)]})


def _audits(series: str, before: float, after: float, shift: int = 0) -> pd.DataFrame:
    """Audits by day from which a chart of accuracy is drawn: 90 a day, fewer at weekends."""
    days = pd.date_range("2026-08-31", "2026-11-15")
    audited = np.where(days.day_of_week >= 5, 40, 90)
    fell, told = pd.Timestamp("2026-10-28"), pd.Timestamp("2026-11-03")
    rate = np.where(days >= fell, after, before) + 0.018 * np.array([_wave(nth, shift) for nth in range(len(days))])
    correct = np.round(np.minimum(rate, 1.0) * audited)
    reach = 3 * np.sqrt(before * (1 - before) / audited)
    grown = np.where(days < fell, np.abs(np.sin(np.arange(len(days)))), 1.4 * np.maximum((days - fell).days + 1, 0))
    moved = before != after
    statistic = np.where(moved & (days > told), np.nan, grown if moved else np.abs(np.sin(np.arange(len(days)))))
    table = pd.DataFrame({"series": series, "day": days, "audited": audited, "correct": correct})
    return table.assign(
        rate=correct / audited, expected=before, low=before - reach, high=np.minimum(before + reach, 1.0),
        statistic=statistic, threshold=float(np.log(1000)),
    )  # fmt: skip


def _alarms(series: str) -> pd.DataFrame:
    dates = {"change_date": "2026-10-28", "low": "2026-10-27", "high": "2026-10-30", "alarm_day": "2026-11-03"}
    return pd.DataFrame([{"series": series, "direction": "fell", "cause": "work"}]).assign(
        **{name: pd.Timestamp(text) for name, text in dates.items()}
    )

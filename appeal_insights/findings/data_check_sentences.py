"""What a check of the data says, in words: what things are called, the verdict, the worst of it, the next step."""

from collections.abc import Sequence

import pandas as pd

from appeal_insights.errors import word
from appeal_insights.findings.data_held import NOTABLE, OTHERS, Drop, Gap, Held, Part
from appeal_insights.findings.gate import Test, worst
from appeal_insights.language import Language, count, say, share
from appeal_insights.records.contract import contract, facts


def key_of(language: Language) -> str:
    return "zh" if language == "zh-CN" else "en"


def inline(name: str, language: Language) -> str:
    """A heading inside a sentence."""
    return name[:1].lower() + name[1:] if language == "en" else name


def listed(names: Sequence[str], language: Language) -> str:
    return ("、" if language == "zh-CN" else ", ").join(names)


def fact_name(fact: str, language: Language) -> str:
    """What the rows of a fact are called."""
    return contract(fact).name[key_of(language)] if fact in facts() else say("data_check.figures", language)


def what(held: Held, language: Language) -> str:
    """What the store holds, as a heading."""
    names = [part.holding.fact for part in held.parts] or list(held.facts)[:1]
    return listed([fact_name(name, language) for name in names], language) or say("data_check.nothing", language)


def column_name(part: Part, name: str, language: Language) -> str:
    """A column of ours as the reader knows it."""
    of = contract("appeals" if part.holding.by_figures else part.holding.fact)
    return of.columns[name].label[key_of(language)] if name in of.columns else name


def segment_name(segment: str, language: Language) -> str:
    """A line of the coverage; of no segment it is everything."""
    if segment == OTHERS:
        return say("data_coverage.others", language)
    return segment or say("data_check.everything", language)


def gap_segment(part: Part, gap: Gap, language: Language) -> str:
    """Whose gap it is, inside a sentence."""
    if not gap.segment or part.coverage is None:
        return segment_name("", language)
    dimension = inline(column_name(part, part.coverage.dimension, language), language)
    return f"{dimension} {gap.segment}" if language == "en" else f"{dimension} {gap.segment} "


def when(gap: Gap, language: Language) -> str:
    if gap.first == gap.last:
        return gap.first
    return say("data_check.span", language, first=gap.first, last=gap.last)


def ends(part: Part) -> dict[str, str]:
    """The first and the last period that is looked at."""
    assert part.coverage is not None
    labels = part.coverage.whole["period_label"]
    return {"first": str(labels.iloc[0]).partition("..")[0], "last": str(labels.iloc[-1])}


def grain(part: Part, language: Language) -> str:
    """What a period is, inside a sentence."""
    return word(part.holding.grain).say(language)


def number(value: float, language: Language) -> str:
    """A number of records that need not be whole: of large ones no more than that is said."""
    return count(round(value), language) if value >= 10 else f"{value:.1f}"


def reason(kind: str, language: Language) -> str:
    """Why a row was rejected, by the kind of the reason."""
    fact, dot, id = kind.partition(".")
    if dot:
        return next(rule.reason[key_of(language)] for rule in contract(fact).rules if rule.id == id)
    return say(f"reject_kind.{kind}", language)


def read_and_rejected(held: Held) -> tuple[int, int]:
    """Rows read and rows rejected, over all loads."""
    return int(held.loads["rows_read"].sum()), int(held.loads["rows_rejected"].sum())


def rejected(held: Held, key: str, language: Language) -> str:
    """How many rows were rejected, and the main reason."""
    first = held.rejects.iloc[0]
    read, set_aside = read_and_rejected(held)
    return say(
        key,
        language,
        rejected=count(set_aside, language),
        read=count(read, language),
        column=first["source_column"] or "–",
        reason=reason(first["kind"], language),
        rows=count(first["rows_rejected"], language),
    )


def main_test(tests: Sequence[Test]) -> Test | None:
    """The check that says most: of those that failed, else warned, the one that the largest share broke."""
    broke = [test for test in tests if test.result == worst(tests) and test.broken]
    return max(broke, key=lambda test: test.broken / test.looked_at, default=None)


def verdict(held: Held, language: Language) -> str:
    """Whether the records can be trusted, in a sentence."""
    tests = [test for test in held.gate if test.looked_at]
    told = {
        "checks": str(len(tests)),
        **{result: str(sum(test.result == result for test in tests)) for result in ("failed", "warned")},
    }
    main = main_test(tests)
    if not tests:
        return say("data_check.unchecked", language)
    if main is not None:
        told |= {
            "check": say(f"gate_test.{main.id}", language),
            "broken": count(main.broken, language),
            "looked_at": count(main.looked_at, language),
        }
        return say(f"data_check.{main.result}", language, **told)
    if held.gaps:
        return say("data_check.gaps", language, gaps=str(len(held.gaps)), **told)
    return say("data_check.passed" if len(tests) > 1 else "data_check.passed_one", language, **told)


def drop_sentence(drop: Drop, language: Language) -> str:
    told = {"a_day": number(drop.a_day, language), "usual": number(drop.usual, language)}
    return say("data_check.drop_over" if drop.over else "data_check.drop", language, period=drop.period, **told)


def rises(part: Part) -> pd.DataFrame:
    """The columns in which notably more or fewer values are missing than before, the largest difference first."""
    if part.missing is None:
        return pd.DataFrame(columns=["name", "earlier", "recent", "change"])
    notable = part.missing.whole[part.missing.whole["change"].abs() >= NOTABLE]
    return notable.sort_values("change", key=abs, ascending=False, kind="stable")


def rise_sentence(part: Part, row: "pd.Series", key: str, language: Language) -> str:
    assert part.missing is not None
    shares = {name: share(float(row[name]), language) for name in ("recent", "earlier")}
    return say(key, language, column=column_name(part, row["name"], language), period=part.missing.recent, **shares)


def next_step(held: Held, language: Language) -> str:
    """What to do first: what makes numbers wrong, then what makes them incomplete, then what makes them weaker."""
    main = main_test(held.gate)
    if main is not None and main.result == "failed":
        return say("data_next.failed", language)
    for part, gap in held.gaps[:1]:
        return gap_step(part, gap, language)
    for _, drop in held.drops[:1]:
        return say("data_next.drop", language, period=drop.period)
    if len(held.rejects):
        return say("data_next.rejected", language)
    if not any(test.looked_at for test in held.gate):
        return say("data_next.unchecked", language)
    return say("data_next.warned" if main else "data_next.passed", language)


def gap_step(part: Part, gap: Gap, language: Language) -> str:
    return say("data_next.gap", language, segment=gap_segment(part, gap, language), when=when(gap, language))

"""Read periods as a sheet writes them: W44, 2026年第44周, Oct 2026, H1 2026, or the first day of a week."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Literal, get_args

from appeal_insights.errors import BadMapping, BadPeriod, did_you_mean, one_of
from appeal_insights.periods import Grain, Period, first_day, next_start, period, split

Day = Literal["first", "last", "any"]
DAYS: tuple[Day, ...] = get_args(Day)  # which day of its period a cell names
PARTS = ("year", "half", "quarter", "month", "week", "day")  # what the groups of a pattern may be called
_OF_FORMAT = {"day": "dejxDF", "month": "mbB", "year": "yYG"}  # letters of strptime that say so much
_FAR = 190  # days between neighbours of a sheet: more than half a year back or ahead is another year


@dataclass(frozen=True)
class Written:
    """How a sheet writes its periods. Without a pattern or format they are written as everywhere here."""

    columns: tuple[str, ...]  # theirs; the cells of several are joined by a space
    grain: Grain
    pattern: str = ""
    format: str = ""
    year: int | None = None
    day: Day | None = None

    def read(self, text: str) -> Period | str:
        """The period of a cell, or the reason why it is none of the sheet's grain."""
        try:
            if self.pattern:
                said = self._by_pattern(text)
            elif self.format:
                said = self._by_format(text)
            else:
                first, _, last = text.partition("/")
                said = period(f"{first}..{last}" if last else first)
            whole = split(self._around(said), self.grain)
        except BadPeriod as error:
            return error.message
        except ValueError as error:
            return f"is no period: {error}"
        return whole[0] if len(whole) == 1 else f"is {len(whole)} periods of one {self.grain}"

    def _by_pattern(self, text: str) -> Period:
        found = re.fullmatch(self.pattern, text)
        if not found:
            raise ValueError(f"it does not look like {self.pattern}")
        parts = {name: int(value) for name, value in found.groupdict().items() if value}
        year = parts.get("year", self.year)
        if year is None:
            raise ValueError("it has no year")
        if "day" in parts:
            return period(date(year, parts["month"], parts["day"]).isoformat())
        for name, form in (("month", "{}-{:02d}"), ("week", "{}-W{:02d}"), ("quarter", "{}-Q{}"), ("half", "{}-H{}")):
            if name in parts:
                return period(form.format(year, parts[name]))
        return period(f"{year:04d}")

    def _by_format(self, text: str) -> Period:
        told = set(re.findall("%-?([a-zA-Z])", self.format))
        day = datetime.strptime(text, self.format).date()
        if self.year:
            day = day.replace(year=self.year)
        if told & set(_OF_FORMAT["day"]):
            return period(day.isoformat())
        return period(f"{day:%Y-%m}" if told & set(_OF_FORMAT["month"]) else f"{day.year:04d}")

    def _around(self, said: Period) -> Period:
        """What a cell that names one day stands for: the period which that day begins, ends or lies in."""
        if self.day is None or said.days != 1 or self.grain == "day":
            return said
        start = first_day(said.start, self.grain)
        whole = Period(start, next_start(start, self.grain), said.label)
        if self.day != "any" and said.start != (whole.start if self.day == "first" else whole.last_day):
            raise ValueError(f"it is not the {self.day} day of a {self.grain}")
        return whole

    def check_year(self, spans: Sequence[Period]) -> None:
        """Refuse a sheet that runs over the end of a year while the mapping says one year for all of it.

        Raises  BadMapping   neighbours in the order of the sheet lie more than half a year apart.
        """
        if self.year is None:
            return
        for one, other in pairwise(spans):
            if abs((other.start - one.start).days) > _FAR:
                raise BadMapping(
                    f"In the sheet {other} follows {one}, though the mapping says that all of it is of {self.year}: it "
                    "runs over the end of a year. Write the year into the cells, or take the years in one by one."
                )


def check_written(written: Written, what: str) -> None:
    """Raises BadMapping where a declaration of periods does not hold together."""
    if written.pattern and written.format:
        raise BadMapping(f"{what}: [period] has a pattern and a format. Keep one.")
    if written.day and written.day not in DAYS:
        raise BadMapping(f"{what}: [period] day is one of {one_of(DAYS)}, not {written.day!r}.")
    if written.pattern:
        try:
            groups = set(re.compile(written.pattern).groupindex)
        except re.error as error:
            raise BadMapping(f"{what}: the pattern {written.pattern!r} cannot be read: {error}.") from error
        for name in groups:
            if name not in PARTS:
                raise BadMapping(
                    f"{what}: the pattern of [period] has no part {name!r}.{did_you_mean(name, PARTS)} "
                    f"There are: {one_of(PARTS)}."
                )
        if not groups or ("day" in groups and "month" not in groups):
            raise BadMapping(
                f"{what}: the pattern {written.pattern!r} names no period. Write its parts as (?P<week>[0-9]+)."
            )
        _check_a_year(written, "year" in groups, what)
    if written.format:
        _check_a_year(written, bool(re.search(f"%[{_OF_FORMAT['year']}cxD]", written.format)), what)
    if written.year is not None and not (written.pattern or written.format):
        raise BadMapping(f"{what}: [period] year goes with a pattern or a format of cells that name none.")


def _check_a_year(written: Written, told: bool, what: str) -> None:
    if not told and written.year is None:
        raise BadMapping(f"{what}: the cells of {one_of(written.columns)} name no year. Add year = 2026 to [period].")
    if told and written.year is not None:
        raise BadMapping(f"{what}: the cells of {one_of(written.columns)} name their year. Leave year out of [period].")

"""Quartz cron expressions, as Databricks takes them: six or seven fields, seconds first.

Understood: `*`, `?`, numbers, names of months and weekdays, lists, ranges, steps, `L` (last day of the
month), `LW` (its last weekday), `6L` (last Friday), `6#3` (third Friday). Weekdays count from 1, Sunday.
Nearest weekdays (`15W`) and offsets (`L-3`) are refused.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
_WEEKDAYS = {name: number for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), 1)}
_HORIZON_YEARS = 8

DayTest = Callable[[date], bool]


class CronError(ValueError):
    """An expression that is not Quartz's, or that asks for what is not understood here."""


@dataclass(frozen=True)
class Cron:
    """A parsed expression."""

    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    months: tuple[int, ...]
    years: tuple[int, ...]
    """Empty: every year."""
    day_fits: DayTest

    def next_after(self, moment: datetime, zone: ZoneInfo) -> datetime | None:
        """The first time after a moment, in UTC; None when there is none within eight years.

        A time that a clock change skips is left out; one that it repeats counts once.
        """
        local = moment.astimezone(zone)
        day = local.date()
        for _ in range(366 * _HORIZON_YEARS):
            if self._fits(day):
                found = self._first_on(day, moment, zone)
                if found is not None:
                    return found
            day += timedelta(days=1)
        return None

    def _fits(self, day: date) -> bool:
        return day.month in self.months and (not self.years or day.year in self.years) and self.day_fits(day)

    def _first_on(self, day: date, moment: datetime, zone: ZoneInfo) -> datetime | None:
        for hour in self.hours:
            latest = datetime(day.year, day.month, day.day, hour, 59, 59, tzinfo=zone).astimezone(UTC)
            if latest <= moment:
                continue
            for minute in self.minutes:
                for second in self.seconds:
                    local = datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=zone)
                    found = local.astimezone(UTC)
                    if found > moment and found.astimezone(zone).replace(fold=0) == local:
                        return found
        return None


def parse(expression: str) -> Cron:
    """Parse an expression.

    Raises:
        CronError: says which field is wrong.
    """
    fields = expression.upper().split()
    if len(fields) not in {6, 7}:
        raise CronError(
            f"it has {len(fields)} fields; Quartz has 6 or 7: "
            "second, minute, hour, day of month, month, day of week, year"
        )
    day, weekday = fields[3], fields[5]
    if (day == "?") == (weekday == "?"):
        raise CronError("exactly one of day of month and day of week must be '?'")
    years = () if len(fields) == 6 or fields[6] == "*" else _numbers("year", fields[6], 1970, 2099)
    return Cron(
        seconds=_numbers("second", fields[0], 0, 59),
        minutes=_numbers("minute", fields[1], 0, 59),
        hours=_numbers("hour", fields[2], 0, 23),
        months=_numbers("month", fields[4], 1, 12, _MONTHS),
        years=years,
        day_fits=_month_day(day) if weekday == "?" else _week_day(weekday),
    )


def _numbers(
    name: str, text: str, low: int, high: int, names: dict[str, int] | None = None
) -> tuple[int, ...]:
    found: set[int] = set()
    for part in text.split(","):
        found.update(_range(name, part, low, high, names or {}))
    return tuple(sorted(found))


def _range(name: str, part: str, low: int, high: int, names: dict[str, int]) -> list[int]:
    match = re.fullmatch(r"(\*|\w+)(?:-(\w+))?(?:/(\d+))?", part)
    if match is None:
        raise CronError(f"{name}: {part!r} is not understood")
    first, last, step = match.groups()
    stride = int(step) if step else 1
    if stride < 1:
        raise CronError(f"{name}: a step of {step} never advances")
    if first == "*":
        if last:
            raise CronError(f"{name}: {part!r} is not understood")
        return list(range(low, high + 1, stride))
    begin = _number(name, first, low, high, names)
    # `5/15` runs to the end of the field, `5` is itself alone.
    end = _number(name, last, low, high, names) if last else (high if step else begin)
    if begin <= end:
        return list(range(begin, end + 1, stride))
    # FRI-MON: past the end of the field and on from its beginning.
    span = high - low + 1
    return [low + (value - low) % span for value in range(begin, end + span + 1, stride)]


def _number(name: str, text: str, low: int, high: int, names: dict[str, int]) -> int:
    value = names.get(text, int(text) if text.isdecimal() else -1)
    if not low <= value <= high:
        raise CronError(f"{name}: {text!r} is not within {low} and {high}")
    return value


def _last_day(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def _is_last_working_day(day: date) -> bool:
    last = day.replace(day=_last_day(day))
    return day == last - timedelta(days=max(0, last.weekday() - 4))


def _month_day(text: str) -> DayTest:
    if text == "L":
        return lambda day: day.day == _last_day(day)
    if text == "LW":
        return _is_last_working_day
    days = _numbers("day of month", text, 1, 31)
    return lambda day: day.day in days


def _quartz_weekday(day: date) -> int:
    return day.isoweekday() % 7 + 1


def _week_day(text: str) -> DayTest:
    name = "day of week"
    if text == "L":
        return lambda day: _quartz_weekday(day) == 7
    special = re.fullmatch(r"(\w+?)(?:L|#(\d))", text)
    if special is not None and text not in _WEEKDAYS:
        wanted = _number(name, special.group(1), 1, 7, _WEEKDAYS)
        if special.group(2) is None:
            return lambda day: _quartz_weekday(day) == wanted and day.day + 7 > _last_day(day)
        nth = int(special.group(2))
        if not 1 <= nth <= 5:
            raise CronError(f"{name}: no month has a {nth}. weekday of a kind")
        return lambda day: _quartz_weekday(day) == wanted and (day.day - 1) // 7 + 1 == nth
    days = _numbers(name, text, 1, 7, _WEEKDAYS)
    return lambda day: _quartz_weekday(day) in days

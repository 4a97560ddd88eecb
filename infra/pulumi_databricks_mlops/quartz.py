"""Quartz cron expressions, as Databricks schedules take them: seconds first, `?` for one of the two days."""

import re

_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
_FIELDS: tuple[tuple[str, int, int, list[str]], ...] = (
    ("second", 0, 59, []),
    ("minute", 0, 59, []),
    ("hour", 0, 23, []),
    ("day of month", 1, 31, []),
    ("month", 1, 12, _MONTHS),
    ("day of week", 1, 7, _DAYS),
    ("year", 1970, 2099, []),
)
_DAY_OF_MONTH = re.compile(r"L(-([1-9]|[12]\d|30))?W?|([1-9]|[12]\d|3[01])W")
_DAY_OF_WEEK = re.compile(r"L|([1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)(L|#[1-5])")


def _number(text: str, low: int, high: int, names: list[str]) -> int | None:
    if text.upper() in names:
        return low + names.index(text.upper())
    if not re.fullmatch(r"\d{1,4}", text):
        return None
    return int(text) if low <= int(text) <= high else None


def _part_fits(part: str, name: str, low: int, high: int, names: list[str]) -> bool:
    if name == "day of month" and _DAY_OF_MONTH.fullmatch(part.upper()):
        return True
    if name == "day of week" and _DAY_OF_WEEK.fullmatch(part.upper()):
        return True
    span, slash, step = part.partition("/")
    if slash and not re.fullmatch(r"[1-9]\d{0,3}", step):
        return False
    if span == "*":
        return True
    ends = [_number(end, low, high, names) for end in span.split("-")]
    return len(ends) <= 2 and None not in ends


def problem(expression: str) -> str | None:
    """What is wrong with a cron expression and what would be right; None when it is one."""
    fields = expression.split()
    if len(fields) == 5:
        return f"{expression!r} is a Unix cron expression; Quartz has seconds first: '0 0 9 * * ?'."
    if len(fields) not in (6, 7):
        return f"{expression!r} has {len(fields)} fields; Quartz has 6 or 7: '0 0 9 * * ?' is daily at 9."
    for field, (name, low, high, names) in zip(fields, _FIELDS, strict=False):
        if field == "?" and name.startswith("day"):
            continue
        if not all(_part_fits(part, name, low, high, names) for part in field.split(",")):
            return f"{expression!r} has {field!r} as its {name}, which goes from {low} to {high}."
    if (fields[3] == "?") == (fields[5] == "?"):
        return f"{expression!r} must have `?` as exactly one of day of month and day of week."
    return None

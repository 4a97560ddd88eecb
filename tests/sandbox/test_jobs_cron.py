"""Quartz expressions: known schedules, and the definition itself as an oracle."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlops_sandbox.databricks.jobs import cron
from mlops_sandbox.databricks.jobs.schedule import next_time


def following(expression: str, begin: datetime, count: int, zone: str = "UTC") -> list[str]:
    parsed = cron.parse(expression)
    found = []
    moment = begin
    for _ in range(count):
        after = parsed.next_after(moment, ZoneInfo(zone))
        assert after is not None
        moment = after
        found.append(moment.strftime("%Y-%m-%d %H:%M:%S"))
    return found


@pytest.mark.parametrize(
    ("expression", "times"),
    [
        ("0 0 9 * * ?", ["2026-01-30 09:00:00", "2026-01-31 09:00:00", "2026-02-01 09:00:00"]),
        ("0 */20 22 ? * MON-FRI", ["2026-01-30 22:00:00", "2026-01-30 22:20:00", "2026-01-30 22:40:00"]),
        ("30 15 10 15 * ?", ["2026-02-15 10:15:30", "2026-03-15 10:15:30"]),
        ("0 0 0 ? * 1", ["2026-02-01 00:00:00", "2026-02-08 00:00:00"]),
        ("0 0 12 L * ?", ["2026-01-31 12:00:00", "2026-02-28 12:00:00"]),
        ("0 0 12 LW * ?", ["2026-01-30 12:00:00", "2026-02-27 12:00:00", "2026-03-31 12:00:00"]),
        ("0 0 12 ? * 6L", ["2026-01-30 12:00:00", "2026-02-27 12:00:00"]),
        ("0 0 12 ? * 6#3", ["2026-02-20 12:00:00", "2026-03-20 12:00:00"]),
        ("0 0 12 ? * FRI-SUN", ["2026-01-30 12:00:00", "2026-01-31 12:00:00", "2026-02-01 12:00:00"]),
        ("0 0 0 29 FEB ? 2028", ["2028-02-29 00:00:00"]),
        ("0 5/25 8,20 1 1/6 ?", ["2026-07-01 08:05:00", "2026-07-01 08:30:00", "2026-07-01 08:55:00"]),
    ],
)
def test_known_schedules(expression: str, times: list[str]) -> None:
    assert following(expression, datetime(2026, 1, 30, 8, 59, tzinfo=UTC), len(times)) == times


def test_clock_changes_neither_repeat_nor_invent_times() -> None:
    spring = following("0 30 2 * * ?", datetime(2026, 3, 28, tzinfo=UTC), 2, "Europe/Berlin")
    assert spring == ["2026-03-28 01:30:00", "2026-03-30 00:30:00"]
    autumn = following("0 30 2 * * ?", datetime(2026, 10, 24, 12, tzinfo=UTC), 2, "Europe/Berlin")
    assert autumn == ["2026-10-25 00:30:00", "2026-10-26 01:30:00"]


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("0 9 * * *", "it has 5 fields"),
        ("0 0 9 * * *", "exactly one of"),
        ("0 0 9 ? * ?", "exactly one of"),
        ("0 60 9 * * ?", "minute: '60' is not within 0 and 59"),
        ("0 0 9 15W * ?", "day of month: '15W'"),
        ("0 0 9 L-3 * ?", "day of month"),
        ("0 0 9 ? * 0", "day of week: '0' is not within 1 and 7"),
        ("0 0 9 ? * MON#6", "no month has a 6. weekday"),
        ("0 0/0 9 * * ?", "never advances"),
        ("every day at nine am ?", "second: 'EVERY'"),
    ],
)
def test_what_quartz_does_not_say_is_refused(expression: str, said: str) -> None:
    with pytest.raises(cron.CronError, match=said):
        cron.parse(expression)


@given(
    minutes=st.sets(st.integers(0, 59), min_size=1, max_size=4),
    hours=st.sets(st.integers(0, 23), min_size=1, max_size=3),
    weekdays=st.sets(st.integers(1, 7), min_size=1, max_size=3),
    begin=st.datetimes(datetime(2012, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001 (hypothesis takes naive ones)
)
def test_next_time_is_the_first_that_fits(
    minutes: set[int], hours: set[int], weekdays: set[int], begin: datetime
) -> None:
    def listed(values: set[int]) -> str:
        return ",".join(str(each) for each in values)

    moment = begin.replace(tzinfo=UTC)
    parsed = cron.parse(f"0 {listed(minutes)} {listed(hours)} ? * {listed(weekdays)}")
    expected = moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
    while not (
        expected.minute in minutes and expected.hour in hours and expected.isoweekday() % 7 + 1 in weekdays
    ):
        expected += timedelta(minutes=1 if expected.hour in hours else 60 - expected.minute)
    assert parsed.next_after(moment, ZoneInfo("UTC")) == expected


def test_paused_jobs_have_no_next_time_and_periods_count_from_creation() -> None:
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    created = int(begin.timestamp() * 1000)
    periodic = {"periodic": {"interval": 2, "unit": "HOURS"}}
    job = {"created_time": created, "settings": {"trigger": periodic}}
    assert next_time(job, begin + timedelta(hours=3)) == begin + timedelta(hours=4)
    job["settings"] = {"trigger": {**periodic, "pause_status": "PAUSED"}}
    assert next_time(job, begin) is None

"""Jobs that start by themselves: by the clock, when something new has come, one run after the other."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from mlops_sandbox.databricks.jobs import cron
from mlops_sandbox.databricks.jobs.settings import trigger_of
from mlops_sandbox.databricks.jobs.watch import Watches, watches
from mlops_sandbox.store import Store

Json = dict[str, Any]

_log = logging.getLogger(__name__)
_UNITS = {
    "MINUTES": timedelta(minutes=1),
    "HOURS": timedelta(hours=1),
    "DAYS": timedelta(days=1),
    "WEEKS": timedelta(weeks=1),
}
#: The clock may be set meanwhile (a laptop sleeps): look again at least this often.
_LONGEST_WAIT = 60.0
#: How often to look at what triggers watch, and whether a continuous job's run is over.
_LOOK_SECONDS = 2.0


def next_time(job: Json, moment: datetime) -> datetime | None:
    """When a job runs next by itself, after a moment; None when it is paused or has no schedule."""
    schedule, trigger = job["settings"].get("schedule"), trigger_of(job["settings"])
    if schedule and schedule.get("pause_status") != "PAUSED":
        parsed = cron.parse(schedule["quartz_cron_expression"])
        return parsed.next_after(moment, ZoneInfo(schedule["timezone_id"]))
    if trigger and trigger.get("pause_status") != "PAUSED":
        periodic = trigger.get("periodic")
        if not periodic:
            return None
        step = _UNITS[periodic["unit"]] * int(periodic["interval"])
        begin = datetime.fromtimestamp(job["created_time"] / 1000, UTC)
        return begin + step * ((moment - begin) // step + 1)
    return None


def is_continuous(job: Json) -> bool:
    """Whether a run of the job is to be there always."""
    continuous = job["settings"].get("continuous")
    return continuous is not None and continuous.get("pause_status") != "PAUSED"


class Scheduler:
    """Waits for the next time of any job, in a thread. Times that pass while it does not run are missed."""

    def __init__(
        self,
        stores: Callable[[], list[Store]],
        begin: Callable[[Store, Json, str], None],
        watches: Watches,
        idle: Callable[[Store, Json], bool],
    ) -> None:
        """Prepare.

        Args:
            stores: tells where the jobs are, for each workspace.
            begin: called with the store, the job whose time has come, and the type of trigger.
            watches: what triggers have seen.
            idle: whether a continuous job is to run again.
        """
        self._stores = stores
        self._begin = begin
        self._watches = watches
        self._idle = idle
        self._changed = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="job schedules", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; jobs whose time comes later are not started."""
        self._stopping.set()
        self._changed.set()
        if self._thread.is_alive():
            self._thread.join()

    def look_again(self) -> None:
        """A job was made, changed or deleted."""
        self._changed.set()

    def _follow(self) -> None:
        since = datetime.now(UTC)
        while not self._stopping.is_set():
            self._changed.clear()
            self._changed.wait(self._seconds_left(since))
            moment = datetime.now(UTC)
            for store, job in self._jobs():
                if self._stopping.is_set():
                    return
                self._start_due(store, job, since, moment)
            since = moment

    def _start_due(self, store: Store, job: Json, since: datetime, moment: datetime) -> None:
        try:
            why = self._why(store, job, since, moment)
            if why:
                self._begin(store, job, why)
        except Exception:  # noqa: BLE001 (one job must not end the schedules of all)
            _log.exception("A run of job %s could not begin by itself", job["job_id"])

    def _why(self, store: Store, job: Json, since: datetime, moment: datetime) -> str:
        """The type of trigger that starts a job now; empty when none does."""
        due = next_time(job, since)
        if due is not None and due <= moment:
            return "PERIODIC"
        if is_continuous(job):
            return "CONTINUOUS" if self._idle(store, job) else ""
        return self._watches.due(store.workspace, job, time.monotonic())

    def _jobs(self) -> list[tuple[Store, Json]]:
        return [(store, job) for store in self._stores() for job in store.documents("job")]

    def _seconds_left(self, since: datetime) -> float:
        jobs = [job for _, job in self._jobs()]
        longest = _LOOK_SECONDS if any(watches(job) or is_continuous(job) for job in jobs) else _LONGEST_WAIT
        times = [due for job in jobs if (due := next_time(job, since)) is not None]
        if not times:
            return longest
        return min(longest, max(0.0, (min(times) - datetime.now(UTC)).total_seconds()))

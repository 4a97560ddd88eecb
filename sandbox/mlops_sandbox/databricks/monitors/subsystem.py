"""The monitors subsystem: runs refreshes one after the other, each in a process, by call and by schedule."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections import deque
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from deltalake import DeltaTable

from mlops_sandbox.context import DEFAULT_USER, DEFAULT_WORKSPACE, Sandbox
from mlops_sandbox.databricks.jobs import cron
from mlops_sandbox.databricks.monitors import records
from mlops_sandbox.databricks.monitors.spec import Spec
from mlops_sandbox.databricks.unity.tables import table_location
from mlops_sandbox.errors import ApiError
from mlops_sandbox.metastore import Metastore
from mlops_sandbox.processes import Child
from mlops_sandbox.spark import SparkServer

Json = dict[str, Any]

_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR")


class Monitors:
    """The subsystem `monitors`."""

    name = "monitors"

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._changed = threading.Condition()
        self._queue: deque[tuple[str, int]] = deque()
        self._running: tuple[str, int] | None = None
        self._child: Child | None = None
        self._stopping = False
        self._last_look = datetime.now(UTC)
        self._thread = threading.Thread(target=self._work, name="monitors", daemon=True)

    @property
    def _store(self) -> Metastore:
        return self._sandbox.metastore()

    def start(self) -> None:
        """Begin; what ran or waited when the sandbox was killed has failed, and says so."""
        records.fail_unfinished(self._store, "The sandbox was stopped during the refresh.")
        self._thread.start()

    def stop(self) -> None:
        """End a running refresh."""
        with self._changed:
            self._stopping = True
            child = self._child
            self._changed.notify_all()
        if child is not None:
            child.end(grace=1.0)
        if self._thread.is_alive():
            self._thread.join(timeout=10.0)

    def status(self) -> Json:
        """How many monitors there are, and what is being refreshed."""
        running = self._running
        told: Json = {"state": "ready", "monitors": len(self._store.items(records.KIND))}
        return told | ({"refreshing": running[0]} if running else {})

    def refresh(self, table: str, trigger: str = "MANUAL") -> Json:
        """Queue a refresh; returns its record."""
        record = records.new_refresh(self._store, table, trigger)
        with self._changed:
            self._queue.append((table, record["refresh_id"]))
            self._changed.notify_all()
        return record

    def look_again(self) -> None:
        """A schedule has changed."""
        with self._changed:
            self._changed.notify_all()

    def cancel(self, table: str, refresh_id: int) -> None:
        """End a refresh that waits or runs."""
        with self._changed:
            if (table, refresh_id) in self._queue:
                self._queue.remove((table, refresh_id))
            child = self._child if self._running == (table, refresh_id) else None
        records.finish(self._store, table, refresh_id, "CANCELED", "The refresh was canceled.")
        if child is not None:
            child.end(grace=1.0)

    def _work(self) -> None:
        while True:
            with self._changed:
                if not self._queue and not self._stopping:
                    self._changed.wait(self._until_next())
                if self._stopping:
                    return
                self._running = self._queue.popleft() if self._queue else None
            if self._running is not None:
                self._run(*self._running)
                self._running = None
            self._follow_schedules()

    def _schedules(self) -> list[tuple[str, Json]]:
        return [
            (table, document["schedule"])
            for table, document in self._store.items(records.KIND)
            if document.get("schedule") and document["schedule"].get("pause_status") != "PAUSED"
        ]

    def _due(self, schedule: Json) -> datetime | None:
        expression = cron.parse(schedule["quartz_cron_expression"])
        return expression.next_after(self._last_look, ZoneInfo(schedule["timezone_id"]))

    def _until_next(self) -> float:
        """Seconds until a schedule is due; a minute at most, so that new ones are seen."""
        due = [moment for _, schedule in self._schedules() if (moment := self._due(schedule))]
        soonest = min(due, default=datetime.now(UTC) + timedelta(minutes=1))
        return min(60.0, max(0.0, (soonest - datetime.now(UTC)).total_seconds()))

    def _follow_schedules(self) -> None:
        now = datetime.now(UTC)
        for table, schedule in self._schedules():
            due = self._due(schedule)
            if due is not None and due <= now:
                self.refresh(table, "SCHEDULE")
        self._last_look = now

    def _run(self, table: str, refresh_id: int) -> None:
        try:
            monitor = self._store.get(records.KIND, table)
            if monitor is None or not records.begin(self._store, table, refresh_id):
                return
            spec = self._spec(monitor)
            told = self._compute(spec, refresh_id)
        except (ApiError, OSError, ValueError) as error:
            records.finish(self._store, table, refresh_id, "FAILED", str(error))
            return
        if "error" in told:
            records.finish(self._store, table, refresh_id, "FAILED", told["error"])
            return
        records.succeed(self._store, table, refresh_id, {"version": told["version"], "now": spec.now})

    def _spec(self, monitor: Json) -> Spec:
        def folder(table: str) -> str:
            return str(table_location(self._sandbox, monitor.get("_workspace", DEFAULT_WORKSPACE), table))

        baseline = monitor.get("baseline_table_name")
        spark = None
        expressions = [one for one in monitor.get("slicing_exprs") or [] if not one.isidentifier()]
        if expressions or monitor.get("custom_metrics"):
            spark = self._sandbox.get(SparkServer).remote(
                monitor.get("_workspace", DEFAULT_WORKSPACE), monitor.get("_user", DEFAULT_USER)
            )
        return Spec(
            monitor={key: value for key, value in monitor.items() if not key.startswith("_")},
            table=folder(monitor["table_name"]),
            baseline=folder(baseline) if baseline else None,
            profile=folder(monitor["profile_metrics_table_name"]),
            drift=folder(monitor["drift_metrics_table_name"]),
            now=time.time(),
            previous=monitor.get("_snapshot"),
            spark=spark,
        )

    def _compute(self, spec: Spec, refresh_id: int) -> Json:
        """Run the refresh's process; returns its result, or an `error`."""
        if not any(DeltaTable(folder).get_add_actions().num_rows for folder in (spec.table, spec.profile)):
            return {"version": DeltaTable(spec.table).version()}
        folder = self._sandbox.home / "refreshes"
        folder.mkdir(parents=True, exist_ok=True)
        file, log = folder / f"{refresh_id}.json", folder / f"{refresh_id}.log"
        file.write_text(json.dumps(asdict(spec)))
        env = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        argv: list[str | Path] = [sys.executable, "-m", "mlops_sandbox.databricks.monitors.refresh", file]
        with self._changed:
            if self._stopping:
                return {"error": "The sandbox was stopped."}
            self._child = self._sandbox.processes.spawn("monitor refresh", argv, env, log)
        code = self._child.wait()
        self._child = None
        said = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
        result = file.with_suffix(".result")
        told: Json = json.loads(result.read_text()) if code == 0 else {}
        for done in (file, result, log):
            done.unlink(missing_ok=True)
        return told or {"error": said[-1] if said else f"The refresh ended with exit code {code}."}

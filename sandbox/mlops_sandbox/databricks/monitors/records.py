"""Refreshes in the store: their states, and what a monitor remembers of the last one."""

from __future__ import annotations

import time
from typing import Any

from mlops_sandbox.errors import not_found
from mlops_sandbox.store import Store

Json = dict[str, Any]

KIND = "monitor"
REFRESH = "monitor_refresh"
_UNFINISHED = {"PENDING", "RUNNING"}


def _key(table: str, refresh_id: int) -> str:
    return f"{table}/{refresh_id:012d}"


def _now_ms() -> int:
    return int(time.time() * 1000)


def new_refresh(store: Store, table: str, trigger: str) -> Json:
    """A refresh that waits for its turn."""
    record: Json = {
        "refresh_id": store.next_id("monitor_refresh"),
        "state": "PENDING",
        "start_time_ms": _now_ms(),
        "trigger": trigger,
    }
    return store.put(REFRESH, _key(table, record["refresh_id"]), record)


def refreshes(store: Store, table: str) -> list[Json]:
    """A monitor's refreshes, the newest first."""
    return store.documents(REFRESH, f"{table}/")[::-1]


def get_refresh(store: Store, table: str, refresh_id: int) -> Json:
    """One refresh; raises 404."""
    record = store.get(REFRESH, _key(table, refresh_id))
    if record is None:
        raise not_found(f"Refresh {refresh_id} of the monitor on '{table}' does not exist.")
    return record


def forget(store: Store, table: str) -> None:
    """The monitor is gone, and its refreshes with it."""
    for key, _ in store.items(REFRESH, f"{table}/"):
        store.delete(REFRESH, key)


def begin(store: Store, table: str, refresh_id: int) -> bool:
    """The refresh runs; False when it was canceled before."""
    with store.transaction():
        record = store.get(REFRESH, _key(table, refresh_id))
        if record is None or record["state"] != "PENDING":
            return False
        store.put(REFRESH, _key(table, refresh_id), record | {"state": "RUNNING"})
    return True


def finish(store: Store, table: str, refresh_id: int, state: str, message: str = "") -> None:
    """The refresh has ended; one that has ended before stays as it was."""
    with store.transaction():
        record = store.get(REFRESH, _key(table, refresh_id))
        if record is None or record["state"] not in _UNFINISHED:
            return
        record |= {"state": state, "end_time_ms": _now_ms()}
        if message:
            record["message"] = message
        store.put(REFRESH, _key(table, refresh_id), record)
        monitor = store.get(KIND, table)
        if state == "FAILED" and monitor is not None:
            store.put(KIND, table, monitor | {"latest_monitor_failure_msg": message})


def succeed(store: Store, table: str, refresh_id: int, snapshot: Json) -> None:
    """The metric tables are written; a monitor of snapshots remembers which one was its last."""
    with store.transaction():
        finish(store, table, refresh_id, "SUCCESS")
        monitor = store.get(KIND, table)
        if monitor is None:
            return
        monitor.pop("latest_monitor_failure_msg", None)
        if "snapshot" in monitor:
            monitor["_snapshot"] = snapshot
        store.put(KIND, table, monitor)


def fail_unfinished(store: Store, message: str) -> None:
    """Mark what was in flight when the sandbox ended."""
    for key, record in store.items(REFRESH):
        if record["state"] in _UNFINISHED:
            table, _, number = key.rpartition("/")
            finish(store, table, int(number), "FAILED", message)

"""The subsystem that evaluates alerts when their time has come, and tells their subscribers."""

from __future__ import annotations

import logging
import re
import threading
import time
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from mlops_sandbox.context import Sandbox
from mlops_sandbox.databricks.alerts.condition import ConditionError, Verdict, judge
from mlops_sandbox.databricks.jobs import cron
from mlops_sandbox.databricks.notifications import notify
from mlops_sandbox.databricks.statements.define import Session
from mlops_sandbox.databricks.statements.query import Query
from mlops_sandbox.databricks.statements.work import work
from mlops_sandbox.databricks.unity.securables import DEFAULT_CATALOG
from mlops_sandbox.errors import ApiError
from mlops_sandbox.store import Document

_log = logging.getLogger(__name__)

Json = dict[str, Any]

KIND = "alert"
_ROWS = 1000
#: Seconds after which schedules are looked at again although nothing changed.
_LONGEST_WAIT = 60.0
_PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def shown(alert: Document) -> Json:
    """An alert as the API answers it."""
    told = {name: value for name, value in alert.items() if not name.startswith("_")}
    notification = told["evaluation"].get("notification")
    if notification is not None:
        effective = {
            "effective_notify_on_ok": notification.get("notify_on_ok", False),
            "effective_retrigger_seconds": notification.get("retrigger_seconds", 0),
        }
        told["evaluation"] = {**told["evaluation"], "notification": {**notification, **effective}}
    return told


class Alerts:
    """The subsystem `alerts`. Times that pass while the sandbox does not run are missed."""

    name = "alerts"

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._changed = threading.Event()
        self._stopping = threading.Event()
        self._query: Query | None = None
        self._failures: dict[str, str] = {}
        self._thread = threading.Thread(target=self._follow, name="alerts", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, in the middle of a query if there is one."""
        self._stopping.set()
        self._changed.set()
        query = self._query
        if query is not None:
            query.interrupt()
        if self._thread.is_alive():
            self._thread.join(timeout=10.0)

    def status(self) -> Json:
        """How many alerts there are, and why the last evaluation of some failed."""
        told: Json = {"state": "ready", "alerts": len(self._alerts())}
        return {**told, "failures": dict(self._failures)} if self._failures else told

    def look_again(self) -> None:
        """An alert was made or changed."""
        self._changed.set()

    def _alerts(self) -> list[tuple[str, Document]]:
        return [
            (workspace, alert)
            for workspace in self._sandbox.workspaces.all()
            for alert in self._sandbox.store(workspace).documents(KIND)
            if alert["lifecycle_state"] == "ACTIVE" and alert["schedule"]["pause_status"] != "PAUSED"
        ]

    def _follow(self) -> None:
        since = datetime.now(UTC)
        while not self._stopping.is_set():
            self._changed.clear()
            self._changed.wait(self._seconds_left(since))
            moment = datetime.now(UTC)
            for workspace, alert in self._alerts():
                due = _next(alert, since)
                if self._stopping.is_set():
                    return
                if due is not None and due <= moment:
                    self._evaluate_safely(workspace, alert["id"])
            since = moment

    def _seconds_left(self, since: datetime) -> float:
        times = [due for _, alert in self._alerts() if (due := _next(alert, since)) is not None]
        soonest = min(times, default=None)
        if soonest is None:
            return _LONGEST_WAIT
        return min(_LONGEST_WAIT, max(0.0, (soonest - datetime.now(UTC)).total_seconds()))

    def _evaluate_safely(self, workspace: str, identity: str) -> None:
        try:
            self.evaluate(workspace, identity)
        except Exception:  # noqa: BLE001 (one alert must not end those of all)
            _log.exception("Alert %s could not be evaluated", identity)

    def evaluate(self, workspace: str, identity: str) -> None:
        """Run an alert's query, keep what it found, and tell the subscribers if they want to know."""
        store = self._sandbox.store(workspace)
        alert = store.get(KIND, identity)
        if alert is None:
            return
        verdict = self._verdict(workspace, alert)
        now = datetime.now(UTC)
        with store.transaction():
            current = store.get(KIND, identity)
            if current is None or self._stopping.is_set():
                return
            was = current["evaluation"].get("state", "UNKNOWN")
            found = {"state": verdict.state, "last_evaluated_at": now.isoformat().replace("+00:00", "Z")}
            current["evaluation"] = {**current["evaluation"], **found}
            telling = _tells(current, was)
            if telling:
                current["_told_at"] = time.time()
            store.put(KIND, identity, current)
        if telling:
            self._tell(workspace, current, verdict)

    def _verdict(self, workspace: str, alert: Document) -> Verdict:
        session = Session(
            self._sandbox,
            workspace,
            next(iter(alert["effective_run_as"].values())),
            DEFAULT_CATALOG,
            "default",
        )
        query = self._query = Query(session)
        try:
            rows = work(session, query, alert["query_text"], alert.get("parameters") or [], _ROWS)
            verdict = judge(alert["evaluation"], rows)
        except Exception as error:  # noqa: BLE001 (whatever Spark raises is the alert's own failure)
            told = error.message if isinstance(error, ApiError) else str(error)
            what = "the condition" if isinstance(error, ConditionError) else "the query"
            self._failures[alert["id"]] = f"{what}: {told.partition('JVM stacktrace')[0].strip()}"
            _log.info("alert %s: %s", alert["id"], self._failures[alert["id"]])
            return Verdict("ERROR")
        finally:
            self._query = None
        self._failures.pop(alert["id"], None)
        return verdict

    def _tell(self, workspace: str, alert: Document, verdict: Verdict) -> None:
        evaluation = alert["evaluation"]
        condition = f"{evaluation['source']['name']} {evaluation['comparison_operator']} {verdict.threshold}"
        values = {
            "ALERT_NAME": alert["display_name"],
            "ALERT_STATUS": verdict.state,
            "ALERT_CONDITION": evaluation["comparison_operator"],
            "ALERT_THRESHOLD": verdict.threshold,
            "ALERT_COLUMN": evaluation["source"]["name"],
            "ALERT_URL": f"{self._sandbox.workspaces.url(workspace)}/sql/alerts-v2/{alert['id']}",
            "QUERY_RESULT_VALUE": verdict.value,
        }
        subject = _filled(alert.get("custom_summary") or "{{ALERT_NAME}}: {{ALERT_STATUS}}", values)
        message = {
            "event_type": "alert",
            "alert_id": alert["id"],
            "display_name": alert["display_name"],
            "state": verdict.state,
            "value": verdict.value,
            "condition": condition,
            "summary": subject,
            "description": _filled(alert.get("custom_description") or "", values),
            "evaluated_at": evaluation["last_evaluated_at"],
            "workspace_id": workspace,
            "url": values["ALERT_URL"],
        }
        for subscription in (evaluation.get("notification") or {}).get("subscriptions") or []:
            notify(self._sandbox, workspace, subscription, subject, message)


def _filled(text: str, values: Json) -> str:
    return _PLACEHOLDER.sub(lambda found: str(values.get(found[1], found[0])), text)


def _next(alert: Document, moment: datetime) -> datetime | None:
    schedule = alert["schedule"]
    return cron.parse(schedule["quartz_cron_schedule"]).next_after(moment, ZoneInfo(schedule["timezone_id"]))


def _tells(alert: Document, was: str) -> bool:
    """Whether subscribers hear of this evaluation: a new trigger, a due repetition, or the all-clear."""
    evaluation = alert["evaluation"]
    notification, state = evaluation.get("notification") or {}, evaluation["state"]
    if state == "TRIGGERED":
        again = notification.get("retrigger_seconds") or 0
        return bool(was != "TRIGGERED" or (again and time.time() - alert.get("_told_at", 0.0) >= again))
    return state == "OK" and was == "TRIGGERED" and bool(notification.get("notify_on_ok"))

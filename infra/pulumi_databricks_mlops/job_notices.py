"""Who hears of a job and what starts it, in the provider's terms."""

from collections.abc import Sequence
from typing import Any

from pulumi_databricks_mlops.job_args import MlJobArgs
from pulumi_databricks_mlops.notice_args import HealthRuleArgs, NotificationArgs
from pulumi_databricks_mlops.provided import Provided, present

_EVENTS = {
    "start": "on_starts",
    "success": "on_successes",
    "failure": "on_failures",
    "duration_warning": "on_duration_warning_threshold_exceededs",
    "backlog": "on_streaming_backlog_exceededs",
}


def health(rules: Sequence[HealthRuleArgs] | None) -> Provided | None:
    """Health rules, sorted by metric."""
    made = [
        {"metric": rule["metric"], "op": "GREATER_THAN", "value": rule["value"]}
        for rule in sorted(rules or [], key=lambda rule: rule["metric"])
    ]
    return {"rules": made} if made else None


def emails(wanted: NotificationArgs | None) -> Provided | None:
    """Who gets e-mail."""
    heard: dict[str, Any] = dict(wanted or {})
    made = {plural: heard[f"on_{event}"] for event, plural in _EVENTS.items() if f"on_{event}" in heard}
    return {**made, "no_alert_for_skipped_runs": not heard.get("skipped_runs", False)} if made else None


def webhooks(wanted: NotificationArgs | None) -> Provided | None:
    """Which notification destinations hear."""
    heard: dict[str, Any] = dict(wanted or {})
    return {
        plural: [{"id": destination} for destination in _sorted(heard[f"{event}_destinations"])]
        for event, plural in _EVENTS.items()
        if heard.get(f"{event}_destinations")
    } or None


def _sorted(destinations: list[Any]) -> list[Any]:
    known = all(isinstance(each, str) for each in destinations)
    return sorted(destinations) if known else destinations


def settings(wanted: NotificationArgs | None, *, of_task: bool) -> Provided | None:
    """What counts, for e-mail and destinations alike; None where nothing differs from the default."""
    heard = wanted or {}
    return (
        present(
            no_alert_for_canceled_runs=None if heard.get("canceled_runs", True) else True,
            no_alert_for_skipped_runs=False if heard.get("skipped_runs", False) else None,
            alert_on_last_attempt=True if of_task and heard.get("only_last_attempt", False) else None,
        )
        or None
    )


def schedule(args: MlJobArgs) -> Provided | None:
    """The cron schedule."""
    if "schedule" not in args:
        return None
    wanted = args["schedule"]
    return {
        "quartz_cron_expression": wanted["cron"],
        "timezone_id": wanted.get("timezone", "UTC"),
        "pause_status": _status(wanted.get("paused", False)),
    }


def continuous(args: MlJobArgs) -> Provided | None:
    """One run after the other."""
    if "continuous" not in args:
        return None
    wanted = args["continuous"]
    return present(
        pause_status=_status(wanted.get("paused", False)), task_retry_mode=wanted.get("task_retry_mode")
    )


def trigger(args: MlJobArgs) -> Provided | None:
    """What starts it; None for news of models."""
    if "trigger" not in args or "model_update" in args["trigger"]:
        return None
    wanted = args["trigger"]
    made: Provided = {"pause_status": _status(wanted.get("paused", False))}
    if "periodic" in wanted:
        made["periodic"] = dict(wanted["periodic"])
    if "file_arrival" in wanted:
        made["file_arrival"] = {"url": wanted["file_arrival"]["url"], **_waits(wanted["file_arrival"])}
    if "table_update" in wanted:
        table = wanted["table_update"]
        made["table_update"] = {
            "table_names": table["tables"],
            "condition": table.get("condition", "ANY_UPDATED"),
            **_waits(table),
        }
    return made


def triggers(args: MlJobArgs) -> list[Provided] | None:
    """News of models: the provider takes them in the list of triggers alone, and refuses them as the one."""
    if "trigger" not in args or "model_update" not in args["trigger"]:
        return None
    wanted, model = args["trigger"], args["trigger"]["model_update"]
    news = {
        **present(securable_name=model.get("securable"), aliases=model.get("aliases")),
        "condition": model["condition"],
        **_waits(model),
    }
    return [{"pause_status": _status(wanted.get("paused", False)), "model": news}]


def _waits(wanted: Any) -> Provided:
    return present(
        min_time_between_triggers_seconds=wanted.get("min_seconds_between"),
        wait_after_last_change_seconds=wanted.get("wait_seconds"),
    )


def _status(paused: bool) -> str:
    return "PAUSED" if paused else "UNPAUSED"

"""Alerts on a monitor's metric tables: a query that counts the windows beyond a limit, by schedule."""

from typing import Any

import pulumi
import pulumi_databricks as databricks

from pulumi_databricks_mlops import roles as role
from pulumi_databricks_mlops.monitor_args import ModelMonitorArgs, MonitorAlertArgs
from pulumi_databricks_mlops.monitor_checks import is_drift
from pulumi_databricks_mlops.notice_args import ScheduleArgs
from pulumi_databricks_mlops.provided import present

COLUMN = "violations"
"""The one column of an alert's query."""
HOURLY: ScheduleArgs = {"cron": "0 30 * * * ?"}


def text(value: str) -> str:
    """A SQL string."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def quoted(full_name: str) -> str:
    """A table's name, each part in backticks."""
    return ".".join(f"`{part}`" for part in full_name.split("."))


def alert_query(alert: MonitorAlertArgs, args: ModelMonitorArgs, profile: str, drift: str) -> str:
    """The query of an alert.

    Args:
        alert: the limit.
        args: the monitor's arguments.
        profile: full name of the table of profile metrics.
        drift: full name of the table of drift metrics.

    Returns:
        A query of one row with one column, the number of windows beyond the limit.
    """
    drifting = is_drift(alert["metric"], args.get("custom_metrics", []))
    beyond = f"> {alert['above']!r}" if "above" in alert else f"< {alert['below']!r}"
    worst = "max" if "above" in alert else "min"
    where = [f"{alert['metric']} IS NOT NULL", *_columns(alert, drifting=drifting), *_rows(alert, args)]
    if drifting:
        kind = alert.get("drift_type", "BASELINE" if "baseline_table" in args else "CONSECUTIVE")
        where.append(f"drift_type = {text(kind)}")
    else:
        where.append("log_type = 'INPUT'")
    inner = [
        f"  SELECT window.start AS begun, {worst}({alert['metric']}) AS value",
        f"  FROM {quoted(drift if drifting else profile)}",
        f"  WHERE {' AND '.join(where)}",
        "  GROUP BY window.start",
        "  ORDER BY begun DESC",
        # Programs in other languages hand whole numbers over as floats.
        f"  LIMIT {int(alert.get('windows', 1))}",
    ]
    return "\n".join([f"SELECT count_if(value {beyond}) AS {COLUMN}", "FROM (", *inner, ")"])


def _columns(alert: MonitorAlertArgs, *, drifting: bool) -> list[str]:
    columns = alert.get("columns", [] if drifting else [":table"])
    return [f"column_name IN ({', '.join(text(column) for column in sorted(columns))})"] if columns else []


def _rows(alert: MonitorAlertArgs, args: ModelMonitorArgs) -> list[str]:
    """Which rows of a metric table: one window length, all models, all data or one slice."""
    if "timestamp" in args:
        length = alert.get("granularity", args.get("granularities", ["1 day"])[0])
        rows = [f"granularity = {text(length)}"]
    else:
        rows = ["granularity IS NULL"]
    if "problem" in args:
        rows.append(f"`{args['model_id']}` = '*'")
    if "slice_key" in alert:
        return [
            *rows,
            f"slice_key = {text(alert['slice_key'])}",
            f"slice_value = {text(alert['slice_value'])}",
        ]
    return [*rows, "slice_key IS NULL"]


def declare_alerts(
    name: str,
    args: ModelMonitorArgs,
    table: pulumi.Input[str],
    metrics: tuple[pulumi.Input[str], pulumi.Input[str]],
    opts: pulumi.ResourceOptions,
) -> dict[str, pulumi.Output[str]]:
    """Make the alerts.

    Args:
        name: the resources' names begin with it.
        args: the monitor's arguments.
        table: full name of the monitored table.
        metrics: full names of the tables of profile and drift metrics.
        opts: options of each.

    Returns:
        The IDs by name.
    """
    return {
        key: databricks.AlertV2(
            f"{name}-{key}-alert",
            display_name=pulumi.Output.concat(table, " ", key),
            query_text=_query(alert, args, metrics),
            warehouse_id=args["warehouse_id"],
            parent_path=parent_path(args),
            evaluation=_evaluation(alert, args),
            schedule=_schedule(alert),
            run_as=_run_as(args),
            custom_summary=pulumi.Output.concat(
                table, f": {alert['metric']} is {_limit(alert)} in {{{{QUERY_RESULT_VALUE}}}} windows"
            ),
            opts=opts,
        ).id
        for key, alert in sorted(args.get("alerts", {}).items())
    }


def parent_path(args: ModelMonitorArgs) -> pulumi.Output[str]:
    """The folder of alerts and dashboard; the API tells it without `/Workspace`, and another one replaces."""
    folder = pulumi.Output.from_input(args.get("folder", args["assets_dir"]))
    return folder.apply(lambda path: path.removeprefix("/Workspace"))


def _query(
    alert: MonitorAlertArgs, args: ModelMonitorArgs, metrics: tuple[pulumi.Input[str], pulumi.Input[str]]
) -> pulumi.Output[str]:
    return pulumi.Output.all(*metrics).apply(lambda names: alert_query(alert, args, *names))


def pause(args: ModelMonitorArgs) -> None:
    """Let neither the monitor nor its alerts start by themselves."""
    if "schedule" in args:
        args["schedule"] = {**args["schedule"], "paused": True}
    if "alerts" in args:
        args["alerts"] = {key: _paused(alert) for key, alert in args["alerts"].items()}


def _paused(alert: MonitorAlertArgs) -> MonitorAlertArgs:
    return {**alert, "schedule": {**alert.get("schedule", HOURLY), "paused": True}}


def _limit(alert: MonitorAlertArgs) -> str:
    return f"above {alert['above']}" if "above" in alert else f"below {alert['below']}"


def _evaluation(alert: MonitorAlertArgs, args: ModelMonitorArgs) -> Any:
    emails = sorted(alert.get("emails", args.get("notify", [])))
    heard = [
        *({"user_email": email} for email in emails),
        *({"destination_id": destination} for destination in alert.get("destinations", [])),
    ]
    return {
        "source": {"name": COLUMN},
        "comparison_operator": "GREATER_THAN_OR_EQUAL",
        "threshold": {"value": {"double_value": float(alert.get("violations", 1))}},
        # No window yet is no violation.
        "empty_result_state": "OK",
        "notification": present(
            subscriptions=heard or None,
            notify_on_ok=alert.get("notify_on_ok"),
            retrigger_seconds=alert.get("retrigger_seconds"),
        )
        or None,
    }


def _schedule(alert: MonitorAlertArgs) -> Any:
    wanted = alert.get("schedule", HOURLY)
    return {
        "quartz_cron_schedule": wanted["cron"],
        "timezone_id": wanted.get("timezone", "UTC"),
        "pause_status": "PAUSED" if wanted.get("paused", False) else "UNPAUSED",
    }


def _run_as(args: ModelMonitorArgs) -> Any:
    if "run_as" not in args:
        return None
    return present(
        user_name=role.named(args["run_as"], "user_name"),
        service_principal_name=role.named(args["run_as"], "service_principal_name"),
    )

"""A monitor's definition: what callers may send, checked."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from mlops_sandbox.databricks.jobs import cron
from mlops_sandbox.databricks.monitors import custom
from mlops_sandbox.databricks.monitors.windows import SUPPORTED, is_granularity
from mlops_sandbox.errors import invalid

Json = dict[str, Any]

#: What a caller may set; a PUT without one of them clears it.
FIELDS = (
    "baseline_table_name",
    "custom_metrics",
    "data_classification_config",
    "inference_log",
    "notifications",
    "output_schema_name",
    "schedule",
    "slicing_exprs",
    "snapshot",
    "time_series",
)
_PROFILES = ("inference_log", "time_series", "snapshot")
_REQUIRED = {
    "inference_log": ("granularities", "timestamp_col", "prediction_col", "model_id_col", "problem_type"),
    "time_series": ("granularities", "timestamp_col"),
    "snapshot": (),
}
_PROBLEMS = ("PROBLEM_TYPE_CLASSIFICATION", "PROBLEM_TYPE_REGRESSION")
_COLUMNS = ("timestamp_col", "prediction_col", "model_id_col", "label_col", "prediction_proba_col")


def _check_profile(body: Json, columns: list[str]) -> None:
    given = [name for name in _PROFILES if body.get(name) is not None]
    if len(given) != 1:
        raise invalid("Exactly one of inference_log, time_series and snapshot must be given.")
    name, profile = given[0], body[given[0]]
    for field in _REQUIRED[name]:
        if not profile.get(field):
            raise invalid(f"{name}.{field} is required.")
    for granularity in profile.get("granularities", []):
        if not is_granularity(granularity):
            raise invalid(f"Granularity {granularity!r} is not supported; these are: {SUPPORTED}.")
    for field in _COLUMNS:
        if profile.get(field) and profile[field] not in columns:
            raise invalid(f"{name}.{field}: the table has no column {profile[field]!r}.")
    if name == "inference_log" and profile["problem_type"] not in _PROBLEMS:
        raise invalid(f"inference_log.problem_type must be one of {', '.join(_PROBLEMS)}.")


def _check_schedule(schedule: Json) -> None:
    try:
        cron.parse(str(schedule.get("quartz_cron_expression", "")))
        ZoneInfo(str(schedule.get("timezone_id", "")))
    except (cron.CronError, ValueError, KeyError, OSError) as error:
        raise invalid(f"The schedule is not valid: {error}") from None


def definition(body: Json, columns: list[str]) -> Json:
    """The fields that a caller set.

    Args:
        body: of a create or an update.
        columns: the names of the monitored table's columns.

    Raises:
        ApiError: 400 with what is wrong.
    """
    custom.check(body.get("custom_metrics") or [], columns)
    if str(body.get("output_schema_name", "")).count(".") != 1:
        raise invalid("output_schema_name is required, in the form catalog.schema.")
    _check_profile(body, columns)
    if body.get("schedule"):
        _check_schedule(body["schedule"])
    return {field: body[field] for field in FIELDS if body.get(field) is not None}

"""What the workspace's APIs answer about a busy project, for the tests of the page."""

from __future__ import annotations

import time
from typing import Any

from mlops_sandbox.server.routing import Json

MINUTE = 60_000
DAY = 86_400_000
MODEL = "local.flights.delay"
TABLE = "local.flights.predictions"
NASTY = "<img src=x onerror=\"document.title='owned'\">"


def task(key: str, *above: str, **more: Any) -> Json:
    """A notebook task below others; `run:outcome` names one with an outcome."""
    split = [each.partition(":") for each in above]
    needs = [{"task_key": name} | ({"outcome": outcome} if outcome else {}) for name, _, outcome in split]
    kind = {} if any(name.endswith("_task") for name in more) else {"notebook_task": {"notebook_path": key}}
    return {"task_key": key, "depends_on": needs, **kind, **more}


def run(run_id: int, job_id: int, name: str, tasks: list[Json], started: int, state: str) -> Json:
    """A run that started so many milliseconds ago; `state` is a result, or RUNNING."""
    now = int(time.time() * 1000)
    running = state == "RUNNING"
    return {
        "run_id": run_id,
        "job_id": job_id,
        "run_name": name,
        "start_time": now - started,
        "end_time": 0 if running else now - started + 42_000,
        "state": state_of(state),
        "tasks": tasks,
        "trigger": "ONE_TIME",
    }


def state_of(state: str) -> Json:
    if state in {"RUNNING", "PENDING", "BLOCKED"}:
        return {"life_cycle_state": state, "state_message": ""}
    return {"life_cycle_state": "TERMINATED", "result_state": state, "state_message": ""}


def did(one: Json, run_id: int, state: str, seconds: float = 7.4) -> Json:
    """A task as it stands in a run."""
    now = int(time.time() * 1000)
    ended = {} if state == "RUNNING" else {"end_time": now - 60_000 + int(seconds * 1000)}
    began = {} if state in {"PENDING", "BLOCKED"} else {"start_time": now - 60_000, **ended}
    return {**one, "run_id": run_id, "state": state_of(state), "attempt_number": 0, **began}


def _jobs() -> dict[str, Any]:
    training = [task("train"), task("validate", "train"), task("deploy", "validate")]
    features = [
        task("ingest"),
        task("weather_features", "ingest"),
        task("delay_features", "ingest"),
        task("features", "weather_features", "delay_features"),
    ]
    monitoring = [
        task("refresh"),
        task("check", "refresh"),
        task("violated", "check", condition_task={"op": "EQUAL_TO", "left": "a", "right": "true"}),
        task("retrain", "violated:true", run_job_task={"job_id": 2}),
    ]
    jobs = [(1, "local-flights-features", features), (2, "local-flights-training", training)]
    jobs.append((3, "local-flights-monitoring", monitoring))
    listed = [
        {
            "job_id": number,
            "run_as_user_name": "developer@example.com",
            "settings": {
                "name": name,
                "description": "Part of the flights project.",
                "tasks": tasks,
                "max_concurrent_runs": 1,
                "queue": {"enabled": True},
                "schedule": {
                    "quartz_cron_expression": "0 0 9 * * ?",
                    "timezone_id": "UTC",
                    "pause_status": "PAUSED",
                },
                "parameters": [{"name": "catalog", "default": "local"}, {"name": "note", "default": NASTY}],
            },
        }
        for number, name, tasks in jobs
    ]
    ok = [did(each, 100 + index, "SUCCESS") for index, each in enumerate(features)]
    failed = [did(training[0], 110, "SUCCESS", 21), did(training[1], 111, "FAILED", 3)]
    failed.append(did(training[2], 112, "UPSTREAM_FAILED", 0))
    going = [did(monitoring[0], 120, "SUCCESS"), did(monitoring[1], 121, "RUNNING")]
    going += [did(monitoring[2], 122, "BLOCKED"), did(monitoring[3], 123, "BLOCKED")]
    runs = [
        run(23, 3, jobs[2][1], going, 20_000, "RUNNING"),
        run(22, 2, jobs[1][1], failed, 6 * MINUTE, "FAILED"),
        run(21, 1, jobs[0][1], ok, 9 * MINUTE, "SUCCESS"),
        run(20, 2, jobs[1][1], [did(each, 90, "SUCCESS") for each in training], 3 * DAY, "SUCCESS"),
    ]
    output = {"logs": "\n".join(f"line {number}" for number in range(1, 30)) + f"\n{NASTY}\n"}
    failure = {
        "logs": "validating version 3\n",
        "error": "RuntimeError: RMSE 31.4 is not below the baseline's 31.1",
        "error_trace": 'Traceback (most recent call last):\n  File "notebook", line 3\nRuntimeError',
    }
    return {
        "/api/2.2/jobs/list": {"jobs": listed},
        "/api/2.2/jobs/get": {"?job_id": {str(each["job_id"]): each for each in listed}},
        "/api/2.2/jobs/runs/list": {
            "?job_id": {
                "": {"runs": runs},
                **{str(n): {"runs": [each for each in runs if each["job_id"] == n]} for n in (1, 2, 3)},
            }
        },
        "/api/2.2/jobs/runs/get": {"?run_id": {str(each["run_id"]): each for each in runs}},
        "/api/2.2/jobs/runs/get-output": {"?run_id": {"": output, "111": failure}},
    }


def _models() -> dict[str, Any]:
    now = int(time.time() * 1000)
    versions = [
        {"version": n, "run_id": f"run{n}", "status": "READY", "created_at": now - (4 - n) * DAY}
        for n in (1, 2, 3)
    ]
    aliases = [
        {"alias_name": "champion", "version_num": 2},
        {"alias_name": "challenger", "version_num": 3},
    ]
    model = {"full_name": MODEL, "comment": "Arrival delay of a flight in minutes, at scheduled departure."}
    metrics = {
        "rmse_model": 28.9,
        "rmse_last_two_hours": 31.1,
        "rmse_carrier_and_hour": 33.0,
        "mae_model": 17.2,
    }
    runs = {
        f"run{n}": {
            "run": {
                "info": {"run_id": f"run{n}", "run_name": f"train-{n}", "experiment_id": "1"},
                "data": {"metrics": [{"key": key, "value": value} for key, value in metrics.items()]},
            }
        }
        for n in (1, 2, 3)
    }
    root = "/api/2.1/unity-catalog/models"
    return {
        root: {"registered_models": [model]},
        f"{root}/{MODEL}": {**model, "aliases": aliases},
        f"{root}/{MODEL}/versions": {"model_versions": versions},
        "/api/2.0/mlflow/runs/get": {"?run_id": runs},
        "/mlflow/model-versions/get-artifact": {
            "?path": {
                "serving_input_example.json": {
                    "dataframe_split": {"columns": ["carrier", "distance"], "data": [["UA", 1400], ["AA", 1]]}
                }
            }
        },
    }


def _endpoints() -> dict[str, Any]:
    entity = {
        "name": "delay-2",
        "entity_name": MODEL,
        "entity_version": "2",
        "workload_size": "Small",
        "scale_to_zero_enabled": True,
        "state": {"deployment": "DEPLOYMENT_READY"},
    }
    endpoint = {
        "name": "local-flights-delay",
        "creator": "developer@example.com",
        "last_updated_timestamp": int(time.time() * 1000) - 5 * MINUTE,
        "state": {"ready": "READY", "config_update": "NOT_UPDATING"},
        "config": {
            "config_version": 2,
            "served_entities": [entity],
            "traffic_config": {"routes": [{"served_entity_name": "delay-2", "traffic_percentage": 100}]},
        },
    }
    return {
        "/api/2.0/serving-endpoints": {"endpoints": [endpoint]},
        "/serving-endpoints/local-flights-delay/invocations": {"predictions": [12.345]},
    }


def metric_rows() -> tuple[list[Json], list[Json]]:
    """Eight weeks of profile and drift metrics, in the vendor's columns."""
    start = 1_383_264_000_000
    profile: list[Json] = []
    drift: list[Json] = []
    for week in range(8):
        window = {"start": start + week * 7 * DAY, "end": start + (week + 1) * 7 * DAY}
        shared = {"window": window, "granularity": "1 week", "slice_key": None, "slice_value": None}
        errors = [29 + week * 0.9, 28.2 + week * 0.35]
        profile += [
            {**shared, "column_name": ":table", "model_version": str(n + 1), "root_mean_squared_error": error}
            for n, error in enumerate(errors)
        ]
        for index, column in enumerate(("prediction", "distance", "dep_hour", "temp")):
            value = 0.04 + 0.03 * index + 0.02 * week * (index == 3) + 0.01 * ((week * (index + 2)) % 3)
            drift.append(
                {
                    **shared,
                    "column_name": column,
                    "drift_type": "CONSECUTIVE",
                    "population_stability_index": value,
                    "ks_test": {"statistic": value / 2, "pvalue": 0.5},
                }
            )
    return profile, drift


def _monitors() -> dict[str, Any]:
    profile, drift = metric_rows()
    path = f"/api/2.1/unity-catalog/tables/{TABLE}/monitor"
    now = int(time.time() * 1000)
    monitor = {
        "table_name": TABLE,
        "status": "MONITOR_STATUS_ACTIVE",
        "profile_metrics_table_name": f"{TABLE}_profile_metrics",
        "drift_metrics_table_name": f"{TABLE}_drift_metrics",
        "inference_log": {"problem_type": "PROBLEM_TYPE_REGRESSION", "model_id_col": "model_version"},
        "slicing_exprs": ["carrier", "origin"],
    }
    refreshes = [
        {
            "refresh_id": 2,
            "state": "SUCCESS",
            "start_time_ms": now - 3 * MINUTE,
            "end_time_ms": now - 2 * MINUTE,
        },
        {"refresh_id": 1, "state": "FAILED", "start_time_ms": now - DAY, "end_time_ms": now - DAY + 900},
    ]
    return {
        path: monitor,
        f"{path}/refreshes": {"refreshes": refreshes},
        "/sandbox/page/metrics": {
            "?table": {
                "": {"tables": [TABLE]},
                f"{TABLE}_profile_metrics": {"rows": profile},
                f"{TABLE}_drift_metrics": {"rows": drift},
            }
        },
    }


def everything() -> dict[str, Any]:
    """A deployed project: three jobs, a model with a champion, an endpoint, a monitor."""
    return {**_jobs(), **_models(), **_endpoints(), **_monitors()}


def nothing() -> dict[str, Any]:
    """A workspace that nothing was deployed to."""
    return {
        "/api/2.2/jobs/list": {},
        "/api/2.2/jobs/runs/list": {},
        "/api/2.1/unity-catalog/models": {},
        "/api/2.0/serving-endpoints": {},
        "/sandbox/page/metrics": {"tables": []},
    }

"""One attempt of a task of each kind."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from mlops_sandbox.databricks.jobs import compute, conditions, process, records, references, specs
from mlops_sandbox.databricks.jobs import sql as sql_files
from mlops_sandbox.databricks.jobs.attempt import Ended, Execution, failed
from mlops_sandbox.databricks.jobs.interrupt import Interrupt
from mlops_sandbox.databricks.principals import principal_of
from mlops_sandbox.errors import ApiError
from mlops_sandbox.runtime.spec import read_values

Json = dict[str, Any]

WORKLOAD_FAILED = "Workload failed, see run output for details"


def on_process(
    execution: Execution, task_run: Json, kind: str, scope: references.Scope, interrupt: Interrupt
) -> Ended:
    """A notebook, a Python file or a wheel, in a process of its own."""
    body = references.resolve_value(task_run[kind], scope)
    sandbox, workspace = execution.runner.sandbox, execution.store.workspace
    refused = _no_cluster(execution, task_run)
    if refused is not None:
        return refused
    try:
        spec = specs.build(sandbox, workspace, execution.run, task_run, kind, body, scope)
    except specs.TaskError as error:
        return failed(str(error), "RESOURCE_NOT_FOUND")
    runner = execution.runner
    user, more = execution.user, runner.more_to_come()
    outcome = process.run(sandbox, workspace, user, spec, interrupt, runner.spares, more=more)
    values = read_values(Path(spec.folder))
    if outcome.succeeded:
        output: Json = {}
        if kind == "notebook_task":
            result = {} if outcome.exit_value is None else {"result": outcome.exit_value}
            output = {"notebook_output": {**result, "truncated": False}}
        return Ended("SUCCESS", output=output, values=values)
    errors = {"error": outcome.error, "error_trace": outcome.trace}
    return Ended("FAILED", WORKLOAD_FAILED, output=errors, values=values)


def _no_cluster(execution: Execution, task_run: Json) -> Ended | None:
    """How a task ends whose cluster may not be made, or not like this."""
    cluster = compute.cluster_of(execution.run["settings"], task_run)
    if cluster is None:
        return None
    store = execution.store
    who = principal_of(execution.runner.sandbox, store.workspace, execution.user)
    problem = compute.why_none(store, who, cluster)
    if problem is None:
        return None
    cause = f"{problem.error_code}: {problem.message}"
    message = f"Unexpected user error while preparing the cluster for the job. Cause: {cause}"
    return failed(message, "UNAUTHORIZED_ERROR" if problem.status == 403 else "CLUSTER_ERROR")


def condition(
    _execution: Execution, task_run: Json, kind: str, scope: references.Scope, _interrupt: Interrupt
) -> Ended:
    """An operator and two operands; always succeeds when they can be compared."""
    body = references.resolve_value(task_run[kind], scope)
    try:
        outcome = str(conditions.evaluate(body["op"], body["left"], body["right"])).lower()
    except conditions.ConditionError as error:
        return failed(str(error), "INVALID_RUN_CONFIGURATION")
    return Ended("SUCCESS", outcome=outcome, fields={kind: {**body, "outcome": outcome}})


def run_job(
    execution: Execution, task_run: Json, kind: str, scope: references.Scope, interrupt: Interrupt
) -> Ended:
    """Another job, waited for."""
    body = references.resolve_value(task_run[kind], scope)
    # This job's parameters are pushed down, and win over the task's.
    body["job_parameters"] = {**(body.get("job_parameters") or {}), **scope.parameters}
    try:
        run = execution.runner.run_job(execution.store, body, execution.run, task_run)
    except ApiError as error:
        return failed(error.message, "RESOURCE_NOT_FOUND")
    output = {"run_job_output": {"run_id": run["run_id"]}}
    # Known from its start: whoever follows this run follows that one too.
    records.change_task(execution.store, task_run, output=output)
    done = execution.runner.wait(execution.store, run["run_id"], interrupt)
    state = done["state"]
    if state.get("result_state") in {"SUCCESS", "SUCCESS_WITH_FAILURES"}:
        return Ended("SUCCESS", output=output)
    told = f": {state['state_message']}" if state.get("state_message") else "."
    why = f"Run {run['run_id']} of job {body['job_id']} ended {state.get('result_state', 'early')}{told}"
    return Ended("FAILED", why, output={**output, "error": why})


def _items(text: str, scope: references.Scope) -> list[Any]:
    value = references.single(text, scope)
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            raise references.UnknownReferenceError(f"The inputs are no JSON array: {value!r}") from None
    if not isinstance(value, list):
        raise references.UnknownReferenceError(f"The inputs are no JSON array: {json.dumps(value)}")
    return value


def for_each(
    execution: Execution, task_run: Json, kind: str, scope: references.Scope, interrupt: Interrupt
) -> Ended:
    """A task for each item of a list, several at once when `concurrency` says so."""
    body = task_run[kind]
    items = _items(body["inputs"], scope)
    counts = {"total": len(items), "active": 0, "completed": 0, "succeeded": 0, "failed": 0}

    def count(**changes: int) -> Json:
        with execution.lock:
            for name, change in changes.items():
                counts[name] += change
            stats = {f"{name}_iterations": number for name, number in counts.items()}
            stats["scheduled_iterations"] = counts["active"] + counts["completed"]
            shown = {**body, "inputs": json.dumps(items), "stats": {"task_run_stats": stats}}
            records.change_task(execution.store, task_run, **{kind: shown})
        return shown

    def iterate(item: Any) -> str:
        count(active=1)
        ended = execution.attempts(body["task"], interrupt, parent=task_run, item=item)
        good = ended.result == "SUCCESS"
        count(active=-1, completed=1, succeeded=int(good), failed=int(not good))
        return ended.result

    with ThreadPoolExecutor(max(1, int(body.get("concurrency") or 1))) as pool:
        results = list(pool.map(iterate, items))
    shown = count()
    bad = sum(result != "SUCCESS" for result in results)
    if bad:
        error = f"{bad} of {len(items)} iterations did not succeed."
        return Ended("FAILED", error, output={"error": error}, fields={kind: shown})
    return Ended("SUCCESS", fields={kind: shown})


def sql(
    execution: Execution, task_run: Json, kind: str, scope: references.Scope, interrupt: Interrupt
) -> Ended:
    """The statements of a SQL file."""
    body = references.resolve_value(task_run[kind], scope)
    # Job parameters are pushed down to the task's own.
    body["parameters"] = {**(body.get("parameters") or {}), **scope.parameters}
    try:
        sql_files.run(execution, body, interrupt)
    except specs.TaskError as error:
        return failed(str(error))
    return Ended("SUCCESS", output={"sql_output": {}})


def alert(
    execution: Execution, task_run: Json, kind: str, scope: references.Scope, _interrupt: Interrupt
) -> Ended:
    """An alert, evaluated now; its output is the state that it is in afterwards."""
    from mlops_sandbox.databricks.alerts.subsystem import KIND, Alerts

    identity = str(references.resolve_value(task_run[kind], scope).get("alert_id", ""))
    if execution.store.get(KIND, identity) is None:
        return failed(f"There is no alert {identity}.", "RESOURCE_NOT_FOUND")
    execution.runner.sandbox.get(Alerts).evaluate(execution.store.workspace, identity)
    state = (execution.store.get(KIND, identity) or {}).get("evaluation", {}).get("state", "UNKNOWN")
    if state == "ERROR":
        return failed(f"The alert {identity} could not be evaluated: its query fails.")
    return Ended("SUCCESS", output={"alert_output": {"alert_state": state}})


def not_here(
    _execution: Execution, _task_run: Json, kind: str, _scope: references.Scope, _interrupt: Interrupt
) -> Ended:
    """A kind that the sandbox keeps, and can't run."""
    known = ", ".join(KINDS)
    error = (
        f"The sandbox does not run {kind}: it runs {known}. The job is kept as it is, and Databricks runs it."
    )
    return failed(error, "FEATURE_DISABLED")


#: Kinds that take one of the slots for processes.
ON_PROCESSES = frozenset({"notebook_task", "spark_python_task", "python_wheel_task"})

Kind = Callable[[Execution, Json, str, references.Scope, Interrupt], Ended]

KINDS: dict[str, Kind] = {
    "notebook_task": on_process,
    "spark_python_task": on_process,
    "python_wheel_task": on_process,
    "condition_task": condition,
    "run_job_task": run_job,
    "for_each_task": for_each,
    "sql_task": sql,
    "alert_task": alert,
}

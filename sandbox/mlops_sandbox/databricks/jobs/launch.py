"""New runs: the documents of a run that is about to begin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlops_sandbox.databricks.jobs import idempotency, records, references, run_as, states
from mlops_sandbox.errors import invalid
from mlops_sandbox.store import Store

Json = dict[str, Any]

#: Parameters of a run in the form from before job parameters.
LEGACY_PARAMETERS = ("notebook_params", "python_params", "python_named_params")


def parameters(settings: Json, given: Mapping[str, Any] | None) -> list[Json]:
    """Job parameters with the values of this run; a given one that the job does not declare is added."""
    if given is not None and not isinstance(given, Mapping):
        raise invalid("job_parameters must be an object of names and values.")
    values = {name: references.as_text(value) for name, value in (given or {}).items()}
    declared = {each["name"]: each.get("default", "") for each in settings.get("parameters") or []}
    shown = [
        {"name": name, "default": default, "value": values.get(name, default)}
        for name, default in declared.items()
    ]
    return shown + [{"name": name, "value": value} for name, value in values.items() if name not in declared]


def new_run(
    store: Store,
    settings: Json,
    *,
    job_id: int,
    creator: str,
    trigger: str,
    run_type: str = "JOB_RUN",
    body: Mapping[str, Any] | None = None,
    trigger_info: Json | None = None,
    ancestors: list[int] | None = None,
    owner: str = "",
) -> Json:
    """Record a run and its tasks, not yet begun.

    Args:
        store: the workspace's documents.
        settings: the job's settings, kept with the run as they are now.
        job_id: the job.
        creator: who asked for it.
        trigger: ONE_TIME, PERIODIC, RUN_JOB_TASK.
        run_type: JOB_RUN or SUBMIT_RUN.
        body: the request: `job_parameters`, older forms of parameters, `idempotency_token`.
        trigger_info: what triggered it.
        ancestors: the jobs whose run-job tasks led here.
        owner: who made the job, as whom it runs unless its settings say otherwise.
    """
    asked = body or {}
    overriding = {name: asked[name] for name in LEGACY_PARAMETERS if asked.get(name)}
    with store.transaction():
        run_id = records.new_id(store)
        run: Json = {
            "job_id": job_id,
            "run_id": run_id,
            "number_in_job": run_id,
            "original_attempt_run_id": run_id,
            "creator_user_name": creator,
            "run_as_user_name": run_as.named(settings) or owner or creator,
            "run_name": settings.get("name") or settings.get("run_name") or "Untitled",
            "run_type": run_type,
            "trigger": trigger,
            "start_time": records.now(),
            "end_time": 0,
            "setup_duration": 0,
            "execution_duration": 0,
            "cleanup_duration": 0,
            **states.underway("PENDING"),
            "settings": settings,
            "ancestors": ancestors or [],
        }
        run |= {"overriding_parameters": overriding} if overriding else {}
        run |= {"trigger_info": trigger_info} if trigger_info else {}
        run |= {"schedule": settings["schedule"]} if settings.get("schedule") else {}
        # A job parameter may itself refer to the run: {{job.start_time.iso_date}}.
        scope = references.Scope(job=references.job_names(run), workspace={"id": store.workspace})
        try:
            run["job_parameters"] = [
                {**each, "value": references.resolve(each["value"], scope)}
                for each in parameters(settings, asked.get("job_parameters"))
            ]
        except references.UnknownReferenceError as error:
            raise invalid(f"Job parameters: {error}") from None
        records.new_run(store, run)
        if asked.get("idempotency_token"):
            store.put(idempotency.KIND, str(asked["idempotency_token"]), {"run_id": run_id})
    return run

"""Concurrency groups: of a repository's runs and jobs in the same one, one is at work and one waits."""

from __future__ import annotations

from mlops_sandbox.context import Sandbox
from mlops_sandbox.github import runs
from mlops_sandbox.github.api import mapping, store, unprocessable
from mlops_sandbox.server.routing import Call, Json


def declared(call: Call, resource: str) -> Json | None:
    """The body's `concurrency`: `group`, and `cancel_in_progress` (false)."""
    given = mapping(call.body.get("concurrency"), resource, "concurrency")
    if given is None:
        return None
    if not given.get("group"):
        raise unprocessable(resource, "concurrency.group", "missing_field")
    return {"group": str(given["group"]), "cancel_in_progress": bool(given.get("cancel_in_progress"))}


def _same(one: Json, other: Json) -> bool:
    groups = [(each.get("concurrency") or {}).get("group", "").lower() for each in (one, other)]
    return bool(groups[0]) and groups[0] == groups[1]


def _others(sandbox: Sandbox, member: Json) -> list[Json]:
    """Runs and jobs in a member's group that have not ended, without itself."""
    if not member.get("concurrency"):
        return []
    documents, prefix = store(sandbox), f"{member['repository']}/"
    found = [*documents.documents("run", prefix), *documents.documents("job", prefix)]
    return [
        each
        for each in found
        if each["id"] != member["id"] and each["status"] != "completed" and _same(each, member)
    ]


def deadlock(run: Json, job: Json) -> str:
    """Why a job can never begin that waits for its own run; empty when it does not."""
    if not _same(run, job):
        return ""
    group = job["concurrency"]["group"]
    return (
        f"Canceling since a deadlock was detected for concurrency group '{group}' between a top level "
        f"workflow and '{job['name']}'"
    )


def enter(sandbox: Sandbox, newcomer: Json) -> None:
    """A run or job comes into its group: it takes the place of who is pending, and of all if it says so."""
    for other in _others(sandbox, newcomer):
        # A run is pending too while its only job waits for another group, and holds its own.
        waits = other["status"] == "pending" and ("run_id" in other or is_held(sandbox, other))
        if waits or newcomer["concurrency"]["cancel_in_progress"]:
            (runs.cancel_job if "run_id" in other else runs.cancel)(sandbox, other)


def _holds(other: Json, member: Json) -> bool:
    # A job that still waits for a reviewer holds nothing; a run has begun, whatever its jobs wait for.
    waits = "run_id" in other and other["status"] == "waiting"
    return bool(other["status"] == "in_progress" or (other["id"] < member["id"] and not waits))


def is_held(sandbox: Sandbox, member: Json) -> bool:
    """Whether a run or job is pending: another one holds its group, or that of the job's run."""
    members = [member]
    if "run_id" in member:
        run = store(sandbox).get("run", member["key"].rpartition("/")[0])
        members += [run] if run is not None else []
    return any(_holds(other, each) for each in members for other in _others(sandbox, each))

"""A run of a workflow: jobs in the order of their needs, gated by environments and concurrency groups."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workflow_runner.expressions import condition, filled
from workflow_runner.github.host import GitHubHost
from workflow_runner.github.job import Running, RunningJob
from workflow_runner.github.workflow import Event, Workflow, WorkflowError, combinations, load_all

_WORST_FIRST = ("failure", "cancelled", "skipped", "success")


@dataclass
class JobRun:
    """A job of a run: one combination of its matrix."""

    job_id: str
    name: str
    matrix: dict[str, Any]
    number: int = 0
    """GitHub's, once the job was asked for."""
    result: str = ""
    """success, failure, cancelled or skipped; empty until it has ended."""
    waits_for: str = ""
    """The environment whose reviewers must approve."""
    log: str = ""
    summary: str = ""
    outputs: dict[str, str] = field(default_factory=dict)


class Run:
    """A run of one workflow for one event."""

    def __init__(self, platform: GitHubActions, workflow: Workflow, event: Event) -> None:
        self.workflow, self.event = workflow, event
        self.host = host = platform.host
        self._variables = host.variables()
        self.jobs: list[JobRun] = []
        self.result = ""
        """success, failure, cancelled or skipped; empty while something waits."""
        self._now: RunningJob | None = None
        about = {
            "name": workflow.name,
            "path": workflow.path,
            "event": event.name,
            "ref": event.ref,
            "sha": event.sha,
            "actor": event.actor,
            "pull_request": event.payload.get("number"),
            "concurrency": _concurrency(workflow.document, self._contexts({}, {})),
            "id_token_seconds": platform.id_token_seconds,
        }
        self.number = int(host.runner("POST", "/runs", about)["id"])
        folder = platform.folder / f"run-{self.number}"
        self._shared = Running(host, workflow, event, folder, self.number, platform.machine_variables)
        for job_id, job in workflow.jobs.items():
            strategy = job.get("strategy", {})
            for matrix in combinations(strategy.get("matrix", {})):
                given = str(filled(job["name"], self._contexts({}, matrix))) if "name" in job else job_id
                values = ", ".join(str(value) for value in matrix.values())
                suffix = f" ({values})" if matrix and "name" not in job else ""
                self.jobs.append(JobRun(job_id, f"{given}{suffix}", matrix))

    def __getitem__(self, name: str) -> JobRun:
        return next(job for job in self.jobs if job.name == name)

    @property
    def log(self) -> str:
        """The logs of all jobs."""
        return "\n".join(f"== {job.name}: {job.result}\n{job.log}" for job in self.jobs)

    @property
    def log_now(self) -> list[str]:
        """The log of the job that runs, so far."""
        return list(self._now.log) if self._now is not None else []

    def kill(self) -> None:
        """The machine of the job that runs is gone: no signal, no further step."""
        if self._now is not None:
            self._now.machine.kill()

    def _needs(self, job: dict[str, Any]) -> list[str]:
        needs = job.get("needs", [])
        return [needs] if isinstance(needs, str) else list(needs)

    def go(self, only: Collection[str] = ()) -> Run:
        """Run everything that may run now, or of that only some jobs."""
        progress = True
        while progress:
            progress = False
            for job in self.jobs:
                if only and job.name not in only:
                    continue
                if not job.result and self._ready(job) and self._advance(job):
                    progress = True
        if not self.result and all(job.result for job in self.jobs):
            self.result = str(self.host.runner("PATCH", f"/runs/{self.number}", {})["conclusion"])
        return self

    def _ready(self, job: JobRun) -> bool:
        needed = self._needs(self.workflow.jobs[job.job_id])
        return all(other.result for other in self.jobs if other.job_id in needed)

    def _contexts(self, needs: dict[str, Any], matrix: dict[str, Any]) -> dict[str, Any]:
        """What expressions may name that are read before a job begins."""
        return {
            "github": {
                "event": self.event.payload,
                "event_name": self.event.name,
                "ref": self.event.ref,
                "ref_name": self.event.ref.removeprefix("refs/heads/"),
                "repository": self.host.repository,
                "actor": self.event.actor,
            },
            "needs": needs,
            "matrix": matrix,
            "vars": self._variables,
            "inputs": self.workflow.inputs(self.event),
        }

    def _needed(self, job: JobRun) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name in self._needs(self.workflow.jobs[job.job_id]):
            of = [other for other in self.jobs if other.job_id == name]
            results = {other.result for other in of}
            worst = next(each for each in _WORST_FIRST if each in results)
            outputs = {key: value for other in of for key, value in other.outputs.items()}
            found[name] = {"result": worst, "outputs": outputs}
        return found

    def _path(self, job: JobRun) -> str:
        return f"/runs/{self.number}/jobs/{job.number}"

    def _advance(self, job: JobRun) -> bool:
        """Ask for a job, or how it stands, and run it if it may begin; whether anything has changed."""
        declared, needs = self.workflow.jobs[job.job_id], self._needed(job)
        standing = self.host.runner("GET", self._path(job)) if job.number else self._ask(job, declared, needs)
        job.waits_for = standing["environment"] if standing["status"] == "waiting" else ""
        if standing["status"] == "completed":
            job.log, job.result = standing["message"], standing["conclusion"]
        elif standing["status"] == "queued":
            self._execute(job, declared, needs)
        return bool(job.result)

    def _ask(self, job: JobRun, declared: dict[str, Any], needs: dict[str, Any]) -> Any:
        """Tell GitHub of a job that is next; one whose condition says no is skipped at once."""
        contexts, results = self._contexts(needs, job.matrix), [each["result"] for each in needs.values()]
        functions = {
            "success": lambda: all(each == "success" for each in results),
            "failure": lambda: "failure" in results,
            "always": lambda: True,
        }
        body: dict[str, Any] = {"name": job.name}
        runs = condition(declared.get("if"), contexts, functions)
        if runs:
            named = declared.get("environment")
            body["environment"] = filled(named["name"] if isinstance(named, dict) else named, contexts)
            body["concurrency"] = _concurrency(declared, contexts)
            body["permissions"] = declared.get("permissions", self.workflow.document.get("permissions"))
        standing = self.host.runner("POST", f"/runs/{self.number}/jobs", body)
        job.number = standing["id"]
        if runs or standing["status"] == "completed":
            return standing
        return self.host.runner("PATCH", self._path(job), {"conclusion": "skipped"})

    def _execute(self, job: JobRun, declared: dict[str, Any], needs: dict[str, Any]) -> None:
        path = self._path(job)
        given = self.host.runner("POST", f"{path}/start")
        running = RunningJob(self._shared, job.job_id, declared, job.name, job.matrix, needs, given)
        self._now = running
        try:
            with running.machine.cancelled_when(lambda: bool(self.host.runner("GET", path)["cancelled"])):
                job.result = running.execute()
        except WorkflowError as error:
            running.say(f"##[error]{error}")
            job.result = "failure"
        finally:
            self._now = None
            running.machine.delete()
        self.host.runner("PATCH", path, {"conclusion": job.result})
        job.log, job.summary, job.outputs = "\n".join(running.log), running.summary, running.outputs

    @property
    def waiting(self) -> list[str]:
        """Environments that wait for an approval."""
        return sorted({job.waits_for for job in self.jobs if job.waits_for and not job.result})

    def approve(self, environment: str, by: str) -> Run:
        """A reviewer approves the deployment, and the run goes on.

        Raises:
            PermissionError: it is not theirs to approve.
        """
        path, auth = f"{self._actions}/pending_deployments", (by, self.host.sandbox.token)
        pending = [each["environment"] for each in self.host.client.get(path, auth=auth).json()]
        numbers = [each["id"] for each in pending if each["name"] == environment]
        assert numbers, f"the run does not wait for {environment}"
        decision = {"environment_ids": numbers, "state": "approved", "comment": ""}
        answer = self.host.client.post(path, json=decision, auth=auth)
        if answer.status_code == 422:
            raise PermissionError(answer.json()["message"])
        assert answer.is_success, answer.text
        return self.go()

    @property
    def _actions(self) -> str:
        return f"{self.host.path}/actions/runs/{self.number}"

    def cancel(self) -> None:
        """A person cancels; the runner hears of it from GitHub."""
        assert self.host.client.post(f"{self._actions}/cancel").is_success


def _concurrency(declared: dict[str, Any], contexts: dict[str, Any]) -> dict[str, Any] | None:
    """The `concurrency` of a workflow or job."""
    given = filled(declared.get("concurrency"), contexts)
    if given is None or isinstance(given, str):
        return {"group": given} if given else None
    return {"group": given["group"], "cancel_in_progress": given.get("cancel-in-progress", False)}


class GitHubActions:
    """Starts runs for events."""

    def __init__(self, host: GitHubHost, folder: Path) -> None:
        self.host, self.folder = host, folder
        self.runs: list[Run] = []
        self.id_token_seconds = 300
        self.machine_variables: dict[str, str] = {}

    def workflows(self, event: Event) -> list[Workflow]:
        """The workflow files of the event's commit."""
        folder = self.folder / f"files-{event.sha}"
        if not folder.exists():
            self.host.clone(folder, event.sha, self.host.sandbox.token)
        return load_all(folder)

    def start(self, event: Event) -> list[Run]:
        """A run of every workflow that the event starts; none has begun."""
        started = [Run(self, workflow, event) for workflow in self.workflows(event) if workflow.starts(event)]
        self.runs += started
        return started

    def run(self, event: Event) -> list[Run]:
        """Start runs for an event, and run them as far as they go."""
        return [run.go() for run in self.start(event)]

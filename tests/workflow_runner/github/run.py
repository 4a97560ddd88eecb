"""A run of a workflow: jobs in the order of their needs, gated by environments and concurrency groups."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import count
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
    result: str = ""
    """success, failure, cancelled or skipped; empty until it has ended."""
    waits_for: str = ""
    """The environment whose reviewers must approve."""
    log: str = ""
    summary: str = ""
    seconds: float = 0.0
    outputs: dict[str, str] = field(default_factory=dict)


class Run:
    """A run of one workflow for one event."""

    def __init__(self, platform: GitHubActions, workflow: Workflow, event: Event, number: int) -> None:
        self.platform, self.workflow, self.event, self.number = platform, workflow, event, number
        self.jobs: list[JobRun] = []
        self._approved: set[str] = set()
        self._cancelled = False
        self._now: RunningJob | None = None
        self._folder = platform.folder / f"run-{number}"
        self._shared = Running(
            platform.host,
            workflow,
            event,
            self._folder,
            number,
            platform.expired_tokens,
            platform.machine_variables,
        )
        for job_id, job in workflow.jobs.items():
            strategy = job.get("strategy", {})
            for matrix in combinations(strategy.get("matrix", {})):
                plain = {"matrix": matrix}
                given = str(filled(job["name"], plain)) if "name" in job else job_id
                values = ", ".join(str(value) for value in matrix.values())
                suffix = f" ({values})" if matrix and "name" not in job else ""
                self.jobs.append(JobRun(job_id, f"{given}{suffix}", matrix))

    def __getitem__(self, name: str) -> JobRun:
        return next(job for job in self.jobs if job.name == name)

    @property
    def result(self) -> str:
        """success, failure or cancelled; empty while something waits."""
        results = {job.result for job in self.jobs}
        if "" in results:
            return ""
        return next((each for each in ("cancelled", "failure") if each in results), "success")

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
                if not job.result and self._ready(job) and self._start(job):
                    progress = True
        return self

    def _ready(self, job: JobRun) -> bool:
        needed = self._needs(self.workflow.jobs[job.job_id])
        return all(other.result for other in self.jobs if other.job_id in needed)

    def _contexts(self, job: JobRun) -> dict[str, Any]:
        return {
            "github": {
                "event": self.event.payload,
                "event_name": self.event.name,
                "ref": self.event.ref,
                "ref_name": self.event.ref.removeprefix("refs/heads/"),
                "repository": self.platform.host.repository,
                "actor": self.event.actor,
                "run_id": str(self.number),
            },
            "needs": self._needed(job),
            "matrix": job.matrix,
            "vars": self.platform.host.values(None)[1],
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

    def _start(self, job: JobRun) -> bool:
        declared, contexts = self.workflow.jobs[job.job_id], self._contexts(job)
        needed = [each["result"] for each in contexts["needs"].values()]
        functions = {
            "success": lambda: all(each == "success" for each in needed) and not self._cancelled,
            "failure": lambda: "failure" in needed,
            "cancelled": lambda: self._cancelled,
            "always": lambda: True,
        }
        if not condition(declared.get("if"), contexts, functions):
            return self._ended(job, "cancelled" if self._cancelled else "skipped")
        named = declared.get("environment")
        environment = filled(named["name"] if isinstance(named, dict) else named, contexts) if named else None
        if environment and not self._admitted(job, environment):
            return bool(job.result)
        group = self._group(declared.get("concurrency"), contexts)
        with self.platform.lock(group):
            running = RunningJob(self._shared, job.job_id, declared, job.name, job.matrix, contexts["needs"])
            self._now = running
            try:
                result = running.execute(environment)
            except WorkflowError as error:
                running.say(f"##[error]{error}")
                result = "failure"
            finally:
                self._now = None
                running.machine.delete()
        job.log, job.summary, job.outputs = "\n".join(running.log), running.summary, running.outputs
        job.seconds = running.seconds
        return self._ended(job, result)

    def _group(self, concurrency: Any, contexts: Mapping[str, Any]) -> str | None:
        if concurrency is None:
            return None
        return str(filled(concurrency["group"] if isinstance(concurrency, dict) else concurrency, contexts))

    def _admitted(self, job: JobRun, name: str) -> bool:
        """Whether the environment lets the job in; when it never will, the job has failed."""
        environment = self.platform.host.environment(name)
        if not environment.admits(self.event.ref):
            branch = self.event.ref.removeprefix("refs/heads/")
            job.log = (
                f'Branch "{branch}" is not allowed to deploy to {name} due to environment protection rules.'
            )
            self._ended(job, "failure")
            return False
        if environment.reviewers and name not in self._approved:
            job.waits_for = name
            return False
        job.waits_for = ""
        return True

    def _ended(self, job: JobRun, result: str) -> bool:
        assert result in _WORST_FIRST
        job.result = result
        pull = self.event.payload.get("pull_request")
        sha = pull["head"]["sha"] if pull else self.event.sha
        if not self.event.from_fork:
            self.platform.host.report(job.name, sha, result)
        return True

    @property
    def waiting(self) -> list[str]:
        """Environments that wait for an approval."""
        return sorted({job.waits_for for job in self.jobs if job.waits_for and not job.result})

    def approve(self, environment: str, by: str) -> Run:
        """A reviewer approves the deployment, and the run goes on."""
        rules = self.platform.host.environment(environment)
        if by not in rules.reviewers or (by == self.event.actor and not rules.self_review):
            raise PermissionError(f"{by} may not approve deployments to {environment}")
        self._approved.add(environment)
        return self.go()

    def cancel(self) -> None:
        """A person or a newer run cancels: the step at work is interrupted, what follows is `cancelled()`."""
        self._cancelled = True
        if self._now is not None:
            self._now.machine.cancel()


class GitHubActions:
    """Starts runs for events, and keeps concurrency groups."""

    def __init__(self, host: GitHubHost, folder: Path) -> None:
        self.host, self.folder = host, folder
        self.runs: list[Run] = []
        self.expired_tokens = False
        self.machine_variables: dict[str, str] = {}
        self._numbers = count(1)
        self._locks: dict[str, threading.Lock] = defaultdict(threading.Lock)

    def lock(self, group: str | None) -> threading.Lock:
        """One at a time in a group; without one, a lock of nobody else's."""
        return self._locks[group] if group is not None else threading.Lock()

    def workflows(self, event: Event) -> list[Workflow]:
        """The workflow files of the event's commit."""
        folder = self.folder / f"files-{event.sha}"
        if not folder.exists():
            self.host.clone(folder, event.ref, event.sha)
        return load_all(folder)

    def start(self, event: Event) -> list[Run]:
        """A run of every workflow that the event starts; none has begun."""
        started = [
            Run(self, workflow, event, next(self._numbers))
            for workflow in self.workflows(event)
            if workflow.starts(event)
        ]
        for run in started:
            self._supersede(run)
        self.runs += started
        return started

    def _supersede(self, run: Run) -> None:
        """An older run of the same group is cancelled where the workflow says so."""
        wanted = run.workflow.document.get("concurrency")
        if not isinstance(wanted, dict) or not wanted.get("cancel-in-progress"):
            return
        contexts = run._contexts(run.jobs[0]) if run.jobs else {}
        group = filled(wanted["group"], {**contexts, "needs": {}})
        for older in self.runs:
            theirs = older.workflow.document.get("concurrency")
            if older.result or not isinstance(theirs, dict):
                continue
            if filled(theirs["group"], {**older._contexts(older.jobs[0]), "needs": {}}) == group:
                older.cancel()

    def run(self, event: Event) -> list[Run]:
        """Start runs for an event, and run them as far as they go."""
        return [run.go() for run in self.start(event)]

"""A run of a pipeline: stages and jobs in order, gated by the checks of environments."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from workflow_runner.azure.host import AzureHost
from workflow_runner.azure.job import Running, RunningJob
from workflow_runner.azure.pipeline import Pipeline, PipelineError, PipelineJob, functions, load
from workflow_runner.expressions import evaluate, truthy

_RESULTS = ("Succeeded", "Failed", "Canceled", "Skipped")


@dataclass
class JobRun:
    """A job of a run."""

    job: PipelineJob
    result: str = ""
    """Succeeded, Failed, Canceled or Skipped; empty until it has ended."""
    waits_for: str = ""
    log: str = ""
    summary: str = ""
    seconds: float = 0.0


class Run:
    """A run of one pipeline."""

    def __init__(
        self, platform: AzurePipelines, pipeline: Pipeline, shared: Running, requested_by: str
    ) -> None:
        self.platform, self.pipeline, self.shared, self.requested_by = (
            platform,
            pipeline,
            shared,
            requested_by,
        )
        self.jobs = [JobRun(job) for stage in pipeline.stages for job in stage.jobs]
        self._approved: set[str] = set()
        self._cancelled = False
        self._now: RunningJob | None = None

    def __getitem__(self, name: str) -> JobRun:
        return next(
            each for each in self.jobs if name in (each.job.name, f"{each.job.stage}.{each.job.name}")
        )

    @property
    def result(self) -> str:
        """succeeded, failed or canceled; empty while something waits."""
        results = {each.result for each in self.jobs}
        if "" in results:
            return ""
        return next((each.lower() for each in ("Canceled", "Failed") if each in results), "succeeded")

    @property
    def log(self) -> str:
        """The logs of all jobs."""
        return "\n".join(f"== {each.job.title}: {each.result}\n{each.log}" for each in self.jobs)

    def _of_stages(self, names: tuple[str, ...]) -> list[JobRun]:
        return [each for each in self.jobs if each.job.stage in names]

    def _before(self, job: PipelineJob) -> list[JobRun]:
        """What must have ended before a job."""
        stage = next(each for each in self.pipeline.stages if each.name == job.stage)
        own = [each for each in self._of_stages((job.stage,)) if each.job.name in job.depends_on]
        return [*self._of_stages(stage.depends_on), *own]

    def go(self, only: Collection[str] = ()) -> Run:
        """Run everything that may run now, or of that only some jobs."""
        progress = True
        while progress:
            progress = False
            for each in self.jobs:
                if only and each.job.name not in only:
                    continue
                if not each.result and all(before.result for before in self._before(each.job)):
                    progress = self._start(each) or progress
        if self.result:
            self.platform.ended(self)
        return self

    def _start(self, run: JobRun) -> bool:
        job, before = run.job, [each.result for each in self._before(run.job)]
        status = {
            "succeeded": lambda: all(each == "Succeeded" for each in before) and not self._cancelled,
            "failed": lambda: "Failed" in before,
            "canceled": lambda: self._cancelled,
            "succeededOrFailed": lambda: not self._cancelled,
            "always": lambda: True,
        }
        shared = self.shared
        pull = {} if shared.pull_request is None else {"System.PullRequest.IsFork": str(shared.fork)}
        variables = {"Build.Reason": shared.reason, "Build.SourceBranch": shared.ref, **pull}
        # A condition of a job's own takes the place of `succeeded()`.
        if not truthy(evaluate(job.condition, {"variables": variables}, {**functions(), **status})):
            run.result = "Canceled" if self._cancelled else "Skipped"
            return True
        if job.environment and not self._admitted(run, job.environment):
            return bool(run.result)
        with self.platform.lock(job.environment):
            running = self._now = RunningJob(shared, job)
            try:
                run.result = running.execute()
            except PipelineError as error:
                running.say(f"##[error]{error}")
                run.result = "Failed"
            finally:
                self._now = None
                running.machine.delete()
        run.log, run.summary, run.seconds = "\n".join(running.log), running.summary, running.seconds
        assert run.result in _RESULTS
        return True

    def _admitted(self, run: JobRun, name: str) -> bool:
        environment = self.platform.host.environment(name)
        if not environment.admits(self.shared.ref):
            run.log = f"Branch {self.shared.ref} is not allowed for environment {name}."
            run.result = "Failed"
            return False
        if environment.approvers and name not in self._approved:
            run.waits_for = name
            return False
        run.waits_for = ""
        return True

    @property
    def waiting(self) -> list[str]:
        """Environments that wait for an approval."""
        return sorted({each.waits_for for each in self.jobs if each.waits_for and not each.result})

    def approve(self, environment: str, by: str) -> Run:
        """An approver lets the deployment go on."""
        rules = self.platform.host.environment(environment)
        if by not in rules.approvers or (by == self.requested_by and not rules.requester_may_approve):
            raise PermissionError(f"{by} may not approve deployments to {environment}")
        self._approved.add(environment)
        return self.go()

    def cancel(self) -> None:
        """A person cancels: the step at work is interrupted, what follows is `canceled()`."""
        self._cancelled = True
        if self._now is not None:
            self._now.machine.cancel()


class AzurePipelines:
    """Starts runs of the pipelines that are set up."""

    def __init__(self, host: AzureHost, folder: Path, definitions: Mapping[str, tuple[int, str]]) -> None:
        self.host, self.folder, self.definitions = host, folder, definitions
        self.expired_tokens = False
        self.machine_variables: dict[str, str] = {}
        self.runs: list[Run] = []
        self._numbers = count(1)
        self._locks: dict[str, threading.Lock] = defaultdict(threading.Lock)

    def lock(self, environment: str | None) -> threading.Lock:
        """The environment's exclusive lock."""
        exclusive = environment is not None and self.host.environment(environment).locked
        return self._locks[str(environment)] if exclusive else threading.Lock()

    def _checkout(self, ref: str, sha: str) -> Path:
        folder = self.folder / f"files-{sha}"
        if not folder.exists():
            self.host.clone(folder, ref, sha)
        return folder

    def _run(self, name: str, ref: str, sha: str, reason: str, **more: Any) -> Run:
        parameters, by = more.pop("parameters", None), more.pop("by", "developer@example.com")
        only = more.pop("only", ())
        path, number = self.definitions[name][1], next(self._numbers)
        shared = Running(
            self.host,
            name,
            ref,
            sha,
            self.folder / f"run-{number}",
            number,
            reason,
            expired_tokens=self.expired_tokens,
            extra=self.machine_variables,
            **more,
        )
        run = Run(self, load(self._checkout(ref, sha), path, parameters), shared, by)
        self.runs.append(run)
        return run.go(only)

    def ended(self, run: Run) -> None:
        """Its result, where build policies look for it."""
        number = self.definitions[run.shared.pipeline][0]
        self.host.record(number, run.shared.sha, run.result, run.shared.number)

    def push(self, branch: str) -> list[Run]:
        """Runs of every pipeline that a push to the branch starts."""
        ref, sha = f"refs/heads/{branch}", self.host.head(branch)
        folder = self._checkout(ref, sha)
        started = [
            name for name, (_, path) in self.definitions.items() if load(folder, path).starts_on_push(branch)
        ]
        return [self._run(name, ref, sha, "IndividualCI") for name in started]

    def pull_request(self, number: int, fork: bool = False, only: Collection[str] = ()) -> Run:
        """The run that the branch policy starts for a pull request."""
        pull = self.host.get(f"{self.host.root}/pullRequests/{number}")
        sha, ref = pull["lastMergeCommit"]["commitId"], f"refs/pull/{number}/merge"
        more = {"pull_request": number, "fork": fork, "only": only}
        return self._run("mlops-pull-request", ref, sha, "PullRequest", **more)

    def nightly(self) -> list[Run]:
        """Runs of every pipeline with a schedule."""
        ref, sha = "refs/heads/main", self.host.head("main")
        folder = self._checkout(ref, sha)
        return [
            self._run(name, ref, sha, "Schedule")
            for name, (_, path) in self.definitions.items()
            if load(folder, path).is_scheduled("main")
        ]

    def by_hand(self, name: str, branch: str = "main", **parameters: str) -> Run:
        """A person starts a pipeline with parameters."""
        sha = self.host.head(branch)
        return self._run(name, f"refs/heads/{branch}", sha, "Manual", parameters=parameters)

"""A run of a pipeline: stages and jobs in order, gated by the checks of environments."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workflow_runner.azure.host import AzureHost
from workflow_runner.azure.job import Running, RunningJob
from workflow_runner.azure.pipeline import Pipeline, PipelineError, PipelineJob, functions, load
from workflow_runner.expressions import evaluate, truthy


@dataclass
class JobRun:
    """A job of a run."""

    job: PipelineJob
    number: str = ""
    """Azure DevOps', once the job was asked for."""
    approval: str = ""
    """The approval that it waits for."""
    result: str = ""
    """Succeeded, Failed, Canceled or Skipped; empty until it has ended."""
    log: str = ""
    summary: str = ""


class Run:
    """A run of one pipeline."""

    def __init__(self, platform: AzurePipelines, pipeline: Pipeline, about: dict[str, Any]) -> None:
        """A run that has begun; `about` is what the platform is told of it."""
        self.pipeline, self.host = pipeline, platform.host
        self.jobs = [JobRun(job) for stage in pipeline.stages for job in stage.jobs]
        self.result = ""
        """succeeded, failed or canceled; empty while something waits."""
        runs = f"/{self.host.project}/_agent/runs"
        self._told = self.host.post(runs, about)
        self._path = f"{runs}/{self._told['id']}"
        folder = platform.folder / f"run-{self._told['id']}"
        self._shared = Running(self.host, about["sha"], folder, platform.machine_variables)

    def __getitem__(self, name: str) -> JobRun:
        return next(
            each for each in self.jobs if name in (each.job.name, f"{each.job.stage}.{each.job.name}")
        )

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
                    progress = self._advance(each) or progress
        if not self.result and all(each.result for each in self.jobs):
            results = {each.result for each in self.jobs}
            worst = next((each for each in ("Canceled", "Failed") if each in results), "Succeeded")
            self.result = str(self.host.call("PATCH", self._path, {"result": worst.lower()})["result"])
        return self

    def _job_path(self, run: JobRun) -> str:
        return f"{self._path}/jobs/{run.number}"

    def _advance(self, run: JobRun) -> bool:
        """Ask for a job, or how it stands, and run it if it may begin; whether it has ended."""
        if not run.number:
            if not self._wanted(run.job):
                run.result = "Skipped"
                return True
            job = run.job
            asked = {
                "name": job.name,
                "environment": job.environment,
                "variableGroups": list(job.groups),
            }
            run.number = str(self.host.post(f"{self._path}/jobs", asked)["id"])
        standing = self.host.get(self._job_path(run))
        run.approval = standing["approval"] if standing["status"] == "waiting" else ""
        if standing["status"] == "completed":
            run.log, run.result = standing["message"], str(standing["result"]).capitalize()
        elif standing["status"] == "queued":
            self._execute(run)
        return bool(run.result)

    def _wanted(self, job: PipelineJob) -> bool:
        """Whether a job's condition lets it run; one of its own takes the place of `succeeded()`."""
        before = [each.result for each in self._before(job)]
        status = {
            "succeeded": lambda: all(each == "Succeeded" for each in before),
            "failed": lambda: "Failed" in before,
            "succeededOrFailed": lambda: "Canceled" not in before,
            "always": lambda: True,
        }
        reason, told = str(self._told["reason"]), self._told
        variables = {"Build.Reason": f"{reason[:1].upper()}{reason[1:]}", "Build.SourceBranch": told["ref"]}
        if told["pullRequest"] is not None:
            variables["System.PullRequest.IsFork"] = str(told["fromFork"])
        return truthy(evaluate(job.condition, {"variables": variables}, {**functions(), **status}))

    def _execute(self, run: JobRun) -> None:
        path = self._job_path(run)
        begun = self.host.client.post(f"{path}/start", json={})
        if begun.status_code == 409:
            return  # another run holds the environment's lock
        assert begun.is_success, begun.text
        running = RunningJob(self._shared, run.job, begun.json())
        try:
            with running.machine.cancelled_when(lambda: bool(self.host.get(path)["cancelled"])):
                run.result = running.execute()
        except PipelineError as error:
            running.say(f"##[error]{error}")
            run.result = "Failed"
        finally:
            running.machine.delete()
        self.host.call("PATCH", path, {"result": run.result.lower()})
        run.log, run.summary = "\n".join(running.log), running.summary

    @property
    def waiting(self) -> list[str]:
        """Environments that wait for an approval."""
        return sorted({str(each.job.environment) for each in self.jobs if each.approval})

    def approve(self, environment: str, by: str) -> Run:
        """An approver lets the deployment go on.

        Raises:
            PermissionError: it is not theirs to approve.
        """
        (waits,) = [each for each in self.jobs if each.approval and each.job.environment == environment]
        decision = [{"approvalId": waits.approval, "status": "approved", "comment": ""}]
        path, auth = f"/{self.host.project}/_apis/pipelines/approvals", (by, self.host.sandbox.token)
        answer = self.host.client.patch(path, json=decision, auth=auth)
        if answer.status_code == 403:
            raise PermissionError(answer.json()["message"])
        assert answer.is_success, answer.text
        return self.go()


class AzurePipelines:
    """Starts runs of the pipelines that are set up."""

    def __init__(self, host: AzureHost, folder: Path, definitions: Mapping[str, tuple[int, str]]) -> None:
        self.host, self.folder, self.definitions = host, folder, definitions
        self.machine_variables: dict[str, str] = {}
        self.runs: list[Run] = []

    def _checkout(self, sha: str) -> Path:
        folder = self.folder / f"files-{sha}"
        if not folder.exists():
            self.host.clone(folder, sha, self.host.sandbox.token)
        return folder

    def _run(
        self, name: str, ref: str, sha: str, reason: str, pull: int | None = None, **parameters: str
    ) -> Run:
        """A run that has begun, none of its jobs has."""
        number, path = self.definitions[name]
        about = {"definition": number, "ref": ref, "sha": sha, "reason": reason, "pullRequest": pull}
        run = Run(self, load(self._checkout(sha), path, parameters), about)
        self.runs.append(run)
        return run

    def push(self, branch: str) -> list[Run]:
        """Runs of every pipeline that a push to the branch starts."""
        ref, sha = f"refs/heads/{branch}", self.host.head(branch)
        folder = self._checkout(sha)
        started = [
            name for name, (_, path) in self.definitions.items() if load(folder, path).starts_on_push(branch)
        ]
        return [self._run(name, ref, sha, "individualCI").go() for name in started]

    def pull_request(self, number: int, only: Collection[str] = ()) -> Run:
        """The run that the branch policy starts for a pull request."""
        pull = self.host.get(f"{self.host.root}/pullRequests/{number}")
        sha, ref = pull["lastMergeCommit"]["commitId"], f"refs/pull/{number}/merge"
        return self._run("mlops-pull-request", ref, sha, "pullRequest", number).go(only)

    def nightly(self) -> list[Run]:
        """Runs of every pipeline with a schedule."""
        sha = self.host.head("main")
        folder = self._checkout(sha)
        return [
            self._run(name, "refs/heads/main", sha, "schedule").go()
            for name, (_, path) in self.definitions.items()
            if load(folder, path).is_scheduled("main")
        ]

    def by_hand(self, name: str, branch: str = "main", **parameters: str) -> Run:
        """A person starts a pipeline with parameters."""
        sha = self.host.head(branch)
        return self._run(name, f"refs/heads/{branch}", sha, "manual", **parameters).go()

"""One job of a run: its machine, its environment, and its steps in order."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from workflow_runner.expressions import condition, filled, text
from workflow_runner.github import actions
from workflow_runner.github.host import GitHubHost
from workflow_runner.github.workflow import Event, Workflow, WorkflowError
from workflow_runner.machine import Machine


@dataclass
class Running:
    """What jobs of one run share."""

    host: GitHubHost
    workflow: Workflow
    event: Event
    folder: Path
    number: int
    extra: Mapping[str, str] = field(default_factory=dict)
    """Variables of the machines."""


class RunningJob:
    """A job while it runs."""

    def __init__(
        self,
        run: Running,
        job_id: str,
        job: dict[str, Any],
        name: str,
        matrix: dict[str, Any],
        needs: dict[str, Any],
        given: dict[str, Any],
    ) -> None:
        """A job that has begun; `given` is what the platform gives it."""
        self.run, self.host, self.event = run, run.host, run.event
        self.job_id, self.job, self.name, self.matrix, self.needs = job_id, job, name, matrix, needs
        self.given = given
        self.artifacts = run.folder / "artifacts"
        self.log: list[str] = []
        self.summary = ""
        self.outputs: dict[str, str] = {}
        self.machine = Machine(run.folder / re.sub(r"\W+", "-", name))
        self._status = "success"
        self._steps: dict[str, Any] = {}
        self._added: dict[str, str] = {}
        self._paths: list[str] = []
        self._number = 0

    def contexts(self, env: Mapping[str, str] | None = None) -> dict[str, Any]:
        """What expressions in the job may name."""
        event = self.event
        github = {
            "event": {**event.payload, "inputs": dict(event.inputs or {})},
            "event_name": event.name,
            "ref": event.ref,
            "ref_name": event.ref.removeprefix("refs/heads/").removeprefix("refs/"),
            "base_ref": event.payload.get("pull_request", {}).get("base", {}).get("ref", ""),
            "head_ref": event.payload.get("pull_request", {}).get("head", {}).get("ref", ""),
            "sha": event.sha,
            "actor": event.actor,
            "repository": self.host.repository,
            "run_id": str(self.run.number),
            "run_number": str(self.run.number),
            "workflow": self.run.workflow.name,
            "server_url": self.given["server_url"],
            "token": self.given["token"],
        }
        return {
            "github": github,
            "inputs": self.run.workflow.inputs(event),
            "needs": self.needs,
            "matrix": self.matrix,
            "vars": self.given["variables"],
            "secrets": {**self.given["secrets"], "GITHUB_TOKEN": self.given["token"]},
            "env": dict(env or {}),
            "job": {"status": self._status},
            "steps": self._steps,
            "runner": {"os": "Linux", "arch": "X64", "temp": str(self.machine.temp)},
        }

    def _functions(self) -> dict[str, Any]:
        return {
            "success": lambda: self._status == "success",
            "failure": lambda: self._status == "failure",
            "cancelled": lambda: self._status == "cancelled",
            "always": lambda: True,
            "hashFiles": self._hash_files,
        }

    def _hash_files(self, *patterns: str) -> str:
        found = sorted(
            {file for pattern in patterns for file in self.machine.work.glob(pattern) if file.is_file()}
        )
        digest = hashlib.sha256()
        for file in found:
            digest.update(hashlib.sha256(file.read_bytes()).digest())
        return digest.hexdigest() if found else ""

    def execute(self) -> str:
        """Run all steps; returns success, failure or cancelled."""
        base = {**self.machine.environment(), **self.run.extra, **self._github_variables()}
        workflow_env = filled(self.run.workflow.document.get("env", {}), self.contexts())
        env = {**workflow_env, **filled(self.job.get("env", {}), self.contexts())}
        own = {key: text(value) for key, value in env.items()}
        for step in self.job["steps"]:
            self._step(step, base, own)
        outputs = filled(self.job.get("outputs", {}), self.contexts(own), self._functions())
        self.outputs = {key: text(value) for key, value in outputs.items()}
        return self._status

    def _github_variables(self) -> dict[str, str]:
        temp = self.machine.temp
        event_file = temp / "event.json"
        event_file.write_text(json.dumps(self.contexts()["github"]["event"]))
        identity = {name: self.given[f"id_token_request_{name.lower()}"] for name in ("URL", "TOKEN")}
        return {
            **{f"ACTIONS_ID_TOKEN_REQUEST_{name}": value for name, value in identity.items() if value},
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": self.given["api_url"],
            "GITHUB_SERVER_URL": self.given["server_url"],
            "GITHUB_REPOSITORY": self.host.repository,
            "GITHUB_REF": self.event.ref,
            "GITHUB_SHA": self.event.sha,
            "GITHUB_ACTOR": self.event.actor,
            "GITHUB_EVENT_NAME": self.event.name,
            "GITHUB_EVENT_PATH": str(event_file),
            "GITHUB_RUN_ID": str(self.run.number),
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_WORKFLOW": self.run.workflow.name,
            "GITHUB_JOB": self.job_id,
            "GITHUB_WORKSPACE": str(self.machine.work),
            "RUNNER_TEMP": str(temp),
            "RUNNER_OS": "Linux",
        }

    def say(self, line: str) -> None:
        """A line of the log; values of secrets are hidden, as on GitHub."""
        for value in (*self.given["secrets"].values(), self.given["token"]):
            line = line.replace(value, "***") if value else line
        self.log.append(line)

    @contextmanager
    def _files(self) -> Iterator[dict[str, str]]:
        """The files by which a step talks to the runner; read when it has ended."""
        self._number += 1
        names = ("GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STEP_SUMMARY")
        files = {name: self.machine.temp / f"{name.lower()}-{self._number}" for name in names}
        for file in files.values():
            file.touch()
        yield {name: str(file) for name, file in files.items()}
        self._added.update(_pairs(files["GITHUB_ENV"].read_text()))
        self._paths[:0] = files["GITHUB_PATH"].read_text().splitlines()[::-1]
        self.summary += files["GITHUB_STEP_SUMMARY"].read_text()
        self._last_outputs = _pairs(files["GITHUB_OUTPUT"].read_text())

    def _step(self, step: dict[str, Any], base: dict[str, str], own: dict[str, str]) -> None:
        env = {**own, **self._added}
        env |= {key: text(value) for key, value in filled(step.get("env", {}), self.contexts(env)).items()}
        contexts, functions = self.contexts(env), self._functions()
        if not condition(step.get("if"), contexts, functions):
            self._note(step, "skipped", {})
            return
        name = filled(
            step.get("name") or step.get("uses") or step["run"].splitlines()[0], contexts, functions
        )
        self.say(f"##[group]{name}")
        outputs: dict[str, str] = {}
        try:
            if "uses" in step:
                given = filled(step.get("with", {}), contexts, functions)
                outcome, outputs = self._use(step["uses"], given, base, env)
            else:
                outcome, outputs = self._run(step, contexts, functions, base, env)
        except WorkflowError as error:
            self.say(f"##[error]{error}")
            outcome = "failure"
        if self.machine.cancelled.is_set() and self._status == "success":
            self._status = outcome = "cancelled"
            # What comes after a cancellation is not cancelled itself.
            self.machine.cancelled.clear()
        elif outcome == "failure" and not step.get("continue-on-error") and self._status == "success":
            self._status = "failure"
        self._note(step, outcome, outputs)

    def _note(self, step: dict[str, Any], outcome: str, outputs: dict[str, str]) -> None:
        if "id" in step:
            self._steps[step["id"]] = {"outcome": outcome, "conclusion": outcome, "outputs": outputs}

    def _run(
        self,
        step: dict[str, Any],
        contexts: dict[str, Any],
        functions: dict[str, Any],
        base: dict[str, str],
        env: dict[str, str],
    ) -> tuple[str, dict[str, str]]:
        shell = step.get("shell")
        if shell not in (None, "bash"):
            raise WorkflowError(f"the runner has no shell {shell}")
        with self._files() as files:
            whole = {**base, **env, **files}
            whole["PATH"] = ":".join([*self._paths, whole["PATH"]])
            folder = self.machine.work / str(step.get("working-directory", "."))
            limit = 60 * float(step.get("timeout-minutes") or self.job.get("timeout-minutes") or 360)
            script = filled(step["run"], contexts, functions)
            code = self.machine.bash(script, whole, folder, self.say, shell == "bash", limit)
            if code:
                self.say(f"##[error]Process completed with exit code {code}.")
        return ("failure" if code else "success"), self._last_outputs

    def _use(
        self, uses: str, given: dict[str, Any], base: dict[str, str], env: dict[str, str]
    ) -> tuple[str, dict[str, str]]:
        if not uses.startswith("./"):
            return "success", actions.equivalent(uses)(self, given)
        file = self.machine.work / uses / "action.yml"
        if not file.is_file():
            raise WorkflowError(f"{uses}: no action.yml in the checkout; is actions/checkout before it?")
        action = yaml.safe_load(file.read_text())
        if action["runs"]["using"] != "composite":
            raise WorkflowError(f"{uses}: only composite actions run here")
        outer, self._steps = self._steps, {}
        try:
            for step in action["runs"]["steps"]:
                if "run" in step and "shell" not in step:
                    raise WorkflowError(f"{uses}: a step of a composite action names its shell")
                self._step(step, base, env)
        finally:
            self._steps = outer
        return self._status, {}


def _pairs(written: str) -> dict[str, str]:
    """`NAME=value` lines and `NAME<<END … END` blocks."""
    found: dict[str, str] = {}
    lines = iter(written.splitlines())
    for line in lines:
        block = re.match(r"([^=<]+)<<(.+)", line)
        if block:
            inside = []
            for each in lines:
                if each == block.group(2):
                    break
                inside.append(each)
            found[block.group(1)] = "\n".join(inside)
        elif "=" in line:
            name, _, value = line.partition("=")
            found[name] = value
    return found

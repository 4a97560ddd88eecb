"""One job of a pipeline's run: its machine, its variables, and its steps in order."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workflow_runner.azure.host import AzureHost
from workflow_runner.azure.pipeline import PipelineError, PipelineJob, functions
from workflow_runner.expressions import evaluate, text, truthy
from workflow_runner.github.actions import restore_venv
from workflow_runner.machine import CHECKOUT, Machine

_MACRO = re.compile(r"\$\(([\w.]+)\)")
_COMMAND = re.compile(r"^##vso\[([\w.]+)(?:\s+([^\]]*))?\](.*)$")


@dataclass
class Running:
    """What jobs of one run share."""

    host: AzureHost
    sha: str
    folder: Path
    extra: Mapping[str, str] = field(default_factory=dict)
    """Variables of the machines."""


class RunningJob:
    """A job while it runs."""

    def __init__(self, run: Running, job: PipelineJob, given: dict[str, Any]) -> None:
        """A job that has begun; `given` is what the platform gives it."""
        self.run, self.host, self.job = run, run.host, job
        self.log: list[str] = []
        self.summary = ""
        self.machine = Machine(run.folder / re.sub(r"\W+", "-", f"{job.stage}-{job.name}"))
        self._status = "Succeeded"
        self._paths: list[str] = []
        values = given["variables"]
        self._secrets = {name: values[name] for name in given["secrets"]}
        self._secrets["System.AccessToken"] = given["accessToken"]
        plain = {name: value for name, value in values.items() if name not in self._secrets}
        own = {
            "Agent.OS": "Linux",
            "Agent.TempDirectory": str(self.machine.temp),
            "Build.SourcesDirectory": str(self.machine.work),
            "Pipeline.Workspace": str(self.machine.root),
            "TF_BUILD": "True",
        }
        self.variables: dict[str, str] = {**plain, **job.variables, **given["system"], **own}

    def execute(self) -> str:
        """Run all steps; returns Succeeded, Failed or Canceled."""
        for step in self.job.steps:
            self._step(step)
        return self._status

    def _macros(self, value: Any) -> str:
        """`$(name)` replaced; one that nothing is called stays as it is, as on Azure DevOps."""
        known = {name.lower(): each for name, each in {**self.variables, **self._secrets}.items()}
        return _MACRO.sub(lambda found: known.get(found.group(1).lower(), found.group(0)), text(value))

    def condition(self, expression: str) -> bool:
        """A step's condition."""
        status = {
            "succeeded": lambda: self._status == "Succeeded",
            "failed": lambda: self._status == "Failed",
            "canceled": lambda: self._status == "Canceled",
            "succeededOrFailed": lambda: self._status != "Canceled",
            "always": lambda: True,
        }
        return truthy(evaluate(expression, {"variables": self.variables}, {**functions(), **status}))

    def say(self, line: str) -> None:
        """A line of the log; `##vso` commands are done, values of secrets are hidden."""
        command = _COMMAND.match(line)
        if command:
            self._command(command.group(1), command.group(3))
        for value in self._secrets.values():
            line = line.replace(value, "***") if value else line
        self.log.append(line)

    def _command(self, name: str, value: str) -> None:
        if name == "task.prependpath":
            self._paths.insert(0, value)
        elif name == "task.uploadsummary":
            self.summary += Path(value).read_text(encoding="utf-8")
        elif name != "task.logissue":
            raise PipelineError(f"##vso[{name}] is not known to the runner")

    def _step(self, step: dict[str, Any]) -> None:
        if not self.condition(str(step.get("condition", "succeeded()"))):
            return
        kind = next(each for each in ("bash", "checkout", "task", "publish", "download") if each in step)
        self.say(f"##[section]Starting: {step.get('displayName', step[kind])}")
        try:
            failed = getattr(self, f"_{kind}")(step)
        except PipelineError as error:
            self.say(f"##[error]{error}")
            failed = True
        if self.machine.cancelled.is_set() and self._status == "Succeeded":
            self._status = "Canceled"
            self.machine.cancelled.clear()
        elif failed and not step.get("continueOnError") and self._status == "Succeeded":
            self._status = "Failed"

    def _bash(self, step: dict[str, Any]) -> bool:
        env = {**self.machine.environment(), **self.run.extra}
        # Plain variables are in the environment; secrets only where a step maps them.
        env |= {re.sub(r"\W", "_", name).upper(): value for name, value in self.variables.items()}
        env |= {name: self._macros(value) for name, value in step.get("env", {}).items()}
        env["PATH"] = ":".join([*self._paths, env["PATH"]])
        folder = self.machine.work / str(step.get("workingDirectory", "."))
        code = self.machine.bash(
            self._macros(step["bash"]), env, folder, self.say, timeout=self.job.minutes * 60
        )
        if code:
            self.say(f"##[error]Bash exited with code '{code}'.")
        return bool(code)

    def _checkout(self, step: dict[str, Any]) -> bool:
        if step["checkout"] == "none":
            return False
        if step.get("persistCredentials") is not False:
            raise PipelineError("checkout: persistCredentials must be false")
        self.host.clone(self.machine.work, self.run.sha, self._secrets["System.AccessToken"])
        return False

    def _task(self, step: dict[str, Any]) -> bool:
        """Named equivalents of tasks."""
        inputs = step.get("inputs", {})
        if step["task"] == "UsePythonVersion@0":
            return False
        if step["task"] == "Cache@2":
            lock = "requirements.lock"
            same = (self.machine.work / lock).read_bytes() == (CHECKOUT / lock).read_bytes()
            path = Path(self._macros(inputs["path"]))
            if same and path.name == ".venv":
                restore_venv(path)
            return False
        raise PipelineError(f"{step['task']}: the runner has no equivalent of this task")

    def _artifact(self, step: dict[str, Any]) -> Path:
        return self.run.folder / "artifacts" / step["artifact"]

    def _publish(self, step: dict[str, Any]) -> bool:
        source, target = Path(self._macros(step["publish"])), self._artifact(step)
        if not source.is_file():
            raise PipelineError(f"publish: nothing at {source}")
        target.mkdir(parents=True)
        shutil.copy2(source, target)
        return False

    def _download(self, step: dict[str, Any]) -> bool:
        if step["download"] != "current" or not self._artifact(step).is_dir():
            raise PipelineError(f"download: no artifact {step['artifact']} of this run")
        shutil.copytree(self._artifact(step), self.machine.root / step["artifact"])
        return False

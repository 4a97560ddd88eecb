"""This repository's files as a commit of a new repository on a code host."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import yaml

from workflow_runner.machine import CHECKOUT


def git(folder: Path, *arguments: str) -> str:
    """Run git; returns what it printed."""
    identity = ["-c", "user.name=developer", "-c", "user.email=developer@example.com"]
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def check_out(folder: Path, url: str, token: str, revision: str) -> None:
    """A checkout of a commit or branch, without credentials in it."""
    folder.mkdir(parents=True, exist_ok=True)
    header = f"http.extraHeader=Authorization: Bearer {token}"
    git(folder, "init", "-q", "-b", "main", ".")
    git(folder, "remote", "add", "origin", url)
    git(folder, "-c", header, "fetch", "-q", "origin", f"+{revision}:refs/remotes/origin/run")
    git(folder, "-c", "advice.detachedHead=false", "checkout", "-q", "refs/remotes/origin/run")


def _stack_file(stack: str, runner: str) -> str:
    """An environment in a workspace that exists, apart from others by its catalog and names."""
    environment = {"name": stack, "catalog": stack, "roles": {"runner": runner}}
    if stack == "prod":
        environment |= {"protect": True, "notifications": {"on_failure": ["oncall@example.com"]}}
    return yaml.safe_dump({"config": {"databricks-mlops:environment": environment}}, sort_keys=False)


class Clone:
    """A person's clone."""

    def __init__(self, folder: Path, url: str, token: str) -> None:
        self.folder = folder
        self._header = ("-c", f"http.extraHeader=Authorization: Bearer {token}")
        self._url = url

    def begin(self, runners: Mapping[str, str], small: bool, *branches: str) -> None:
        """Push the files of the checkout that these tests are in to new branches.

        Args:
            runners: application IDs of who runs the jobs of staging and prod.
            small: with a project of one short job in place of the repository's own.
            branches: the branches.
        """
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            check=True,
        )
        for name in filter(None, listed.stdout.split("\0")):
            if (CHECKOUT / name).is_file():
                (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(CHECKOUT / name, self.folder / name)
        if small:
            shutil.rmtree(self.folder / "ml_code")
            shutil.copytree(Path(__file__).parent / "small_project", self.folder / "ml_code")
        for stack, application in runners.items():
            (self.folder / f"Pulumi.{stack}.yaml").write_text(_stack_file(stack, application))
        git(self.folder, "init", "-q", "-b", "main", ".")
        git(self.folder, "remote", "add", "origin", self._url)
        git(self.folder, "add", "-A")
        git(self.folder, "commit", "-qm", "Everything so far")
        git(
            self.folder,
            *self._header,
            "push",
            "-q",
            "origin",
            *(f"HEAD:refs/heads/{each}" for each in branches),
        )

    def push(self, branch: str, files: Mapping[str, str], base: str = "main") -> str:
        """Commit files on a branch that begins at another, and push it; returns the commit."""
        git(self.folder, *self._header, "fetch", "-q", "origin")
        git(self.folder, "checkout", "-q", "-B", branch, f"origin/{base}")
        for path, text in files.items():
            (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / path).write_text(text)
        git(self.folder, "add", "-A")
        git(self.folder, "commit", "-q", "--allow-empty", "-m", f"Change {branch}")
        git(self.folder, *self._header, "push", "-q", "-f", "origin", f"HEAD:refs/heads/{branch}")
        return git(self.folder, "rev-parse", "HEAD")

    def push_to(self, url: str, branch: str) -> None:
        """Push what is checked out to another repository."""
        git(self.folder, *self._header, "push", "-q", "-f", url, f"HEAD:refs/heads/{branch}")

    def text(self, path: str, branch: str = "main") -> str:
        """A file of a branch as it was last pushed or fetched."""
        return git(self.folder, "show", f"origin/{branch}:{path}") + "\n"

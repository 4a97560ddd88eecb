"""The CI platform that this command runs on: where it comments, and how it says what it found."""

from __future__ import annotations

import os
import sys
from typing import Protocol

from pulumi_databricks_mlops.cli.ci.azure_devops import AzureDevOps
from pulumi_databricks_mlops.cli.ci.github import GitHub


class Platform(Protocol):
    """A CI platform."""

    def about(self) -> str:
        """The run and its commit, as Markdown."""

    def comment(self, marker: str, text: str) -> str | None:
        """Write the pull request's one comment with that marker; its address, None without a pull request.

        Args:
            marker: a line of the comment by which it is found again.
            text: the whole comment.
        """

    def summary(self, text: str) -> None:
        """Show Markdown on the run's own page."""

    def open_issue(self, marker: str, title: str, text: str) -> str | None:
        """Open the one issue with that marker, or update it; its address, None where there are no issues."""

    def close_issue(self, marker: str, text: str) -> str | None:
        """Close the issue with that marker, if one is open; its address."""

    def open_pull_requests(self) -> set[int] | None:
        """Numbers of the open pull requests; None when they can't be known."""

    def pull_request(self) -> int | None:
        """The number of the pull request that this run is for."""


class Terminal:
    """No platform: a person runs the command."""

    def about(self) -> str:
        """Nothing to say."""
        return ""

    def comment(self, marker: str, text: str) -> str | None:  # noqa: ARG002
        """Print it."""
        print(text)
        return None

    def summary(self, text: str) -> None:
        """The engine has printed everything."""

    def open_issue(self, marker: str, title: str, text: str) -> str | None:  # noqa: ARG002
        """Print it."""
        print(text)
        return None

    def close_issue(self, marker: str, text: str) -> str | None:  # noqa: ARG002
        """Nothing to close."""
        return None

    def open_pull_requests(self) -> set[int] | None:
        """Unknown."""
        return None

    def pull_request(self) -> int | None:
        """None."""
        return None


def platform() -> Platform:
    """The platform of this run."""
    if os.environ.get("GITHUB_ACTIONS"):
        return GitHub()
    if os.environ.get("TF_BUILD"):
        return AzureDevOps()
    return Terminal()


def note(text: str) -> None:
    """One line to the job's log."""
    print(f"mlops ci: {text}", file=sys.stderr, flush=True)

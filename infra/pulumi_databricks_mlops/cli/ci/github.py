"""GitHub Actions: comments and issues through the REST API, by the job's own token."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pulumi_databricks_mlops.cli.ci import rest
from pulumi_databricks_mlops.cli.ci.masking import masked
from pulumi_databricks_mlops.cli.ci.variables import append, required

_PAGE = 100
_JSON = "application/vnd.github+json"
_DRIFT_LABEL = "drift"


class GitHub:
    """A run of a workflow."""

    def __init__(self) -> None:
        self._api = os.environ.get("GITHUB_API_URL", "https://api.github.com")
        self._repository = os.environ.get("GITHUB_REPOSITORY", "")

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        token = required("GITHUB_TOKEN", "add `GITHUB_TOKEN: ${{ github.token }}` to the step's env.")
        return rest.call(method, f"{self._api}/repos/{self._repository}{path}", token, body, _JSON)

    def _pages(self, path: str) -> Iterator[Any]:
        page, found = 1, [None] * _PAGE
        while len(found) == _PAGE:
            joint = "&" if "?" in path else "?"
            found = self._call("GET", f"{path}{joint}per_page={_PAGE}&page={page}")
            yield from found
            page += 1

    def about(self) -> str:
        """`<commit>, run <number>`."""
        server = os.environ.get("GITHUB_SERVER_URL", "https://github.com")
        run = os.environ.get("GITHUB_RUN_ID", "")
        commit = self._event().get("pull_request", {}).get("head", {}).get("sha") or os.environ.get(
            "GITHUB_SHA", ""
        )
        return f"commit {commit[:12]}, [run {run}]({server}/{self._repository}/actions/runs/{run})"

    def _event(self) -> dict[str, Any]:
        name = os.environ.get("GITHUB_EVENT_PATH")
        found: dict[str, Any] = json.loads(Path(name).read_text(encoding="utf-8")) if name else {}
        return found

    def pull_request(self) -> int | None:
        """The pull request of the event."""
        number = self._event().get("pull_request", {}).get("number")
        return int(number) if number else None

    def open_pull_requests(self) -> set[int] | None:
        """Numbers of the open pull requests."""
        return {int(each["number"]) for each in self._pages("/pulls?state=open")}

    def comment(self, marker: str, text: str) -> str | None:
        """Change the comment with that marker, or make it."""
        number = self.pull_request()
        if number is None:
            return None
        body = {"body": masked(text)}
        for each in self._pages(f"/issues/{number}/comments"):
            if marker in (each.get("body") or ""):
                return str(self._call("PATCH", f"/issues/comments/{each['id']}", body)["html_url"])
        return str(self._call("POST", f"/issues/{number}/comments", body)["html_url"])

    def summary(self, text: str) -> None:
        """The job's summary."""
        append("GITHUB_STEP_SUMMARY", masked(text))

    def _issue(self, marker: str) -> dict[str, Any] | None:
        for each in self._pages(f"/issues?state=open&labels={_DRIFT_LABEL}"):
            if marker in (each.get("body") or ""):
                found: dict[str, Any] = each
                return found
        return None

    def open_issue(self, marker: str, title: str, text: str) -> str | None:
        """Open the issue, or bring the open one up to date."""
        there = self._issue(marker)
        body = {"title": title, "body": masked(text)}
        if there is not None:
            return str(self._call("PATCH", f"/issues/{there['number']}", body)["html_url"])
        return str(self._call("POST", "/issues", {**body, "labels": [_DRIFT_LABEL]})["html_url"])

    def close_issue(self, marker: str, text: str) -> str | None:
        """Close the open issue with a last comment."""
        there = self._issue(marker)
        if there is None:
            return None
        self._call("POST", f"/issues/{there['number']}/comments", {"body": masked(text)})
        closed = self._call("PATCH", f"/issues/{there['number']}", {"state": "closed"})
        return str(closed["html_url"])

"""Azure Pipelines: threads on pull requests through the REST API, by the job's own token.

There are no issues here: which work item types a project has is its own choice. Drift makes the run fail,
with the diff on its page; Azure DevOps mails that to whoever subscribes to failing runs.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pulumi_databricks_mlops.cli.ci import rest
from pulumi_databricks_mlops.cli.ci.masking import masked
from pulumi_databricks_mlops.cli.ci.variables import required

_VERSION = "api-version=7.1"
_DANGER = "**⚠"


class AzureDevOps:
    """A run of a pipeline."""

    def __init__(self) -> None:
        collection = os.environ.get("SYSTEM_COLLECTIONURI", "").rstrip("/")
        project = quote(os.environ.get("SYSTEM_TEAMPROJECT", ""))
        self._root = f"{collection}/{project}"
        self._repository = os.environ.get("BUILD_REPOSITORY_ID", "")

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        token = required("SYSTEM_ACCESSTOKEN", "add `SYSTEM_ACCESSTOKEN: $(System.AccessToken)` to its env.")
        joint = "&" if "?" in path else "?"
        url = f"{self._root}/_apis/git/repositories/{self._repository}{path}{joint}{_VERSION}"
        return rest.call(method, url, token, body)

    def about(self) -> str:
        """`<commit>, run <number>`."""
        run = os.environ.get("BUILD_BUILDID", "")
        commit = os.environ.get("SYSTEM_PULLREQUEST_SOURCECOMMITID") or os.environ.get(
            "BUILD_SOURCEVERSION", ""
        )
        return f"commit {commit[:12]}, [run {run}]({self._root}/_build/results?buildId={run})"

    def pull_request(self) -> int | None:
        """The pull request that the run validates."""
        number = os.environ.get("SYSTEM_PULLREQUEST_PULLREQUESTID", "")
        return int(number) if number.isdigit() else None

    def open_pull_requests(self) -> set[int] | None:
        """Numbers of the active pull requests."""
        found = self._call("GET", "/pullRequests?searchCriteria.status=active&$top=1000")
        return {int(each["pullRequestId"]) for each in found["value"]}

    def comment(self, marker: str, text: str) -> str | None:
        """Change the thread with that marker, or begin it; open where something is deleted, else closed."""
        number = self.pull_request()
        if number is None:
            return None
        threads, content = f"/pullRequests/{number}/threads", masked(text)
        status = "active" if _DANGER in text else "closed"
        address = f"{self._root}/_git/{self._repository}/pullrequest/{number}"
        for thread in self._call("GET", threads)["value"]:
            first = next(iter(thread.get("comments") or []), None)
            if first and not thread.get("isDeleted") and marker in (first.get("content") or ""):
                self._call("PATCH", f"{threads}/{thread['id']}/comments/{first['id']}", {"content": content})
                self._call("PATCH", f"{threads}/{thread['id']}", {"status": status})
                return f"{address}?discussionId={thread['id']}"
        comment = {"parentCommentId": 0, "commentType": "text", "content": content}
        made = self._call("POST", threads, {"comments": [comment], "status": status})
        return f"{address}?discussionId={made['id']}"

    def summary(self, text: str) -> None:
        """A tab on the run's page."""
        folder = os.environ.get("AGENT_TEMPDIRECTORY") or tempfile.gettempdir()
        handle, name = tempfile.mkstemp(prefix="mlops-summary-", suffix=".md", dir=folder)
        os.close(handle)
        Path(name).write_text(masked(text), encoding="utf-8")
        print(f"##vso[task.uploadsummary]{name}", flush=True)

    def open_issue(self, marker: str, title: str, text: str) -> str | None:  # noqa: ARG002
        """The run's page has it, and an error on the run says so."""
        print(f"##vso[task.logissue type=error]{title}", flush=True)
        return None

    def close_issue(self, marker: str, text: str) -> str | None:  # noqa: ARG002
        """There is none."""
        return None

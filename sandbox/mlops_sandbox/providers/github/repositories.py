"""Repositories and their topics."""

from __future__ import annotations

from typing import Any

from mlops_sandbox.providers.bridge.errors import ResourceError
from mlops_sandbox.providers.bridge.resource import pick
from mlops_sandbox.providers.bridge.values import Values
from mlops_sandbox.providers.github.client import GitHubError, path_part
from mlops_sandbox.providers.github.kinds import GitHubType, Instance

_SWITCHES = (
    "allow_auto_merge",
    "allow_merge_commit",
    "allow_rebase_merge",
    "allow_squash_merge",
    "allow_update_branch",
    "auto_init",
    "delete_branch_on_merge",
    "has_discussions",
    "has_issues",
    "has_projects",
    "has_wiki",
    "is_template",
)
_SAME = (
    *(name for name in _SWITCHES if name != "auto_init"),
    "allow_forking",
    "archived",
    "default_branch",
    "full_name",
    "has_downloads",
    "html_url",
    "merge_commit_message",
    "merge_commit_title",
    "name",
    "node_id",
    "private",
    "squash_merge_commit_message",
    "squash_merge_commit_title",
    "svn_url",
    "topics",
    "visibility",
    "web_commit_signoff_required",
)
#: Of the security settings, those that the plugin takes note of.
_ANALYSIS = ("advanced_security", "code_security", "secret_scanning", "secret_scanning_push_protection")


def _described(fields: Values) -> Values:
    """What a creation and an update send alike."""
    body = {name: fields.get(name, False) for name in _SWITCHES}
    body |= {name: fields.get(name, "") for name in ("name", "description")}
    body["homepage"] = fields.get("homepage_url", "")
    body |= {name: fields.get(name, "") for name in ("license_template", "gitignore_template")}
    for way in ("merge", "squash_merge"):
        if body["allow_merge_commit" if way == "merge" else "allow_squash_merge"]:
            body |= pick(fields, f"{way}_commit_title", f"{way}_commit_message")
    return body | pick(fields, "web_commit_signoff_required")


def _visibility(fields: Values) -> str:
    return str(fields.get("visibility") or ("private" if fields.get("private") else "public"))


class Repository(GitHubType):
    """A repository; its ID is its name."""

    token = "github:index/repository:Repository"  # noqa: S105
    local = frozenset(
        {
            "archive_on_destroy",
            "auto_init",
            "gitignore_template",
            "ignore_vulnerability_alerts_during_read",
            "license_template",
            "template",
        }
    )
    absent = frozenset({"archive_on_destroy", "vulnerability_alerts", "auto_init"})
    blank = frozenset({"description", "homepage_url"})

    def prepare(self, inputs: Values) -> None:
        """Pages are another product."""
        if inputs.get("pages"):
            raise ResourceError("pages needs the real provider plugin")

    def create(self, it: Instance) -> str:
        """Make it (empty, of a template or as a fork), then set what can only be set afterwards."""
        fields, name = it.fields, str(it.fields["name"])
        self._make(it)
        it.exists(name)
        path = it.api.repository(name)
        if fields.get("archived"):
            it.api.call("PATCH", path, {"archived": True})
            return name
        if fields.get("topics"):
            it.api.call("PUT", f"{path}/topics", {"names": fields["topics"]})
        if fields.get("vulnerability_alerts") is not None:
            self._set_alerts(it, path)
        self._edit(it, path, {"security_and_analysis", *pick(fields, "visibility", "private")})
        return name

    def _make(self, it: Instance) -> None:
        fields = it.fields
        about = {"name": fields["name"], "owner": it.api.owner}
        if fields.get("template"):
            source = fields["template"]
            whole = {**about, "include_all_branches": source.get("include_all_branches", False)}
            whole |= {
                "private": _visibility(fields) == "private",
                "description": fields.get("description", ""),
            }
            it.api.call("POST", f"{it.api.repository(source['repository'], source['owner'])}/generate", whole)
        elif str(fields.get("fork", "")).lower() == "true":
            if not fields.get("source_owner") or not fields.get("source_repo"):
                raise ResourceError("a fork needs sourceOwner and sourceRepo")
            into = {"name": fields["name"]}
            if it.api.is_organization:
                into["organization"] = it.api.owner
            it.api.call(
                "POST", f"{it.api.repository(fields['source_repo'], fields['source_owner'])}/forks", into
            )
        else:
            root = f"orgs/{path_part(it.api.owner)}" if it.api.is_organization else "user"
            body = {**_described(fields), "visibility": _visibility(fields)}
            it.api.call("POST", f"{root}/repos", body)

    def _edit(self, it: Instance, path: str, changed: set[str]) -> str:
        """PATCH everything, the visibility in a second one; returns the path by the new name."""
        fields = it.fields
        body = {**_described(fields), "archived": fields.get("archived", False)}
        body["has_downloads"] = fields.get("has_downloads", False)
        body |= {"topics": fields["topics"]} if fields.get("topics") else {}
        if "security_and_analysis" in changed and fields.get("security_and_analysis"):
            body["security_and_analysis"] = fields["security_and_analysis"]
        if "default_branch" in changed:
            body["default_branch"] = fields["default_branch"]
        if _visibility(fields) != "public" and "allow_forking" in changed:
            body |= pick(fields, "allow_forking")
        edited = it.api.call("PATCH", path, body).body
        path = it.api.repository(edited["name"])
        if changed & {"visibility", "private"}:
            if "topics" in changed and it.state:
                it.api.call("PUT", f"{path}/topics", {"names": fields.get("topics") or []})
            self._show(it, path, body)
        elif "topics" in changed and it.state:
            it.api.call("PUT", f"{path}/topics", {"names": fields.get("topics") or []})
        return path

    def _show(self, it: Instance, path: str, body: Values) -> None:
        visibility = _visibility(it.fields)
        try:
            it.api.call("PATCH", path, {**body, "visibility": visibility})
        except GitHubError as error:
            if error.status != 422 or f"visibility is already {visibility}" not in error.message.lower():
                raise

    def _set_alerts(self, it: Instance, path: str) -> None:
        wanted = it.fields.get("vulnerability_alerts")
        it.api.call("PUT" if wanted else "DELETE", f"{path}/vulnerability-alerts")

    def read(self, it: Instance) -> Values | None:
        """Its settings."""
        name = str(it.state.get("name") or it.id)
        path, etag = it.api.repository(name), it.state.get("etag")
        found = it.api.look(path, etag=etag)
        if found is None:
            return None
        if found.status == 304:
            return it.state
        it.exists(str(found.body["name"]))
        state = {**_told(found.body), "etag": found.etag}
        if found.body.get("security_and_analysis") and not it.state.get(
            "ignore_vulnerability_alerts_during_read"
        ):
            alerts = it.api.look(f"{path}/vulnerability-alerts", etag=etag)
            state["vulnerability_alerts"] = alerts is not None
        return state

    def update(self, it: Instance) -> None:
        """Send everything again, by the old name to the new one."""
        old = str(it.state.get("name") or it.id)
        path = self._edit(it, it.api.repository(old), set(it.changed))
        if "vulnerability_alerts" in it.changed:
            self._set_alerts(it, path)
        it.state = {**it.state, "name": it.fields["name"]}

    def delete(self, it: Instance) -> None:
        """Remove it, or only archive it."""
        path = it.api.repository(it.state.get("name") or it.id)
        if not it.state.get("archive_on_destroy"):
            it.api.remove(path)
        elif not it.state.get("archived"):
            it.api.call("PATCH", path, {"archived": True})


def _told(body: Values) -> Values:
    state = pick(body, *_SAME)
    parent = body.get("parent") or {}
    analysis = body.get("security_and_analysis") or {}
    state |= {
        "description": body.get("description") or "",
        "homepage_url": body.get("homepage") or "",
        "primary_language": body.get("language") or "",
        "repo_id": body["id"],
        "fork": "true" if body.get("fork") else "false",
        "source_owner": parent.get("owner", {}).get("login", ""),
        "source_repo": parent.get("name", ""),
        "git_clone_url": body["git_url"],
        "http_clone_url": body["clone_url"],
        "ssh_clone_url": body["ssh_url"],
        "security_and_analysis": _analysis(analysis) if analysis else None,
    }
    return state


def _analysis(told: dict[str, Any]) -> Values:
    return {name: {"status": told[name]["status"]} for name in _ANALYSIS if told.get(name)}


class RepositoryTopics(GitHubType):
    """All topics of a repository; its ID is the repository's name."""

    token = "github:index/repositoryTopics:RepositoryTopics"  # noqa: S105

    def _put(self, it: Instance, repository: object, topics: list[str]) -> None:
        it.api.call("PUT", f"{it.api.repository(repository)}/topics", {"names": topics})

    def create(self, it: Instance) -> str:
        """Replace them all."""
        self._put(it, it.fields["repository"], it.fields["topics"])
        return str(it.fields["repository"])

    def read(self, it: Instance) -> Values | None:
        """The topics."""
        found = it.api.look(f"{it.api.repository(it.id)}/topics")
        return None if found is None else {"repository": it.id, "topics": found.body["names"]}

    def update(self, it: Instance) -> None:
        """Replace them all."""
        it.exists(self.create(it))

    def delete(self, it: Instance) -> None:
        """Leave none."""
        try:
            self._put(it, it.id, [])
        except GitHubError as error:
            if error.status != 404:
                raise


TYPES = (Repository(), RepositoryTopics())

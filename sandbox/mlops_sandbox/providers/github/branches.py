"""Branches, and which one is a repository's default."""

from __future__ import annotations

from mlops_sandbox.providers.bridge.values import Values
from mlops_sandbox.providers.github.client import GitHubError, path_part, path_tail
from mlops_sandbox.providers.github.kinds import GitHubType, Instance, RepositoryPart, named


class Branch(GitHubType):
    """A branch; its ID is `repository:branch`."""

    token = "github:index/branch:Branch"  # noqa: S105
    local = frozenset({"source_branch", "source_sha"})

    def _ref(self, it: Instance, repository: object, branch: object, kind: str = "ref") -> str:
        return f"{it.api.repository(repository)}/git/{kind}/heads/{path_tail(branch)}"

    def create(self, it: Instance) -> str:
        """Branch off; a branch that is there already is taken as it is, as the real plugin does."""
        repository, branch = it.fields["repository"], it.fields["branch"]
        source = it.fields.get("source_sha")
        if not source:
            source = it.api.get(self._ref(it, repository, it.fields["source_branch"]))["object"]["sha"]
        body = {"ref": f"refs/heads/{branch}", "sha": source}
        try:
            it.api.call("POST", f"{it.api.repository(repository)}/git/refs", body)
        except GitHubError as error:
            if error.status != 422 or "already exists" not in error.message:
                raise
        it.answer = {**self._found(it, repository, branch), "source_sha": source}
        return f"{repository}:{branch}"

    def _found(self, it: Instance, repository: object, branch: object) -> Values:
        found = it.api.look(self._ref(it, repository, branch), etag=it.state.get("etag"))
        if found is None:
            return {}
        if found.status == 304:
            return it.state
        about = {"ref": found.body["ref"], "sha": found.body["object"]["sha"], "etag": found.etag}
        return {"repository": repository, "branch": branch, **about}

    def read(self, it: Instance) -> Values | None:
        """Where it points."""
        return self._found(it, *named(it, "repository", "branch")) or None

    def update(self, it: Instance) -> None:
        """Rename it."""
        repository, branch = it.fields["repository"], it.fields["branch"]
        path = f"{it.api.repository(repository)}/branches/{path_part(it.state['branch'])}/rename"
        it.api.call("POST", path, {"new_name": branch})
        it.exists(f"{repository}:{branch}")
        it.answer = self._found(it, repository, branch)

    def delete(self, it: Instance) -> None:
        """Remove the branch."""
        repository, branch = named(it, "repository", "branch")
        it.api.remove(self._ref(it, repository, branch, kind="refs"))


class BranchDefault(RepositoryPart):
    """Which branch is the default; its ID is the repository's name."""

    token = "github:index/branchDefault:BranchDefault"  # noqa: S105
    local = frozenset({"rename", "wait_for_rename"})

    def create(self, it: Instance) -> str:
        """Make it so, unless it is so already."""
        path = it.api.repository(it.fields["repository"])
        found = it.api.call("GET", path)
        self._keep(it, found.body, found.etag)
        if found.body["default_branch"] != it.fields["branch"]:
            self._change(it, str(found.body["default_branch"]))
        return str(it.fields["repository"])

    def _change(self, it: Instance, old: str) -> None:
        path = it.api.repository(it.fields["repository"])
        if it.fields.get("rename"):
            it.api.call("POST", f"{path}/branches/{path_part(old)}/rename", {"new_name": it.fields["branch"]})
            changed = it.api.call("GET", path)
        else:
            changed = it.api.call("PATCH", path, {"default_branch": it.fields["branch"]})
        self._keep(it, changed.body, changed.etag)

    def _keep(self, it: Instance, repository: Values, etag: str) -> None:
        it.answer = {
            "repository": repository["name"],
            "repository_id": repository["id"],
            "branch": repository["default_branch"],
            "etag": etag,
        }

    def read(self, it: Instance) -> Values | None:
        """The default branch."""
        name = it.state.get("repository") or it.id
        found = it.api.look(it.api.repository(name), etag=it.state.get("etag"))
        if found is None:
            return None
        if found.status == 304:
            return it.state
        self._keep(it, found.body, found.etag)
        return it.answer

    def update(self, it: Instance) -> None:
        """Make another branch the default."""
        self._change(it, str(it.state["branch"]))
        it.exists(str(it.fields["repository"]))

    def delete(self, it: Instance) -> None:
        """The default branch stays what it is."""


TYPES = (Branch(), BranchDefault())

"""Files in repositories, each change a commit."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any

from mlops_sandbox.providers.bridge.errors import ResourceError
from mlops_sandbox.providers.bridge.values import Values
from mlops_sandbox.providers.github.client import GitHubError, path_part, path_tail
from mlops_sandbox.providers.github.kinds import Instance, RepositoryPart, named, repository_id


class RepositoryFile(RepositoryPart):
    """A file; its ID is `repository:path:branch`."""

    token = "github:index/repositoryFile:RepositoryFile"  # noqa: S105
    local = frozenset(
        {
            "autocreate_branch",
            "autocreate_branch_source_branch",
            "autocreate_branch_source_sha",
            "commit_author",
            "commit_email",
            "overwrite_on_create",
        }
    )
    absent = frozenset({"autocreate_branch"})

    def prepare(self, inputs: Values) -> None:
        """An author needs a name and an address."""
        if bool(inputs.get("commitAuthor")) != bool(inputs.get("commitEmail")):
            raise ResourceError("commitAuthor and commitEmail go together")

    def create(self, it: Instance) -> str:
        """Commit the file; one that is there already only with overwriteOnCreate."""
        path = it.api.repository(it.fields["repository"])
        repository = it.api.get(path)
        branch = str(it.fields.get("branch") or repository["default_branch"])
        self._find_branch(it, branch)
        there = it.api.look(self._path(it), {"ref": branch})
        if there is not None and not it.fields.get("overwrite_on_create"):
            raise ResourceError(
                f"{it.fields['file']} is on {branch} already; set overwriteOnCreate to take it over"
            )
        message = it.fields.get("commit_message") or f"Add {it.fields['file']}"
        found = self._commit(it, branch, message, there.body["sha"] if there else None)
        it.answer = {**found, "repository_id": repository["id"]}
        return f"{it.fields['repository']}:{it.fields['file']}:{branch}"

    def _path(self, it: Instance, fields: Values | None = None) -> str:
        fields = fields or it.fields
        return f"{it.api.repository(fields['repository'])}/contents/{path_tail(fields['file'])}"

    def _find_branch(self, it: Instance, branch: str) -> None:
        path = it.api.repository(it.fields["repository"])
        try:
            it.api.get(f"{path}/branches/{path_part(branch)}")
        except GitHubError as error:
            if error.status != 404 or not it.fields.get("autocreate_branch"):
                raise
            source = it.fields.get("autocreate_branch_source_sha")
            if not source:
                start = it.fields.get("autocreate_branch_source_branch") or "main"
                source = it.api.get(f"{path}/git/ref/heads/{path_tail(start)}")["object"]["sha"]
            it.api.call("POST", f"{path}/git/refs", {"ref": f"refs/heads/{branch}", "sha": source})

    def _body(self, fields: Values, branch: str, message: object, sha: object) -> Values:
        body: Values = {
            "message": message,
            "content": b64encode(str(fields["content"]).encode()).decode(),
            "branch": branch,
        }
        if sha:
            body["sha"] = sha
        if fields.get("commit_author"):
            author = {"name": fields["commit_author"], "email": fields["commit_email"]}
            body |= {"author": author, "committer": author}
        return body

    def _commit(self, it: Instance, branch: str, message: object, sha: object) -> Values:
        made = it.api.call("PUT", self._path(it), self._body(it.fields, branch, message, sha)).body
        found = self._found(it, it.fields, branch, made["commit"]["sha"])
        if found is None:
            raise ResourceError(f"{it.fields['file']} was committed, and is not there when read back")
        return found

    def _found(self, it: Instance, fields: Values, branch: str, commit: object) -> Values | None:
        found = it.api.look(self._path(it, fields), {"ref": branch})
        if found is None:
            return None
        made = it.api.get(f"{it.api.repository(fields['repository'])}/commits/{path_part(commit)}")
        return {
            "repository": fields["repository"],
            "file": fields["file"],
            "branch": branch,
            "ref": branch,
            "sha": found.body["sha"],
            "content": _text(found.body),
            "commit_sha": made["sha"],
            "commit_message": made["commit"]["message"],
        }

    def read(self, it: Instance) -> Values | None:
        """The file's text on its branch, and the commit that it is known from."""
        repository, file, branch = named(it, "repository", "file", "branch")
        fields = {"repository": repository, "file": file}
        commit = it.state.get("commit_sha") or self._last_commit(it, repository, file, branch)
        found = commit and self._found(it, fields, branch, commit)
        return {**found, "repository_id": repository_id(it, repository)} if found else None

    def _last_commit(self, it: Instance, repository: str, file: str, branch: str) -> str:
        query = {"sha": branch, "path": file, "per_page": 1}
        found = it.api.look(f"{it.api.repository(repository)}/commits", query)
        return str(found.body[0]["sha"]) if found is not None and found.body else ""

    def update(self, it: Instance) -> None:
        """Commit the new text."""
        file, branch = it.fields["file"], str(it.state["branch"])
        message = it.fields.get("commit_message")
        if message in (None, f"Add {file}"):
            message = f"Update {file}"
        done = self._commit(it, branch, message, it.state["sha"])
        it.answer = {**done, "repository_id": it.state["repository_id"]}
        it.exists(f"{it.fields['repository']}:{file}:{branch}")

    def delete(self, it: Instance) -> None:
        """Commit the removal."""
        file, branch = it.state["file"], str(it.state["branch"])
        message = it.state.get("commit_message")
        if message in (None, f"Add {file}"):
            message = f"Delete {file}"
        body = self._body(it.state, branch, message, it.state["sha"])
        it.api.remove(self._path(it, it.state), body)


def _text(document: dict[str, Any]) -> str:
    return b64decode(document.get("content") or "").decode()


TYPES = (RepositoryFile(),)

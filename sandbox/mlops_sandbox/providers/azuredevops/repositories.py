"""Git repositories, their branches, and files in them."""

from __future__ import annotations

from mlops_sandbox.providers.azuredevops.kinds import DevOpsType, Instance, located
from mlops_sandbox.providers.bridge.errors import ResourceError
from mlops_sandbox.providers.bridge.resource import pick
from mlops_sandbox.providers.bridge.values import Values

_ROOT = "_apis/git/repositories"
_NOTHING = "0" * 40


def _short(branch: object) -> str:
    return str(branch).removeprefix("refs/heads/")


class Git(DevOpsType):
    """A repository; its ID is a UUID."""

    token = "azuredevops:index/git:Git"  # noqa: S105
    local = frozenset({"initialization", "parent_repository_id"})

    def prepare(self, inputs: Values) -> None:
        """An import runs on Azure's side; for everything else there is no source."""
        begun = inputs.get("initialization")
        if isinstance(begun, dict):
            if begun.get("initType") == "Import":
                raise ResourceError("initialization.initType Import needs the real provider plugin")
            inputs["initialization"] = {"sourceType": "", "sourceUrl": "", **begun}

    def replaces(self, it: Instance) -> frozenset[str]:
        """A repository is initialized once."""
        wanted, was = (values.get("initialization") or {} for values in (it.fields, it.state))
        changed = wanted and was and wanted.get("init_type") != was.get("init_type")
        return frozenset({"initialization"}) if changed else frozenset()

    def create(self, it: Instance) -> str:
        """Make it, with a first commit if it is to be clean."""
        fields = it.fields
        body: Values = {"name": fields["name"], "project": {"id": fields["project_id"]}}
        if fields.get("parent_repository_id"):
            body["parentRepository"] = {"id": fields["parent_repository_id"]}
        made = it.api.call("POST", _ROOT, body)
        it.exists(str(made["id"]))
        if fields["initialization"]["init_type"] == "Clean":
            self._initialize(it, made)
        if fields.get("default_branch"):
            path = f"{fields['project_id']}/{_ROOT}/{it.id}"
            it.api.call("PATCH", path, {**made, "defaultBranch": fields["default_branch"]})
        return it.id

    def _initialize(self, it: Instance, made: Values) -> None:
        readme = {
            "changeType": "add",
            "item": {"path": "/README.md"},
            "newContent": {"content": made["project"]["name"], "contentType": "rawText"},
        }
        branch = it.fields.get("default_branch") or "refs/heads/master"
        body = {
            "commits": [{"comment": "Initial commit.", "changes": [readme]}],
            "refUpdates": [{"name": branch, "oldObjectId": _NOTHING}],
        }
        it.api.call("POST", f"{made['project']['name']}/{_ROOT}/{made['name']}/pushes", body)
        path = f"{it.fields['project_id']}/{_ROOT}/{made['name']}"
        it.wait(lambda: it.api.look(path), bool, f"the repository {made['name']}", 60.0)

    def read(self, it: Instance) -> Values | None:
        """Its addresses and default branch; a disabled one is only in the list with the hidden ones."""
        project, number = located(it)
        found = it.api.look(f"{project}/{_ROOT}/{number}")
        if found is None:
            hidden = it.api.get(f"{project}/{_ROOT}", {"includeHidden": "true"})["value"]
            found = next((each for each in hidden if each["id"] == number), None)
        if found is None:
            return None
        return {
            "project_id": project,
            **pick(found, "name", "size", "url"),
            "default_branch": found.get("defaultBranch", ""),
            "disabled": found.get("isDisabled", False),
            "is_fork": found.get("isFork", False),
            "remote_url": found["remoteUrl"],
            "ssh_url": found["sshUrl"],
            "web_url": found["webUrl"],
        }

    def update(self, it: Instance) -> None:
        """Change its name and default branch; a disabled one must be enabled for that."""
        fields, path = it.fields, f"{it.fields['project_id']}/{_ROOT}/{it.id}"
        it.api.get(path)
        was, wanted = it.state.get("disabled", False), fields.get("disabled", False)
        if was and not wanted:
            it.api.call("PATCH", path, {"isDisabled": False})
        if not (was and wanted):
            changed = {"id": it.id, "name": fields["name"], "defaultBranch": fields.get("default_branch")}
            it.api.call("PATCH", path, {name: value for name, value in changed.items() if value})
        if wanted and not was:
            it.api.call("PATCH", path, {"isDisabled": True})

    def delete(self, it: Instance) -> None:
        """Remove it; a disabled one is enabled first."""
        project, number = located(it)
        path = f"{project}/{_ROOT}/{number}"
        found = it.api.look(path)
        if found and found.get("isDisabled"):
            it.api.call("PATCH", path, {"isDisabled": False})
        it.api.remove(f"{_ROOT}/{number}")


def _commit(it: Instance, repository: object, reference: str) -> str:
    """The commit that a branch (`heads/…`) or tag (`tags/…`) points at.

    Raises:
        ResourceError: there is no such branch or tag.
    """
    query = {"filter": reference, "$top": 1, "peelTags": "true"}
    for each in it.api.get(f"{_ROOT}/{repository}/refs", query)["value"]:
        if each["name"] == f"refs/{reference}":
            return str(each.get("peeledObjectId") or each["objectId"])
    raise ResourceError(f"there is no {reference} in the repository {repository}")


class GitRepositoryBranch(DevOpsType):
    """A branch; its ID is `repository:name`."""

    token = "azuredevops:index/gitRepositoryBranch:GitRepositoryBranch"  # noqa: S105
    local = frozenset({"ref_branch", "ref_commit_id", "ref_tag"})

    def _move(self, it: Instance, repository: object, name: object, old: str, new: str) -> None:
        update = {"name": f"refs/heads/{name}", "oldObjectId": old, "newObjectId": new}
        told = it.api.call("POST", f"{_ROOT}/{repository}/refs", [update])["value"][0]
        if not told["success"]:
            raise ResourceError(f"the branch {name} was not changed: {told['updateStatus']}")

    def create(self, it: Instance) -> str:
        """Branch off a branch, a tag or a commit."""
        fields, repository = it.fields, it.fields["repository_id"]
        start = fields.get("ref_commit_id")
        if fields.get("ref_tag"):
            start = _commit(it, repository, f"tags/{str(fields['ref_tag']).removeprefix('refs/tags/')}")
        elif fields.get("ref_branch"):
            start = _commit(it, repository, f"heads/{_short(fields['ref_branch'])}")
        if not start:
            raise ResourceError("a branch needs refBranch, refTag or refCommitId to begin at")
        self._move(it, repository, fields["name"], _NOTHING, str(start))
        return f"{repository}:{fields['name']}"

    def read(self, it: Instance) -> Values | None:
        """Where it points."""
        repository, _, name = it.id.partition(":")
        found = it.api.look(f"{_ROOT}/{repository}/stats/branches", {"name": name})
        if found is None:
            return None
        last = found["commit"]["commitId"]
        return {"repository_id": repository, "name": name, "last_commit_id": last}

    def delete(self, it: Instance) -> None:
        """Remove the branch."""
        found = self.read(it)
        if found is not None:
            last = str(found["last_commit_id"])
            self._move(it, found["repository_id"], found["name"], last, _NOTHING)


class GitRepositoryFile(DevOpsType):
    """A file; its ID is `repository/path`."""

    token = "azuredevops:index/gitRepositoryFile:GitRepositoryFile"  # noqa: S105
    local = frozenset({"overwrite_on_create"})

    def _push(self, it: Instance, known: Values, change: Values, comment: str, author: Values) -> None:
        branch, path = _short(known["branch"]), f"{_ROOT}/{known['repository_id']}"
        query = {"searchCriteria.itemVersion.version": branch, "$top": 1}
        head = it.api.get(f"{path}/commits", query)["value"][0]["commitId"]
        body = {
            "commits": [{**author, "comment": comment, "changes": [change]}],
            "refUpdates": [{"name": f"refs/heads/{branch}", "oldObjectId": head}],
        }
        it.api.call("POST", f"{path}/pushes", body)

    def _branch_is_there(self, it: Instance, known: Values) -> bool:
        name = f"heads/{_short(known['branch'])}"
        found = it.api.get(f"{_ROOT}/{known['repository_id']}/refs", {"filter": name})["value"]
        return any(each["name"] == f"refs/{name}" for each in found)

    def _item(self, it: Instance, known: Values, whole: bool) -> Values | None:
        query = {
            "path": known["file"],
            "versionDescriptor.version": _short(known["branch"]),
            "versionDescriptor.versionType": "branch",
            **({"includeContent": "true"} if whole else {}),
        }
        found: Values | None = it.api.look(f"{_ROOT}/{known['repository_id']}/items", query)
        return found

    def _write(self, it: Instance, kind: str, comment: str) -> None:
        fields = it.fields
        change = {
            "changeType": kind,
            "item": {"path": fields["file"]},
            "newContent": {"content": fields["content"], "contentType": "rawText"},
        }
        people = {
            who: {"name": fields.get(f"{who}_name", ""), "email": fields.get(f"{who}_email", "")}
            for who in ("author", "committer")
        }
        self._push(it, fields, change, comment, people)

    def create(self, it: Instance) -> str:
        """Commit the file; one that is there already only with overwriteOnCreate."""
        fields = it.fields
        if not self._branch_is_there(it, fields):
            raise ResourceError(f"there is no branch {fields['branch']} to write {fields['file']} to")
        there = self._item(it, fields, whole=False) is not None
        if there and not fields.get("overwrite_on_create"):
            message = f"{fields['file']} is there already; set overwriteOnCreate to take it over"
            raise ResourceError(message)
        comment = fields.get("commit_message") or f"Add {fields['file']}"
        self._write(it, "edit" if there else "add", str(comment))
        return f"{fields['repository_id']}/{fields['file']}"

    def read(self, it: Instance) -> Values | None:
        """Its text, and the last commit; to import one, its ID is `repository/path:branch`."""
        known = it.fields or it.state or self._named(it)
        repository = it.api.look(f"{_ROOT}/{known['repository_id']}")
        if repository is None or not self._branch_is_there(it, known):
            return None
        item = self._item(it, known, whole=True)
        if item is None:
            return None
        made = it.api.get(f"{_ROOT}/{known['repository_id']}/commits/{item['commitId']}")
        people = {
            f"{who}_{part}": made[who][part] for who in ("author", "committer") for part in ("name", "email")
        }
        about = pick(known, "repository_id", "file", "branch")
        return {**about, **people, "content": item["content"], "commit_message": made["comment"]}

    def _named(self, it: Instance) -> Values:
        whole, _, branch = it.id.partition(":")
        repository, _, file = whole.partition("/")
        it.exists(whole)
        return {"repository_id": repository, "file": file, "branch": branch or "refs/heads/master"}

    def update(self, it: Instance) -> None:
        """Commit the new text."""
        file = it.fields["file"]
        if not self._branch_is_there(it, it.fields):
            raise ResourceError(f"there is no branch {it.fields['branch']} to write {file} to")
        comment = it.fields.get("commit_message")
        self._write(it, "edit", f"Update {file}" if comment in (None, f"Add {file}") else str(comment))

    def delete(self, it: Instance) -> None:
        """Commit the removal."""
        known = it.state
        change = {"changeType": "delete", "item": {"path": known["file"]}}
        author = {"name": known.get("author_name", ""), "email": known.get("author_email", "")}
        self._push(it, known, change, f"Delete {known['file']}", {"author": author})


TYPES = (Git(), GitRepositoryBranch(), GitRepositoryFile())

"""Git repositories of projects, each a real bare repository."""

from __future__ import annotations

import re
import shutil
from uuid import uuid4

from mlops_sandbox.azuredevops import project_documents
from mlops_sandbox.azuredevops.api import (
    DevOpsAnswer,
    DevOpsError,
    DevOpsRoutes,
    base_url,
    invalid,
    mapping,
    required,
    store,
    values,
)
from mlops_sandbox.context import Sandbox
from mlops_sandbox.git.repository import GitRepository
from mlops_sandbox.server.routing import Call, Json

api = DevOpsRoutes()

_ROOTS = ("/_apis/git/repositories", "/{project}/_apis/git/repositories")
_NAME = re.compile(r"^[^\\/:*?\"<>;#$,+=\[\]{}|^~@]{1,64}$")


def git(sandbox: Sandbox, repository: Json) -> GitRepository:
    """The real repository."""
    return GitRepository(sandbox.home / "azuredevops" / f"{repository['id']}.git")


def _in_project(call: Call) -> str | None:
    return project_documents.called(call)["id"] if "project" in call.path else None


def find(call: Call, name: str, project: str | None = None) -> Json:
    """The stored repository of that id (or, in a project, that name), else 404."""
    for each in store(call).documents("repository"):
        named = project is not None and each["name"].lower() == name.lower()
        if (each["id"] == name.lower() or named) and project in (None, each["project"]):
            return each
    text = (
        f"TF401019: The Git repository with name or identifier {name} does not exist or you do not have "
        "permissions for the operation you are attempting."
    )
    raise DevOpsError(404, "GitRepositoryNotFoundException", text)


def called(call: Call) -> Json:
    """The repository that a path names, else 404."""
    return find(call, call.path["repository"], _in_project(call))


def default_branch(call: Call, repository: Json) -> str | None:
    """The full name of the default branch; None while there is no commit."""
    names = [name for name, _ in git(call.sandbox, repository).references("refs/heads/")]
    if repository["defaultBranch"] in names:
        return str(repository["defaultBranch"])
    return names[0] if names else None


def shown(call: Call, repository: Json) -> Json:
    """A repository as Azure DevOps answers with it."""
    project = project_documents.find(call, repository["project"])
    page = f"{base_url(call)}/{project['name']}/_git/{repository['name']}"
    branch = default_branch(call, repository)
    organization = call.path["org"]
    return {
        "id": repository["id"],
        "name": repository["name"],
        "url": f"{base_url(call)}/{project['id']}/_apis/git/repositories/{repository['id']}",
        "project": project_documents.brief(call, project),
        "size": 0,
        "remoteUrl": page,
        "sshUrl": f"git@ssh.127.0.0.1:v3/{organization}/{project['name']}/{repository['name']}",
        "webUrl": page,
        "isDisabled": repository["isDisabled"],
        "isInMaintenance": False,
        **({"defaultBranch": branch} if branch is not None else {}),
    }


def _check_name(call: Call, project: str, name: str, number: str) -> None:
    if not _NAME.match(name):
        raise invalid(f"TF401025: '{name}' is not a valid name for a Git repository.")
    for each in store(call).documents("repository"):
        if (each["project"], each["name"].lower()) == (project, name.lower()) and each["id"] != number:
            text = f"TF400948: A Git repository with the name {name} already exists."
            raise DevOpsError(409, "GitRepositoryNameAlreadyExistsException", text)


def create(call: Call, project: Json, name: str) -> Json:
    """Make an empty repository and store it."""
    number = str(uuid4())
    _check_name(call, project["id"], name, number)
    document = {
        "id": number,
        "name": name,
        "project": project["id"],
        "defaultBranch": "refs/heads/main",
        "isDisabled": False,
    }
    GitRepository.create(git(call.sandbox, document).path, "main")
    return store(call).put("repository", number, document)


@api.on("POST", *_ROOTS)
def create_repository(call: Call) -> DevOpsAnswer:
    """Make a repository in a project."""
    name, given = str(required(call, "name")), mapping(call.body.get("project"), "project")
    wanted = call.path.get("project") or given.get("id") or given.get("name")
    if not wanted:
        raise invalid("Value cannot be null.\nParameter name: project")
    return 201, shown(call, create(call, project_documents.find(call, str(wanted)), name))


@api.on("GET", *_ROOTS)
def list_repositories(call: Call) -> DevOpsAnswer:
    """The repositories of a project, or of the organization."""
    project = _in_project(call)
    found = [each for each in store(call).documents("repository") if project in (None, each["project"])]
    return values([shown(call, each) for each in found])


@api.on("GET", *(f"{root}/{{repository}}" for root in _ROOTS))
def get_repository(call: Call) -> DevOpsAnswer:
    """A repository by id, or by name in its project."""
    return shown(call, called(call))


@api.on("PATCH", *(f"{root}/{{repository}}" for root in _ROOTS))
def update_repository(call: Call) -> DevOpsAnswer:
    """Change name, default branch or whether it is disabled."""
    with store(call).transaction():
        found = called(call)
        names = ("name", "defaultBranch", "isDisabled")
        given = {name: call.body[name] for name in names if call.body.get(name) is not None}
        changed = {**found, **given}
        _check_name(call, found["project"], changed["name"], found["id"])
        real, branch = git(call.sandbox, found), changed["defaultBranch"]
        if branch != found["defaultBranch"]:
            if real.resolve(branch) is None:
                raise DevOpsError(404, "GitRefNotFoundException", f"TF401011: {branch} does not exist.")
            real.set_head(branch.removeprefix("refs/heads/"))
        store(call).put("repository", found["id"], changed)
    return shown(call, changed)


def remove(call: Call, repository: Json) -> None:
    """Delete a repository with its pull requests."""
    documents = store(call)
    with documents.transaction():
        documents.delete("repository", repository["id"])
        for kind in ("pull_request", "thread"):
            for key, _ in documents.items(kind, f"{repository['id']}/"):
                documents.delete(kind, key)
    shutil.rmtree(git(call.sandbox, repository).path, ignore_errors=True)


@api.on("DELETE", *(f"{root}/{{repository}}" for root in _ROOTS))
def delete_repository(call: Call) -> DevOpsAnswer:
    """Delete a repository with its pull requests."""
    remove(call, called(call))
    return None

"""Git folders: `/api/2.0/repos`. A repository is really cloned; its files are workspace files from then on.

The sandbox's own code hosts are cloned with the sandbox's token, others with the workspace's Git credential
of that provider, where there is one.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from base64 import b64encode
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from mlops_sandbox.databricks import git_credentials, permissions
from mlops_sandbox.databricks.workspace_files import tree
from mlops_sandbox.databricks.workspace_files.formats import interpret
from mlops_sandbox.databricks.workspace_files.paths import normal_path
from mlops_sandbox.errors import ApiError, already_exists, invalid, not_found
from mlops_sandbox.server.routing import Call, Json, Routes
from mlops_sandbox.store import Document

routes = Routes()

_API = "/api/2.0/repos"
_KIND = "repo"
_SECONDS = 120


def _environment(call: Call, url: str, provider: str) -> dict[str, str]:
    """Git's environment: it asks nobody, reads no one's settings, and has the login of the URL's host."""
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR", "LANG") if name in os.environ}
    quiet = {"GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    login = git_credentials.login(call, provider)
    parts = urlsplit(url)
    if parts.hostname in ("127.0.0.1", "localhost") and parts.port == urlsplit(call.sandbox.url).port:
        login = f"sandbox:{call.sandbox.token}"
    if not login:
        return {**kept, **quiet}
    # In the environment, not among the arguments: those are everyone's to read.
    header = f"Authorization: Basic {b64encode(login.encode()).decode()}"
    config = {"KEY_0": f"http.{parts.scheme}://{parts.netloc}/.extraHeader", "VALUE_0": header}
    told = {f"GIT_CONFIG_{key}": each for key, each in config.items()}
    return {**kept, **quiet, "GIT_CONFIG_COUNT": "1", **told}


def _git(folder: Path, env: dict[str, str], *arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", *arguments],
            cwd=folder,
            env=env,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise invalid(f"git {arguments[0]} took longer than {_SECONDS} s.") from None
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["no reason is given"])[-1]
        raise ApiError(400, "GIT_ERROR", f"git {arguments[0]} failed: {said}")
    return done.stdout.strip()


def _checked_out(call: Call, document: Document) -> Document:
    """The repository's files at its branch or tag, in the place of what was there; with branch and commit."""
    url, provider = document["url"], document["provider"]
    env = _environment(call, url, provider)
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch) / "clone"
        wanted = document.get("tag") or document.get("branch")
        at = ["--branch", str(wanted)] if wanted else []
        _git(Path(scratch), env, "clone", "--quiet", "--depth", "1", *at, "--", url, str(place))
        commit = _git(place, env, "rev-parse", "HEAD")
        branch = _git(place, env, "rev-parse", "--abbrev-ref", "HEAD")
        _replace_files(call, document["path"], place)
    known = {name: value for name, value in document.items() if name != "branch"}
    return {**known, "head_commit_id": commit, **({} if branch == "HEAD" else {"branch": branch})}


def _replace_files(call: Call, path: str, clone: Path) -> None:
    if tree.find(call.store, path) is not None:
        tree.remove(call.sandbox, call.store, path, recursive=True)
    tree.make_directories(call.sandbox, call.store, path, call.user)
    for file in sorted(each for each in clone.rglob("*") if each.is_file() and not each.is_symlink()):
        relative = PurePosixPath(file.relative_to(clone))
        if relative.parts[0] == ".git":
            continue
        target = f"{path}/{relative}"
        tree.make_directories(call.sandbox, call.store, str(PurePosixPath(target).parent), call.user)
        item = interpret(target, file.read_bytes(), "AUTO", None)
        tree.write(call.sandbox, call.store, item, overwrite=True, owner=call.user)


def _found(call: Call) -> Document:
    found = call.store.get(_KIND, call.path["id"])
    if found is None:
        raise not_found(f"Repo {call.path['id']} does not exist.")
    return found


def _shown(document: Document) -> Json:
    return {name: value for name, value in document.items() if name != "tag"}


@routes.post(_API)
def create_repo(call: Call) -> Json:
    """Clone a repository into a folder."""
    url, provider = str(call.required("url")), str(call.required("provider"))
    if urlsplit(url).scheme not in ("http", "https"):
        raise invalid(f"url must begin with https:// or http://, not {url!r}.")
    if call.body.get("sparse_checkout"):
        raise ApiError(501, "NOT_IMPLEMENTED", "The sandbox clones whole repositories: no sparse_checkout.")
    name = PurePosixPath(urlsplit(url).path).name.removesuffix(".git")
    path = normal_path(str(call.body.get("path") or f"/Repos/{call.user}/{name}"))
    if tree.find(call.store, path) is not None:
        raise already_exists(f"Path ({path}) already exists.")
    number = call.store.next_id(_KIND, 5001)
    made = _checked_out(call, {"id": number, "url": url, "provider": provider, "path": path})
    permissions.on_create(call.store, "repos", number, call.user)
    return _shown(call.store.put(_KIND, str(number), made))


@routes.get(_API)
def list_repos(call: Call) -> Json:
    """All git folders, those below `path_prefix` if it is given."""
    prefix = str(call.query.get("path_prefix") or "").removeprefix("/Workspace")
    return {
        "repos": [_shown(each) for each in call.store.documents(_KIND) if each["path"].startswith(prefix)]
    }


@routes.get(f"{_API}/{{id}}")
def get_repo(call: Call) -> Json:
    """One git folder."""
    return _shown(_found(call))


@routes.patch(f"{_API}/{{id}}")
def update_repo(call: Call) -> Json:
    """Check out the newest commit of a branch, or a tag; local changes are lost."""
    before = _found(call)
    if ("branch" in call.body) == ("tag" in call.body):
        raise invalid("Give a branch or a tag.")
    wanted = {name: value for name, value in before.items() if name not in ("branch", "tag")}
    chosen: Json = {name: str(call.body[name]) for name in ("branch", "tag") if name in call.body}
    call.store.put(_KIND, call.path["id"], _checked_out(call, {**wanted, **chosen}))
    return {}


@routes.delete(f"{_API}/{{id}}")
def delete_repo(call: Call) -> Json:
    """Delete a git folder with its files."""
    gone = _found(call)
    if tree.find(call.store, gone["path"]) is not None:
        tree.remove(call.sandbox, call.store, gone["path"], recursive=True)
    call.store.delete(_KIND, call.path["id"])
    permissions.on_delete(call.store, "repos", gone["id"])
    return {}

"""Git folders of the workspace, and the credentials that they clone with."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from mlops_sandbox.providers.bridge.errors import ResourceError
from mlops_sandbox.providers.bridge.resource import pick, without_zeros
from mlops_sandbox.providers.bridge.values import Values
from mlops_sandbox.providers.databricks.client import path_part
from mlops_sandbox.providers.databricks.kinds import DatabricksType, Instance

_WORKSPACE = "/api/2.0/workspace"
_HOSTS = {
    "github.com": "gitHub",
    "dev.azure.com": "azureDevOpsServices",
    "gitlab.com": "gitLab",
    "bitbucket.org": "bitbucketCloud",
}
_CODE_COMMIT = re.compile(r"git-codecommit\.[^.]+\.amazonaws\.com")


def _provider_of(host: str) -> str | None:
    return "awsCodeCommit" if _CODE_COMMIT.fullmatch(host) else _HOSTS.get(host)


class Repo(DatabricksType):
    """A git folder."""

    token = "databricks:index/repo:Repo"  # noqa: S105
    local = frozenset({"tag", "git_credential_id"})
    _root = "/api/2.0/repos"

    def create(self, it: Instance) -> str:
        """Clone, then check out what is wanted."""
        url = str(it.fields["url"])
        provider = it.fields.get("git_provider") or _provider_of(urlsplit(url).netloc.lower())
        if not provider:
            raise ResourceError("gitProvider is missing, and the URL does not tell it")
        path = it.fields.get("path")
        if path:
            it.api.post(f"{_WORKSPACE}/mkdirs", {"path": str(path).rstrip("/").rpartition("/")[0]})
        body = {**pick(it.fields, "path", "sparse_checkout"), "provider": provider, "url": url}
        made = it.api.post(self._root, body)
        identifier = str(made["id"])
        it.exists(identifier)
        if it.fields.get("tag"):
            it.api.patch(f"{self._root}/{identifier}", pick(it.fields, "tag"))
        elif it.fields.get("branch") and it.fields["branch"] != made.get("branch"):
            it.api.patch(f"{self._root}/{identifier}", pick(it.fields, "branch"))
        return identifier

    def read(self, it: Instance) -> Values | None:
        """Where it is, and what is checked out."""
        found = it.api.find(f"{self._root}/{path_part(it.id)}")
        if found is None:
            return None
        return {
            **{name: value for name, value in found.items() if name != "tag"},
            "git_provider": found.get("provider"),
            "commit_hash": found.get("head_commit_id"),
            "workspace_path": f"/Workspace{found['path']}",
        }

    def update(self, it: Instance) -> None:
        """Another tag or branch."""
        names = ("tag",) if "tag" in it.changed and it.fields.get("tag") else ("branch", "tag")
        body = next(({name: it.fields[name]} for name in names if it.fields.get(name)), {})
        body |= pick(it.fields, "sparse_checkout")
        if body:
            it.api.patch(f"{self._root}/{path_part(it.id)}", body)

    def delete(self, it: Instance) -> None:
        """Remove it with its files."""
        it.api.remove("DELETE", f"{self._root}/{path_part(it.id)}")


class GitCredential(DatabricksType):
    """A credential for a Git provider; its token is never read back."""

    token = "databricks:index/gitCredential:GitCredential"  # noqa: S105
    local = frozenset(
        {
            "force",
            "git_email",
            "is_default_for_provider",
            "name",
            "personal_access_token",
            "principal_id",
        }
    )
    _root = "/api/2.0/git-credentials"
    _sent = (
        "git_email",
        "git_provider",
        "git_username",
        "is_default_for_provider",
        "name",
        "personal_access_token",
        "principal_id",
    )

    def create(self, it: Instance) -> str:
        """Keep the credential; by force, in the place of the only one."""
        body = without_zeros(pick(it.fields, *self._sent))
        try:
            return str(it.api.post(self._root, body)["credential_id"])
        except OSError as error:
            if not it.fields.get("force") or not _is_only_one(error):
                raise
        held = it.api.get(self._root).get("credentials", [])
        if len(held) != 1:
            raise ResourceError(f"there are {len(held)} Git credentials; force replaces the only one")
        identifier = str(held[0]["credential_id"])
        it.api.patch(f"{self._root}/{identifier}", body)
        return identifier

    def read(self, it: Instance) -> Values | None:
        """The provider and the user."""
        found = it.api.find(f"{self._root}/{it.id}")
        return found and pick(found, "git_provider", "git_username")

    def update(self, it: Instance) -> None:
        """All of it again."""
        body = without_zeros(pick(it.fields, *self._sent))
        forced = it.changed & {"is_default_for_provider", "name"}
        it.api.patch(f"{self._root}/{it.id}", {**body, **{name: it.fields.get(name) for name in forced}})

    def delete(self, it: Instance) -> None:
        """Forget it."""
        it.api.remove("DELETE", f"{self._root}/{it.id}")


def _is_only_one(error: OSError) -> bool:
    """Whether a credential was refused because its provider has one."""
    from databricks.sdk.errors import ResourceConflict

    return isinstance(error, ResourceConflict) or "Only one Git credential is supported" in str(error)


TYPES = (Repo(), GitCredential())

"""Secrets of repositories and environments: sealed for GitHub before they leave, never read back."""

from __future__ import annotations

from base64 import b64decode, b64encode

from mlops_sandbox.providers.bridge.values import Values
from mlops_sandbox.providers.github.client import path_part
from mlops_sandbox.providers.github.kinds import Instance, RepositoryPart, go_time, named, repository_id

_PLAIN = ("value", "plaintext_value")
_SEALED = ("value_encrypted", "encrypted_value")


def _sealed(key: str, value: str) -> str:
    from nacl.public import PublicKey, SealedBox

    return b64encode(SealedBox(PublicKey(b64decode(key))).encrypt(value.encode())).decode()


class ActionsSecret(RepositoryPart):
    """A repository's secret; its ID is `repository:NAME`."""

    token = "github:index/actionsSecret:ActionsSecret"  # noqa: S105
    local = frozenset({*_PLAIN, *_SEALED, "destroy_on_drift", "key_id"})
    absent = frozenset({"destroy_on_drift"})
    parts: tuple[str, ...] = ("repository", "secret_name")

    def _path(self, it: Instance, parts: list[str], number: int) -> str:  # noqa: ARG002
        return f"{it.api.repository(parts[0])}/actions/secrets"

    def create(self, it: Instance) -> str:
        """Put the sealed value."""
        return self._put(it)

    def update(self, it: Instance) -> None:
        """Put the new value."""
        it.exists(self._put(it))

    def _put(self, it: Instance) -> str:
        parts = [str(it.fields[name]) for name in self.parts]
        number = repository_id(it, parts[0])
        path = self._path(it, parts, number)
        sealed = next((it.fields[name] for name in _SEALED if it.fields.get(name)), None)
        key = {"key_id": it.fields.get("key_id")}
        if sealed is None or not key["key_id"]:
            key = it.api.get(f"{path}/public-key")
        if sealed is None:
            value = next(str(it.fields[name]) for name in _PLAIN if it.fields.get(name) is not None)
            sealed = _sealed(str(key["key"]), value)
        body = {"key_id": key["key_id"], "encrypted_value": sealed}
        it.api.call("PUT", f"{path}/{path_part(parts[-1])}", body)
        found = it.api.get(f"{path}/{path_part(parts[-1])}")
        it.answer = self._state(found, parts, number, go_time(found["updated_at"]))
        it.answer["key_id"] = key["key_id"]
        return ":".join(parts)

    def _state(self, found: Values, parts: list[str], number: int, updated: str) -> Values:
        return {
            **dict(zip(self.parts, parts, strict=True)),
            "repository_id": number,
            "created_at": go_time(found["created_at"]),
            "updated_at": updated,
            "remote_updated_at": go_time(found["updated_at"]),
        }

    def read(self, it: Instance) -> Values | None:
        """When it was last written; its value stays what the program said."""
        parts = named(it, *self.parts)
        number = repository_id(it, parts[0])
        found = it.api.look(f"{self._path(it, parts, number)}/{path_part(parts[-1])}")
        if found is None:
            return None
        updated = it.state.get("updated_at") or go_time(found.body["updated_at"])
        return self._state(found.body, parts, number, str(updated))

    def delete(self, it: Instance) -> None:
        """Remove it."""
        parts = named(it, *self.parts)
        path = self._path(it, parts, repository_id(it, parts[0]))
        it.api.remove(f"{path}/{path_part(parts[-1])}")


class ActionsEnvironmentSecret(ActionsSecret):
    """An environment's secret; its ID is `repository:environment:NAME`."""

    token = "github:index/actionsEnvironmentSecret:ActionsEnvironmentSecret"  # noqa: S105
    local = ActionsSecret.local - {"destroy_on_drift"}
    absent = frozenset()
    parts = ("repository", "environment", "secret_name")
    delete_first = True

    def _path(self, it: Instance, parts: list[str], number: int) -> str:  # noqa: ARG002
        return f"repositories/{number}/environments/{path_part(parts[1])}/secrets"


TYPES = (ActionsSecret(), ActionsEnvironmentSecret())

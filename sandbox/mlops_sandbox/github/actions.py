"""Secrets and variables of repositories and environments.

A secret arrives as a libsodium sealed box to a public key of its repository or environment, is opened
here, kept encrypted, and never given out again but to a workflow's run.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Callable

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, SealedBox

from mlops_sandbox.context import Sandbox
from mlops_sandbox.github import environments, repositories
from mlops_sandbox.github.api import (
    GitHubAnswer,
    GitHubError,
    GitHubRoutes,
    not_found,
    now,
    page,
    required,
    store,
    unprocessable,
)
from mlops_sandbox.server.routing import Call, Json

api = GitHubRoutes()

_NAME = re.compile(r"^(?!GITHUB_)[A-Z_][A-Z0-9_]*$")
_MAX_BYTES = 48 * 1024
_ENVIRONMENT = (
    "/repos/{owner}/{repo}/environments/{environment:path}",
    "/repositories/{repository_id}/environments/{environment:path}",
)


def _paths(kind: str, rest: str = "") -> list[str]:
    return [f"{root}/{kind}{rest}" for root in (*_ENVIRONMENT, "/repos/{owner}/{repo}/actions")]


def _scope(call: Call) -> str:
    """The prefix of the keys: the repository's id, and its environment's (0 is the repository itself)."""
    repository = repositories.called(call)
    inside = environments.find(call, repository)["id"] if "environment" in call.path else 0
    return f"{repository['id']}/{inside}/"


def _name(kind: str, given: str) -> str:
    name = given.upper()
    if not _NAME.match(name):
        text = (
            f"{kind} names can only contain alphanumeric characters ([a-z], [A-Z], [0-9]) or "
            "underscores (_), must not start with a number or GITHUB_."
        )
        raise GitHubError(422, text)
    return name


def _found(call: Call, kind: str) -> tuple[str, Json]:
    key = _scope(call) + call.path["name"].upper()
    document = store(call.sandbox).get(kind, key)
    if document is None:
        raise not_found()
    return key, document


def _visible(document: Json) -> Json:
    return {name: value for name, value in document.items() if name != "encrypted"}


def _private_key(sandbox: Sandbox, scope: str) -> PrivateKey:
    documents = store(sandbox)
    with documents.transaction():
        found = documents.get("secret_key", scope)
        if found is None:
            fresh = sandbox.cipher.encrypt(bytes(PrivateKey.generate())).decode()
            found = documents.put("secret_key", scope, {"encrypted": fresh})
    return PrivateKey(sandbox.cipher.decrypt(found["encrypted"].encode()))


def _key_id(key: PrivateKey) -> str:
    return str(int.from_bytes(bytes(key.public_key)[:7], "big"))


@api.on("GET", *_paths("secrets", "/public-key"))
def get_public_key(call: Call) -> GitHubAnswer:
    """The key that secrets are sealed to."""
    key = _private_key(call.sandbox, _scope(call))
    return {"key_id": _key_id(key), "key": b64encode(bytes(key.public_key)).decode()}


def _opened(call: Call, scope: str) -> bytes:
    key = _private_key(call.sandbox, scope)
    if str(required(call, "Secret", "key_id")) != _key_id(key):
        raise unprocessable("Secret", "key_id", "invalid")
    try:
        value = SealedBox(key).decrypt(b64decode(str(required(call, "Secret", "encrypted_value"))))
    except (CryptoError, ValueError):
        raise unprocessable("Secret", "encrypted_value", "invalid") from None
    if len(value) > _MAX_BYTES:
        raise unprocessable("Secret", "encrypted_value", "invalid", "A secret holds at most 48 KB.")
    return value


@api.on("PUT", *_paths("secrets", "/{name}"))
def put_secret(call: Call) -> GitHubAnswer:
    """Make (201) or change (204) a secret."""
    name, scope = _name("Secret", call.path["name"]), _scope(call)
    encrypted = call.sandbox.cipher.encrypt(_opened(call, scope)).decode()
    documents = store(call.sandbox)
    with documents.transaction():
        there = documents.get("secret", scope + name)
        created = there["created_at"] if there else now()
        document = {"name": name, "created_at": created, "updated_at": now(), "encrypted": encrypted}
        documents.put("secret", scope + name, document)
    return (204, None) if there else (201, {})


@api.on("GET", *_paths("secrets", "/{name}"))
def get_secret(call: Call) -> GitHubAnswer:
    """A secret's name and times."""
    return _visible(_found(call, "secret")[1])


@api.on("GET", *_paths("secrets"))
def list_secrets(call: Call) -> GitHubAnswer:
    """The names and times of all secrets."""
    found = store(call.sandbox).documents("secret", _scope(call))
    return page(call, [_visible(each) for each in found], "secrets")


def _deleting(kind: str) -> Callable[[Call], GitHubAnswer]:
    def delete(call: Call) -> GitHubAnswer:
        store(call.sandbox).delete(kind, _found(call, kind)[0])
        return None

    return delete


api.on("DELETE", *_paths("secrets", "/{name}"))(_deleting("secret"))
api.on("DELETE", *_paths("variables", "/{name}"))(_deleting("variable"))


@api.on("POST", *_paths("variables"))
def create_variable(call: Call) -> GitHubAnswer:
    """Make a variable; 409 when there is one of that name."""
    name = _name("Variable", str(required(call, "Variable", "name")))
    key, documents = _scope(call) + name, store(call.sandbox)
    with documents.transaction():
        if documents.get("variable", key) is not None:
            raise GitHubError(409, "Already exists - Variable already exists")
        value = str(call.body.get("value", ""))
        times = dict.fromkeys(("created_at", "updated_at"), now())
        documents.put("variable", key, {"name": name, "value": value, **times})
    return 201, {}


@api.on("GET", *_paths("variables", "/{name}"))
def get_variable(call: Call) -> GitHubAnswer:
    """A variable with its value."""
    return _found(call, "variable")[1]


@api.on("GET", *_paths("variables"))
def list_variables(call: Call) -> GitHubAnswer:
    """All variables with their values."""
    return page(call, store(call.sandbox).documents("variable", _scope(call)), "variables")


@api.on("PATCH", *_paths("variables", "/{name}"))
def update_variable(call: Call) -> GitHubAnswer:
    """Change a variable's value or name."""
    documents = store(call.sandbox)
    with documents.transaction():
        key, found = _found(call, "variable")
        name = _name("Variable", str(call.body.get("name") or found["name"]))
        documents.delete("variable", key)
        value = str(call.body.get("value", found["value"]))
        changed = {**found, "name": name, "value": value, "updated_at": now()}
        documents.put("variable", _scope(call) + name, changed)
    return None


def run_values(sandbox: Sandbox, repository: Json, environment: str | None) -> tuple[Json, Json]:
    """The secrets and variables that a workflow's job sees, the environment's over the repository's.

    Args:
        sandbox: the running sandbox.
        repository: the stored repository.
        environment: the job's environment, or None.

    Returns:
        Values of secrets by name (decrypted), and values of variables by name.
    """
    documents = store(sandbox)
    scopes = [0]
    if environment is not None:
        found = documents.get("environment", environments.key(repository, environment))
        scopes += [found["id"]] if found is not None else []
    secrets: Json = {}
    variables: Json = {}
    for scope in scopes:
        for each in documents.documents("secret", f"{repository['id']}/{scope}/"):
            secrets[each["name"]] = sandbox.cipher.decrypt(each["encrypted"].encode()).decode()
        for each in documents.documents("variable", f"{repository['id']}/{scope}/"):
            variables[each["name"]] = each["value"]
    return secrets, variables

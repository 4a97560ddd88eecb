"""Git credentials: `/api/2.0/git-credentials`. Tokens are kept encrypted and never answered."""

from __future__ import annotations

from mlops_sandbox.errors import ApiError, invalid, not_found
from mlops_sandbox.server.routing import Call, Json, Routes
from mlops_sandbox.store import Document

routes = Routes()

_API = "/api/2.0/git-credentials"
_KIND = "git_credential"
_PROVIDERS = (
    "gitHub",
    "bitbucketCloud",
    "azureDevOpsServices",
    "gitHubEnterprise",
    "bitbucketServer",
    "gitLab",
    "gitLabEnterpriseEdition",
    "awsCodeCommit",
)
_SETTABLE = ("git_provider", "git_username", "git_email", "name", "is_default_for_provider")


def login(call: Call, provider: str) -> str:
    """`user:token` of the workspace's credential of a provider; empty without one."""
    for each in call.store.documents(_KIND):
        if each["git_provider"].lower() == provider.lower() and "_sealed" in each:
            token = call.sandbox.cipher.decrypt(each["_sealed"].encode()).decode()
            return f"{each.get('git_username') or 'git'}:{token}"
    return ""


def _given(call: Call) -> Json:
    given = {name: call.body[name] for name in _SETTABLE if call.body.get(name) is not None}
    known = {each.lower() for each in _PROVIDERS}
    if "git_provider" in given and str(given["git_provider"]).lower() not in known:
        message = f"git_provider is {given['git_provider']!r}; it can be {', '.join(_PROVIDERS)}."
        raise invalid(message)
    token = call.body.get("personal_access_token")
    sealed = {"_sealed": call.sandbox.cipher.encrypt(str(token).encode()).decode()} if token else {}
    return {**given, **sealed}


def _found(call: Call) -> Document:
    found = call.store.get(_KIND, call.path["id"])
    if found is None:
        raise not_found(f"Git credential {call.path['id']} does not exist.")
    return found


def _shown(document: Document) -> Json:
    return {name: value for name, value in document.items() if not name.startswith("_")}


def _refuse_second(call: Call, document: Document) -> None:
    """Two credentials of one provider are told apart by their names."""
    for other in call.store.documents(_KIND):
        same = other["git_provider"].lower() == document["git_provider"].lower()
        if same and other["credential_id"] != document["credential_id"] and not document.get("name"):
            message = f"Only one Git credential is supported for {document['git_provider']} at this time"
            raise ApiError(409, "RESOURCE_CONFLICT", message)


@routes.post(_API)
def create_credential(call: Call) -> Json:
    """Keep a credential."""
    call.required("git_provider")
    with call.store.transaction():
        number = call.store.next_id(_KIND, 1001)
        document = {**_given(call), "credential_id": number}
        _refuse_second(call, document)
        return _shown(call.store.put(_KIND, str(number), document))


@routes.get(_API)
def list_credentials(call: Call) -> Json:
    """All credentials."""
    return {"credentials": [_shown(each) for each in call.store.documents(_KIND)]}


@routes.get(f"{_API}/{{id}}")
def get_credential(call: Call) -> Json:
    """One credential, without its token."""
    return _shown(_found(call))


@routes.patch(f"{_API}/{{id}}")
def update_credential(call: Call) -> Json:
    """Change what is given."""
    with call.store.transaction():
        before = _found(call)
        after = {**before, **_given(call)}
        _refuse_second(call, after)
        call.store.put(_KIND, call.path["id"], after)
    return {}


@routes.delete(f"{_API}/{{id}}")
def delete_credential(call: Call) -> Json:
    """Forget a credential."""
    _found(call)
    call.store.delete(_KIND, call.path["id"])
    return {}

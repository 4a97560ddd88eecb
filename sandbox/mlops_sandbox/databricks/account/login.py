"""Who logs in: by a service principal's secret, or by a token that a federation policy trusts."""

from __future__ import annotations

import json
from collections.abc import Iterator

from mlops_sandbox.azuredevops.identities import issuer as azure_devops_issuer
from mlops_sandbox.context import DEFAULT_WORKSPACE, Sandbox
from mlops_sandbox.databricks.account.federation import policies
from mlops_sandbox.databricks.account.id_tokens import (
    BadTokenError,
    Claims,
    unverified_claims,
    verified_claims,
)
from mlops_sandbox.databricks.account.scope import scope_of
from mlops_sandbox.databricks.account.service_principal_secrets import is_secret_of
from mlops_sandbox.databricks.scim import directory
from mlops_sandbox.databricks.scim.directory import ACCOUNT_SCOPE, SERVICE_PRINCIPALS, USERS
from mlops_sandbox.github.oidc import issuer as github_issuer
from mlops_sandbox.store import Document, Store


class LoginError(Exception):
    """Why someone is not let in; `code` is OAuth's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def _stores(sandbox: Sandbox, account: str | None) -> Iterator[Store]:
    """Where principals may be: the account, or without one the workspace and all accounts."""
    if account is not None:
        yield sandbox.store(scope_of(account))
        return
    yield sandbox.store(DEFAULT_WORKSPACE)
    scopes = sandbox.database.execute(
        "SELECT DISTINCT workspace FROM documents WHERE substr(workspace, 1, ?) = ? ORDER BY workspace",
        len(ACCOUNT_SCOPE),
        ACCOUNT_SCOPE,
    )
    yield from (sandbox.store(str(scope)) for (scope,) in scopes)


def service_principals(
    sandbox: Sandbox, application: str, account: str | None
) -> Iterator[tuple[Store, Document]]:
    """The active service principals with an application id, each with the store that it is in."""
    for store in _stores(sandbox, account):
        for each in directory.everyone(store, SERVICE_PRINCIPALS):
            if each["applicationId"] == application and each.get("active", True):
                yield store, each


def by_secret(sandbox: Sandbox, account: str | None, application: str, secret: str) -> str:
    """The application id of the service principal that has the secret.

    Raises:
        LoginError: when there is none.
    """
    for store, principal in service_principals(sandbox, application, account):
        if is_secret_of(store, principal, secret):
            return application
    raise LoginError("invalid_client", "Client authentication failed")


def _keys(sandbox: Sandbox, policy: Claims) -> list[Claims]:
    """The public keys of a policy's issuer: its own list, or those of the sandbox's CI systems."""
    if policy.get("jwks_json"):
        listed: list[Claims] = json.loads(policy["jwks_json"])["keys"]
        return listed
    for issuer in (github_issuer(sandbox), azure_devops_issuer(sandbox)):
        if issuer.url == policy["issuer"]:
            known: list[Claims] = issuer.keys()["keys"]
            return known
    raise BadTokenError(f"the keys of issuer {policy['issuer']} are not known")


def _trusted_subject(sandbox: Sandbox, store: Store, policy: Claims, token: str) -> str:
    """The token's subject, if the policy trusts the token.

    Raises:
        BadTokenError: with the first thing that does not fit.
    """
    said = unverified_claims(token).get("iss")
    if said != policy["issuer"]:
        raise BadTokenError(f"the token's issuer is {said}")
    claims = verified_claims(token, _keys(sandbox, policy))
    audience = claims.get("aud", [])
    given = audience if isinstance(audience, list) else [audience]
    wanted = policy.get("audiences") or [store.workspace.removeprefix(ACCOUNT_SCOPE)]
    if not any(each in wanted for each in given):
        raise BadTokenError(f"the token's audience is {', '.join(map(str, given))}")
    name = policy.get("subject_claim") or "sub"
    subject = claims.get(name)
    if not isinstance(subject, str) or not subject:
        raise BadTokenError(f"the token has no claim {name}")
    if policy.get("subject") and policy["subject"] != subject:
        raise BadTokenError(f"the token's {name} is {subject}")
    return subject


def _is_known(sandbox: Sandbox, account: str | None, subject: str) -> bool:
    if any(service_principals(sandbox, subject, account)):
        return True
    return any(
        each["userName"] == subject and each.get("active", True)
        for store in _stores(sandbox, account)
        for each in directory.everyone(store, USERS)
    )


def by_token(sandbox: Sandbox, account: str | None, application: str | None, token: str) -> str:
    """Whom a token of another issuer speaks for.

    Args:
        sandbox: the running sandbox.
        account: the account that is asked; None at a workspace.
        application: the service principal that the token shall speak for; None for the one, or the
            user, whom the token itself names: then the account's own policies decide.
        token: the issuer's JSON Web Token.

    Raises:
        LoginError: when no policy trusts the token, with what did not fit.
    """
    reasons = []
    if application:
        candidates = [
            (store, each["oidc_policy"])
            for store, principal in service_principals(sandbox, application, account)
            for each in policies(store, principal["id"])
        ]
    else:
        candidates = [
            (store, each["oidc_policy"]) for store in _stores(sandbox, account) for each in policies(store)
        ]
    for store, policy in candidates:
        try:
            subject = _trusted_subject(sandbox, store, policy, token)
        except BadTokenError as error:
            reasons.append(str(error))
            continue
        if application or _is_known(sandbox, account, subject):
            return application or subject
        reasons.append(f"nobody is called {subject}")
    why = "; ".join(dict.fromkeys(reasons)) or "there is none"
    raise LoginError("invalid_request", f"No federation policy trusts the token: {why}.")

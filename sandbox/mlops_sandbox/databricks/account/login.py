"""Who logs in: by a service principal's secret, or by a token that a federation policy trusts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from mlops_sandbox.azuredevops.identities import issuer as azure_devops_issuer
from mlops_sandbox.context import DEFAULT_USER, Sandbox
from mlops_sandbox.databricks.account.federation import policies
from mlops_sandbox.databricks.account.id_tokens import (
    BadTokenError,
    Claims,
    unverified_claims,
    verified_claims,
)
from mlops_sandbox.databricks.account.scope import scope_of
from mlops_sandbox.databricks.account.service_principal_secrets import is_secret_of
from mlops_sandbox.databricks.scim import assigned
from mlops_sandbox.databricks.scim.kinds import ACCOUNT_SCOPE, SERVICE_PRINCIPALS, USERS, own
from mlops_sandbox.github.oidc import issuer as github_issuer
from mlops_sandbox.store import Document, Store


class LoginError(Exception):
    """Why someone is not let in; `code` is OAuth's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Place:
    """Where someone logs in: at an account, or at a workspace."""

    sandbox: Sandbox
    account: str | None
    """The account's id; None at a workspace."""
    workspace: str

    def stores(self) -> list[Store]:
        """Where principals may be: in the account; in the workspace and those that may assign to it."""
        if self.account is not None:
            return [self.sandbox.store(scope_of(self.account))]
        here = self.sandbox.store(self.workspace)
        return [here, *assigned.accounts(here)]

    def lets_in(self, store: Store, principal: Document) -> bool:
        """Whether a principal is active, and of an account's only who is in the workspace."""
        if not principal.get("active", True):
            return False
        in_account = self.account is None and store.workspace != self.workspace
        return not in_account or principal["id"] in assigned.levels(store, self.workspace)


def service_principals(place: Place, application: str) -> Iterator[tuple[Store, Document]]:
    """The service principals with an application id who may log in, each with the store that it is in."""
    for store in place.stores():
        for each in own(store, SERVICE_PRINCIPALS):
            if each["applicationId"] == application and place.lets_in(store, each):
                yield store, each


def by_secret(place: Place, application: str, secret: str) -> str:
    """The application id of the service principal that has the secret.

    Raises:
        LoginError: when there is none.
    """
    for store, principal in service_principals(place, application):
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


def _is_known(place: Place, subject: str) -> bool:
    if any(service_principals(place, subject)):
        return True
    return any(
        each["userName"] == subject and (each["userName"] == DEFAULT_USER or place.lets_in(store, each))
        for store in place.stores()
        for each in own(store, USERS)
    )


def by_token(place: Place, application: str | None, token: str) -> str:
    """Whom a token of another issuer speaks for.

    Args:
        place: where the login is.
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
            for store, principal in service_principals(place, application)
            for each in policies(store, principal["id"])
        ]
    else:
        candidates = [(store, each["oidc_policy"]) for store in place.stores() for each in policies(store)]
    for store, policy in candidates:
        try:
            subject = _trusted_subject(place.sandbox, store, policy, token)
        except BadTokenError as error:
            reasons.append(str(error))
            continue
        if application or _is_known(place, subject):
            return application or subject
        reasons.append(f"nobody is called {subject}")
    why = "; ".join(dict.fromkeys(reasons)) or "there is none"
    raise LoginError("invalid_request", f"No federation policy trusts the token: {why}.")

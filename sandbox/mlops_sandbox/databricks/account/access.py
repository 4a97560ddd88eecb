"""What an account lets its principals do: its administrators everything, others what rules give them."""

from __future__ import annotations

from collections.abc import Callable

from mlops_sandbox.databricks.principals import Principal, principal_of, principal_of_account
from mlops_sandbox.databricks.scim.kinds import ACCOUNT_SCOPE
from mlops_sandbox.errors import denied
from mlops_sandbox.server.routing import Call
from mlops_sandbox.store import Store
from mlops_sandbox.workspaces import account_of

#: The kind of an account's rule sets, by their names.
RULE_SET = "rule_set"
#: Whether someone who does not administer the account may do what is asked, over the account's documents.
Allowed = Callable[[Call, Principal], bool]


def admins_alone(_call: Call, _who: Principal) -> bool:
    """Nobody else may."""
    return False


def require(call: Call, others: Allowed) -> None:
    """Refuse a caller of an account that neither administers it nor is one of those who may as well.

    Args:
        call: the request, over the account's documents.
        others: who else may.

    Raises:
        ApiError: 403.
    """
    who = principal_of_account(call.store, call.user)
    if who is None or not (who.admin or others(call, who)):
        raise denied(
            "This API is disabled for users without account admin status. "
            "Contact your administrator for more information."
        )


def holds(account: Store, who: Principal, resource: str, *roles: str) -> bool:
    """Whether a principal has one of the roles on a resource of an account, by its rule set.

    Args:
        account: the account's documents.
        who: the principal.
        resource: its name without the account's: `servicePrincipals/<application ID>`; empty for the account.
        roles: `roles/servicePrincipal.manager` for example; one is enough.
    """
    named = {"users": {who.name}, "servicePrincipals": {who.name}, "groups": who.names}
    root = f"accounts/{account.workspace.removeprefix(ACCOUNT_SCOPE)}"
    name = "/".join(part for part in (root, resource, "ruleSets/default") if part)
    return any(
        principal.partition("/")[2] in named.get(principal.partition("/")[0], ())
        for rule in (account.get(RULE_SET, name) or {}).get("grant_rules", [])
        if rule.get("role") in roles
        for principal in rule.get("principals", [])
    )


def administers_a_workspace(call: Call, who: Principal) -> bool:
    """Whether a principal of the account administers a workspace that the account has."""
    account = call.store.workspace.removeprefix(ACCOUNT_SCOPE)
    for workspace in call.sandbox.workspaces.all():
        if account_of(call.sandbox.database, workspace) in {account, None}:
            there = principal_of(call.sandbox, workspace, who.name)
            if there is not None and there.admin:
                return True
    return False

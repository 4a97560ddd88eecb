"""Who may do what: each role's privileges and permission levels, and nothing else decides them.

ALL_PRIVILEGES appears nowhere, and `account users` gets no more than a reader has. Unity Catalog knows
everyone as `account users`, and a workspace as `users`: neither knows the other name.
"""

import re
from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict, cast

import pulumi

from pulumi_databricks_mlops.problems import Problems


class RolesArgs(TypedDict):
    """The principals of each role: an e-mail address, a service principal's application ID, else a group."""

    callers: NotRequired[list[pulumi.Input[str]]]
    """Query the endpoint, and nothing else: applications."""
    readers: NotRequired[list[pulumi.Input[str]]]
    """Read data, predictions and runs; query the endpoint."""
    developers: NotRequired[list[pulumi.Input[str]]]
    """Readers who also write tables and models of the project's schema, and start its jobs."""
    owners: NotRequired[list[pulumi.Input[str]]]
    """Manage jobs, endpoints, experiments and secrets."""
    runner: NotRequired[pulumi.Input[str]]
    """The principal that jobs run as: reads and writes data, moves model aliases, deploys to the endpoint."""
    importers: NotRequired[list[pulumi.Input[str]]]
    """Principals of other environments: copy models from here to theirs, with their lineage."""
    deployers: NotRequired[list[pulumi.Input[str]]]
    """Principals that pipelines deploy as: make and manage what the program declares."""
    testers: NotRequired[list[pulumi.Input[str]]]
    """Principals that pipelines try a change as: make schemas of their own, and see nobody else's."""


ROLES = ("callers", "readers", "developers", "owners", "runner", "deployers", "importers", "testers")
"""From the weakest: a principal of several roles holds the last one's permission level."""

_MAKE = ("CREATE_MODEL", "CREATE_SCHEMA", "CREATE_TABLE", "CREATE_VOLUME", "MANAGE")

CATALOG = {
    **dict.fromkeys(ROLES[1:5], ("USE_CATALOG",)),
    # SELECT: a monitor reads its table as who made it.
    "deployers": (*_MAKE, "SELECT", "USE_CATALOG", "USE_SCHEMA"),
    "importers": ("USE_CATALOG",),
    # Who makes a schema owns it, and what is in it.
    "testers": ("CREATE_SCHEMA", "USE_CATALOG"),
}
"""What deployers hold is for everything in the catalog."""

_READ = ("EXECUTE", "READ_VOLUME", "SELECT", "USE_SCHEMA")
_WRITE = (*_READ, "CREATE_FUNCTION", "CREATE_MODEL", "CREATE_TABLE", "MODIFY", "WRITE_VOLUME")
SCHEMA = {
    "readers": _READ,
    "developers": _WRITE,
    "owners": (*_WRITE, "APPLY_TAG"),
    "runner": _WRITE,
    # A model is read with EXECUTE; importers see no table.
    "importers": ("EXECUTE", "USE_SCHEMA"),
}

MODEL = {"owners": ("MANAGE",), "runner": ("MANAGE",)}
"""Only an owner of a model, or who holds MANAGE, may move its aliases."""

JOB = {
    "readers": "CAN_VIEW",
    "developers": "CAN_MANAGE_RUN",
    "owners": "CAN_MANAGE",
    "runner": "CAN_MANAGE_RUN",
}
ENDPOINT = {
    "callers": "CAN_QUERY",
    "readers": "CAN_QUERY",
    "developers": "CAN_QUERY",
    "owners": "CAN_MANAGE",
    "runner": "CAN_MANAGE",
}
EXPERIMENT = {"readers": "CAN_READ", "developers": "CAN_EDIT", "owners": "CAN_MANAGE", "runner": "CAN_EDIT"}
WAREHOUSE = {"developers": "CAN_USE", "owners": "CAN_MANAGE", "runner": "CAN_USE", "testers": "CAN_USE"}
FOLDER = {"readers": "CAN_READ", "developers": "CAN_READ", "owners": "CAN_MANAGE", "runner": "CAN_READ"}
SCOPE = {"owners": "MANAGE", "runner": "READ"}
POLICY = {"developers": "CAN_USE", "owners": "CAN_USE", "runner": "CAN_USE", "testers": "CAN_USE"}

WORKSPACE = {**dict.fromkeys(ROLES[:5], "USER"), "deployers": "ADMIN", "testers": "USER"}
"""What those that ServiceIdentity makes are in their workspace; an admin manages every object there."""
RUNNER = {"owners": "roles/servicePrincipal.user", "deployers": "roles/servicePrincipal.user"}
"""Who may make jobs run as the runner."""
BUDGET = dict.fromkeys(("developers", "owners", "runner", "deployers", "testers"), "roles/budgetPolicy.user")
"""Who may let the budget policy pay."""

Member = tuple[str, pulumi.Input[str]]
"""A principal: a name for it that is known early, and what Databricks calls it."""

EVERYONE = "account users"
"""The account's group of everyone."""
_EVERYONE_HERE: Member = ("users", "users")

_LISTS = ("callers", "readers", "developers", "owners", "deployers", "importers", "testers")


def members(roles: RolesArgs | None) -> list[tuple[str, Member]]:
    """Every role with each of its principals, weakest role first, principals in order."""
    given: Mapping[str, Any] = roles or {}
    found: list[tuple[str, Member]] = []
    for role in ROLES:
        listed: list[pulumi.Input[str]] = given.get(role) or []
        if role not in _LISTS:
            listed = [] if given.get(role) is None else [given[role]]
        known = sorted({name for name in listed if isinstance(name, str)})
        found += [(role, (name, name)) for name in known]
        later = [name for name in listed if not isinstance(name, str)]
        found += [
            (role, (role if number == 1 else f"{role}-{number}", name))
            for number, name in enumerate(later, 1)
        ]
    return found


def united(first: RolesArgs | None, second: RolesArgs | None) -> RolesArgs:
    """The principals of both; of two runners the first."""
    one, two = first or {}, second or {}
    both: dict[str, Any] = {
        role: [*(one.get(role) or []), *(two.get(role) or [])]  # type: ignore[misc]
        for role in _LISTS
        if one.get(role) or two.get(role)
    }
    return cast(RolesArgs, {**two, **one, **both})


def privileges(
    matrix: Mapping[str, tuple[str, ...]], roles: RolesArgs | None
) -> list[tuple[Member, list[str]]]:
    """Each principal's privileges on a securable, united over its roles, in a stable order."""
    held: dict[str, tuple[Member, set[str]]] = {}
    for role, member in members(roles):
        if role in matrix:
            held.setdefault(member[0], (member, set()))[1].update(matrix[role])
    return [(member, sorted(own)) for _, (member, own) in sorted(held.items())]


def levels(matrix: dict[str, str], roles: RolesArgs | None) -> list[tuple[Member, str]]:
    """Each principal's permission level on a workspace's object: that of its strongest role."""
    held: dict[str, tuple[Member, str]] = {}
    for role, member in members(roles):
        if role in matrix:
            known = _EVERYONE_HERE if member[0] == EVERYONE else member
            held[known[0]] = (known, matrix[role])
    return [held[key] for key in sorted(held)]


def rule_principals(
    matrix: Mapping[str, str], roles: RolesArgs | None
) -> list[tuple[str, list[pulumi.Input[str]]]]:
    """By the account's rule, who it is for as access rules name them: `groups/analysts` for example."""
    held: dict[str, list[pulumi.Input[str]]] = {}
    for (_, principal), rule in levels(dict(matrix), roles):
        held.setdefault(rule, []).append(
            pulumi.Output.concat(principal).apply(lambda known: f"{_FOLDERS[kind(known)]}/{known}")
        )
    return sorted(held.items())


_FOLDERS = {
    "user_name": "users",
    "group_name": "groups",
    "service_principal_name": "servicePrincipals",
}
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def kind(principal: str) -> str:
    """`user_name`, `service_principal_name` or `group_name`."""
    if "@" in principal:
        return "user_name"
    return "service_principal_name" if _UUID.fullmatch(principal) else "group_name"


def named(principal: pulumi.Input[str], as_kind: str) -> pulumi.Input[str] | None:
    """The principal where it is of that kind, else None; decided later when it is not known yet."""
    if isinstance(principal, str):
        return principal if kind(principal) == as_kind else None
    # An output of None counts as left out; the provider's types do not say so.
    return pulumi.Output.concat(principal).apply(
        lambda known: known if kind(known) == as_kind else None  # type: ignore[arg-type,return-value]
    )


def check_runs(problems: Problems, what: str, principal: object) -> None:
    """Add a problem where a principal that work runs as is known to be a group."""
    if isinstance(principal, str) and principal.strip() and kind(principal) == "group_name":
        problems.add(
            f"{what} is {principal!r}, a group, and nothing runs as one: "
            "write a service principal's application ID or a user's e-mail address."
        )


def check(problems: Problems, roles: RolesArgs | None) -> None:
    """Add what is wrong with the principals of roles."""
    check_runs(problems, "roles.runner", (roles or {}).get("runner"))
    for role, (principal, _) in members(roles):
        if not principal.strip():
            problems.add(
                f"roles.{role} has an empty principal: write a group, an e-mail address or an application ID."
            )
        if principal == "admins":
            problems.add(f"roles.{role} names `admins`, who may do everything already: leave it out.")
        if principal == EVERYONE and role != "readers":
            problems.add(f"roles.{role} names `{EVERYONE}`, everyone: write a group of its own for {role}.")


def grantee_problem(role: str, principal: str) -> str | None:
    """What is wrong with granting a role's principal something in Unity Catalog; None for nothing."""
    if principal != _EVERYONE_HERE[0] or role not in CATALOG:
        return None
    everyone = f", or `{EVERYONE}`" if role == "readers" else ""
    return (
        "the workspace's own group, which Unity Catalog does not know: "
        f"write a group of the account{everyone}"
    )


def check_grantees(problems: Problems, roles: RolesArgs | None) -> None:
    """Add what is wrong with the principals of roles that are granted something in Unity Catalog."""
    check(problems, roles)
    for role, (principal, _) in members(roles):
        wrong = grantee_problem(role, principal)
        if wrong:
            problems.add(f"roles.{role} names `{principal}`, {wrong}.")

"""What can be wrong with a workspace's arguments."""

import json
from collections.abc import Mapping
from ipaddress import IPv4Network, ip_network
from typing import Any

from pulumi_databricks_mlops import roles as role
from pulumi_databricks_mlops.problems import Problems
from pulumi_databricks_mlops.workspace_args import NewWorkspaceArgs, WorkspaceArgs

CLOUDS = ("aws", "gcp", "azure")
DESTINATIONS = ("email", "slack_url", "teams_url", "pagerduty_key", "webhook_url")


def address_problem(address: str) -> str | None:
    """What is wrong with an address or a range of them."""
    try:
        wanted = ip_network(address, strict=False)
    except ValueError:
        return "is not an IPv4 address or range: write 203.0.113.7 or 203.0.113.0/24"
    if not isinstance(wanted, IPv4Network):
        return "is an IPv6 address, which access lists do not take: write the IPv4 one"
    return None


def json_problem(text: str) -> str | None:
    """What is wrong with a policy's text."""
    try:
        found = json.loads(text)
    except ValueError as error:
        return f"is not JSON ({error})"
    return None if isinstance(found, dict) else "is not a JSON object"


def policy_problem(wanted: Mapping[str, Any]) -> str | None:
    """What is wrong with a cluster policy."""
    if (wanted.get("definition") is None) == (wanted.get("family") is None):
        return "needs a definition or a family: give one of them"
    for part in ("definition", "overrides"):
        text = wanted.get(part)
        if isinstance(text, str) and (wrong := json_problem(text)):
            return f"has {'a definition' if part == 'definition' else 'overrides'} that {wrong}"
    return None


def destination_problem(wanted: Mapping[str, Any]) -> str | None:
    """What is wrong with a notification destination."""
    given = [kind for kind in DESTINATIONS if wanted.get(kind) is not None]
    if len(given) == 1:
        return None
    return f"has {' and '.join(given) or 'no address'}: give exactly one of {', '.join(DESTINATIONS)}"


def check(name: str, args: WorkspaceArgs) -> None:
    """Raise what is wrong.

    Raises:
        InputError: something is.
    """
    problems = Problems(f"Workspace {name}")
    if "create" in args:
        if "host" in args or "workspace_id" in args:
            problems.add(
                "It has `create` and a host or an ID: an existing workspace is not made, choose one."
            )
        _check_new(problems, args["create"])
    missing = [key for key in ("host", "workspace_id") if key not in args]
    if "metastore_id" in args and "create" not in args and missing:
        problems.add(
            "A metastore is assigned to a workspace by its number, and used at its address: "
            f"give {' and '.join(missing)}."
        )
    _check_rules(problems, args)
    role.check(problems, args.get("roles"))
    problems.raise_any()


def _check_rules(problems: Problems, args: WorkspaceArgs) -> None:
    for listed, access in args.get("ip_access_lists", {}).items():
        if not access["addresses"]:
            problems.add(f"The access list {listed} has no address: add one, or take it out.")
        for address in access["addresses"]:
            if wrong := address_problem(address):
                problems.add(f"The access list {listed} has {address!r}, which {wrong}.")
    for policy, wanted in args.get("cluster_policies", {}).items():
        if wrong := policy_problem(wanted):
            problems.add(f"The cluster policy {policy} {wrong}.")
    for destination, told in args.get("notification_destinations", {}).items():
        if wrong := destination_problem(told):
            problems.add(f"The notification destination {destination} {wrong}.")


def _check_new(problems: Problems, wanted: NewWorkspaceArgs) -> None:
    cloud = wanted.get("cloud", "aws")
    problems.require_one("The cloud", cloud, CLOUDS)
    problems.require_one("The pricing tier", wanted.get("pricing_tier"), ("PREMIUM", "ENTERPRISE"))
    for other in CLOUDS:
        if other in wanted and other != cloud:
            problems.add(f"It is on {cloud} and has settings of {other}: leave them out, or set cloud.")
    if cloud == "azure" and "azure" not in wanted:
        problems.add("On Azure it needs a resource group: azure: {resource_group: …}.")
    if cloud != "azure" and not wanted.get("account_id"):
        problems.add("A new workspace needs the account's ID: account_id, or DATABRICKS_ACCOUNT_ID.")
    problems.require_name(
        "The name", wanted["name"], r"[A-Za-z0-9][A-Za-z0-9 _-]{2,63}", "letters, digits, `-`, `_`, 3 to 64"
    )

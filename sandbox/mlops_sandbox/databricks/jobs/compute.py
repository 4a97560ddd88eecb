"""What a job asks to run on: clusters as their policies make them, and who pays for serverless compute."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from mlops_sandbox.databricks import cluster_rules
from mlops_sandbox.databricks.account import budget_policies
from mlops_sandbox.databricks.object_access import may
from mlops_sandbox.databricks.policies import effective_policy
from mlops_sandbox.databricks.principals import Principal, caller, principal_of_account
from mlops_sandbox.databricks.scim import assigned
from mlops_sandbox.databricks.scim.directory import GROUPS, SERVICE_PRINCIPALS, USERS, everyone
from mlops_sandbox.errors import ApiError, denied, invalid
from mlops_sandbox.server.routing import Call
from mlops_sandbox.store import Store

Json = dict[str, Any]

_CREATES = "allow-cluster-create"
_NOT_ALLOWED = "You are not authorized to create clusters. Please contact your administrator."


def _holders(settings: Json) -> Iterator[Json]:
    """Whatever of a job has a `new_cluster`: job clusters, tasks, and what loops repeat."""
    yield from (each for each in settings.get("job_clusters") or [] if each.get("new_cluster"))
    for task in settings.get("tasks") or []:
        inner = (task.get("for_each_task") or {}).get("task") or {}
        yield from (each for each in (task, inner) if each.get("new_cluster"))


def _may_use(store: Store, who: Principal, policy_id: str) -> bool:
    return may(store, who, ("cluster-policies", policy_id), "CAN_USE")


def _made(store: Store, cluster: Json) -> Json:
    """A cluster as its policy makes it.

    Raises:
        ApiError: 400, there is no such policy, or the cluster does not satisfy it.
        MalformedRuleError: nothing satisfies it.
    """
    policy = effective_policy(store, str(cluster["policy_id"]))
    if policy is None:
        raise invalid(f"Policy {cluster['policy_id']} does not exist.")
    given = {name: value for name, value in cluster.items() if name != "apply_policy_default_values"}
    defaults = bool(cluster.get("apply_policy_default_values"))
    made, problems = cluster_rules.applied(json.loads(policy["definition"]), given, defaults=defaults)
    if problems:
        raise invalid(f"Cluster validation error: {'; '.join(problems)}")
    return made


def prepare(call: Call, settings: Json, before: Json) -> None:
    """Fill in what policies decide; refuse clusters and budget policies that the caller may not ask for.

    Args:
        call: the request.
        settings: the job's new settings, changed in place.
        before: those that it has.

    Raises:
        ApiError: 400, a policy is not there or not satisfied; 403, the caller may not use it.
    """
    who = caller(call)
    for holder in _holders(settings):
        policy_id = holder["new_cluster"].get("policy_id")
        if not policy_id:
            continue
        try:
            holder["new_cluster"] = _made(call.store, holder["new_cluster"])
        except cluster_rules.MalformedRuleError:
            # Nobody reads such a policy before a cluster is made by it: the run will say so.
            continue
        if not _may_use(call.store, who, str(policy_id)):
            raise denied(f"{who.name} is not authorized to use cluster policy {policy_id}.")
    _check_budget(call, who, settings, before)


def _check_budget(call: Call, who: Principal, settings: Json, before: Json) -> None:
    identity = settings.get("budget_policy_id")
    if not identity or identity == before.get("budget_policy_id"):
        return
    for account in assigned.accounts(call.store):
        policy = budget_policies.find(account, str(identity))
        bound = (policy or {}).get("binding_workspace_ids") or [int(call.workspace)]
        if policy is not None and int(call.workspace) in map(int, bound):
            there = principal_of_account(account, who.name)
            if (there and there.admin) or budget_policies.may_use(account, who, policy):
                return
            raise denied(f"{who.name} is not authorized to use budget policy {identity}.")
    raise invalid(f"Budget policy {identity} does not exist.")


def _entitled(store: Store, who: Principal) -> bool:
    """Whether someone may make clusters without a policy, by itself or in a group."""
    held = (
        each
        for kind in (USERS, SERVICE_PRINCIPALS, GROUPS)
        for each in everyone(store, kind)
        if who.is_any_of([str(each.get(kind.naming))])
    )
    return any(each.get("value") == _CREATES for one in held for each in one.get("entitlements", []))


def why_none(store: Store, who: Principal | None, cluster: Json) -> ApiError | None:
    """Why a run gets no cluster; None when it does.

    Args:
        store: the workspace's documents.
        who: as whom it runs.
        cluster: what was asked for.
    """
    if who is None:
        return denied("The principal that the job runs as is not in this workspace.")
    policy_id = cluster.get("policy_id")
    allowed = _may_use(store, who, str(policy_id)) if policy_id else who.admin or _entitled(store, who)
    if not allowed:
        return denied(_NOT_ALLOWED)
    if policy_id:
        try:
            _made(store, cluster)
        except cluster_rules.MalformedRuleError as error:
            reason = "cannot be satisfied due to the malformed policy definition"
            return invalid(f"Requests for the policy {policy_id} {reason}: {error}")
        except ApiError as error:
            return error
    return None


def cluster_of(settings: Json, task: Json) -> Json | None:
    """The cluster that a task asks for, of its own or of the job; None when it asks for none."""
    key = task.get("job_cluster_key")
    shared = [
        each["new_cluster"] for each in settings.get("job_clusters") or [] if each["job_cluster_key"] == key
    ]
    found: Json | None = task.get("new_cluster") or (shared[0] if key and shared else None)
    return found

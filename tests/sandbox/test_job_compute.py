"""Jobs ask for clusters and budgets: policies decide what they get, permissions which they may name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from account_workspaces import (
    ACCOUNT,
    MadePrincipal,
    MadeWorkspace,
    account_of,
    new_principal,
    new_workspace,
)
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import InvalidParameterValue, OperationFailed, PermissionDenied
from databricks.sdk.service import billing, iam, jobs
from databricks.sdk.service.compute import ClusterSpec
from databricks.sdk.service.workspace import ImportFormat, Language
from running import RunningSandbox

RULES = {
    "node_type_id": {"type": "allowlist", "values": ["i3.xlarge", "i3.2xlarge"], "defaultValue": "i3.xlarge"},
    "num_workers": {"type": "range", "maxValue": 4},
    "custom_tags.team": {"type": "fixed", "value": "ml"},
    "cluster_type": {"type": "fixed", "value": "job"},
}
SPEC = ClusterSpec(spark_version="16.4.x-scala2.12", num_workers=1, node_type_id="i3.xlarge")


@dataclass
class Setting:
    """A workspace with a policy, its administrator, and a principal that holds nothing."""

    workspace: MadeWorkspace
    admin: WorkspaceClient
    robot: MadePrincipal
    policy: str

    def use(self, *principals: str) -> None:
        """Let exactly these use the policy."""
        controls = [
            iam.AccessControlRequest(
                service_principal_name=each, permission_level=iam.PermissionLevel.CAN_USE
            )
            for each in principals
        ]
        self.admin.permissions.set("cluster-policies", self.policy, access_control_list=controls)


@pytest.fixture(scope="module")
def it(sandbox: RunningSandbox) -> Iterator[Setting]:
    workspace, robot = new_workspace(sandbox, "compute"), new_principal(sandbox, "compute")
    robot.is_in(workspace.id)
    admin = workspace.client()
    policy = admin.cluster_policies.create(name="small", definition=json.dumps(RULES)).policy_id
    admin.workspace.mkdirs("/Shared")
    admin.workspace.upload(
        "/Shared/nothing",
        b"# Databricks notebook source\n",
        format=ImportFormat.SOURCE,
        language=Language.PYTHON,
    )
    yield Setting(workspace, admin, robot, str(policy))
    robot.delete()
    workspace.delete()


def with_cluster(spec: ClusterSpec, *, shared: bool = True) -> dict[str, object]:
    """A job's settings: the cluster is the job's, or the task's own."""
    notebook = jobs.NotebookTask("/Shared/nothing")
    if not shared:
        return {"tasks": [jobs.Task(task_key="a", notebook_task=notebook, new_cluster=spec)]}
    task = jobs.Task(task_key="a", notebook_task=notebook, job_cluster_key="c")
    return {"tasks": [task], "job_clusters": [jobs.JobCluster("c", spec)]}


def spec(policy: str, **changes: object) -> ClusterSpec:
    return ClusterSpec.from_dict({**SPEC.as_dict(), "policy_id": policy, **changes})


@pytest.mark.parametrize("shared", [True, False], ids=["job-cluster", "own-cluster"])
def test_a_cluster_that_its_policy_forbids_is_refused_when_the_job_is_made_and_changed(
    it: Setting, shared: bool
) -> None:
    bad = with_cluster(spec(it.policy, node_type_id="m5.large", num_workers=9), shared=shared)
    told = (
        "Cluster validation error: Validation failed for node_type_id, the value must be one of i3.xlarge, "
        'i3.2xlarge (is "m5.large"); Validation failed for num_workers, the value must be at most 4 (is "9")'
    )
    with pytest.raises(InvalidParameterValue) as refused:
        it.admin.jobs.create(name="x", **bad)
    assert told in str(refused.value)
    job = int(str(it.admin.jobs.create(name="x", **with_cluster(spec(it.policy), shared=shared)).job_id))
    for change in (it.admin.jobs.update, it.admin.jobs.reset):
        with pytest.raises(InvalidParameterValue, match="Cluster validation error"):
            change(job, new_settings=jobs.JobSettings(name="x", **bad))
    it.admin.jobs.delete(job)
    with pytest.raises(InvalidParameterValue, match="Policy nowhere does not exist"):
        it.admin.jobs.create(name="x", **with_cluster(spec("nowhere"), shared=shared))


def test_fixed_values_are_filled_in_and_defaults_where_asked_for(it: Setting) -> None:
    bare = {"node_type_id": None, "custom_tags": None}
    with pytest.raises(InvalidParameterValue, match="Validation failed for node_type_id must be present"):
        it.admin.jobs.create(name="x", **with_cluster(spec(it.policy, **bare)))
    asked = with_cluster(spec(it.policy, **bare, apply_policy_default_values=True))
    job = int(str(it.admin.jobs.create(name="x", **asked).job_id))
    settings = it.admin.jobs.get(job).settings
    made = ((settings and settings.job_clusters) or [])[0].new_cluster
    assert (made.node_type_id, made.custom_tags) == ("i3.xlarge", {"team": "ml"})
    assert made.apply_policy_default_values is None
    it.admin.jobs.delete(job)


def test_who_may_not_use_a_policy_neither_names_it_nor_gets_a_cluster_by_it(it: Setting) -> None:
    its = it.workspace.client(**it.robot.login)
    it.use()
    with pytest.raises(PermissionDenied, match="is not authorized to use cluster policy"):
        its.jobs.create(name="x", **with_cluster(spec(it.policy)))
    as_robot = jobs.JobRunAs(service_principal_name=it.robot.application)
    job = int(str(it.admin.jobs.create(name="x", run_as=as_robot, **with_cluster(spec(it.policy))).job_id))
    with pytest.raises(OperationFailed, match="You are not authorized to create clusters"):
        it.admin.jobs.run_now_and_wait(job)
    it.use(it.robot.application)
    assert its.jobs.create(name="x", **with_cluster(spec(it.policy))).job_id
    it.admin.jobs.run_now_and_wait(job)
    # A policy that is stricter by now stops the next run.
    it.admin.cluster_policies.edit(
        it.policy,
        name="small",
        definition=json.dumps({**RULES, "num_workers": {"type": "fixed", "value": 0}}),
    )
    with pytest.raises(OperationFailed, match="Cluster validation error"):
        it.admin.jobs.run_now_and_wait(job)
    it.admin.cluster_policies.edit(it.policy, name="small", definition=json.dumps(RULES))


def test_without_a_policy_it_takes_the_entitlement_to_create_clusters(it: Setting) -> None:
    as_robot = jobs.JobRunAs(service_principal_name=it.robot.application)
    job = int(str(it.admin.jobs.create(name="x", run_as=as_robot, **with_cluster(SPEC)).job_id))
    with pytest.raises(OperationFailed, match="You are not authorized to create clusters"):
        it.admin.jobs.run_now_and_wait(job)
    entitled = [iam.ComplexValue(value="allow-cluster-create")]
    it.admin.service_principals_v2.update(
        str(it.robot.id), application_id=it.robot.application, entitlements=entitled
    )
    it.admin.jobs.run_now_and_wait(job)


def test_a_budget_policy_is_there_bound_here_and_the_callers_to_use(
    it: Setting, sandbox: RunningSandbox
) -> None:
    its, account = it.workspace.client(**it.robot.login), account_of(sandbox)
    nobody = "00000000-0000-0000-0000-000000000000"
    with pytest.raises(InvalidParameterValue, match=f"Budget policy {nobody} does not exist"):
        it.admin.jobs.create(name="x", budget_policy_id=nobody)
    made = account.budget_policy.create(policy=billing.BudgetPolicy(policy_name="compute"))
    identity = str(made.policy_id)
    assert it.admin.jobs.create(name="x", budget_policy_id=identity).job_id
    with pytest.raises(PermissionDenied, match="is not authorized to use budget policy"):
        its.jobs.create(name="x", budget_policy_id=identity)
    name = f"accounts/{ACCOUNT}/budgetPolicies/{identity}/ruleSets/default"
    rule = iam.GrantRule(
        role="roles/budgetPolicy.user", principals=[f"servicePrincipals/{it.robot.application}"]
    )
    etag = account.access_control.get_rule_set(name, "").etag
    account.access_control.update_rule_set(name, iam.RuleSetUpdateRequest(name, etag, grant_rules=[rule]))
    assert its.jobs.create(name="x", budget_policy_id=identity).job_id
    elsewhere = billing.BudgetPolicy(policy_name="compute", binding_workspace_ids=[1])
    account.budget_policy.update(identity, elsewhere)
    with pytest.raises(InvalidParameterValue, match="does not exist"):
        its.jobs.create(name="x", budget_policy_id=identity)
    account.budget_policy.delete(identity)

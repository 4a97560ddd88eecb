"""A classic workspace on the engine: the running workspace takes over another role, network or endpoint."""

from __future__ import annotations

from pathlib import Path

import pytest
from databricks.sdk import AccountClient
from databricks.sdk.config import Config
from mlops_sandbox.context import DEFAULT_ACCOUNT
from running import Run, RunningSandbox

PROGRAM = """\
import os

import pulumi
import pulumi_databricks as databricks
import pulumi_databricks_mlops as mlops
from pulumi_databricks_mlops import workspace_account

if "PLAIN" in os.environ:
    # As a program of before named them.
    def plain(name, part, workspace, identity, opts):
        called = pulumi.Output.concat(workspace, "-", part[1])
        return workspace_account._Named(f"{name}-{part[0]}", called, opts)

    workspace_account._named = plain
account = databricks.Provider(
    "account",
    account_id=os.environ["DATABRICKS_ACCOUNT_ID"],
    host=os.environ["DATABRICKS_ACCOUNT_HOST"],
    auth_type="pat",
    rate_limit=1000,
)
aws = {
    "role_arn": os.environ["ROLE"],
    "bucket": os.environ.get("BUCKET", "old-root"),
    "network": {
        "vpc_id": os.environ["VPC"],
        "subnet_ids": ["subnet-1", "subnet-2"],
        "security_group_ids": ["sg-1"],
        "private_access": {"rest_api_endpoint": os.environ["ENDPOINT"], "relay_endpoint": "vpce-2"},
    },
}
create = {
    "name": "classic",
    "account_id": os.environ["DATABRICKS_ACCOUNT_ID"],
    "region": "us-east-1",
    "aws": aws,
}
mlops.Workspace("w", {"environment": "prod", "create": create}, pulumi.ResourceOptions(provider=account))
"""
FIRST = {"ROLE": "arn:aws:iam::123456789012:role/old", "VPC": "vpc-old", "ENDPOINT": "vpce-old"}
SECOND = {"ROLE": "arn:aws:iam::123456789012:role/new", "VPC": "vpc-new", "ENDPOINT": "vpce-new"}
UP = ("up", "--yes", "--skip-preview")


@pytest.mark.slow
def test_another_role_network_and_endpoint_take_one_up_and_another_bucket_is_refused(
    sandbox: RunningSandbox, project: Path, run: Run
) -> None:
    host = sandbox.address.account_url
    config = Config(host=host, account_id=DEFAULT_ACCOUNT, token=sandbox.token, auth_type="pat")
    account = AccountClient(config=config)
    (project / "infra" / "__main__.py").write_text(PROGRAM)

    def pulumi(*command: str, fails: bool = False, **variables: str) -> str:
        done = run("pulumi", *command, "-s", "local", **variables)
        assert (done.returncode != 0) == fails, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout + done.stderr

    def kept() -> tuple[list[str], list[str], list[str]]:
        roles = [each.aws_credentials.sts_role for each in account.credentials.list() if each.aws_credentials]
        endpoints = [str(each.aws_vpc_endpoint_id) for each in account.vpc_endpoints.list()]
        return (
            [str(role.role_arn) for role in roles if role],
            [str(each.vpc_id) for each in account.networks.list()],
            sorted(endpoints),
        )

    def workspace() -> int:
        (found,) = [each for each in account.workspaces.list() if each.workspace_name == "classic"]
        (network,), (credentials,) = account.networks.list(), account.credentials.list()
        assert (found.network_id, found.credentials_id) == (network.network_id, credentials.credentials_id)
        return int(str(found.workspace_id))

    pulumi(*UP, **FIRST, PLAIN="1")
    made = workspace()
    # An earlier program's are as they should be, whatever they are called.
    pulumi("preview", "--expect-no-changes", **FIRST)
    pulumi(*UP, **FIRST)
    pulumi(*UP, **SECOND)
    assert workspace() == made
    assert kept() == ([SECOND["ROLE"]], ["vpc-new"], ["vpce-2", "vpce-new"])
    pulumi("preview", "--expect-no-changes", **SECOND)
    pulumi(*UP, **FIRST)
    assert kept() == ([FIRST["ROLE"]], ["vpc-old"], ["vpce-2", "vpce-old"])

    told = pulumi(*UP, **FIRST, BUCKET="new-root", fails=True)
    assert "Storage configuration name classic-root already exists" in told
    assert workspace() == made
    pulumi("preview", "--expect-no-changes", **FIRST)

    pulumi("destroy", "--yes", "--skip-preview", **FIRST)
    assert kept() == ([], [], [])

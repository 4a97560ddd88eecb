"""A classic workspace and who works in it, on the engine: made, unchanged, rotated, gone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from databricks.sdk import AccountClient
from databricks.sdk.config import Config
from mlops_sandbox.context import DEFAULT_ACCOUNT
from running import Run, RunningSandbox

PROGRAM = """\
import os

import pulumi
import pulumi_databricks_mlops as mlops

account = {
    "account_id": os.environ["DATABRICKS_ACCOUNT_ID"],
    "host": os.environ["DATABRICKS_ACCOUNT_HOST"],
    "sign_in": {"auth_type": "pat", "rate_limit": 1000},
}
aws = {
    "role_arn": "arn:aws:iam::123456789012:role/team",
    "bucket": "team-root",
    "network": {
        "vpc_id": "vpc-0123456789abcdef0",
        "subnet_ids": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
        "security_group_ids": ["sg-0123456789abcdef0"],
        "private_access": {"rest_api_endpoint": "vpce-1", "relay_endpoint": "vpce-2", "public_access": True},
    },
}
environment = mlops.Environment(
    "team",
    {
        "environment": "team",
        "catalog": {"catalog": "team", "isolated": True},
        "account": account,
        "workspace": {
            "create": {"name": "team", "region": "us-east-1", "aws": aws},
            "ip_access_lists": {"here": {"addresses": ["127.0.0.1", "203.0.113.0/24"]}},
            "notification_destinations": {
                "oncall": {"email": ["oncall@example.com"]},
                "chat": {"slack_url": "https://hooks.example.com/canary"},
            },
            "cluster_policies": {"small": {"definition": '{"num_workers": {"type": "fixed", "value": 0}}'}},
            "budget_policy": {"team": "ml"},
        },
        "identities": {
            "principals": ["deployer", "previewer", "runner", "caller"],
            "members": {"owners": [os.environ["OWNER"]]},
            "entitlements": {"developers": ["workspace_access", "allow_cluster_create"]},
            "secret": {"rotate_days": 30, "today": os.environ["TODAY"]},
        },
    },
)
assert environment.identity is not None
pulumi.export("ids", environment.identity.client_ids)
pulumi.export("secrets", environment.identity.client_secrets)
"""


def _signs_in(sandbox: RunningSandbox, client_id: str, secret: str) -> bool:
    config = Config(
        host=sandbox.address.account_url,
        account_id=DEFAULT_ACCOUNT,
        client_id=client_id,
        client_secret=secret,
        auth_type="oauth-m2m",
        retry_timeout_seconds=5,
    )
    try:
        return bool(config.oauth_token().access_token)
    except Exception as error:
        if "invalid_client" not in str(error):
            raise
        return False


@pytest.mark.slow
def test_principals_come_rotate_and_go(sandbox: RunningSandbox, project: Path, run: Run) -> None:
    account = AccountClient(
        config=Config(
            host=sandbox.address.account_url,
            account_id=DEFAULT_ACCOUNT,
            token=sandbox.token,
            auth_type="pat",
            rate_limit=1000,
        )
    )
    owner = account.users.create(user_name="grace@example.com")
    (project / "infra" / "__main__.py").write_text(PROGRAM)

    def pulumi(*command: str, today: str) -> str:
        done = run("pulumi", *command, "-s", "local", OWNER=str(owner.id), TODAY=today)
        assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    def secrets(today: str) -> dict[str, str]:
        told = json.loads(pulumi("stack", "output", "--json", "--show-secrets", today=today))
        assert set(told["secrets"]) == {"deployer", "previewer"}
        return {"id": told["ids"]["deployer"], "secret": told["secrets"]["deployer"]}

    pulumi("up", "--yes", "--skip-preview", today="2026-11-24")
    pulumi("preview", "--expect-no-changes", today="2026-11-24")
    pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes", today="2026-11-24")
    first = secrets("2026-11-24")
    shown = pulumi("preview", "--diff", today="2026-12-24")
    assert "+-2 to replace" in shown
    assert first["secret"] not in shown
    assert "canary" not in shown
    pulumi("up", "--yes", "--skip-preview", today="2026-12-24")
    second = secrets("2026-12-24")
    assert second["secret"] != first["secret"]
    for known in (first, second):
        assert _signs_in(sandbox, known["id"], known["secret"])
    pulumi("up", "--yes", "--skip-preview", today="2027-01-23")
    assert not _signs_in(sandbox, first["id"], first["secret"])
    assert _signs_in(sandbox, second["id"], second["secret"])
    third = secrets("2027-01-23")
    rotated = run("mlops", "ci", "rotate", "-s", "local", OWNER=str(owner.id), TODAY="2027-01-23")
    assert rotated.returncode == 0, f"{rotated.stdout[-3000:]}\n{rotated.stderr[-3000:]}"
    assert "4 replaced" in rotated.stderr
    fourth = secrets("2027-01-23")
    assert _signs_in(sandbox, fourth["id"], fourth["secret"])
    assert not _signs_in(sandbox, third["id"], third["secret"])
    assert fourth["secret"] not in rotated.stdout + rotated.stderr
    pulumi("destroy", "--yes", "--skip-preview", today="2027-01-23")
    assert not [
        each.display_name for each in account.service_principals.list() if "team" in str(each.display_name)
    ]
    assert not [each.display_name for each in account.groups.list() if "team" in str(each.display_name)]
    account.users.delete(str(owner.id))


def test_without_an_account_it_says_so_before_anything_is_made(project: Path, run: Run) -> None:
    (project / "infra" / "__main__.py").write_text(PROGRAM.replace('"account": account,', ""))
    done = run("pulumi", "preview", "-s", "local", OWNER="1", TODAY="2026-11-24")
    assert done.returncode != 0
    assert (
        "There is no account, and a new workspace and identities and a budget policy live there"
        in done.stdout
    )
    assert "Traceback" not in done.stdout

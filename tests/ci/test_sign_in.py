"""Where the state is kept lets a job in by its own token."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from pathlib import Path
from typing import Any

import httpx
import pytest
from github_client import begin, github, new_job, start
from pulumi_databricks_mlops.cli.ci import sign_in
from pulumi_databricks_mlops.cli.errors import CliError

__all__ = ["github"]


def job_of_a_b(github: httpx.Client) -> dict[str, Any]:
    """What a running job of the repository a/b has got, in its environment prod."""
    github.post("/admin/organizations", json={"login": "a", "admin": "developer"})
    github.post("/orgs/a/repos", json={"name": "b", "auto_init": True})
    run = begin(github, "/repos/a/b")
    return start(github, run, new_job(github, run, environment="prod", permissions={"id-token": "write"}))


def test_a_token_for_the_states_cloud_is_fetched_into_a_private_file(
    github: httpx.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE", "AZURE_CLIENT_ID", "PULUMI_ORGANIZATION"):
        monkeypatch.setenv(name, "")
    variables = {"AWS_ROLE_ARN": "arn:aws:iam::1:role/state", "OTHER": "x"}
    for name, value in {
        "GITHUB_ACTIONS": "true",
        "RUNNER_TEMP": str(tmp_path),
        "MLOPS_VARIABLES": json.dumps(variables),
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("ACTIONS_ID_TOKEN_REQUEST_URL", raising=False)
    with pytest.raises(CliError, match="id-token: write"):
        sign_in.prepare()
    given = job_of_a_b(github)
    for name in ("URL", "TOKEN"):
        monkeypatch.setenv(f"ACTIONS_ID_TOKEN_REQUEST_{name}", given[f"id_token_request_{name.lower()}"])
    sign_in.prepare()
    file = tmp_path / "mlops-aws.jwt"
    claims = json.loads(urlsafe_b64decode(file.read_text().split(".")[1] + "=="))
    assert (claims["aud"], claims["sub"]) == ("sts.amazonaws.com", "repo:a/b:environment:prod")
    assert file.stat().st_mode & 0o777 == 0o600

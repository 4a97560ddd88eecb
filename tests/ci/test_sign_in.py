"""Where the state is kept lets a job in by its own token."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from pathlib import Path

import pytest
from pulumi_databricks_mlops.cli.ci import sign_in
from pulumi_databricks_mlops.cli.errors import CliError
from running import RunningSandbox
from workflow_runner.github.host import GitHubHost


def identity(sandbox: RunningSandbox) -> dict[str, str]:
    """Where a running job of the repository a/b asks for its identity tokens, and with what."""
    host = GitHubHost(sandbox, "a/b")
    host.client.post("/admin/organizations", json={"login": "a", "admin": "developer"})
    host.client.post("/orgs/a/repos", json={"name": "b", "auto_init": True})
    sha = host.get("/git/ref/heads/main")["object"]["sha"]
    about = {"name": "release", "event": "push", "ref": "refs/heads/main", "sha": sha}
    run = f"/runs/{host.runner('POST', '/runs', about)['id']}/jobs"
    job = {"name": "deploy", "environment": "prod", "permissions": {"id-token": "write"}}
    given = host.runner("POST", f"{run}/{host.runner('POST', run, job)['id']}/start")
    host.close()
    return {name: given[f"id_token_request_{name.lower()}"] for name in ("URL", "TOKEN")}


def test_a_token_for_the_states_cloud_is_fetched_into_a_private_file(
    sandbox: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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
    for name, value in identity(sandbox).items():
        monkeypatch.setenv(f"ACTIONS_ID_TOKEN_REQUEST_{name}", value)
    sign_in.prepare()
    file = tmp_path / "mlops-aws.jwt"
    claims = json.loads(urlsafe_b64decode(file.read_text().split(".")[1] + "=="))
    assert (claims["aud"], claims["sub"]) == ("sts.amazonaws.com", "repo:a/b:environment:prod")
    assert file.stat().st_mode & 0o777 == 0o600

"""Where the state is kept lets a job in by its own token."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from pathlib import Path

import pytest
from mlops_sandbox.issuer import Issuer
from pulumi_databricks_mlops.cli.ci import sign_in
from pulumi_databricks_mlops.cli.errors import CliError
from workflow_runner.service import JobIdentity, Service


def test_a_token_for_the_states_cloud_is_fetched_into_a_private_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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
    issuer = Issuer("http://127.0.0.1/issuer", tmp_path / "key.pem")
    service = Service("http://127.0.0.1:9", "unused")
    try:
        with service.job(JobIdentity({"sub": "repo:a/b:environment:prod"}, issuer, {})) as token:
            monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", f"{service.url}/oidc?api-version=2.0")
            monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", token)
            sign_in.prepare()
    finally:
        service.stop()
    file = tmp_path / "mlops-aws.jwt"
    claims = json.loads(urlsafe_b64decode(file.read_text().split(".")[1] + "=="))
    assert (claims["aud"], claims["sub"]) == ("sts.amazonaws.com", "repo:a/b:environment:prod")
    assert file.stat().st_mode & 0o777 == 0o600

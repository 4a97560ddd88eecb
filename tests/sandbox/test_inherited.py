"""What of a shell's environment reaches the sandbox and its clients."""

from __future__ import annotations

import pytest
from mlops_sandbox.inherited import inherited
from running import ELSEWHERE


def test_nothing_of_another_account_is_inherited() -> None:
    kept = inherited({**ELSEWHERE, "PATH": "/bin", "GITHUB_ACTIONS": "true"})
    assert not [name for name in kept if name.startswith(("DATABRICKS_", "ARM_", "MLFLOW_", "PULUMI_ACCESS"))]
    assert (kept["PATH"], kept["GITHUB_ACTIONS"]) == ("/bin", "true")


@pytest.mark.parametrize(
    ("env", "direct"),
    [
        ({}, None),
        ({"NO_PROXY": "x"}, "x"),
        ({"HTTPS_PROXY": "p"}, "127.0.0.1,localhost"),
        ({"http_proxy": "p", "NO_PROXY": "corp.example, localhost"}, "corp.example,localhost,127.0.0.1"),
        ({"http_proxy": "p", "no_proxy": "a", "NO_PROXY": "b"}, "a,127.0.0.1,localhost"),
    ],
)
def test_loopback_goes_past_a_proxy(env: dict[str, str], direct: str | None) -> None:
    assert inherited(env).get("NO_PROXY") == direct

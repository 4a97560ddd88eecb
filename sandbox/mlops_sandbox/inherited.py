"""What reaches the sandbox and its clients of the environment that they are started in."""

from __future__ import annotations

from collections.abc import Mapping

_LOOPBACK = ("127.0.0.1", "localhost")
_PROXIES = {"http_proxy", "https_proxy", "all_proxy", "grpc_proxy"}
#: Variables that would point a provider, an SDK, MLflow or Spark at another account, or sign it in there.
_FOREIGN = (
    "ARM_",
    "AZDO_",
    "DATABRICKS_",
    "GH_TOKEN",
    "GITHUB_APP_",
    "GITHUB_BASE_URL",
    "GITHUB_ORGANIZATION",
    "GITHUB_OWNER",
    "GITHUB_TOKEN",
    "GOOGLE_CREDENTIALS",
    "MLFLOW_REGISTRY_",
    "MLFLOW_TRACKING_",
    "PULUMI_ACCESS_TOKEN",
    "PULUMI_CONFIG_PASSPHRASE",
    "SPARK_REMOTE",
)


def inherited(env: Mapping[str, str]) -> dict[str, str]:
    """The environment without what belongs to other accounts, and with loopback past a proxy."""
    # Another account's credentials beside the sandbox's are "more than one authorization method".
    kept = {name: value for name, value in env.items() if not name.startswith(_FOREIGN)}
    return kept | past_proxies(kept)


def past_proxies(env: Mapping[str, str]) -> dict[str, str]:
    """What an environment lacks so that loopback is reached directly; empty where it names no proxy.

    Clients in Python would ask a company's proxy for this machine's own ports.
    """
    if not any(name.lower() in _PROXIES for name in env):
        return {}
    told = env.get("no_proxy") or env.get("NO_PROXY") or ""
    listed = [each.strip() for each in told.split(",") if each.strip()]
    direct = ",".join([*listed, *(each for each in _LOOPBACK if each not in listed)])
    return {"no_proxy": direct, "NO_PROXY": direct}

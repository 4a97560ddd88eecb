"""Where values of secrets come from, and what a scope makes of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime import config as configuration
from pulumi.runtime import rpc
from pulumi_databricks_mlops import SecretStore
from secret_values import secret_values
from settings import SettingsError, load
from unit_declared import ENVIRONMENT, PROJECT, Estate, declare, refused, write_project

SECRETS = {
    "plain": {},
    "shared": {"config": "company:openai.key"},
    "variable": {"env": "FLIGHTS_KEY"},
}


def stored(folder: Path, monkeypatch: pytest.MonkeyPatch, **values: str) -> Estate:
    """The scope of a project that declares those secrets, with that configuration."""
    write_project(folder, {**PROJECT, "secrets": SECRETS})
    settings = load(ENVIRONMENT, "dev", folder.parent)
    monkeypatch.setenv("PULUMI_CONFIG", json.dumps(values))
    monkeypatch.setattr(configuration, "CONFIG", configuration.CONFIG)
    configuration.set_all_config(values)

    def program() -> None:
        found = secret_values(settings, pulumi.Config("databricks-mlops"), "dev")
        SecretStore("s", {"scope": "dev-flights", "secrets": found["flights"]})

    return declare(program)


def test_values_come_from_configuration_and_the_environment_and_stay_secret(
    project_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLIGHTS_KEY", "c")
    given = {"databricks-mlops:flights.plain": "a", "company:openai.key": "b"}
    made = stored(project_folder, monkeypatch, **given).of("Secret")
    assert all(rpc.is_rpc_secret(each.inputs["stringValue"]) for each in made)
    values = {each.inputs["key"]: rpc.unwrap_rpc_secret(each.inputs["stringValue"]) for each in made}
    assert values == {"plain": "a", "shared": "b", "variable": "c"}


def test_a_secret_without_a_value_says_where_one_is_looked_for(
    project_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FLIGHTS_KEY", raising=False)
    with pytest.raises(SettingsError) as caught:
        stored(project_folder, monkeypatch)
    for part in (
        "pulumi config set --secret -s dev databricks-mlops:flights.plain",
        "pulumi config set --secret -s dev company:openai.key",
        "ml_code/project.yaml: secrets.variable.env: the variable FLIGHTS_KEY has no value",
    ):
        assert part in str(caught.value)


def store(**more: Any) -> Any:
    given: Any = {"scope": "dev", **more}
    return lambda: SecretStore("s", given)


def test_an_adopted_scope_gets_secrets_and_nothing_else() -> None:
    estate = declare(store(adopt=True, secrets={"a": "1"}, roles={"owners": ["ml"]}))
    assert [declared.kind for declared in estate.values() if declared.request.custom] == ["Secret"]


def test_a_key_vault_is_read_and_not_written() -> None:
    vault = {"resource_id": "/subscriptions/1", "dns_name": "https://x.vault.azure.net/"}
    made = declare(store(key_vault=vault)).one("SecretScope").inputs
    assert made["keyvaultMetadata"] == {
        "resourceId": "/subscriptions/1",
        "dnsName": "https://x.vault.azure.net/",
    }
    error = refused(store(key_vault=vault, secrets={"a": "1"}, adopt=True))
    assert "write those to the vault" in error
    assert "is not changed" in error

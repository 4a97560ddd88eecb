"""Cluster policies: what is edited is what is answered, and bad rules never get in."""

from __future__ import annotations

import json

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import InvalidParameterValue, NotFound

RULES = json.dumps({"spark_version": {"type": "unlimited"}})


def test_an_edit_replaces_the_settings_and_keeps_the_identity(client: WorkspaceClient) -> None:
    made = client.cluster_policies.create(name="edited", definition=RULES, description="old").policy_id
    assert made is not None
    fixed = json.dumps({"spark_version": {"type": "fixed", "value": "auto:latest-ml"}})
    client.cluster_policies.edit(made, name="edited", definition=fixed)
    found = client.cluster_policies.get(made)
    assert (found.definition, found.description, found.policy_id) == (fixed, None, made)
    assert made in {each.policy_id for each in client.cluster_policies.list()}
    client.cluster_policies.delete(made)
    with pytest.raises(NotFound):
        client.cluster_policies.get(made)
    with pytest.raises(NotFound):
        client.cluster_policies.get_permissions(made)


@pytest.mark.parametrize("definition", ["{", '{"a": 1}', "[]", None])
def test_rules_that_are_none_are_refused(client: WorkspaceClient, definition: str | None) -> None:
    with pytest.raises(InvalidParameterValue):
        client.cluster_policies.create(name="refused", definition=definition)


def test_a_family_lends_its_rules(client: WorkspaceClient) -> None:
    overrides = json.dumps({"num_workers": {"type": "fixed", "value": 1}})
    made = client.cluster_policies.create(
        name="of-a-family", policy_family_id="job-cluster", policy_family_definition_overrides=overrides
    )
    definition = client.cluster_policies.get(str(made.policy_id)).definition
    assert set(json.loads(str(definition))) == {"spark_version", "num_workers"}

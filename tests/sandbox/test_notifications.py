"""Destinations keep their secrets, IP access lists and switches what they were given."""

from __future__ import annotations

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import InvalidParameterValue, NotFound, ResourceAlreadyExists
from databricks.sdk.service import settings
from running import RunningSandbox

CANARY = "https://hooks.example.com/canary-8c1d"


def test_a_destination_tells_that_a_secret_is_set_and_never_the_secret(
    client: WorkspaceClient, sandbox: RunningSandbox
) -> None:
    slack = settings.Config(slack=settings.SlackConfig(url=CANARY))
    made = client.notification_destinations.create(display_name="canary", config=slack)
    found = client.notification_destinations.get(str(made.id))
    assert found.destination_type is settings.DestinationType.SLACK
    assert found.config
    assert found.config.slack
    assert (found.config.slack.url_set, found.config.slack.url) == (True, None)
    state = b"".join(file.read_bytes() for file in sandbox.home.path.glob("state.db*"))
    assert b"canary-8c1d" not in state
    email = settings.Config(email=settings.EmailConfig(addresses=["a@example.com"]))
    with pytest.raises(InvalidParameterValue, match="type of a notification destination"):
        client.notification_destinations.update(str(made.id), config=email)
    client.notification_destinations.delete(str(made.id))
    with pytest.raises(NotFound):
        client.notification_destinations.get(str(made.id))


def test_an_ip_access_list_takes_ipv4_addresses_and_ranges(client: WorkspaceClient) -> None:
    lists = client.ip_access_lists
    made = lists.create("office", settings.ListType.ALLOW, ip_addresses=["10.0.0.0/8"]).ip_access_list
    assert made
    assert (made.address_count, made.enabled) == (1, True)
    lists.update(str(made.list_id), enabled=False)
    kept = lists.get(str(made.list_id)).ip_access_list
    assert kept
    assert (kept.enabled, kept.ip_addresses) == (False, ["10.0.0.0/8"])
    for wrong in ("10.0.0.0/40", "::1", "office"):
        with pytest.raises(InvalidParameterValue, match="is not an IPv4 address"):
            lists.create("wrong", settings.ListType.BLOCK, ip_addresses=[wrong])
    with pytest.raises(ResourceAlreadyExists):
        lists.create("office", settings.ListType.BLOCK, ip_addresses=["10.0.0.1"])
    lists.delete(str(made.list_id))


def test_a_switch_that_was_never_set_is_null(client: WorkspaceClient) -> None:
    client.workspace_conf.set_status({"enableExportNotebook": "false"})
    told = client.workspace_conf.get_status("enableExportNotebook,enableNotebookTableClipboard")
    assert told == {"enableExportNotebook": "false", "enableNotebookTableClipboard": None}

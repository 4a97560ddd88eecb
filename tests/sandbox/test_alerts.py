"""Alerts really evaluate and tell; dashboards keep drafts and publications apart."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import InvalidParameterValue, NotFound
from databricks.sdk.service import dashboards, settings, sql
from running import RunningSandbox


@pytest.fixture
def heard() -> Iterator[tuple[str, list[Any]]]:
    """A webhook on this machine, and what it was told."""
    told: list[Any] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Tests are quiet."""

    server = HTTPServer(("127.0.0.1", 0), Hook)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", told
    server.shutdown()
    server.server_close()
    thread.join()


def _alert(client: WorkspaceClient, query: str, *subscriptions: sql.AlertV2Subscription) -> sql.AlertV2:
    return sql.AlertV2(
        display_name="drift",
        query_text=query,
        warehouse_id=str(next(iter(client.warehouses.list())).id),
        evaluation=sql.AlertV2Evaluation(
            source=sql.AlertV2OperandColumn(name="n", aggregation=sql.Aggregation.SUM),
            comparison_operator=sql.ComparisonOperator.GREATER_THAN,
            threshold=sql.AlertV2Operand(value=sql.AlertV2OperandValue(double_value=2)),
            notification=sql.AlertV2Notification(subscriptions=list(subscriptions)),
        ),
        schedule=sql.CronSchedule(quartz_cron_schedule="* * * * * ?", timezone_id="UTC"),
        custom_summary="{{ALERT_NAME}} is {{QUERY_RESULT_VALUE}}",
    )


def _evaluated(client: WorkspaceClient, identity: str) -> sql.AlertV2Evaluation:
    deadline = time.monotonic() + 60
    while True:
        evaluation = client.alerts_v2.get_alert(identity).evaluation
        if evaluation.last_evaluated_at:
            return evaluation
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_an_alert_tells_its_subscribers_once_when_its_condition_holds(
    client: WorkspaceClient, sandbox: RunningSandbox, heard: tuple[str, list[Any]]
) -> None:
    url, told = heard
    webhook = settings.Config(generic_webhook=settings.GenericWebhookConfig(url=url))
    destination = client.notification_destinations.create(display_name="hook", config=webhook)
    sandbox.wait_ready()
    made = client.alerts_v2.create_alert(
        _alert(
            client,
            "SELECT * FROM VALUES (1), (2) AS t(n)",
            sql.AlertV2Subscription(destination_id=destination.id),
            sql.AlertV2Subscription(user_email="a@example.com"),
        )
    )
    assert _evaluated(client, str(made.id)).state is sql.AlertEvaluationState.TRIGGERED
    deadline = time.monotonic() + 10
    while len(told) < 1 and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(1.2)
    assert [(each["alert_id"], each["value"], each["summary"]) for each in told] == [
        (made.id, 3.0, "drift is 3.0")
    ]
    sent = client.api_client.do("GET", "/sandbox/notifications")
    assert isinstance(sent, dict)
    mine = [each for each in sent["notifications"] if each["message"]["alert_id"] == made.id]
    assert {(each["type"], each["outcome"]) for each in mine} == {("WEBHOOK", "delivered"), ("EMAIL", "kept")}
    client.alerts_v2.trash_alert(str(made.id))
    assert client.alerts_v2.get_alert(str(made.id)).lifecycle_state is sql.AlertLifecycleState.DELETED
    client.alerts_v2.trash_alert(str(made.id), purge=True)
    with pytest.raises(NotFound):
        client.alerts_v2.get_alert(str(made.id))


@pytest.mark.parametrize(
    ("query", "state"),
    [
        ("SELECT 1 AS n", sql.AlertEvaluationState.OK),
        ("SELECT 1 AS n WHERE false", sql.AlertEvaluationState.UNKNOWN),
        ("SELECT 1 AS other", sql.AlertEvaluationState.ERROR),
        ("SELECT * FROM nowhere.to.be_found", sql.AlertEvaluationState.ERROR),
    ],
)
def test_an_evaluation_says_what_it_found(
    client: WorkspaceClient, sandbox: RunningSandbox, query: str, state: sql.AlertEvaluationState
) -> None:
    sandbox.wait_ready()
    made = client.alerts_v2.create_alert(_alert(client, query))
    assert _evaluated(client, str(made.id)).state is state
    client.alerts_v2.trash_alert(str(made.id), purge=True)


def test_an_alert_that_could_never_be_evaluated_is_refused(client: WorkspaceClient) -> None:
    wrong = _alert(client, "SELECT 1 AS n")
    wrong.schedule = sql.CronSchedule(quartz_cron_schedule="every day", timezone_id="UTC")
    with pytest.raises(InvalidParameterValue, match="schedule"):
        client.alerts_v2.create_alert(wrong)


def test_a_publication_stays_while_the_draft_changes(client: WorkspaceClient) -> None:
    draft = dashboards.Dashboard(
        display_name="drift", parent_path="/Shared", serialized_dashboard='{"pages": [{"name": "p"}]}'
    )
    made = client.lakeview.create(draft)
    identity = str(made.dashboard_id)
    client.lakeview.publish(identity, embed_credentials=False)
    changed = dashboards.Dashboard(display_name="drift of all", etag=made.etag)
    assert client.lakeview.update(identity, changed).path == "/Shared/drift of all.lvdash.json"
    assert client.lakeview.get_published(identity).display_name == "drift"
    with pytest.raises(Exception, match="changed by another call"):
        client.lakeview.update(identity, changed)
    client.lakeview.unpublish(identity)
    with pytest.raises(NotFound):
        client.lakeview.get_published(identity)
    client.lakeview.trash(identity)
    assert client.lakeview.get(identity).lifecycle_state is dashboards.LifecycleState.TRASHED
    assert identity not in {each.dashboard_id for each in client.lakeview.list()}

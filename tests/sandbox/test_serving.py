"""Serving endpoints: configs replace each other without a failed request, and no answer is lost."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import DatabricksError, NotFound, ResourceConflict
from databricks.sdk.service.serving import (
    AiGatewayConfig,
    AiGatewayInferenceTableConfig,
    AiGatewayRateLimit,
    AiGatewayRateLimitKey,
    AiGatewayRateLimitRenewalPeriod,
    EndpointCoreConfigInput,
    EndpointTag,
    Route,
    TrafficConfig,
)
from deltalake import DeltaTable
from mlops_sandbox import control
from mlops_sandbox.home import Home
from running import RunningSandbox
from served_models import ask, entity, predict, register, until, wait_updated

MODEL = "serving.models.scale"
DOUBLES, TRIPLES, BROKEN = 1, 2, 3


def prepare(sandbox: RunningSandbox, folder: Path) -> WorkspaceClient:
    client = sandbox.workspace()
    client.catalogs.create("serving")
    client.schemas.create("models", "serving")
    register(sandbox, folder, MODEL, [2.0, 3.0, -1.0])
    return client


@pytest.fixture(scope="module")
def serving(sandbox: RunningSandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkspaceClient]:
    client = prepare(sandbox, tmp_path_factory.mktemp("model"))
    yield client
    for endpoint in client.serving_endpoints.list():
        client.serving_endpoints.delete(str(endpoint.name))


def make(client: WorkspaceClient, name: str, version: int = DOUBLES, **settings: object) -> None:
    config = EndpointCoreConfigInput(name=name, served_entities=[entity(MODEL, version, **settings)])
    client.serving_endpoints.create(name, config=config)
    assert wait_updated(client, name) == "NOT_UPDATING"


def test_an_endpoint_without_a_config_waits_for_one(
    sandbox: RunningSandbox, serving: WorkspaceClient
) -> None:
    made = serving.serving_endpoints.create("empty").response
    assert made.config is not None
    assert not made.config.served_entities
    assert made.state is not None
    assert (made.state.ready.value, made.state.config_update.value) == ("NOT_READY", "NOT_UPDATING")
    answer = ask(sandbox, "empty", {"inputs": [1]})
    assert answer.status_code == 400
    assert "has no config" in answer.json()["message"]
    serving.serving_endpoints.update_config("empty", served_entities=[entity(MODEL, DOUBLES)])
    assert wait_updated(serving, "empty") == "NOT_UPDATING"
    shown = serving.serving_endpoints.get("empty")
    assert shown.config is not None
    assert shown.config.served_entities[0].name == "scale-1"
    assert shown.config.traffic_config.routes[0].traffic_percentage == 100
    assert predict(sandbox, "empty", 4.0) == 8.0
    assert serving.serving_endpoints.query("empty", dataframe_records=[{"x": 5.0}]).predictions == [10.0]


def test_no_request_fails_while_the_config_changes(sandbox: RunningSandbox, serving: WorkspaceClient) -> None:
    make(serving, "busy")
    answers: Counter[str] = Counter()
    done = threading.Event()

    def load() -> None:
        with httpx.Client() as client:
            while not done.is_set():
                answer = ask(
                    sandbox, "busy", {"dataframe_split": {"columns": ["x"], "data": [[1.0]]}}, client
                )
                answers[answer.text if answer.is_success else f"failed: {answer.text}"] += 1

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    for version in (TRIPLES, DOUBLES):
        serving.serving_endpoints.update_config("busy", served_entities=[entity(MODEL, version)])
        with pytest.raises(ResourceConflict):
            serving.serving_endpoints.update_config("busy", served_entities=[entity(MODEL, version)])
        assert wait_updated(serving, "busy") == "NOT_UPDATING"
    done.set()
    for thread in threads:
        thread.join()
    assert set(answers) == {'{"predictions": [2.0]}', '{"predictions": [3.0]}'}


def test_a_version_that_does_not_start_leaves_the_old_one_serving(
    sandbox: RunningSandbox, serving: WorkspaceClient
) -> None:
    make(serving, "careful")
    serving.serving_endpoints.update_config("careful", served_entities=[entity(MODEL, BROKEN)])
    assert wait_updated(serving, "careful") == "UPDATE_FAILED"
    shown = serving.serving_endpoints.get("careful")
    assert shown.state.ready.value == "READY"
    failed = shown.pending_config.served_entities[0].state
    assert failed.deployment.value == "DEPLOYMENT_FAILED"
    assert "a negative factor is not allowed" in failed.deployment_state_message
    assert "a negative factor is not allowed" in serving.serving_endpoints.logs("careful", "scale-3").logs
    assert predict(sandbox, "careful") == 2.0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"entity_version": "99"}, "99"),
        ({"workload_size": "Tiny"}, "workload_size 'Tiny'"),
        ({"name": "a name"}, "Served entity name 'a name'"),
        ({"environment_vars": {"KEY": "{{secrets/none/key}}"}}, "none"),
    ],
)
def test_what_could_never_serve_is_refused(
    serving: WorkspaceClient, change: dict[str, object], message: str
) -> None:
    wanted = entity(MODEL, DOUBLES).as_dict() | change
    with pytest.raises(DatabricksError, match=message):
        serving.api_client.do(
            "POST",
            "/api/2.0/serving-endpoints",
            body={"name": "refused", "config": {"served_entities": [wanted]}},
        )
    with pytest.raises(NotFound):
        serving.serving_endpoints.get("refused")


def test_traffic_splits_by_percentage(sandbox: RunningSandbox, serving: WorkspaceClient) -> None:
    make(serving, "split")
    routes = [
        Route(served_model_name="scale-1", traffic_percentage=25),
        Route(served_model_name="scale-2", traffic_percentage=75),
    ]
    serving.serving_endpoints.update_config(
        "split",
        served_entities=[entity(MODEL, DOUBLES), entity(MODEL, TRIPLES)],
        traffic_config=TrafficConfig(routes=routes),
    )
    assert wait_updated(serving, "split") == "NOT_UPDATING"
    with httpx.Client() as client:
        answers = [ask(sandbox, "split", {"inputs": {"x": [1.0]}}, client) for _ in range(200)]
    served = Counter(answer.headers["served-model-name"] for answer in answers)
    assert 100 <= served["scale-2"] < 200
    assert all(
        answer.json()["predictions"] == [2.0 if answer.headers["served-model-name"] == "scale-1" else 3.0]
        for answer in answers
    )


def test_a_scoring_server_that_dies_is_started_again(
    sandbox: RunningSandbox, serving: WorkspaceClient
) -> None:
    make(serving, "mortal")
    assert ask(sandbox, "mortal", {"dataframe_records": [{"x": -1.0}]}).status_code == 503
    assert predict(sandbox, "mortal") == 2.0


def test_secrets_reach_the_model_and_nothing_else(sandbox: RunningSandbox, serving: WorkspaceClient) -> None:
    canary = "canary-8c1f0a"
    serving.secrets.create_scope("serving")
    serving.secrets.put_secret("serving", "key", string_value=canary)
    make(serving, "secretive", environment_vars={"CANARY": "{{secrets/serving/key}}"})
    answer = ask(sandbox, "secretive", {"dataframe_records": [{"x": -2.0}]})
    assert answer.json() == {"predictions": [canary]}
    assert canary not in str(serving.serving_endpoints.get("secretive").as_dict())
    logs = "".join(file.read_text(errors="replace") for file in sandbox.home.logs.rglob("*.log"))
    assert canary not in logs
    assert canary.encode() not in (sandbox.home.path / "state.db").read_bytes()


def test_errors_of_the_model_are_its_own(sandbox: RunningSandbox, serving: WorkspaceClient) -> None:
    make(serving, "strict")
    answer = ask(sandbox, "strict", {"dataframe_records": [{"y": 1.0}]})
    assert answer.status_code == 400
    assert "Failed to enforce schema" in answer.json()["message"]
    assert ask(sandbox, "nobody", {"inputs": [1]}).status_code == 404
    absent = ask(sandbox, "strict/served-models/none", {"inputs": [1]})
    assert absent.status_code == 404
    assert "no served entity 'none'" in absent.json()["message"]


def test_inference_tables_have_every_request(sandbox: RunningSandbox, serving: WorkspaceClient) -> None:
    make(serving, "logged")
    table = AiGatewayInferenceTableConfig("serving", True, "models", "logged")
    serving.serving_endpoints.put_ai_gateway("logged", inference_table_config=table)
    for x in range(5):
        predict(sandbox, "logged", float(x))
    ask(sandbox, "logged", {"client_request_id": "mine", "dataframe_records": [{"y": 1.0}]})
    location = serving.tables.get("serving.models.logged_payload").storage_location
    assert location is not None
    until(lambda: DeltaTable(location).to_pyarrow_table().num_rows == 6)
    rows = DeltaTable(location).to_pyarrow_table().to_pylist()
    assert Counter(row["status_code"] for row in rows) == {200: 5, 400: 1}
    assert {row["client_request_id"] for row in rows} == {None, "mine"}
    assert rows[0]["request_date"] == rows[0]["request_time"].date()
    answered = next(row for row in rows if row["status_code"] == 200)
    assert '"predictions"' in answered["response"]


def test_the_legacy_names_still_work(sandbox: RunningSandbox, serving: WorkspaceClient) -> None:
    body = {
        "name": "legacy",
        "config": {
            "served_models": [
                {"model_name": MODEL, "model_version": "1", "workload_size": "Small", "name": "champion"}
            ],
            "auto_capture_config": {"catalog_name": "serving", "schema_name": "models"},
        },
    }
    serving.api_client.do("POST", "/api/2.0/serving-endpoints", body=body)
    assert wait_updated(serving, "legacy") == "NOT_UPDATING"
    shown = serving.serving_endpoints.get("legacy").config
    assert [model.model_name for model in shown.served_models] == [MODEL]
    assert shown.auto_capture_config.state.payload_table.name == "legacy_payload"
    predict(sandbox, "legacy")
    location = serving.tables.get("serving.models.legacy_payload").storage_location
    until(lambda: DeltaTable(str(location)).to_pyarrow_table().num_rows == 1)
    [row] = DeltaTable(str(location)).to_pyarrow_table().to_pylist()
    assert dict(row["request_metadata"]) == {
        "endpoint_name": "legacy",
        "model_name": MODEL,
        "model_version": "1",
    }


def test_external_models_are_kept_but_can_not_be_asked(
    sandbox: RunningSandbox, serving: WorkspaceClient
) -> None:
    model = {"name": "gpt", "provider": "openai", "task": "llm/v1/chat"}
    body = {"name": "external", "config": {"served_entities": [{"external_model": model}]}}
    serving.api_client.do("POST", "/api/2.0/serving-endpoints", body=body)
    assert wait_updated(serving, "external") == "NOT_UPDATING"
    shown = serving.serving_endpoints.get("external")
    assert shown.config.served_entities[0].external_model.name == "gpt"
    answer = ask(sandbox, "external", {"messages": []})
    assert answer.status_code == 501
    assert "no provider openai" in answer.json()["message"]


def test_calls_above_the_rate_limit_are_refused(sandbox: RunningSandbox, serving: WorkspaceClient) -> None:
    make(serving, "limited")
    limit = AiGatewayRateLimit(AiGatewayRateLimitRenewalPeriod.MINUTE, 2, AiGatewayRateLimitKey.ENDPOINT)
    serving.serving_endpoints.put_ai_gateway("limited", rate_limits=[limit])
    answers = [ask(sandbox, "limited", {"inputs": {"x": [1.0]}}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert "2 calls a minute" in answers[2].json()["message"]


def test_tags_and_permissions_belong_to_the_endpoint(serving: WorkspaceClient) -> None:
    made = serving.serving_endpoints.create("tagged", tags=[EndpointTag("team", "ml")]).response
    serving.serving_endpoints.patch("tagged", add_tags=[EndpointTag("cost", "7")], delete_tags=["team"])
    assert serving.serving_endpoints.get("tagged").tags == [EndpointTag("cost", "7")]
    assert serving.serving_endpoints.get_permissions(str(made.id)).access_control_list
    serving.serving_endpoints.delete("tagged")
    with pytest.raises(NotFound):
        serving.serving_endpoints.get("tagged")


def test_killed_it_serves_again_and_has_lost_no_request(new_sandbox: RunningSandbox, tmp_path: Path) -> None:
    client = prepare(new_sandbox, tmp_path)
    client.serving_endpoints.create(
        "lasting",
        config=EndpointCoreConfigInput(name="lasting", served_entities=[entity(MODEL, TRIPLES)]),
        ai_gateway=AiGatewayConfig(
            inference_table_config=AiGatewayInferenceTableConfig("serving", True, "models", "lasting")
        ),
    )
    assert wait_updated(client, "lasting") == "NOT_UPDATING"
    for _ in range(7):
        predict(new_sandbox, "lasting")
    new_sandbox.kill()
    new_sandbox.start_again()
    assert predict(new_sandbox, "lasting") == 3.0
    location = new_sandbox.workspace().tables.get("serving.models.lasting_payload").storage_location
    assert location is not None
    until(lambda: DeltaTable(location).to_pyarrow_table().num_rows >= 8)
    assert DeltaTable(location).to_pyarrow_table().num_rows == 8


def test_scaled_to_zero_it_comes_up_for_the_next_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLOPS_SANDBOX_SCALE_TO_ZERO_MINUTES", "0.01")
    home = Home(tmp_path / "home")
    address, _ = control.start(home, port=0)
    try:
        sandbox = RunningSandbox(home, address)
        client = prepare(sandbox, tmp_path)
        make(client, "sleepy", scale_to_zero_enabled=True)

        def asleep() -> bool:
            state = client.serving_endpoints.get("sleepy").config.served_entities[0].state
            return state.deployment_state_message == "Scaled to zero."

        until(asleep)
        assert client.serving_endpoints.get("sleepy").state.ready.value == "READY"
        assert predict(sandbox, "sleepy") == 2.0
    finally:
        control.stop(home)

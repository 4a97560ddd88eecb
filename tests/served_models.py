"""Tiny models in a sandbox's registry, and ways to ask an endpoint about them."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pandas as pd
import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.service.serving import ServedEntityInput
from running import RunningSandbox

CODE = """
import os
import time

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel


class Scale(PythonModel):
    def load_context(self, context):
        if context.model_config["factor"] < 0:
            raise ValueError("a negative factor is not allowed")

    def predict(self, context, model_input: pd.DataFrame, params=None):
        value = float(model_input["x"].iloc[0])
        if value == -1:
            os._exit(3)
        if value == -2 and "CANARY" in os.environ:
            return [os.environ["CANARY"]]
        time.sleep(0.002)
        return [context.model_config["factor"] * x for x in model_input["x"]]


set_model(Scale())
"""


@contextmanager
def mlflow_of(sandbox: RunningSandbox) -> Iterator[None]:
    """MLflow's client pointed at the sandbox, as a task process is."""
    import mlflow

    patch = pytest.MonkeyPatch()
    patch.setenv("MLFLOW_TRACKING_TOKEN", sandbox.token)
    before = mlflow.get_tracking_uri(), mlflow.get_registry_uri()
    mlflow.set_tracking_uri(sandbox.url)
    mlflow.set_registry_uri(sandbox.url)
    try:
        yield
    finally:
        mlflow.set_tracking_uri(before[0])
        mlflow.set_registry_uri(before[1])
        patch.undo()


def register(sandbox: RunningSandbox, folder: Path, model: str, factors: list[float]) -> None:
    """Versions 1, 2, … of a model that multiplies its column `x` by the factor."""
    import mlflow
    from mlflow.models import infer_signature

    code = folder / "scale.py"
    code.write_text(CODE)
    frame = pd.DataFrame({"x": [1.0]})
    signature = infer_signature(frame, frame["x"], params=None)
    with mlflow_of(sandbox), warnings.catch_warnings():
        # MLflow asks for type hints and an example, which these models do without.
        warnings.simplefilter("ignore")
        for factor in factors:
            mlflow.pyfunc.log_model(
                name="scale",
                python_model=str(code),
                model_config={"factor": factor},
                signature=signature,
                pip_requirements=[],
                registered_model_name=model,
            )


def entity(model: str, version: int, **more: object) -> ServedEntityInput:
    """A small served entity."""
    settings = {"workload_size": "Small", "scale_to_zero_enabled": False, **more}
    return ServedEntityInput(entity_name=model, entity_version=str(version), **settings)


def ask(
    sandbox: RunningSandbox, endpoint: str, body: object, client: httpx.Client | None = None
) -> httpx.Response:
    """One request in the Databricks invocations protocol."""
    return (client or httpx).post(
        f"{sandbox.url}/serving-endpoints/{endpoint}/invocations",
        json=body,
        headers={"Authorization": f"Bearer {sandbox.token}"},
        timeout=120.0,
    )


def predict(sandbox: RunningSandbox, endpoint: str, x: float = 1.0) -> float:
    """The prediction for one row; raises for an error."""
    answer = ask(sandbox, endpoint, {"dataframe_records": [{"x": x}]})
    assert answer.status_code == 200, answer.text
    return float(answer.json()["predictions"][0])


def until(condition: Callable[[], bool], timeout: float = 60.0) -> None:
    """Wait for something that happens in the background."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def wait_updated(client: WorkspaceClient, endpoint: str, timeout: float = 90.0) -> str:
    """Wait for the end of a config update; returns how it ended."""

    def ended() -> bool:
        state = client.serving_endpoints.get(endpoint).state
        return state is not None and str(state.config_update.value) != "IN_PROGRESS"

    until(ended, timeout)
    state = client.serving_endpoints.get(endpoint).state
    assert state is not None
    return str(state.config_update.value)

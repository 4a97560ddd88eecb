"""The deploy task against a real endpoint that clients never stop asking."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import httpx
import mlflow
import pytest
from flights.deployment.endpoint import Shape, served_version
from flights.deployment.task import Target, deploy, roll_back
from flights.errors import FlightsError
from flights.registry import CHALLENGER, CHAMPION, alias_version, set_tags
from running import RunningSandbox
from served_models import ask, mlflow_of, register

pytestmark = pytest.mark.slow

MODEL, ENDPOINT = "switching.models.scale", "switching"
FACTORS = [2.0, 3.0, 5.0, -1.0]
CLIENTS = 8


@dataclass
class Answers:
    """What clients got, in the order of the answers."""

    values: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def p99_ms(self) -> float:
        return 1000 * statistics.quantiles(self.seconds, n=100)[98]


@contextmanager
def hammering(sandbox: RunningSandbox) -> Iterator[Answers]:
    """Clients that ask one request after the other, without a pause and without a second try."""
    answers, done = Answers(), threading.Event()

    def hammer() -> None:
        with httpx.Client() as client:
            while not done.is_set():
                began = time.monotonic()
                try:
                    answer = ask(sandbox, ENDPOINT, {"dataframe_records": [{"x": 1.0}]}, client)
                    answer.raise_for_status()
                    answers.values.append(float(answer.json()["predictions"][0]))
                except (httpx.HTTPError, LookupError, ValueError) as error:
                    answers.failures.append(repr(error))
                answers.seconds.append(time.monotonic() - began)

    threads = [threading.Thread(target=hammer) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        done.set()
        for thread in threads:
            thread.join()


@pytest.fixture
def target(sandbox: RunningSandbox, tmp_path: Path) -> Iterator[Target]:
    """Three versions that passed and one that can't start; the first is champion and served."""
    client = sandbox.workspace()
    client.catalogs.create("switching")
    client.schemas.create("models", "switching")
    register(sandbox, tmp_path, MODEL, FACTORS)
    client.serving_endpoints.create(ENDPOINT)
    made = Target(MODEL, ENDPOINT, Shape("Small", scale_to_zero=False), timedelta(minutes=2))
    with mlflow_of(sandbox):
        for number in range(1, len(FACTORS) + 1):
            set_tags(MODEL, str(number), {"validation_status": "PASSED"})
        challenge("1")
        deploy(made, "1", client)
        yield made
    client.serving_endpoints.delete(ENDPOINT)


def challenge(version: str) -> None:
    mlflow.MlflowClient().set_registered_model_alias(MODEL, CHALLENGER, version)


def test_no_request_fails_while_versions_take_over_roll_back_and_fail(
    sandbox: RunningSandbox, target: Target
) -> None:
    client = sandbox.workspace()
    with hammering(sandbox) as answers:
        for version in ("2", "3"):
            challenge(version)
            deploy(target, version, client)
            began = len(answers.values)
            # what was asked before the switch may still be answered by the version before
            time.sleep(0.5)
            assert set(answers.values[began + 2 * CLIENTS :]) == {FACTORS[int(version) - 1]}
        roll_back(target, "previous", client)
        challenge("4")
        with pytest.raises(FlightsError, match="failed to update: see its events"):
            deploy(target, "4", client)
    assert answers.failures == []
    assert len(answers.values) > 20 * CLIENTS
    assert set(answers.values) == set(FACTORS[:3])
    assert (alias_version(MODEL, CHAMPION), served_version(client, ENDPOINT)) == ("2", "2")
    print(f"{len(answers.values)} answers, p99 {answers.p99_ms():.0f} ms")

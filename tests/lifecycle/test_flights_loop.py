"""The loop closes: drift is found, a new model takes over while the endpoint answers, rollback undoes it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.request import Request, urlopen

import pytest
from mlops_sandbox import control
from mlops_sandbox.home import Home
from running import RunningSandbox, mlops

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent.parent
MODEL, ENDPOINT = "local.flights.delay", "local-flights-delay"
# The scheduled jobs take no date: their days move with the data.
NOVEMBER = ("inference", "--param", "as_of=2013-12-01")


def _passed(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def _run(sandbox: RunningSandbox, *arguments: str) -> subprocess.CompletedProcess[str]:
    return mlops(sandbox, ROOT, "run", *arguments, "--follow")


def _state(sandbox: RunningSandbox) -> tuple[dict[str, int], list[str]]:
    """The model's aliases, and what the endpoint serves."""
    told = json.loads(_passed(mlops(sandbox, ROOT, "status", "--json")))["projects"]["flights"]
    assert told["endpoint"]["ready"] == "READY"
    return told["model"]["aliases"], told["endpoint"]["serves"]


def _unchanged(sandbox: RunningSandbox) -> None:
    """Nothing that the jobs did is drift."""
    preview = ("pulumi", "preview", "-s", "local", "--diff", "--expect-no-changes")
    _passed(mlops(sandbox, ROOT, "sandbox", "exec", "--", *preview))


def _query(sandbox: RunningSandbox, text: str) -> list[list[str]]:
    client = sandbox.workspace()
    warehouse = next(iter(client.warehouses.list()))
    answer = client.statement_execution.execute_statement(text, str(warehouse.id), wait_timeout="50s")
    assert answer.result is not None, answer.status
    return answer.result.data_array or []


def _example(sandbox: RunningSandbox) -> dict[str, Any]:
    """A real flight's inputs, as the champion's training run keeps them."""
    client = sandbox.workspace()
    champion = client.model_versions.get_by_alias(MODEL, "champion")
    run = client.experiments.get_run(str(champion.run_id)).run
    assert run
    assert run.data
    assert run.data.tags
    tags = {tag.key: str(tag.value) for tag in run.data.tags}
    inputs: dict[str, Any] = json.loads(tags["flights.example"])["inputs"]
    return inputs


@dataclass
class Answers:
    """What an endpoint said to a client that never stops asking and never asks twice."""

    predictions: set[float] = field(default_factory=set)
    asked: int = 0
    failures: list[str] = field(default_factory=list)


@contextmanager
def _asking(sandbox: RunningSandbox) -> Iterator[Answers]:
    """Ask the endpoint from a thread of its own until the block ends."""
    flight = _example(sandbox)
    rows = {"dataframe_split": {"columns": list(flight), "data": [list(flight.values())]}}
    headers = {"Authorization": f"Bearer {sandbox.token}", "Content-Type": "application/json"}
    request = Request(
        f"{sandbox.url}/serving-endpoints/{ENDPOINT}/invocations", json.dumps(rows).encode(), headers
    )
    answers, done = Answers(), Event()

    def ask() -> None:
        while not done.wait(0.05):
            answers.asked += 1
            try:
                with urlopen(request, timeout=30) as answer:
                    answers.predictions.add(float(json.load(answer)["predictions"][0]))
            except (OSError, LookupError, ValueError) as error:
                answers.failures.append(repr(error))

    thread = Thread(target=ask)
    thread.start()
    try:
        yield answers
    finally:
        done.set()
        thread.join()


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """The stack `local` on an empty workspace, and its pipeline's first run: version 1 is champion."""
    home = Home(tmp_path_factory.mktemp("loop") / "home")
    address, _ = control.start(home, port=0)
    made = RunningSandbox(home, address)
    up = ("pulumi", "up", "-s", "local", "--yes", "--skip-preview")
    try:
        _passed(mlops(made, ROOT, "sandbox", "exec", "--", *up))
        _passed(_run(made, "pipeline"))
        yield made
    finally:
        control.stop(home)


def test_a_worse_model_never_becomes_challenger(deployed: RunningSandbox) -> None:
    before = _state(deployed)
    assert before == ({"champion": 1}, [f"{MODEL} v1"])
    failed = _run(deployed, "training", "--param", "n_estimators=1", "--param", "as_of=2013-11-17")
    assert failed.returncode == 1
    assert "validate failed" in failed.stderr
    assert "failed validation: " in failed.stderr
    assert "RMSE worse than the champion's by" in failed.stderr
    assert _state(deployed) == before


def test_a_batch_that_is_scored_twice_is_written_once(deployed: RunningSandbox) -> None:
    counted = (
        "SELECT count(*), count(DISTINCT flight_id), count(arr_delay), max(scored_at) "
        "FROM local.flights.predictions"
    )
    november = _query(deployed, counted)
    _passed(_run(deployed, *NOVEMBER))
    assert _query(deployed, counted) == november
    _passed(_run(deployed, "inference"))
    december = _query(deployed, counted)
    assert int(december[0][0]) == int(december[0][1]) > int(november[0][0])
    flights = "SELECT count(*) FROM local.flights.flights WHERE scheduled_departure >= '2013-10-30'"
    assert int(december[0][0]) == int(_query(deployed, flights)[0][0])
    _passed(_run(deployed, "inference"))
    assert _query(deployed, counted) == december


def test_another_environment_takes_the_very_same_model_and_judges_it_again(deployed: RunningSandbox) -> None:
    """Promotion as its deployed job: copied once, judged on this environment's data, then champion there."""
    client = deployed.workspace()
    client.catalogs.create("elsewhere")
    client.schemas.create("flights", "elsewhere")
    other = "elsewhere.flights.delay"
    told = (
        "promotion",
        "--param",
        f"model={other}",
        "--param",
        f"source_model={MODEL}",
        "--param",
        "endpoint=",
    )
    before = _state(deployed)
    for _ in range(2):
        _passed(_run(deployed, *told))
    copy, original = (client.model_versions.get_by_alias(name, "champion") for name in (other, MODEL))
    assert (copy.version, copy.run_id) == (1, original.run_id)
    assert len(list(client.model_versions.list(other))) == 1
    assert _state(deployed) == before
    refused = _run(deployed, "promotion")
    assert refused.returncode == 1
    assert "Parameter source_model is ''" in refused.stderr


def test_winter_makes_a_new_champion_without_a_failed_request_and_rollback_undoes_it(
    deployed: RunningSandbox,
) -> None:
    _passed(_run(deployed, "inference"))
    before = _state(deployed)
    with _asking(deployed) as answers:
        told = _passed(_run(deployed, "monitoring"))
        new, serves = _state(deployed)
        assert "retrain / train" in told
        assert new["champion"] > before[0]["champion"]
        assert serves == [f"{MODEL} v{new['champion']}"]
        assert "challenger" not in new
        _unchanged(deployed)
        # December stays as bad as it was, and its new champion has predicted none of it
        assert "retrain / train" not in _passed(_run(deployed, "monitoring"))
        assert _state(deployed)[0] == new
        _passed(_run(deployed, "rollback"))
        # the old champion's violation stands again; a training has met it already
        assert "retrain / train" not in _passed(_run(deployed, "monitoring"))
    assert answers.failures == []
    assert answers.asked > 20
    assert len(answers.predictions) == 2
    assert _state(deployed) == before
    _unchanged(deployed)

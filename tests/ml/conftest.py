"""A Spark Connect server of the tests' own, and tiny frames."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from flights.session import prepared
from flights.tables import Place

os.environ.setdefault("RUST_LOG", "error")
CATALOGS = '[{name="lake",type="memory",initial_database=["flights"]}]'


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SAIL_CATALOG__LIST", CATALOGS)
        patch.setenv("SAIL_CATALOG__DEFAULT_CATALOG", "lake")
        from pysail.spark import SparkConnectServer
        from pyspark.sql import SparkSession

        server = SparkConnectServer("127.0.0.1", 0)
        server.start(background=True)
        session = SparkSession.builder.remote("sc://{}:{}".format(*server.listening_address)).create()
        session.conf.set("spark.sql.warehouse.dir", str(tmp_path_factory.mktemp("warehouse")))
        yield prepared(session)
        session.stop()
        server.stop()


@pytest.fixture(autouse=True)
def no_workspace(monkeypatch: pytest.MonkeyPatch) -> None:
    """The developer's own workspace is none of these tests' business."""
    monkeypatch.delenv("DATABRICKS_HOST", raising=False)
    monkeypatch.delenv("DATABRICKS_RUNTIME_VERSION", raising=False)


@pytest.fixture
def place(spark: Any, request: pytest.FixtureRequest) -> Place:
    """An empty schema for one test."""
    schema = f"s_{abs(hash(request.node.nodeid))}"
    spark.sql(f"CREATE SCHEMA IF NOT EXISTS lake.{schema}")
    return Place("lake", schema)


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An MLflow registry in a file."""
    import warnings

    import mlflow

    folder = tmp_path_factory.mktemp("mlflow")
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.chdir(folder)
        mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
        mlflow.MlflowClient().search_registered_models()
        yield folder


NOON = datetime(2013, 3, 5, 17, 0, tzinfo=UTC)


def flight(
    number: int, minutes: int, dep_delay: float | None = 0.0, arr_delay: float | None = 0.0, **more: Any
) -> dict[str, Any]:
    """A raw flight, scheduled `minutes` after noon in New York, two hours long."""
    departure = NOON + timedelta(minutes=minutes)
    arrival = departure + timedelta(hours=2)
    return {
        "flight_id": f"f{number}", "scheduled_departure": departure, "scheduled_arrival": arrival,
        "carrier": "UA", "flight_number": number % 3, "tailnum": None, "origin": "JFK", "dest": "ORD",
        "distance": 740.0, "dep_delay": dep_delay, "arr_delay": arr_delay,
        "actual_departure": None if dep_delay is None else departure + timedelta(minutes=dep_delay),
        "actual_arrival": None if arr_delay is None else arrival + timedelta(minutes=arr_delay),
        **more,
    }  # fmt: skip


def seconds_frame(flights: list[dict[str, Any]]) -> pd.DataFrame:
    """What `known_delays` takes."""
    frame = pd.DataFrame(flights)
    for new, old in (
        ("scheduled", "scheduled_departure"),
        ("departed", "actual_departure"),
        ("arrived", "actual_arrival"),
    ):
        frame[new] = [None if pd.isna(moment) else moment.timestamp() for moment in frame[old]]
    frame["scheduled"] = frame["scheduled"].astype("int64")
    return frame.assign(asked=True)

"""A process that scores one day with a model that takes its time: what the test kills.

`python slow_scoring.py prepare`, then `python slow_scoring.py score MARK SECONDS STOP`: the model touches
MARK and takes SECONDS for a batch; STOP `labels` stops the process where labels would be joined.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from flights.clock import Window
from flights.feature_store import delta, feature_store
from flights.features.columns import FEATURES, INPUTS, TIME, feature_table
from flights.inference import task
from flights.ingest.raw import FLIGHTS
from flights.session import spark_session
from flights.tables import Place, create
from ml.conftest import flight

PLACE = Place("killed", "flights")
DAY = Window(date(2013, 3, 5), date(2013, 3, 6))
ROWS = 500


def prepare(spark: Any) -> None:
    """Flights of one day and their features."""
    rows = [flight(n, n % 200, 1.0, 2.0) for n in range(ROWS)]
    known = dict.fromkeys(FEATURES.names, 1.0)
    features = [known | {k: row[k] for k in ("flight_id", TIME, "carrier", "origin", "dest")} for row in rows]
    feature_store(spark, "delta", INPUTS).create(feature_table(PLACE))
    create(spark, PLACE.table("flights"), FLIGHTS, "Flights.")
    for name, schema, content in (("flights", FLIGHTS, rows), ("features", FEATURES, features)):
        frame = spark.createDataFrame([tuple(row[n] for n in schema.names) for row in content], schema)
        frame.write.mode("append").saveAsTable(PLACE.table(name))


def score(spark: Any, mark: str, seconds: float, stop: str) -> None:
    """One try of the task."""

    class Slow:
        def predict(self, frame: Any) -> Any:
            Path(mark).touch()
            time.sleep(seconds)
            Path(mark + ".done").touch()
            return np.full(len(frame), 7.0)

    def wait(*_arguments: Any) -> int:
        Path(mark + ".labels").touch()
        time.sleep(600)
        return 0

    delta.raw_model = lambda *_arguments: Slow()  # type: ignore[assignment]
    task.alias_version = lambda *_arguments: "3"
    if stop == "labels":
        task._label = wait
    done = task.score(spark, feature_store(spark, "delta", INPUTS), PLACE, "m", DAY)
    counted = spark.table(PLACE.table("predictions")).selectExpr(
        "count(*) AS rows", "count(DISTINCT flight_id) AS flights", "count(arr_delay) AS labels",
        "min(prediction) AS least", "max(prediction) AS most",
    )  # fmt: skip
    print(json.dumps(asdict(done) | {"table": counted.collect()[0].asDict()}))


if __name__ == "__main__":
    session = spark_session()
    if sys.argv[1] == "prepare":
        prepare(session)
    else:
        score(session, sys.argv[2], float(sys.argv[3]), sys.argv[4])

"""One size of `bench.ml_scale`: `python -m bench.ml_stages TIMES FOLDER` prints what it measured as JSON."""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mlflow
from flights.clock import Window
from flights.feature_store import feature_store
from flights.features.columns import INPUTS
from flights.features.task import write_features
from flights.inference.task import score
from flights.ingest.task import ingest
from flights.session import prepared
from flights.tables import Place
from flights.training.dataset import Source
from flights.training.settings import Settings
from flights.training.task import train

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_YEAR = timedelta(days=364)
_FIRST = date(2013, 1, 1)
_MODEL = "lake.flights.delay"
_MOMENTS = ("scheduled_departure", "scheduled_arrival", "actual_departure", "actual_arrival")


def session(folder: Path) -> tuple[SparkSession, Any]:
    """A session of a Spark server in this process, its tables in the folder; and the server, to keep."""
    os.environ["SAIL_CATALOG__LIST"] = '[{name="lake",type="memory",initial_database=["flights"]}]'
    os.environ["SAIL_CATALOG__DEFAULT_CATALOG"] = "lake"
    from pysail.spark import SparkConnectServer
    from pyspark.sql import SparkSession

    server = SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    made = SparkSession.builder.remote("sc://{}:{}".format(*server.listening_address)).create()
    made.conf.set("spark.sql.warehouse.dir", str(folder / "warehouse"))
    return prepared(made), server


def grow(spark: SparkSession, place: Place, factor: int) -> int:
    """The first year's raw tables, `factor` times; returns the flights."""
    ingest(spark, place, Window(_FIRST, _FIRST + _YEAR))
    flights, weather = spark.table(place.table("flights")), spark.table(place.table("weather"))
    flights.createOrReplaceTempView("one_year")
    weather.createOrReplaceTempView("one_year_weather")
    later = [f"{name} + make_dt_interval(364 * years.year) AS {name}" for name in _MOMENTS]
    kept = [name for name in flights.columns if name not in ("flight_id", *_MOMENTS)]
    years = f"(SELECT id AS year FROM range(1, {factor})) AS years"
    order = ", ".join(flights.columns)
    if factor > 1:
        copied = f"concat(flight_id, '-', years.year) AS flight_id, {', '.join(later)}, {', '.join(kept)}"
        spark.sql(
            f"INSERT INTO {place.table('flights')} SELECT {order} FROM "
            f"(SELECT {copied} FROM one_year CROSS JOIN {years})"
        ).collect()
        rest = [name for name in weather.columns if name != "observed_at"]
        moved = "observed_at + make_dt_interval(364 * years.year) AS observed_at"
        spark.sql(
            f"INSERT INTO {place.table('weather')} SELECT {', '.join(weather.columns)} FROM "
            f"(SELECT {moved}, {', '.join(rest)} FROM one_year_weather CROSS JOIN {years})"
        ).collect()
    return spark.table(place.table("flights")).count()


@dataclass
class Clocks:
    """Seconds by stage: by the clock, and of the processor, with the Spark server's threads."""

    seconds: dict[str, float] = field(default_factory=dict)
    processor: dict[str, float] = field(default_factory=dict)

    def timed(self, stage: str, work: Callable[[], Any]) -> Any:
        """Run a stage and note its time."""
        began, used = time.monotonic(), time.process_time()
        done = work()
        self.seconds[stage] = time.monotonic() - began
        self.processor[stage] = time.process_time() - used
        told = f"{stage}: {self.seconds[stage]:.1f} s, {self.processor[stage]:.1f} s of the processor"
        print(told, file=sys.stderr, flush=True)
        return done


def settings(sample: float) -> Settings:
    """A training run on nine months of the first year."""
    until, measured = date(2013, 10, 1), date(2013, 11, 1)
    booster = {"n_estimators": 150, "learning_rate": 0.05, "num_leaves": 31, "min_child_samples": 100}
    return Settings(
        experiment="scale",
        model=_MODEL,
        train=Window(_FIRST, until),
        holdout=Window(until, measured),
        validation=None,
        sample=sample,
        seed=7,
        booster=booster,
    )


def main(factor: int, folder: Path) -> None:
    """Everything once."""
    mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
    (spark, server), place = session(folder), Place("lake", "flights")
    clocks = Clocks()
    rows = clocks.timed("grow", lambda: grow(spark, place, factor))
    store = feature_store(spark, "delta", INPUTS)
    everything = Window(_FIRST, _FIRST + factor * _YEAR)
    made = clocks.timed("features", lambda: write_features(spark, store, place, everything))
    trained = clocks.timed("training", lambda: train(Source(spark, store, place), settings(0.3)))
    mlflow.MlflowClient().set_registered_model_alias(_MODEL, "champion", trained.version)
    scored = clocks.timed("scoring", lambda: score(spark, store, place, _MODEL, everything))
    learned = mlflow.search_runs(search_all_experiments=True).iloc[0]["params.train_rows"]
    handled = {"features": made, "training": int(learned), "scoring": scored.rows}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    spark.stop()
    server.stop()
    print(json.dumps({**vars(clocks), "rows": rows, "handled": handled, "memory": peak}))


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))

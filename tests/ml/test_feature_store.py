"""The two sides of the feature store give the same rows, and none of them from the future."""

from __future__ import annotations

import importlib.util
import inspect
import sys
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pytest
from flights.errors import DataError, FlightsError
from flights.feature_store import FeatureTable, feature_store
from flights.feature_store.delta import DeltaFeatureStore, known_at
from flights.tables import Place, delta_version
from hypothesis import given, settings
from hypothesis import strategies as st
from ml.feature_client import RECORDED, Client, package, signature
from pyspark.sql.types import DoubleType, StringType, StructField, StructType, TimestampType
from sklearn.linear_model import LinearRegression  # type: ignore[import-untyped]

START = datetime(2013, 3, 10, tzinfo=UTC)
SCHEMA = StructType(
    [
        StructField("key", StringType()),
        StructField("at", TimestampType()),
        StructField("a", DoubleType()),
        StructField("b", DoubleType()),
    ]
)
Row = tuple[str, datetime, float, float]


def moment(minutes: int) -> datetime:
    return START + timedelta(minutes=minutes)


def table_of(place: Place) -> FeatureTable:
    return FeatureTable(place.full_name("t"), ("key",), "at", SCHEMA, "A test's features.")


known = st.dictionaries(
    st.tuples(st.sampled_from("xyz"), st.integers(0, 20)), st.floats(-9, 9).map(round), max_size=12
)
asked = st.sets(st.tuples(st.sampled_from("xyz"), st.integers(0, 20)), min_size=1, max_size=8)


@settings(max_examples=25, deadline=None)
@given(known=known, asked=asked, lookback=st.none() | st.integers(0, 6))
def test_a_training_row_sees_the_latest_value_of_its_time_and_nothing_later(
    spark: Any, known: dict[tuple[str, int], int], asked: set[tuple[str, int]], lookback: int | None
) -> None:
    oldest = None if lookback is None else timedelta(minutes=lookback)
    table = FeatureTable("lake.s.t", ("key",), "at", SCHEMA, "", oldest)
    rows = [(key, moment(at), float(value), 0.0) for (key, at), value in known.items()]
    features = spark.createDataFrame(rows, SCHEMA)
    spine = spark.createDataFrame([(key, moment(at)) for key, at in asked], "key string, at timestamp")
    found = {
        (row.key, row["at"].replace(tzinfo=UTC)): row.a for row in known_at(spine, features, table).collect()
    }
    for key, at in asked:
        first = -1 if lookback is None else at - lookback
        before = {when: value for (name, when), value in known.items() if name == key and first <= when <= at}
        assert found.pop((key, moment(at))) == (before[max(before)] if before else None)
    assert not found


@pytest.fixture
def client(spark: Any, monkeypatch: pytest.MonkeyPatch) -> Client:
    made = Client(spark)
    monkeypatch.setitem(sys.modules, "databricks.feature_engineering", package(made))
    return made


def rows_of(spark: Any, *values: tuple[str, int, float]) -> Any:
    return spark.createDataFrame([(key, moment(at), value, 2 * value) for key, at, value in values], SCHEMA)


def test_both_sides_write_look_up_and_score_the_same(
    spark: Any, place: Place, client: Client, registry: Path
) -> None:
    """One life of a feature table on each side, through calls that the real client takes."""
    answers = {}
    for kind in ("delta", "unity"):
        table = FeatureTable(place.full_name(kind), ("key",), "at", SCHEMA, "A test's features.")
        store = feature_store(spark, kind, ("a", "b"))
        store.create(table)
        store.create(table)
        store.write(table, rows_of(spark, ("x", 1, 1.0), ("x", 5, 2.0), ("y", 3, 3.0)))
        for _ in range(2):  # the same range twice, with one changed value
            store.write(table, rows_of(spark, ("x", 5, 4.0), ("z", 9, 5.0)))
        spine = spark.createDataFrame(
            [("x", moment(4), 9.0), ("x", moment(7), 8.0), ("y", moment(3), 6.0), ("z", moment(20), 7.0)],
            "key string, at timestamp, label double",
        )
        learned = store.training_set(table, spine, "label")
        frame = learned.rows.toPandas().sort_values(["key", "at"])
        pipeline = LinearRegression().fit(frame[["a", "b"]], frame["label"])
        model = f"lake.flights.{kind}"
        with warnings.catch_warnings(), mlflow.start_run():
            warnings.simplefilter("ignore")
            version = store.log(
                pipeline, learned, model, lookups=True, pip_requirements=["mlflow"],
                serialization_format="cloudpickle", metadata={"code_hash": "c"},
            )  # fmt: skip
        keys = spine.drop("label")
        scored = store.score(table, model, version, keys).select("key", "at", "a", "prediction").toPandas()
        scored = scored.sort_values(["key", "at"], ignore_index=True)
        direct = store.predict(table, model, version, frame)
        np.testing.assert_allclose(direct, scored["prediction"])
        answers[kind] = (frame.to_numpy().tolist(), scored.to_numpy().tolist())
    assert answers["delta"] == answers["unity"]
    assert [row[3] for row in answers["delta"][0]] == [1.0, 4.0, 3.0, 5.0]


def test_the_same_write_again_is_no_change_and_a_version_can_be_read_again(spark: Any, place: Place) -> None:
    store, table = DeltaFeatureStore(spark, ("a", "b")), table_of(place)
    store.create(table)
    store.write(table, rows_of(spark, ("x", 1, 1.0)))
    first = delta_version(spark, place.table("t"))
    store.write(table, rows_of(spark, ("x", 1, 2.0), ("y", 1, 3.0)))
    assert delta_version(spark, place.table("t")) > first
    spine = spark.createDataFrame([("x", moment(2))], "key string, at timestamp")
    for version, value in ((first, 1.0), (None, 2.0)):
        assert store.training_set(table, spine, "", version).rows.collect()[0].a == value
    with pytest.raises(Exception, match=r"(?i)null"):
        store.write(table, spark.createDataFrame([(None, moment(1), 1.0, 1.0)], SCHEMA))


def test_an_online_store_is_published_to_and_a_missing_one_is_told(
    spark: Any, place: Place, client: Client
) -> None:
    store, table = feature_store(spark, "unity"), table_of(place)
    store.publish(table, "online")
    assert client.published == [table.name]
    with pytest.raises(FlightsError, match=r"no online store gone: create it"):
        store.publish(table, "gone")
    with pytest.raises(FlightsError, match="give feature_store unity"):
        feature_store(spark, "delta").publish(table, "online")
    with pytest.raises(FlightsError, match=r"features_version is 3 .* latest version"):
        store.training_set(table, spark.range(1), "", version=3)


def test_which_side_is_chosen_is_told_by_the_parameter_or_the_place(
    spark: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABRICKS_HOST", raising=False)
    assert feature_store(spark).kind == "delta"
    with pytest.raises(FlightsError, match="feature_store is 'hive': give one of auto, unity, delta"):
        feature_store(spark, "hive")
    monkeypatch.setitem(sys.modules, "databricks.feature_engineering", None)
    monkeypatch.setenv("DATABRICKS_RUNTIME_VERSION", "client.5.1")
    with pytest.raises(FlightsError, match=r"databricks-feature-engineering is not installed: add it"):
        feature_store(spark)


@pytest.mark.parametrize("kind", ["delta", "unity"])
def test_a_table_with_other_columns_is_refused(spark: Any, place: Place, client: Client, kind: str) -> None:
    spark.sql(f"CREATE TABLE {place.table('t')} (key string, at timestamp) USING delta")
    with pytest.raises(DataError, match=r"`t`, column a: the column is missing"):
        feature_store(spark, kind).create(table_of(place))


def test_what_is_passed_on_to_mlflow_is_taken_there() -> None:
    """The client hands its other arguments to the flavor's `save_model`."""
    assert "kwargs" in signature("FeatureEngineeringClient", "log_model").parameters
    taken = inspect.signature(mlflow.sklearn.save_model).parameters
    assert {"pip_requirements", "metadata", "serialization_format"} <= set(taken)


@pytest.mark.skipif(
    importlib.util.find_spec("databricks.feature_engineering") is None,
    reason="databricks-feature-engineering is not installed",
)
def test_the_recorded_signatures_are_the_installed_clients() -> None:
    from databricks import feature_engineering  # type: ignore[attr-defined]

    for owner in ("FeatureEngineeringClient", "FeatureLookup"):
        for method in RECORDED[owner]:
            theirs = inspect.signature(getattr(getattr(feature_engineering, owner), method))
            mine = [name for name in theirs.parameters if name != "self"]
            assert list(signature(owner, method).parameters) == mine, method

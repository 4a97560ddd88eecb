"""The side of databricks-feature-engineering: Unity Catalog feature tables, lookups, packaged models."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pandas as pd
from pyspark.sql import DataFrame, SparkSession

from flights.errors import FlightsError
from flights.feature_store import UNITY, FeatureTable, TrainingSet
from flights.feature_store.delta import raw_model
from flights.feature_store.scoring import scored
from flights.registry import PACKAGED_TAG, version_numbers
from flights.tables import Within, quoted, require_columns


class UnityFeatureStore:
    """Feature tables through the client, which runs on Databricks only."""

    kind = UNITY

    def __init__(self, spark: SparkSession, inputs: tuple[str, ...]) -> None:
        try:
            feature_engineering: Any = import_module("databricks.feature_engineering")
        except ImportError as error:
            raise FlightsError(
                "Parameter feature_store is unity and databricks-feature-engineering is not installed: add "
                "it to the environment's dependencies in project.yaml, or give feature_store delta."
            ) from error
        self._spark = spark
        self._inputs = inputs
        self._lookup = feature_engineering.FeatureLookup
        self._client = feature_engineering.FeatureEngineeringClient()

    def create(self, table: FeatureTable) -> None:
        """Make the feature table with its primary key and time-series column, unless it is there."""
        if self._spark.catalog.tableExists(table.name):
            require_columns(self._spark.table(quoted(table.name)), quoted(table.name), table.schema)
            return
        self._client.create_table(
            name=table.name,
            primary_keys=list(table.primary_key),
            timeseries_column=table.time,
            schema=table.schema,
            description=table.comment,
        )

    def write(self, table: FeatureTable, rows: DataFrame, within: Within | None = None) -> None:
        """Bring rows in by key; the same rows again change nothing."""
        del within
        self._client.write_table(name=table.name, df=rows.select(*table.schema.names), mode="merge")

    def training_set(
        self, table: FeatureTable, spine: DataFrame, label: str, version: int | None = None
    ) -> TrainingSet:
        """The features of each row of the spine, as they were known at its time."""
        if version is not None:
            raise FlightsError(
                f"Parameter features_version is {version} and the client reads the latest version of "
                f"{table.name} only: give feature_store delta to learn from an earlier one."
            )
        found = self._client.create_training_set(
            df=spine, feature_lookups=[self._looked_up(table)], label=label or None
        )
        return TrainingSet(found.load_df(), found)

    def log(self, pipeline: Any, learned: TrainingSet, model: str, *, lookups: bool, **more: Any) -> str:
        """Log the fitted pipeline into the active run and register it, with lookups if wanted."""
        import mlflow

        client = mlflow.MlflowClient()
        if lookups:
            # the signature is the client's own: keys and what it does not look up
            own = {name: value for name, value in more.items() if name not in ("signature", "input_example")}
            self._client.log_model(
                model=pipeline,
                artifact_path="model",
                flavor=mlflow.sklearn,
                training_set=learned.source,
                registered_model_name=model,
                **own,
            )
            version = _newest_of_run(model)
        else:
            logged = mlflow.sklearn.log_model(pipeline, name="model", registered_model_name=model, **more)
            version = str(logged.registered_model_version)
        client.set_model_version_tag(model, version, PACKAGED_TAG, str(lookups).lower())
        return version

    def predict(self, table: FeatureTable, model: str, version: str, rows: pd.DataFrame) -> Any:
        """The version's predictions for rows of keys, time and features, in their order."""
        if not _packaged(model, version):
            return raw_model(model, version, self._inputs).predict(rows[list(self._inputs)])
        keys = rows[list(table.primary_key)].reset_index(drop=True)
        spine = self._spark.createDataFrame(keys.assign(_row=keys.index))
        answers = self.score(table, model, version, spine).select("_row", "prediction").toPandas()
        return answers.sort_values("_row")["prediction"].to_numpy()

    def score(self, table: FeatureTable, model: str, version: str, spine: DataFrame) -> DataFrame:
        """The spine with its features and the version's `prediction`, on the workers."""
        if _packaged(model, version):
            return self._client.score_batch(  # type: ignore[no-any-return]
                model_uri=f"models:/{model}/{version}", df=spine, result_type="double"
            )
        known = self.training_set(table, spine, "").rows
        return scored(known, raw_model(model, version, self._inputs), self._inputs)

    def publish(self, table: FeatureTable, online_store: str) -> None:
        """Publish the table to the online store."""
        store = self._client.get_online_store(name=online_store)
        if store is None:
            raise FlightsError(
                f"There is no online store {online_store}: create it, or leave online_store empty."
            )
        self._client.publish_table(
            online_store=store, source_table_name=table.name, online_table_name=f"{table.name}_online"
        )

    def _looked_up(self, table: FeatureTable) -> Any:
        return self._lookup(
            table.name,
            list(table.keys),
            feature_names=table.features,
            timestamp_lookup_key=table.time,
            lookback_window=table.lookback,
        )


def _packaged(model: str, version: str) -> bool:
    import mlflow

    return mlflow.MlflowClient().get_model_version(model, version).tags.get(PACKAGED_TAG) == "true"


def _newest_of_run(model: str) -> str:
    import mlflow

    run = mlflow.active_run()
    made = version_numbers(model, run.info.run_id if run else None)
    if not made:
        raise FlightsError(f"The client registered no version of {model}: see the task's log.")
    return made[0]

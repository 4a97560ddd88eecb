"""The feature engineering client as far as `flights` calls it: it refuses what the real one would."""

from __future__ import annotations

import json
from dataclasses import replace
from inspect import Parameter, Signature
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import mlflow
from flights.feature_store import FeatureTable
from flights.feature_store.delta import known_at
from flights.feature_store.scoring import scored
from flights.tables import create, merge, quoted

RECORDED = json.loads((Path(__file__).parent / "data" / "feature_engineering_signatures.json").read_text())
_KINDS = {
    "positional": Parameter.POSITIONAL_OR_KEYWORD,
    "keyword": Parameter.KEYWORD_ONLY,
    "rest": Parameter.VAR_KEYWORD,
}


def signature(owner: str, method: str) -> Signature:
    """A method's recorded signature; `?` marks what has a default."""
    return Signature(
        [
            Parameter(
                name.rstrip("?"),
                _KINDS[kind],
                default=None if name.endswith("?") and kind != "rest" else Parameter.empty,
            )
            for kind, names in RECORDED[owner][method].items()
            for name in names
        ]
    )


def bound(owner: str, method: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> dict[str, Any]:
    """The arguments by name; raises TypeError for a call that the signature does not take."""
    taken = signature(owner, method).bind(*arguments, **named).arguments
    return {**taken, **taken.pop("kwargs", {})}


class Lookup(SimpleNamespace):
    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(**bound("FeatureLookup", "__init__", arguments, named))


class Client:
    """Does with Delta what the real one does with Unity Catalog."""

    def __init__(self, spark: Any) -> None:
        self.spark = spark
        self.tables: dict[str, FeatureTable] = {}
        self.logged: dict[str, Any] = {}
        self.published: list[str] = []

    def __getattr__(self, method: str) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            taken = SimpleNamespace(**bound("FeatureEngineeringClient", method, arguments, named))
            return getattr(type(self), f"do_{method}")(self, taken)

        return call

    def do_create_table(self, call: Any) -> None:
        keys = tuple(name for name in call.primary_keys if name != call.timeseries_column)
        assert call.timeseries_column in call.primary_keys
        table = FeatureTable(call.name, keys, call.timeseries_column, call.schema, call.description)
        self.tables[call.name] = table
        create(self.spark, quoted(call.name), call.schema, call.description, table.primary_key)

    def do_write_table(self, call: Any) -> None:
        assert call.mode == "merge"
        merge(self.spark, call.df, quoted(call.name), self.tables[call.name].primary_key)

    def do_create_training_set(self, call: Any) -> Any:
        (lookup,) = call.feature_lookups
        table = replace(self.tables[lookup.table_name], lookback=lookup.lookback_window)
        assert (tuple(lookup.lookup_key), lookup.timestamp_lookup_key) == (table.keys, table.time)
        assert lookup.feature_names == table.features
        rows = known_at(call.df, self.spark.table(quoted(table.name)), table)
        return SimpleNamespace(load_df=lambda: rows, lookup=lookup)

    def do_log_model(self, call: Any) -> None:
        more = {name: getattr(call, name) for name in ("pip_requirements", "serialization_format")}
        mlflow.sklearn.log_model(
            call.model, name=call.artifact_path, registered_model_name=call.registered_model_name, **more
        )
        self.logged[call.registered_model_name] = (call.model, call.training_set.lookup.table_name)

    def do_score_batch(self, call: Any) -> Any:
        pipeline, name = self.logged[call.model_uri.removeprefix("models:/").rpartition("/")[0]]
        table = self.tables[name]
        rows = known_at(call.df, self.spark.table(quoted(name)), table)
        return scored(rows, pipeline, table.features)

    def do_get_online_store(self, call: Any) -> Any:
        return SimpleNamespace(name=call.name) if call.name == "online" else None

    def do_publish_table(self, call: Any) -> None:
        self.published.append(call.source_table_name)


def package(client: Client) -> ModuleType:
    """What `import databricks.feature_engineering` gives."""
    module = ModuleType("databricks.feature_engineering")
    module.FeatureLookup = Lookup  # type: ignore[attr-defined]
    module.FeatureEngineeringClient = lambda: client  # type: ignore[attr-defined]
    return module

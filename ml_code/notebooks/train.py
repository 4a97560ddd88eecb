# Databricks notebook source
# MAGIC %md
# MAGIC # Train
# MAGIC Fit the model, measure it on the weeks after the training window, register a version.

# COMMAND ----------

dbutils.widgets.combobox("env", "dev", ["local", "dev", "staging", "prod"])
dbutils.widgets.text("catalog", "dev")
dbutils.widgets.text("schema", "flights")
dbutils.widgets.text("model", "dev.flights.delay")
dbutils.widgets.text("experiment", "/Shared/flights")
dbutils.widgets.text("endpoint", "")
dbutils.widgets.text("train_from", "latest-411d")
dbutils.widgets.text("train_until", "latest-46d")
dbutils.widgets.text("holdout_until", "latest-15d")
dbutils.widgets.text("validate_until", "latest")
dbutils.widgets.text("as_of", "")
dbutils.widgets.text("sample", "0.3")
dbutils.widgets.text("max_rows", "200000")
dbutils.widgets.text("features_version", "")
dbutils.widgets.text("flights_version", "")
dbutils.widgets.text("seed", "7")
dbutils.widgets.text("search_trials", "0")
dbutils.widgets.text("n_estimators", "150")
dbutils.widgets.text("learning_rate", "0.05")
dbutils.widgets.text("num_leaves", "31")
dbutils.widgets.text("min_child_samples", "100")
dbutils.widgets.text("feature_store", "auto")
dbutils.widgets.text("online_store", "")

# COMMAND ----------

import os
import sys

sys.path.insert(0, os.path.abspath(".."))

# COMMAND ----------

from flights.feature_store import feature_store
from flights.features.columns import INPUTS
from flights.labels import as_of_day, run_days
from flights.parameters import number, optional_number
from flights.session import prepared
from flights.tables import Place
from flights.training.dataset import Source
from flights.training.settings import Settings
from flights.training.task import train

value = dbutils.widgets.get
session, place = prepared(spark), Place(value("catalog"), value("schema"))
source = Source(
    session,
    feature_store(session, value("feature_store"), INPUTS),
    place,
    max_rows=number(int, "max_rows", value("max_rows")),
    features_version=optional_number("features_version", value("features_version")),
    flights_version=optional_number("flights_version", value("flights_version")),
).pinned()
given = {name: value(name) for name in ("train_from", "train_until", "holdout_until", "validate_until")}
days = run_days(session, place, given, as_of_day(value("as_of")), source.flights_version)
settings = Settings(
    experiment=value("experiment"),
    model=value("model"),
    train=days.window("train_from", "train_until"),
    holdout=days.window("train_until", "holdout_until"),
    validation=days.window("holdout_until", "validate_until"),
    sample=number(float, "sample", value("sample")),
    seed=number(int, "seed", value("seed")),
    booster={
        "n_estimators": number(int, "n_estimators", value("n_estimators")),
        "learning_rate": number(float, "learning_rate", value("learning_rate")),
        "num_leaves": number(int, "num_leaves", value("num_leaves")),
        "min_child_samples": number(int, "min_child_samples", value("min_child_samples")),
    },
    trials=number(int, "search_trials", value("search_trials")),
    # an endpoint needs an online store to look features up; without one it gets them with each request
    lookups=bool(value("online_store")) or not value("endpoint"),
)
trained = train(source, settings)
print(trained)

# COMMAND ----------

dbutils.jobs.taskValues.set(key="model_uri", value=trained.uri)
dbutils.jobs.taskValues.set(key="model_name", value=trained.name)
dbutils.jobs.taskValues.set(key="model_version", value=trained.version)

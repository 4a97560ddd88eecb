# Databricks notebook source
# MAGIC %md
# MAGIC # Validate
# MAGIC Judge a version against thresholds, baselines and the champion, on data that it has not seen. Only a version that passes becomes challenger.

# COMMAND ----------

dbutils.widgets.text("env", "dev")
dbutils.widgets.text("catalog", "dev")
dbutils.widgets.text("schema", "flights")
dbutils.widgets.text("model", "dev.flights.delay")
dbutils.widgets.text("model_version", "")
dbutils.widgets.text("experiment", "/Shared/flights")
dbutils.widgets.text("validation_mode", "enabled")
dbutils.widgets.text("train_from", "2013-01-01")
dbutils.widgets.text("train_until", "2013-10-01")
dbutils.widgets.text("holdout_until", "2013-11-01")
dbutils.widgets.text("validate_until", "2013-11-16")
dbutils.widgets.text("sample", "0.3")
dbutils.widgets.text("max_rows", "200000")
dbutils.widgets.text("max_rmse", "30.0")
dbutils.widgets.text("min_gain", "0.05")
dbutils.widgets.text("champion_tolerance", "0.1")
dbutils.widgets.text("max_bias", "10.0")
dbutils.widgets.text("min_late_found", "0.0")
dbutils.widgets.text("feature_store", "auto")

# COMMAND ----------

import os
import sys

sys.path.insert(0, os.path.abspath(".."))

# COMMAND ----------

from flights.clock import Window
from flights.feature_store import feature_store
from flights.features.columns import INPUTS
from flights.parameters import number
from flights.session import prepared
from flights.tables import Place
from flights.training.dataset import Source
from flights.validation.rules import Limits
from flights.validation.task import Candidate, validate

value = dbutils.widgets.get
session = prepared(spark)
source = Source(
    session,
    feature_store(session, value("feature_store"), INPUTS),
    Place(value("catalog"), value("schema")),
    max_rows=number(int, "max_rows", value("max_rows")),
)
holdout_until = ("holdout_until", value("holdout_until"))
candidate = Candidate(
    model=value("model"),
    version=value("model_version"),
    window=Window.parse(holdout_until, ("validate_until", value("validate_until"))),
    train=Window.parse(("train_from", value("train_from")), ("train_until", value("train_until"))),
    sample=number(float, "sample", value("sample")),
    experiment=value("experiment"),
)
limits = Limits(
    *(number(float, name, value(name)) for name in ("max_rmse", "min_gain", "champion_tolerance")),
    max_bias=number(float, "max_bias", value("max_bias")),
    min_late_found=number(float, "min_late_found", value("min_late_found")),
)
verdict = validate(source, candidate, value("validation_mode"), limits)
print("not judged" if verdict is None else "passed" if verdict.passed else f"failed: {verdict.failures}")

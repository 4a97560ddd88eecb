# Databricks notebook source
# MAGIC %md
# MAGIC # Validate
# MAGIC Judge the new version against thresholds, baselines and the champion. Only a version that passes becomes challenger.

# COMMAND ----------

dbutils.widgets.text("env", "dev")
dbutils.widgets.text("catalog", "dev")
dbutils.widgets.text("schema", "flights")
dbutils.widgets.text("model", "dev.flights.delay")
dbutils.widgets.text("model_version", "")
dbutils.widgets.text("validation_mode", "enabled")
dbutils.widgets.text("train_from", "2013-01-01")
dbutils.widgets.text("train_until", "2013-10-01")
dbutils.widgets.text("holdout_until", "2013-11-01")
dbutils.widgets.text("sample", "0.3")
dbutils.widgets.text("max_rmse", "30.0")
dbutils.widgets.text("min_gain", "0.05")
dbutils.widgets.text("champion_tolerance", "0.1")

# COMMAND ----------

import os
import sys

sys.path.insert(0, os.path.abspath(".."))

# COMMAND ----------

from flights.clock import Window
from flights.session import prepared
from flights.tables import Place
from flights.validation.rules import Limits
from flights.validation.task import Candidate, validate

value = dbutils.widgets.get
version = value("model_version") or dbutils.jobs.taskValues.get(taskKey="train", key="model_version", debugValue="1")
train_until = ("train_until", value("train_until"))
candidate = Candidate(
    model=value("model"),
    version=version,
    holdout=Window.parse(train_until, ("holdout_until", value("holdout_until"))),
    train=Window.parse(("train_from", value("train_from")), train_until),
    sample=float(value("sample")),
)
limits = Limits(float(value("max_rmse")), float(value("min_gain")), float(value("champion_tolerance")))
verdict = validate(prepared(spark), Place(value("catalog"), value("schema")), candidate, value("validation_mode"), limits)
print("not judged" if verdict is None else "passed" if verdict.passed else f"failed: {verdict.failures}")

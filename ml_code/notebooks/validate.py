# Databricks notebook source
# MAGIC %md
# MAGIC # Validate
# MAGIC Judge a version against thresholds, baselines and the champion, on data that it has not seen. Only a version that passes becomes challenger.

# COMMAND ----------

dbutils.widgets.combobox("env", "dev", ["local", "dev", "staging", "prod"])
dbutils.widgets.text("catalog", "dev")
dbutils.widgets.text("schema", "flights")
dbutils.widgets.text("model", "dev.flights.delay")
dbutils.widgets.text("model_version", "")
dbutils.widgets.text("experiment", "/Shared/flights")
dbutils.widgets.text("validation_mode", "enabled")
# empty: the days that the version's training kept for it
dbutils.widgets.text("judge_from", "")
dbutils.widgets.text("judge_until", "")
dbutils.widgets.text("as_of", "")
dbutils.widgets.text("sample", "0.3")
dbutils.widgets.text("max_rows", "200000")
dbutils.widgets.text("max_rmse", "45.0")
dbutils.widgets.text("min_gain", "0.05")
dbutils.widgets.text("champion_tolerance", "0.1")
dbutils.widgets.text("champion_max_loss", "1.5")
dbutils.widgets.text("max_bias", "10.0")
dbutils.widgets.text("min_late_found", "0.0")
dbutils.widgets.text("feature_store", "auto")

# COMMAND ----------

import os
import sys

sys.path.insert(0, os.path.abspath(".."))

# COMMAND ----------

from flights.feature_store import feature_store
from flights.features.columns import INPUTS
from flights.labels import as_of_day, run_days
from flights.parameters import number
from flights.session import prepared
from flights.tables import Place
from flights.training.dataset import Source
from flights.validation.rules import Limits
from flights.validation.task import Candidate, validate

value = dbutils.widgets.get
session, place = prepared(spark), Place(value("catalog"), value("schema"))
source = Source(
    session,
    feature_store(session, value("feature_store"), INPUTS),
    place,
    max_rows=number(int, "max_rows", value("max_rows")),
)
given = {name: value(name) for name in ("judge_from", "judge_until")}
window = None
if any(given.values()):
    days = run_days(session, place, given, as_of_day(value("as_of")))
    window = days.window("judge_from", "judge_until")
candidate = Candidate(
    model=value("model"),
    version=value("model_version"),
    window=window,
    sample=number(float, "sample", value("sample")),
    experiment=value("experiment"),
)
limits = Limits(
    **{
        name: number(float, name, value(name))
        for name in (
            "max_rmse", "min_gain", "champion_tolerance", "champion_max_loss", "max_bias", "min_late_found"
        )
    }
)
verdict = validate(source, candidate, value("validation_mode"), limits)
print("not judged" if verdict is None else "passed" if verdict.passed else f"failed: {verdict.failures}")

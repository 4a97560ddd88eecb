# Databricks notebook source
# MAGIC %md
# MAGIC # Score
# MAGIC The champion's prediction for every flight of the batch that has none yet; true delays where they are known.

# COMMAND ----------

dbutils.widgets.combobox("env", "dev", ["local", "dev", "staging", "prod"])
dbutils.widgets.text("catalog", "dev")
dbutils.widgets.text("schema", "flights")
dbutils.widgets.text("model", "dev.flights.delay")
dbutils.widgets.text("batch_from", "latest-31d")
dbutils.widgets.text("batch_until", "latest+1d")
dbutils.widgets.text("as_of", "")
dbutils.widgets.text("feature_store", "auto")

# COMMAND ----------

import os
import sys

sys.path.insert(0, os.path.abspath(".."))

# COMMAND ----------

from flights.feature_store import feature_store
from flights.features.columns import INPUTS
from flights.inference.task import score
from flights.labels import as_of_day, run_days
from flights.session import prepared
from flights.tables import Place

value = dbutils.widgets.get
session = prepared(spark)
store = feature_store(session, value("feature_store"), INPUTS)
place, as_of = Place(value("catalog"), value("schema")), as_of_day(value("as_of"))
days = run_days(session, place, {name: value(name) for name in ("batch_from", "batch_until")}, as_of)
batch = days.window("batch_from", "batch_until")
print(batch, score(session, store, place, value("model"), batch, as_of))

# Databricks notebook source
# MAGIC %md
# MAGIC # Score
# MAGIC The champion's prediction for every flight of the batch that has none yet; true delays where they are known.

# COMMAND ----------

dbutils.widgets.text("env", "dev")
dbutils.widgets.text("catalog", "dev")
dbutils.widgets.text("schema", "flights")
dbutils.widgets.text("model", "dev.flights.delay")
dbutils.widgets.text("batch_from", "2013-11-01")
dbutils.widgets.text("batch_until", "2014-01-01")
dbutils.widgets.text("feature_store", "auto")

# COMMAND ----------

import os
import sys

sys.path.insert(0, os.path.abspath(".."))

# COMMAND ----------

from flights.clock import Window
from flights.feature_store import feature_store
from flights.features.columns import INPUTS
from flights.inference.task import score
from flights.session import prepared
from flights.tables import Place

value = dbutils.widgets.get
session = prepared(spark)
store = feature_store(session, value("feature_store"), INPUTS)
batch = Window.parse(("batch_from", value("batch_from")), ("batch_until", value("batch_until")))
print(score(session, store, Place(value("catalog"), value("schema")), value("model"), batch))

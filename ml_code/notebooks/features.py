# Databricks notebook source
# MAGIC %md
# MAGIC # Features
# MAGIC What was known of each flight before its scheduled departure, into the feature table.

# COMMAND ----------

dbutils.widgets.text("env", "dev")
dbutils.widgets.text("catalog", "dev")
dbutils.widgets.text("schema", "flights")
dbutils.widgets.text("start", "2013-01-01")
dbutils.widgets.text("end", "2014-01-02")
dbutils.widgets.text("feature_store", "auto")
dbutils.widgets.text("online_store", "")

# COMMAND ----------

import os
import sys

sys.path.insert(0, os.path.abspath(".."))

# COMMAND ----------

from flights.clock import Window
from flights.feature_store import feature_store
from flights.features.task import write_features
from flights.session import prepared
from flights.tables import Place

value = dbutils.widgets.get
session = prepared(spark)
store = feature_store(session, value("feature_store"))
window = Window.parse(("start", value("start")), ("end", value("end")))
place = Place(value("catalog"), value("schema"))
print(f"{write_features(session, store, place, window, value('online_store'))} flights have features ({store.kind})")

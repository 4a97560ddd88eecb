# Databricks notebook source
# MAGIC %md
# MAGIC # Features
# MAGIC What was known of each flight before its scheduled departure, into the feature table.

# COMMAND ----------

dbutils.widgets.combobox("env", "dev", ["local", "dev", "staging", "prod"])
dbutils.widgets.text("catalog", "dev")
dbutils.widgets.text("schema", "flights")
dbutils.widgets.text("start", "2013-01-01")
dbutils.widgets.text("end", "2014-01-02")
dbutils.widgets.text("as_of", "")
# what the ingest task brought in; empty: start to end
dbutils.widgets.text("ingested", "")
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
from flights.labels import as_of_day, run_days
from flights.session import prepared
from flights.tables import Place

value = dbutils.widgets.get
session = prepared(spark)
store = feature_store(session, value("feature_store"))
place = Place(value("catalog"), value("schema"))
if value("ingested"):
    window = Window.of(value("ingested"))
else:
    given = {name: value(name) for name in ("start", "end")}
    window = run_days(session, place, given, as_of_day(value("as_of"))).window("start", "end")
print(f"{window}: {write_features(session, store, place, window, value('online_store'))} flights have features ({store.kind})")

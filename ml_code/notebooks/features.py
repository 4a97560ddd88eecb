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

# COMMAND ----------

import os
import sys

sys.path.insert(0, os.path.abspath(".."))

# COMMAND ----------

from flights.clock import Window
from flights.features.task import write_features
from flights.session import prepared
from flights.tables import Place

place = Place(dbutils.widgets.get("catalog"), dbutils.widgets.get("schema"))
window = Window.parse(("start", dbutils.widgets.get("start")), ("end", dbutils.widgets.get("end")))
print(f"{write_features(prepared(spark), place, window)} flights have features")

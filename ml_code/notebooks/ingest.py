# Databricks notebook source
# MAGIC %md
# MAGIC # Ingest
# MAGIC Flights and weather of a date range into the raw tables. Running it again changes nothing.

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
from flights.ingest.task import ingest
from flights.session import prepared
from flights.tables import Place

place = Place(dbutils.widgets.get("catalog"), dbutils.widgets.get("schema"))
window = Window.parse(("start", dbutils.widgets.get("start")), ("end", dbutils.widgets.get("end")))
print(ingest(prepared(spark), place, window))

# Databricks notebook source
# MAGIC %md
# MAGIC # Ingest
# MAGIC Flights and weather of a date range into the raw tables. Running it again changes nothing.

# COMMAND ----------

dbutils.widgets.combobox("env", "dev", ["local", "dev", "staging", "prod"])
dbutils.widgets.text("catalog", "dev")
dbutils.widgets.text("schema", "flights")
dbutils.widgets.text("start", "2013-01-01")
dbutils.widgets.text("end", "2014-01-02")
dbutils.widgets.text("as_of", "")

# COMMAND ----------

import os
import sys

sys.path.insert(0, os.path.abspath(".."))

# COMMAND ----------

from flights.ingest.task import ingest
from flights.labels import as_of_day, run_days
from flights.session import prepared
from flights.tables import Place

value = dbutils.widgets.get
session, place = prepared(spark), Place(value("catalog"), value("schema"))
days = run_days(session, place, {name: value(name) for name in ("start", "end")}, as_of_day(value("as_of")))
window = days.window("start", "end")
print(window, ingest(session, place, window))

# COMMAND ----------

# the features task takes this: at midnight, or with more data, its own would be another
dbutils.jobs.taskValues.set(key="window", value=str(window))

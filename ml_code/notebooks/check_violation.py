# Databricks notebook source
# MAGIC %md
# MAGIC # Check for a violation
# MAGIC Is the champion's metric above its threshold in its latest window and in enough of its last ones, and not answered yet?

# COMMAND ----------

dbutils.widgets.combobox("env", "dev", ["local", "dev", "staging", "prod"])
dbutils.widgets.text("catalog", "dev")
dbutils.widgets.text("schema", "flights")
dbutils.widgets.text("model", "dev.flights.delay")
dbutils.widgets.text("table", "predictions")
dbutils.widgets.text("metric", "root_mean_squared_error")
dbutils.widgets.text("threshold", "32.0")
dbutils.widgets.text("windows", "5")
dbutils.widgets.text("violations", "2")
dbutils.widgets.text("granularity", "1 week")

# COMMAND ----------

import os
import sys

sys.path.insert(0, os.path.abspath(".."))

# COMMAND ----------

from flights.monitoring.violation import Rule, check
from flights.parameters import number
from flights.session import prepared
from flights.tables import Place

value = dbutils.widgets.get
rule = Rule(
    value("metric"),
    number(float, "threshold", value("threshold")),
    number(int, "windows", value("windows")),
    number(int, "violations", value("violations")),
)
place = Place(value("catalog"), value("schema"))
found = check(prepared(spark), place, value("table"), value("model"), rule, value("granularity"))
print(found.reason)

# COMMAND ----------

dbutils.jobs.taskValues.set(key="is_metric_violated", value="true" if found.retrain else "false")

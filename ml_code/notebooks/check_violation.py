# Databricks notebook source
# MAGIC %md
# MAGIC # Check for a violation
# MAGIC Is the metric above its threshold in the latest window and in enough of the last ones?

# COMMAND ----------

dbutils.widgets.text("env", "dev")
dbutils.widgets.text("catalog", "dev")
dbutils.widgets.text("schema", "flights")
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

from flights.monitoring.violation import Rule, violated, window_metrics
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
metrics = window_metrics(prepared(spark), place, value("table"), rule, value("granularity"))
found = violated(metrics, rule)
print(f"{rule.metric} by {value('granularity')}: {[round(metric, 2) for metric in metrics]}, violated: {found}")

# COMMAND ----------

dbutils.jobs.taskValues.set(key="is_metric_violated", value="true" if found else "false")

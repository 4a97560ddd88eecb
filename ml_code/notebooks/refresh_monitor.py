# Databricks notebook source
# MAGIC %md
# MAGIC # Refresh the monitor
# MAGIC Compute the quality and drift metrics of the predictions now, and wait for them.

# COMMAND ----------

dbutils.widgets.combobox("env", "dev", ["local", "dev", "staging", "prod"])
dbutils.widgets.text("catalog", "dev")
dbutils.widgets.text("schema", "flights")
dbutils.widgets.text("table", "predictions")
dbutils.widgets.text("timeout_minutes", "60")

# COMMAND ----------

import os
import sys

sys.path.insert(0, os.path.abspath(".."))

# COMMAND ----------

from datetime import timedelta

from databricks.sdk import WorkspaceClient
from flights.monitoring.refresh import refresh
from flights.parameters import number

value = dbutils.widgets.get
table = f"{value('catalog')}.{value('schema')}.{value('table')}"
print(refresh(WorkspaceClient(), table, timedelta(minutes=number(float, "timeout_minutes", value("timeout_minutes")))))

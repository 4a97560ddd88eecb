# Databricks notebook source
# MAGIC %md
# MAGIC # Deploy
# MAGIC The endpoint serves the challenger, then it is the champion. `rollback` (a version, or `previous`) goes back instead.

# COMMAND ----------

dbutils.widgets.combobox("env", "dev", ["local", "dev", "staging", "prod"])
dbutils.widgets.text("catalog", "dev")
dbutils.widgets.text("schema", "flights")
dbutils.widgets.text("model", "dev.flights.delay")
dbutils.widgets.text("endpoint", "")
dbutils.widgets.text("model_version", "")
dbutils.widgets.text("rollback", "")
dbutils.widgets.text("workload_size", "Small")
dbutils.widgets.text("scale_to_zero", "true")

# COMMAND ----------

import os
import sys

sys.path.insert(0, os.path.abspath(".."))

# COMMAND ----------

from flights.deployment.endpoint import Shape
from flights.deployment.task import Target, deploy, roll_back

value = dbutils.widgets.get
shape = Shape(value("workload_size"), value("scale_to_zero").lower() == "true")
target = Target(value("model"), value("endpoint"), shape)
if value("rollback"):
    print(roll_back(target, value("rollback")))
else:
    print(deploy(target, value("model_version")))

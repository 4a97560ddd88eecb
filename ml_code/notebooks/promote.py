# Databricks notebook source
# MAGIC %md
# MAGIC # Promote
# MAGIC Copy a version that passed in another environment to this one's model, as it is and with its lineage.

# COMMAND ----------

dbutils.widgets.combobox("env", "prod", ["local", "dev", "staging", "prod"])
dbutils.widgets.text("model", "prod.flights.delay")
dbutils.widgets.text("source_model", "")
dbutils.widgets.text("source_version", "")

# COMMAND ----------

import os
import sys

sys.path.insert(0, os.path.abspath(".."))

# COMMAND ----------

from flights.deployment.promotion import promote

value = dbutils.widgets.get
promoted = promote(value("source_model"), value("model"), value("source_version"))
print(promoted)

# COMMAND ----------

dbutils.jobs.taskValues.set(key="model_version", value=promoted.version)

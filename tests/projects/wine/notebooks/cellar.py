# Databricks notebook source
dbutils.widgets.text("catalog", "dev")
dbutils.widgets.text("schema", "wine")

# COMMAND ----------

import os
import sys

sys.path.insert(0, os.path.abspath(".."))

# COMMAND ----------

from wine.model import cellar

table = f"`{dbutils.widgets.get('catalog')}`.`{dbutils.widgets.get('schema')}`.`bottles`"
spark.sql(
    f"CREATE TABLE IF NOT EXISTS {table} (bottle BIGINT, alcohol DOUBLE, flavanoids DOUBLE, "
    "color_intensity DOUBLE, proline DOUBLE, cultivar STRING) USING delta"
)
if spark.table(table).isEmpty():
    spark.createDataFrame(cellar()).write.mode("append").saveAsTable(table)

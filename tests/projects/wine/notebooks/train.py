# Databricks notebook source
dbutils.widgets.text("catalog", "dev")
dbutils.widgets.text("schema", "wine")
dbutils.widgets.text("model", "dev.wine.cultivar")
dbutils.widgets.text("experiment", "/Shared/wine")

# COMMAND ----------

import os
import sys

sys.path.insert(0, os.path.abspath(".."))

# COMMAND ----------

import mlflow
from mlflow.models import infer_signature
from wine import model as wine

bottles = spark.table(
    f"`{dbutils.widgets.get('catalog')}`.`{dbutils.widgets.get('schema')}`.`bottles`"
).toPandas()
made, accuracy = wine.fitted(bottles)
mlflow.set_experiment(dbutils.widgets.get("experiment"))
with mlflow.start_run():
    mlflow.log_metric("accuracy", accuracy)
    sample = bottles[wine.FEATURES].head(3)
    logged = mlflow.sklearn.log_model(
        made,
        name="model",
        signature=infer_signature(sample, made.predict(sample)),
        registered_model_name=dbutils.widgets.get("model"),
        pip_requirements=["scikit-learn", "pandas"],
    )

# COMMAND ----------

dbutils.jobs.taskValues.set(key="accuracy", value=accuracy)
dbutils.jobs.taskValues.set(key="version", value=str(logged.registered_model_version))

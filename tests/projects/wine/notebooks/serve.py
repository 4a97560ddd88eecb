# Databricks notebook source
dbutils.widgets.text("model", "dev.wine.cultivar")
dbutils.widgets.text("endpoint", "dev-wine-cultivar")

# COMMAND ----------

import mlflow
from databricks.sdk import WorkspaceClient
from databricks.sdk.service.serving import ServedEntityInput

model, version = dbutils.widgets.get("model"), dbutils.jobs.taskValues.get("train", "version")
mlflow.MlflowClient().set_registered_model_alias(model, "champion", version)
WorkspaceClient().serving_endpoints.update_config_and_wait(
    dbutils.widgets.get("endpoint"),
    served_entities=[
        ServedEntityInput(
            entity_name=model, entity_version=version, workload_size="Small", scale_to_zero_enabled=True
        )
    ],
)

# Databricks notebook source
dbutils.widgets.text("catalog", "dev")
dbutils.widgets.text("schema", "wine")
dbutils.widgets.text("model", "dev.wine.cultivar")

# COMMAND ----------

import mlflow
from databricks.sdk import WorkspaceClient
from pyspark.sql import functions as F

catalog, schema = dbutils.widgets.get("catalog"), dbutils.widgets.get("schema")
model = dbutils.widgets.get("model")
version = dbutils.jobs.taskValues.get("train", "version")
champion = mlflow.pyfunc.load_model(f"models:/{model}@champion")
bottles = spark.table(f"`{catalog}`.`{schema}`.`bottles`").toPandas()
judged = bottles[["bottle", "alcohol", "cultivar"]].assign(prediction=champion.predict(bottles))
(
    spark.createDataFrame(judged)
    .withColumn("judged_at", F.current_timestamp())
    .withColumn("model_version", F.lit(version))
    .select("bottle", "judged_at", "alcohol", "prediction", "cultivar", "model_version")
    .write.mode("append")
    .saveAsTable(f"`{catalog}`.`{schema}`.`judged`")
)
WorkspaceClient().quality_monitors.run_refresh(f"{catalog}.{schema}.judged")

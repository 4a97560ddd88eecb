# Databricks notebook source
# MAGIC %md
# MAGIC # Train
# MAGIC Fit the model, measure it on the month after the training window, register a version.

# COMMAND ----------

dbutils.widgets.text("env", "dev")
dbutils.widgets.text("catalog", "dev")
dbutils.widgets.text("schema", "flights")
dbutils.widgets.text("model", "dev.flights.delay")
dbutils.widgets.text("experiment", "/Shared/flights")
dbutils.widgets.text("train_from", "2013-01-01")
dbutils.widgets.text("train_until", "2013-10-01")
dbutils.widgets.text("holdout_until", "2013-11-01")
dbutils.widgets.text("sample", "0.3")
dbutils.widgets.text("seed", "7")
dbutils.widgets.text("n_estimators", "150")
dbutils.widgets.text("learning_rate", "0.05")
dbutils.widgets.text("num_leaves", "31")
dbutils.widgets.text("min_child_samples", "100")

# COMMAND ----------

import os
import sys

sys.path.insert(0, os.path.abspath(".."))

# COMMAND ----------

from flights.clock import Window
from flights.session import prepared
from flights.tables import Place
from flights.training.task import Settings, train

value = dbutils.widgets.get
train_until = ("train_until", value("train_until"))
settings = Settings(
    experiment=value("experiment"),
    model=value("model"),
    train=Window.parse(("train_from", value("train_from")), train_until),
    holdout=Window.parse(train_until, ("holdout_until", value("holdout_until"))),
    sample=float(value("sample")),
    seed=int(value("seed")),
    booster={
        "n_estimators": int(value("n_estimators")),
        "learning_rate": float(value("learning_rate")),
        "num_leaves": int(value("num_leaves")),
        "min_child_samples": int(value("min_child_samples")),
    },
)
trained = train(prepared(spark), Place(value("catalog"), value("schema")), settings)
print(trained)

# COMMAND ----------

dbutils.jobs.taskValues.set(key="model_uri", value=trained.uri)
dbutils.jobs.taskValues.set(key="model_name", value=trained.name)
dbutils.jobs.taskValues.set(key="model_version", value=trained.version)

# Databricks notebook source
dbutils.widgets.text("scope", "")
key = dbutils.secrets.get(dbutils.widgets.get("scope"), "weather_key")
dbutils.jobs.taskValues.set("better", "false")

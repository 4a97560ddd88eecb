# Databricks notebook source
dbutils.widgets.text("model", "")
print("train", dbutils.widgets.get("model"))

"""What runs inside a task's process: notebooks, Python files and wheels, as on Databricks compute.

Every task pays for what is imported here before its own code begins, so modules of this package
import the standard library alone, and everything else when it is first used.
"""

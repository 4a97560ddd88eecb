"""The settings of a stack: `databricks-mlops:environment` in its Pulumi.<stack>.yaml, and each project's project.yaml."""

from __future__ import annotations

from settings.loading import Project, Settings, load
from settings.problems import SettingsError

__all__ = ["Project", "Settings", "SettingsError", "load"]

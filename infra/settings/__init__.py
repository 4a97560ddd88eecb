"""A stack's settings: `databricks-mlops:environment` of its Pulumi.<stack>.yaml, and every project.yaml."""

from __future__ import annotations

from settings.loading import Project, Settings, load
from settings.problems import SettingsError

__all__ = ["Project", "Settings", "SettingsError", "load"]

"""The Pulumi engine and the Python language host: found, downloaded or built, and cached by version."""

from __future__ import annotations

from mlops_sandbox.engine.find import VERSION, Engine, EngineError, engine, engine_path

__all__ = ["VERSION", "Engine", "EngineError", "engine", "engine_path"]

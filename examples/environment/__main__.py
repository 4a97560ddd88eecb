"""An environment with everything that a project can have."""

from pathlib import Path

import pulumi
import pulumi_databricks_mlops as mlops

NAME = "complete"

forecasts: mlops.MlProjectArgs = {
    "project": "forecasts",
    "environment": NAME,
    "catalog": NAME,
    "workspace_folder": f"/Shared/mlops/{NAME}",
    "folder": str(Path(__file__).parent / "forecasts"),
    "python": {"version": "5", "dependencies": ["lightgbm>=4.7,<5"]},
    "roles": {"readers": ["account users"]},
    "tags": {"team": "forecasts"},
    "model": {"name": "demand", "comment": "Orders of the next day."},
    "volumes": {"landing": {"comment": "Files as they come."}},
    "secrets": {"weather_key": pulumi.Config().require_secret("weather_key")},
    "tables": {
        "predictions": {
            "columns": {"day": "timestamp", "predicted": "double", "actual": "double", "version": "string"}
        }
    },
    "jobs": {
        "training": {
            "parameters": {"scope": f"{NAME}-forecasts"},
            "schedule": {"cron": "0 0 5 * * ?", "timezone": "Europe/Zurich", "paused": True},
            "tasks": {"train": {"notebook": "notebooks/train", "retries": 1}},
        },
        "backfill": {
            "tasks": {
                "train": {"run_job": "training"},
                "days": {
                    "for_each": {
                        "inputs": "[1, 2, 3]",
                        "concurrency": 2,
                        "task": {"python": "backfill.py", "parameters": ["{{input}}"]},
                    },
                    "depends_on": [{"task": "train"}],
                },
            },
            "health": [{"metric": "RUN_DURATION_SECONDS", "value": 3600}],
            "notifications": {"on_failure": ["oncall@example.com"]},
        },
    },
    "serving": {"inference_table": True, "rate_limits": [{"calls": 1000}]},
    "monitor": {
        "table": "predictions",
        "problem": "regression",
        "timestamp": "day",
        "prediction": "predicted",
        "label": "actual",
        "model_id": "version",
        "granularities": ["1 day"],
    },
}

environment = mlops.Environment(
    NAME,
    {
        "environment": NAME,
        "catalog": {"catalog": NAME, "comment": "An example."},
        "warehouse": {"size": "2X-Small", "auto_stop_minutes": 5},
        "roles": {"readers": ["account users"]},
        "projects": {"forecasts": forecasts},
    },
)
pulumi.export("catalog", environment.catalog)
pulumi.export("projects", environment.projects)

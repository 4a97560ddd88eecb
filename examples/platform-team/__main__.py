"""Ten projects from a list, in one environment."""

from pathlib import Path

import pulumi
import pulumi_databricks_mlops as mlops
import yaml

HERE, ENVIRONMENT = Path(__file__).parent, "shared"
TEAMS = yaml.safe_load((HERE / "teams.yaml").read_text())


def project(team: str, owners: str) -> mlops.MlProjectArgs:
    """What every team gets."""
    return {
        "project": team,
        "environment": ENVIRONMENT,
        "catalog": ENVIRONMENT,
        "workspace_folder": f"/Shared/mlops/{ENVIRONMENT}",
        "folder": str(HERE / "template"),
        "include": ["notebooks/*.py"],
        "python": {"version": "5"},
        "model": {"name": "model"},
        "serving": {},
        "roles": {"owners": [owners]},
        "jobs": {
            "training": {
                "parameters": {"model": f"{ENVIRONMENT}.{team}.model"},
                "tasks": {"train": {"notebook": "notebooks/train"}},
            }
        },
    }


environment = mlops.Environment(
    ENVIRONMENT,
    {
        "environment": ENVIRONMENT,
        "catalog": {"catalog": ENVIRONMENT},
        "projects": {team: project(team, owners) for team, owners in TEAMS.items()},
    },
)
pulumi.export("projects", environment.projects)

"""Another model in place of the bundled one: another folder, another path in the stack file, nothing else."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

from running import RunningSandbox, mlops

STACK = """\
config:
  databricks-mlops:environment:
    name: own
    catalog: own
    projects: [{path: wine}]
"""
WINE = Path(__file__).parent.parent / "projects" / "wine"


def test_a_classification_project_trains_serves_and_is_monitored(
    sandbox: RunningSandbox, checkout: Path
) -> None:
    shutil.rmtree(checkout / "ml_code")
    shutil.copytree(WINE, checkout / "wine", ignore=shutil.ignore_patterns("__pycache__"))
    (checkout / "Pulumi.own.yaml").write_text(STACK)

    def told(*arguments: str) -> str:
        done = mlops(sandbox, checkout, *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    told("sandbox", "exec", "--", "pulumi", "up", "-s", "own", "--yes", "--skip-preview")
    told("run", "pipeline", "--stack", "own", "--follow")
    project = json.loads(told("status", "--stack", "own", "--json"))["projects"]["wine"]
    assert project["endpoint"]["serves"] == ["own.wine.cultivar v1"]

    client = sandbox.workspace()
    answer = client.serving_endpoints.query(
        project["endpoint"]["name"],
        dataframe_records=[{"alcohol": 14.2, "flavanoids": 3.06, "color_intensity": 5.64, "proline": 1065.0}],
    )
    assert answer.predictions == ["class_0"]
    deadline = time.monotonic() + 60
    while client.quality_monitors.list_refreshes("own.wine.judged").refreshes[0].state.value != "SUCCESS":  # type: ignore[index,union-attr]
        assert time.monotonic() < deadline, "the monitor's refresh did not end"
        time.sleep(0.2)
    (warehouse,) = (each.id for each in client.warehouses.list() if each.name == "own-mlops")
    rows = client.statement_execution.execute_statement(
        "SELECT accuracy_score, f1_score FROM own.wine.judged_profile_metrics "
        "WHERE column_name = ':table' AND accuracy_score IS NOT NULL",
        str(warehouse),
    )
    assert rows.result is not None
    assert rows.result.data_array
    assert float(rows.result.data_array[0][0]) > 0.9
    told("sandbox", "exec", "--", "pulumi", "destroy", "-s", "own", "--yes", "--skip-preview")

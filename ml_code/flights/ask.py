"""Ask the serving endpoint for one real flight: `python -m flights.ask --endpoint NAME`.

Imports neither Spark nor MLflow: it is done before they would be loaded.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from databricks.sdk import WorkspaceClient
from databricks.sdk.errors.base import DatabricksError

from flights.errors import FlightsError


def main(arguments: list[str] | None = None) -> int:
    """Print the prediction next to the flight's true delay; 1 with a message when there is none."""
    parser = argparse.ArgumentParser(prog="python -m flights.ask", description=main.__doc__)
    parser.add_argument("--endpoint", default="local-flights-delay", help="name of the serving endpoint")
    parser.add_argument("--catalog", default="local")
    parser.add_argument("--schema", default="flights")
    parser.add_argument("--model", default="delay", help="name of the registered model in the schema")
    parser.add_argument("--json", action="store_true", help="print JSON")
    chosen = parser.parse_args(arguments)
    try:
        answer = one_flight(
            WorkspaceClient(), chosen.endpoint, f"{chosen.catalog}.{chosen.schema}.{chosen.model}"
        )
    except (FlightsError, DatabricksError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(json.dumps(answer) if chosen.json else sentence(answer))
    return 0


def one_flight(workspace: WorkspaceClient, endpoint: str, model: str) -> dict[str, Any]:
    """Ask for the flight that the champion's training run kept as an example.

    Returns:
        `flight_id`, `scheduled_departure`, `route`, `predicted` and `actual` (minutes), `model_version`.

    Raises:
        FlightsError: no champion, no example, or the endpoint does not answer.
    """
    from flights.deployment.endpoint import ask

    champion = workspace.model_versions.get_by_alias(model, "champion")
    run = workspace.experiments.get_run(str(champion.run_id)).run if champion.run_id else None
    tags = {tag.key: tag.value for tag in (run.data.tags if run and run.data else None) or []}
    if not tags.get("flights.example"):
        raise FlightsError(
            f"The training run of version {champion.version} of {model} keeps no example flight: train again."
        )
    flight = json.loads(str(tags["flights.example"]))
    return {
        "flight_id": flight["flight_id"],
        "scheduled_departure": flight["scheduled_departure"],
        "route": f"{flight['inputs']['origin']} → {flight['inputs']['dest']}",
        "predicted": ask(workspace, endpoint, flight["inputs"]),
        "actual": flight["arr_delay"],
        "model_version": str(champion.version),
    }


def sentence(answer: dict[str, Any]) -> str:
    """The answer as a person reads it."""
    return (
        f"Flight {answer['flight_id']} ({answer['route']}, scheduled {answer['scheduled_departure']} UTC): "
        f"predicted arrival delay {answer['predicted']:.1f} min, true delay {answer['actual']:.1f} min "
        f"(model version {answer['model_version']})"
    )


if __name__ == "__main__":
    sys.exit(main())

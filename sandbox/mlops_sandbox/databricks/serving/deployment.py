"""A config version at work: its scoring servers and who is being answered by them."""

from __future__ import annotations

import random
from dataclasses import dataclass

from mlops_sandbox.databricks.serving.core_config import Json, route_target
from mlops_sandbox.databricks.serving.scoring_server import ScoringServer
from mlops_sandbox.errors import not_found


@dataclass
class Deployment:
    """The scoring servers of one config version."""

    config: Json
    servers: dict[str, ScoringServer]
    """By served entity; empty for external models."""
    in_flight: int = 0

    def route(self) -> Json:
        """A served entity, drawn by the traffic percentages."""
        routes = self.config["traffic_config"]["routes"]
        shares = [route["traffic_percentage"] for route in routes]
        return self.entity(route_target(random.choices(routes, shares)[0]))  # noqa: S311

    def entity(self, name: str) -> Json:
        """The served entity of that name; raises 404."""
        for one in self.config["served_entities"]:
            if one["name"] == name:
                found: Json = one
                return found
        raise not_found(f"The endpoint has no served entity '{name}'.")


@dataclass
class Lease:
    """One request's hold on a served entity: its server is not ended before the request is answered."""

    entity: Json
    server: ScoringServer | None

"""Clusters: `/api/2.1/clusters`. The sandbox has none; what asks for one is told what to use instead."""

from __future__ import annotations

from mlops_sandbox.errors import ApiError, invalid, not_found
from mlops_sandbox.server.routing import Call, Json, Routes

routes = Routes()

_ROOTS = ("/api/2.0/clusters", "/api/2.1/clusters")
_INSTEAD = (
    "The sandbox has no all-purpose clusters: give SQL tables a warehouse_id, "
    "and tasks of jobs an environment or a job cluster."
)
_NODE_TYPES = [
    {
        "node_type_id": "m5d.large",
        "instance_type_id": "m5d.large",
        "category": "General Purpose",
        "description": "m5d.large",
        "memory_mb": 8192,
        "num_cores": 2.0,
        "num_gpus": 0,
        "is_deprecated": False,
        "node_instance_type": {"instance_type_id": "m5d.large", "local_disks": 1, "local_disk_size_gb": 75},
    }
]
_VERSIONS = [
    {"key": "16.4.x-scala2.12", "name": "16.4 LTS (includes Apache Spark 3.5.2, Scala 2.12)"},
    {"key": "16.4.x-cpu-ml-scala2.12", "name": "16.4 LTS ML (includes Apache Spark 3.5.2, Scala 2.12)"},
]


def _paths(path: str) -> tuple[str, ...]:
    return tuple(f"{root}/{path}" for root in _ROOTS)


@routes.get(*_paths("list"))
def list_clusters(_call: Call) -> Json:
    """None."""
    return {}


@routes.get(*_paths("list-node-types"))
def list_node_types(_call: Call) -> Json:
    """One type, for programs that look for the smallest."""
    return {"node_types": _NODE_TYPES}


@routes.get(*_paths("spark-versions"))
def list_versions(_call: Call) -> Json:
    """The latest long-term version, without and with ML."""
    return {"versions": _VERSIONS}


@routes.get(*_paths("list-zones"))
def list_zones(_call: Call) -> Json:
    """One zone."""
    return {"zones": ["local"], "default_zone": "local"}


@routes.post(*_paths("create"), *_paths("start"), *_paths("edit"))
def create_cluster(_call: Call) -> Json:
    """Refused, with what to use instead."""
    raise invalid(_INSTEAD)


@routes.get(*_paths("get"))
def get_cluster(call: Call) -> Json:
    """None is there."""
    raise not_found(f"Cluster {call.required('cluster_id')} does not exist")


@routes.post("/api/1.2/contexts/create", "/api/1.2/commands/execute")
def run_command(_call: Call) -> Json:
    """Refused: commands run on clusters."""
    raise ApiError(400, "INVALID_PARAMETER_VALUE", _INSTEAD)

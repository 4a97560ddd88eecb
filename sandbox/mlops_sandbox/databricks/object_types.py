"""The types of workspace objects that have permissions, and the levels of each."""

from __future__ import annotations

from dataclasses import dataclass

#: The kind of the documents that say who may do what with an object; their key is `<type>/<id>`.
KIND = "permissions"


@dataclass(frozen=True)
class ObjectType:
    """What the permissions of one type of object look like."""

    name: str
    """The answer's `object_type`."""
    levels: tuple[str, ...]
    """The levels that may be given, weakest first; administrators have the last one."""
    inherits_from: str
    made_elsewhere: bool = False
    """Made by a server that knows nothing of permissions (MLflow): the first question makes the list."""

    @property
    def owned(self) -> bool:
        """Whether an object of this type has exactly one owner."""
        return "IS_OWNER" in self.levels

    @property
    def highest(self) -> str:
        """What administrators inherit."""
        return [level for level in self.levels if level != "IS_OWNER"][-1]


_FILE_LEVELS = ("CAN_READ", "CAN_RUN", "CAN_EDIT", "CAN_MANAGE")
TYPES = {
    "jobs": ObjectType("job", ("IS_OWNER", "CAN_VIEW", "CAN_MANAGE_RUN", "CAN_MANAGE"), "/jobs/"),
    "pipelines": ObjectType("pipelines", ("IS_OWNER", "CAN_VIEW", "CAN_RUN", "CAN_MANAGE"), "/pipelines/"),
    "sql/warehouses": ObjectType(
        "warehouses",
        ("IS_OWNER", "CAN_VIEW", "CAN_MONITOR", "CAN_USE", "CAN_MANAGE"),
        "/sql/warehouses/",
    ),
    "serving-endpoints": ObjectType(
        "serving-endpoint", ("CAN_VIEW", "CAN_QUERY", "CAN_MANAGE"), "/serving-endpoints/"
    ),
    "cluster-policies": ObjectType("cluster-policy", ("CAN_USE",), "/cluster-policies/"),
    "clusters": ObjectType("cluster", ("CAN_ATTACH_TO", "CAN_RESTART", "CAN_MANAGE"), "/clusters/"),
    "directories": ObjectType("directory", _FILE_LEVELS, "/directories/"),
    "notebooks": ObjectType("notebook", _FILE_LEVELS, "/directories/"),
    "files": ObjectType("file", _FILE_LEVELS, "/directories/"),
    "repos": ObjectType("repo", _FILE_LEVELS, "/directories/"),
    "dashboards": ObjectType("dashboard", _FILE_LEVELS, "/directories/"),
    "alertsv2": ObjectType("alertv2", _FILE_LEVELS, "/directories/"),
    "vector-search-endpoints": ObjectType(
        "vector-search-endpoints", ("CAN_CREATE", "CAN_USE", "CAN_MANAGE"), "/vector-search-endpoints/"
    ),
    "experiments": ObjectType(
        "mlflowExperiment", ("CAN_READ", "CAN_EDIT", "CAN_MANAGE"), "/experiments/", made_elsewhere=True
    ),
    "registered-models": ObjectType(
        "registered-model",
        (
            "CAN_READ",
            "CAN_EDIT",
            "CAN_MANAGE_STAGING_VERSIONS",
            "CAN_MANAGE_PRODUCTION_VERSIONS",
            "CAN_MANAGE",
        ),
        "/registered-models/",
        made_elsewhere=True,
    ),
}

"""MLflow's server as the sandbox runs it: each workspace's experiments apart, one registry for all.

`python -m uvicorn mlops_sandbox.databricks.mlflow_app:app`; requests name their workspace in a header.
"""

from mlflow.server import handlers
from mlflow.server.fastapi_app import app
from mlflow.store.model_registry.sqlalchemy_workspace_store import WorkspaceAwareSqlAlchemyStore
from mlflow.utils.workspace_utils import DEFAULT_WORKSPACE_NAME

__all__ = ["app"]


class _Registry(WorkspaceAwareSqlAlchemyStore):
    """Registered models are Unity Catalog's, and that belongs to no workspace."""

    @classmethod
    def _get_active_workspace(cls) -> str:
        return str(DEFAULT_WORKSPACE_NAME)


def _open(store_uri: str) -> _Registry:
    return _Registry(store_uri)  # type: ignore[no-untyped-call]


handlers._model_registry_store_registry.register("sqlite", _open)  # type: ignore[no-untyped-call]

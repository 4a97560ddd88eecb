"""Unity Catalog: catalogs, schemas, volumes, tables, registered models and the grants on them."""

from __future__ import annotations

from mlops_sandbox.databricks.unity import (
    catalogs,
    constraints_api,
    files,
    grants_api,
    models_api,
    policies_api,
    schemas,
    secrets_api,
    storage,
    table_storage,
    tables_api,
    tags,
    volumes,
)
from mlops_sandbox.server.routing import Routes

routes = Routes()
for _api in (
    catalogs,
    schemas,
    volumes,
    tables_api,
    table_storage,
    constraints_api,
    models_api,
    grants_api,
    storage,
    tags,
    secrets_api,
    policies_api,
    files,
):
    routes.table.extend(_api.routes.table)

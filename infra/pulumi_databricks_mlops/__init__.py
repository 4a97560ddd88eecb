"""Pulumi components that provision machine learning on Databricks."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from pulumi_databricks_mlops import sdk_import

if TYPE_CHECKING:
    from pulumi_databricks_mlops.adoption import import_id, take_over
    from pulumi_databricks_mlops.catalog_args import ModelCatalogArgs
    from pulumi_databricks_mlops.ci_args import CiRepositoryArgs
    from pulumi_databricks_mlops.ci_repository import CiRepository
    from pulumi_databricks_mlops.code_bundle import CodeBundle, CodeBundleArgs
    from pulumi_databricks_mlops.environment import Environment
    from pulumi_databricks_mlops.environment_args import EnvironmentArgs
    from pulumi_databricks_mlops.feature_store import FeatureStore, FeatureStoreArgs
    from pulumi_databricks_mlops.job_args import MlJobArgs
    from pulumi_databricks_mlops.ml_job import MlJob
    from pulumi_databricks_mlops.ml_project import MlProject
    from pulumi_databricks_mlops.model_catalog import ModelCatalog
    from pulumi_databricks_mlops.model_monitor import ModelMonitor
    from pulumi_databricks_mlops.monitor_args import ModelMonitorArgs
    from pulumi_databricks_mlops.problems import InputError
    from pulumi_databricks_mlops.project_args import MlProjectArgs
    from pulumi_databricks_mlops.secret_store import SecretStore, SecretStoreArgs
    from pulumi_databricks_mlops.service_identity import ServiceIdentity
    from pulumi_databricks_mlops.service_identity_args import ServiceIdentityArgs
    from pulumi_databricks_mlops.serving_args import ServingEndpointArgs
    from pulumi_databricks_mlops.serving_endpoint import ServingEndpoint
    from pulumi_databricks_mlops.vector_search import VectorSearch, VectorSearchArgs
    from pulumi_databricks_mlops.workspace import Workspace
    from pulumi_databricks_mlops.workspace_args import WorkspaceArgs

__all__ = [
    "CiRepository",
    "CiRepositoryArgs",
    "CodeBundle",
    "CodeBundleArgs",
    "Environment",
    "EnvironmentArgs",
    "FeatureStore",
    "FeatureStoreArgs",
    "InputError",
    "MlJob",
    "MlJobArgs",
    "MlProject",
    "MlProjectArgs",
    "ModelCatalog",
    "ModelCatalogArgs",
    "ModelMonitor",
    "ModelMonitorArgs",
    "SecretStore",
    "SecretStoreArgs",
    "ServiceIdentity",
    "ServiceIdentityArgs",
    "ServingEndpoint",
    "ServingEndpointArgs",
    "VectorSearch",
    "VectorSearchArgs",
    "Workspace",
    "WorkspaceArgs",
    "import_id",
    "take_over",
]

_MODULES = {
    "CiRepository": "ci_repository",
    "CiRepositoryArgs": "ci_args",
    "CodeBundle": "code_bundle",
    "CodeBundleArgs": "code_bundle",
    "Environment": "environment",
    "EnvironmentArgs": "environment_args",
    "FeatureStore": "feature_store",
    "FeatureStoreArgs": "feature_store",
    "InputError": "problems",
    "MlJob": "ml_job",
    "MlJobArgs": "job_args",
    "MlProject": "ml_project",
    "MlProjectArgs": "project_args",
    "ModelCatalog": "model_catalog",
    "ModelCatalogArgs": "catalog_args",
    "ModelMonitor": "model_monitor",
    "ModelMonitorArgs": "monitor_args",
    "SecretStore": "secret_store",
    "SecretStoreArgs": "secret_store",
    "ServiceIdentity": "service_identity",
    "ServiceIdentityArgs": "service_identity_args",
    "ServingEndpoint": "serving_endpoint",
    "ServingEndpointArgs": "serving_args",
    "VectorSearch": "vector_search",
    "VectorSearchArgs": "vector_search",
    "Workspace": "workspace",
    "WorkspaceArgs": "workspace_args",
    "import_id": "adoption",
    "take_over": "adoption",
}

# Before any component imports an SDK: their eager import takes seconds.
sdk_import.install("pulumi_databricks", "pulumi_github", "pulumi_azuredevops")


def __getattr__(name: str) -> Any:
    """Import a component when it is asked for: the command line needs none of them."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)

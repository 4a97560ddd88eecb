"""Components can be hosted for other languages: Pulumi infers a schema from their arguments and outputs."""

from __future__ import annotations

import pulumi_databricks_mlops as mlops
import pytest
from pulumi.provider.experimental.analyzer import Analyzer

NAMES = [
    "CodeBundle",
    "FeatureStore",
    "MlJob",
    "MlProject",
    "ModelCatalog",
    "ModelMonitor",
    "SecretStore",
    "ServingEndpoint",
    "VectorSearch",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_components_schema_can_be_inferred(name: str) -> None:
    analyzer = Analyzer("databricks-mlops")
    found = analyzer.analyze([getattr(mlops, name)])
    (component,) = found["component_definitions"].values()
    assert component.inputs
    assert component.outputs

"""Settings of a project's feature tables, online store and vector search, in a project.yaml."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from settings.model import Model, Name


class FeatureTable(Model):
    """A feature table."""

    columns: Annotated[dict[Name, str], Field(min_length=1)]
    """SQL type by column name, in order."""
    primary_key: Annotated[list[Name], Field(min_length=1)]
    """The columns that say what a row is about."""
    timeseries_key: Name | None = None
    """The column with the time from which a row holds; part of the primary key. Default: none."""
    comment: str | None = None
    """What it holds."""
    properties: dict[str, str] | None = None
    """Table properties, `delta.enableChangeDataFeed` for example; a table that is there keeps its own."""


class OnlineStore(Model):
    """The project's online store; jobs publish feature tables to it."""

    store_name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,62}$")] | None = None
    """Default: `<environment>-<project>`."""
    capacity: Literal["CU_1", "CU_2", "CU_4", "CU_8"] | None = None
    """Default: CU_1."""
    read_replicas: Annotated[int, Field(ge=0)] | None = None
    """Copies that answer too. Default: 0."""
    usage_policy_id: str | None = None
    """The usage policy that tags its cost."""


class Features(Model):
    """The project's features."""

    tables: dict[Name, FeatureTable] | None = None
    """With their primary keys; the job `feature-tables` makes them, and other jobs may run it."""
    online_store: OnlineStore | None = None
    """Default: none."""

    @model_validator(mode="after")
    def _right(self) -> Features:
        """What the component would refuse is refused here."""
        from pulumi_databricks_mlops.feature_store import check_features
        from pulumi_databricks_mlops.problems import Problems

        given: Any = self.model_dump(exclude_none=True)
        problems = Problems("")
        check_features(problems, given.get("tables", {}))
        if problems.sentences:
            raise ValueError(" ".join(problems.sentences))
        return self


class SearchIndex(Model):
    """An index: of a table that it follows, or of rows that jobs write (`rows`)."""

    primary_key: Name
    """The column that names a row."""
    table: Name | None = None
    """The declared table or feature table that it follows; for a feature table it waits."""
    rows: dict[Name, str] | None = None
    """What jobs write: type by column name, `array<float>` for a vector; in place of `table`."""
    text: Name | None = None
    """The column that a model embeds; with `embedding_endpoint`."""
    embedding_endpoint: str | None = None
    """The serving endpoint of the model that embeds."""
    query_endpoint: str | None = None
    """The serving endpoint that embeds questions. Default: `embedding_endpoint`."""
    vector: Name | None = None
    """The column with the vector, in place of `text`; with `dimension`."""
    dimension: Annotated[int, Field(ge=1)] | None = None
    """How many numbers a vector has."""
    columns: list[Name] | None = None
    """Columns that answers hold. Default: all."""
    continuous: bool | None = None
    """True: it follows at once. Default: false, when it is asked to."""


class Search(Model):
    """The project's vector search."""

    endpoint_name: Annotated[str, Field(pattern=r"^[a-zA-Z0-9][A-Za-z0-9_-]{0,127}$")] | None = None
    """Default: `<environment>-<project>`."""
    adopt: bool | None = None
    """True: the endpoint exists already, and stays."""
    endpoint_type: Literal["STANDARD", "STORAGE_OPTIMIZED"] | None = None
    """Default: STANDARD."""
    budget_policy_id: str | None = None
    """The budget policy that pays."""
    indexes: dict[Name, SearchIndex] | None = None
    """By name; a declared table that one follows tells of its changes."""

    @model_validator(mode="after")
    def _right(self) -> Search:
        """What the component would refuse is refused here."""
        from pulumi_databricks_mlops.problems import Problems
        from pulumi_databricks_mlops.vector_search import check_indexes

        if self.adopt and (self.endpoint_type or self.budget_policy_id):
            raise ValueError("is adopted, and has settings: an existing endpoint is not changed")
        given: Any = self.model_dump(exclude_none=True)
        problems = Problems("")
        check_indexes(problems, given.get("indexes", {}))
        if problems.sentences:
            raise ValueError(" ".join(problems.sentences))
        return self

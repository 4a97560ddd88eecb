"""VectorSearch: an endpoint, and indexes that follow tables or are written by jobs.

Owns the endpoint, unless it is handed an existing one, and the indexes. Does not own the tables that indexes
follow, nor the endpoint of the model that embeds. Who may read the schema may ask its indexes.

An index can't be made before the table that it follows. If a job makes that table after the first `up`
(`awaited`), the index comes with the first `up` that finds it; until then previews and updates warn.

Every resource takes options that have no argument here through `transforms` of the component's options.
"""

import json
from functools import partial
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_databricks as databricks

from pulumi_databricks_mlops.awaited_tables import once_there, tables_there
from pulumi_databricks_mlops.problems import UC_NAME, UC_RIGHT, Problems
from pulumi_databricks_mlops.provided import Provided, handed_down, present

ENDPOINT_TYPES = ("STANDARD", "STORAGE_OPTIMIZED")


class SearchIndexArgs(TypedDict):
    """An index: of a table that it follows, or of rows that jobs write (`rows`)."""

    primary_key: str
    """The column that names a row."""
    table: NotRequired[str]
    """The table of the schema that it follows. On a STANDARD endpoint it needs its change data feed."""
    rows: NotRequired[dict[str, str]]
    """What jobs write: type by column name, `array<float>` for a vector; in place of `table`."""
    text: NotRequired[str]
    """The column that a model embeds; with `embedding_endpoint`."""
    embedding_endpoint: NotRequired[pulumi.Input[str]]
    """The serving endpoint of the model that embeds."""
    query_endpoint: NotRequired[pulumi.Input[str]]
    """The serving endpoint that embeds questions. Default: `embedding_endpoint`."""
    vector: NotRequired[str]
    """The column with the vector, in place of `text`; with `dimension`."""
    dimension: NotRequired[int]
    """How many numbers a vector has."""
    columns: NotRequired[list[str]]
    """Columns that answers hold. Default: all."""
    continuous: NotRequired[bool]
    """True: it follows at once. Default: false, when it is asked to."""


class VectorSearchArgs(TypedDict):
    """What a VectorSearch is made of."""

    endpoint_name: str
    """The endpoint's name."""
    adopt: NotRequired[bool]
    """True: the endpoint exists already, and stays. Default: false."""
    endpoint_type: NotRequired[str]
    """STANDARD (default) or STORAGE_OPTIMIZED."""
    budget_policy_id: NotRequired[pulumi.Input[str]]
    """The budget policy that pays."""
    catalog: pulumi.Input[str]
    """The catalog of the indexes, and of the tables that they follow."""
    schema: pulumi.Input[str]
    """The schema of the indexes, and of the tables that they follow."""
    indexes: NotRequired[dict[str, SearchIndexArgs]]
    """By name."""
    awaited: NotRequired[dict[str, str]]
    """Followed tables that are made after the first `up`, and what makes each (`the job NAME`): their indexes
    wait for them. Default: none, followed tables are there."""
    protect: NotRequired[bool]
    """True: `destroy` refuses. Default: false."""


class VectorSearch(pulumi.ComponentResource):
    """The endpoint and its indexes."""

    endpoint_name: pulumi.Output[str]
    """The endpoint's name."""
    indexes: pulumi.Output[dict[str, str]]
    """Full name of each index that is made; one that waits for its table is not among them."""

    def __init__(self, name: str, args: VectorSearchArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        _check(name, args)
        super().__init__("databricks-mlops:index:VectorSearch", name, {}, handed_down(opts))
        self._name, self._args = name, args
        protect = args.get("protect", False)
        self._opts: dict[str, Any] = {"protect": protect, "retain_on_delete": protect}
        self.endpoint_name, self._endpoint_id = self._make_endpoint()
        self.indexes = self._make_indexes()
        self.register_outputs({"endpoint_name": self.endpoint_name, "indexes": self.indexes})

    def _make_endpoint(self) -> tuple[pulumi.Output[str], pulumi.Output[str] | None]:
        """Its name, and its ID unless it is adopted."""
        args = self._args
        if args.get("adopt", False):
            return pulumi.Output.from_input(args["endpoint_name"]), None
        endpoint = databricks.VectorSearchEndpoint(
            f"{self._name}-endpoint",
            name=args["endpoint_name"],
            endpoint_type=args.get("endpoint_type", ENDPOINT_TYPES[0]),
            budget_policy_id=args.get("budget_policy_id"),
            opts=pulumi.ResourceOptions(parent=self, **self._opts),
        )
        return endpoint.name, endpoint.endpoint_id

    def _make_indexes(self) -> pulumi.Output[dict[str, str]]:
        args, awaited = self._args, self._args.get("awaited", {})
        made: dict[str, pulumi.Output[Any]] = {}
        there = tables_there(args["catalog"], args["schema"], self) if awaited else None
        for index, wanted in sorted(args.get("indexes", {}).items()):
            table = wanted.get("table", "")
            if there is None or table not in awaited:
                made[index] = self._make_index(index, wanted)
                continue
            made[index] = once_there(
                there,
                {table: awaited[table]},
                partial(self._make_index, index, wanted),
                what=f"The index {index}",
                proof=index,
                parent=self,
            )
        return pulumi.Output.all(**made).apply(
            lambda names: {index: name for index, name in dict(names).items() if name is not None}
        )

    def _make_index(self, index: str, wanted: SearchIndexArgs) -> pulumi.Output[str]:
        args = self._args
        place = pulumi.Output.concat(args["catalog"], ".", args["schema"], ".")
        follows: dict[str, Any] = (
            {"index_type": "DIRECT_ACCESS", "direct_access_index_spec": _direct(wanted)}
            if "rows" in wanted
            else {"index_type": "DELTA_SYNC", "delta_sync_index_spec": _synced(wanted, place)}
        )
        return databricks.VectorSearchIndex(
            f"{self._name}-{index}",
            name=pulumi.Output.concat(place, index),
            endpoint_name=self.endpoint_name,
            # The workspace answers with both, and the provider replaces an index that does not say so.
            endpoint_id=self._endpoint_id,
            index_subtype="HYBRID",
            primary_key=wanted["primary_key"],
            **follows,
            opts=pulumi.ResourceOptions(
                parent=self,
                # Two indexes can't have one name.
                delete_before_replace=True,
                ignore_changes=["endpoint_id"] if self._endpoint_id is None else None,
                **self._opts,
            ),
        ).name


def _embedded(wanted: SearchIndexArgs) -> Provided:
    return present(
        embedding_source_columns=[
            present(
                name=wanted["text"],
                embedding_model_endpoint_name=wanted.get("embedding_endpoint"),
                model_endpoint_name_for_query=wanted.get("query_endpoint"),
            )
        ]
        if "text" in wanted
        else None,
        embedding_vector_columns=[{"name": wanted["vector"], "embedding_dimension": wanted.get("dimension")}]
        if "vector" in wanted
        else None,
    )


def _synced(wanted: SearchIndexArgs, place: pulumi.Output[str]) -> Provided:
    return {
        **_embedded(wanted),
        **present(
            source_table=pulumi.Output.concat(place, wanted.get("table", "")),
            pipeline_type="CONTINUOUS" if wanted.get("continuous", False) else "TRIGGERED",
            columns_to_syncs=wanted.get("columns"),
        ),
    }


def _direct(wanted: SearchIndexArgs) -> Provided:
    return {**_embedded(wanted), "schema_json": json.dumps(wanted.get("rows", {}))}


def check_indexes(problems: Problems, indexes: dict[str, SearchIndexArgs]) -> None:
    """Add what is wrong with indexes."""
    for index, wanted in sorted(indexes.items()):
        what = f"The index {index!r}"
        problems.require_name("The index", index, UC_NAME, UC_RIGHT)
        if ("table" in wanted) == ("rows" in wanted):
            problems.add(f"{what} needs exactly one of table and rows.")
        if ("text" in wanted) == ("vector" in wanted):
            problems.add(f"{what} needs exactly one of text and vector.")
        if "text" in wanted and "embedding_endpoint" not in wanted:
            problems.add(f"{what} embeds a text, and no model does that: give embedding_endpoint.")
        if "vector" in wanted and wanted.get("dimension", 0) < 1:
            problems.add(f"{what} has a vector of no dimension: give dimension.")
        if "rows" in wanted and wanted["primary_key"] not in wanted["rows"]:
            problems.add(
                f"{what} has the primary key {wanted['primary_key']!r}, which is not among its rows."
            )
        if "rows" in wanted and ("continuous" in wanted or "columns" in wanted):
            problems.add(f"{what} is written by jobs, and follows nothing: leave out continuous and columns.")


def _check(name: str, args: VectorSearchArgs) -> None:
    problems = Problems(f"VectorSearch {name}")
    problems.require_name(
        "The endpoint", args["endpoint_name"], r"[a-zA-Z0-9][\w-]{0,127}", "letters, digits, `_` and `-`"
    )
    problems.require_one("endpoint_type", args.get("endpoint_type"), ENDPOINT_TYPES)
    if args.get("adopt", False) and {"endpoint_type", "budget_policy_id"} & set(args):
        problems.add("The endpoint is adopted, and has settings: it is not changed, leave them out.")
    check_indexes(problems, args.get("indexes", {}))
    followed = {wanted.get("table") for wanted in args.get("indexes", {}).values()}
    for table in sorted(set(args.get("awaited", {})) - followed):
        problems.add(f"No index follows the table {table!r}, which is awaited: leave it out of awaited.")
    problems.raise_any()

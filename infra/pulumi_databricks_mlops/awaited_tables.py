"""Tables that jobs make after the first `up`: what needs one is declared by the `up` that finds it.

Unity Catalog is asked in each preview and `up`. That a table is not there is an answer; whatever else goes
wrong is an error, so nothing that exists leaves the program because a question failed.
"""

from collections.abc import Callable, Mapping
from typing import TypeVar, cast

import pulumi
import pulumi_databricks as databricks
from pulumi.runtime.rpc import contains_unknowns

from pulumi_databricks_mlops.problems import InputError

T = TypeVar("T")
AwaitedTables = Mapping[str, str]
"""By the table's name in the schema, what makes it: `the job dev-flights-feature-tables`."""


def tables_there(
    catalog: pulumi.Input[str], schema: pulumi.Input[str], parent: pulumi.Resource
) -> pulumi.Output[frozenset[str]]:
    """Names of a schema's tables and indexes, in small letters; not known while the schema is not made.

    Args:
        catalog: the catalog.
        schema: the schema.
        parent: has the workspace's provider.
    """
    place = pulumi.Output.concat(catalog, ".", schema)
    # Where a schema or its workspace is made by this very `up`, a preview asks nothing.
    asked = databricks.get_tables_output(
        catalog_name=catalog, schema_name=schema, opts=pulumi.InvokeOutputOptions(parent=parent)
    )
    names = asked.apply(
        lambda told: frozenset(name.rpartition(".")[2].lower() for name in told.ids or []),
    )
    return names.recover(lambda error: place.apply(lambda full: _refused(full, error)))


def _refused(place: str, error: Exception) -> frozenset[str]:
    raise InputError(
        f"The tables of {place} can't be listed, and something in the program waits for one of them: {error}"
    ) from error


def once_there(
    there: pulumi.Output[frozenset[str]],
    tables: AwaitedTables,
    declare: Callable[[], T | pulumi.Output[T]],
    *,
    what: str,
    parent: pulumi.Resource,
    proof: str | None = None,
) -> pulumi.Output[T | None]:
    """Declare something if all tables that it needs are there, or if it is there itself.

    Args:
        there: as `tables_there` tells.
        tables: that it needs.
        declare: declares it.
        what: it is called in the warning when it waits.
        parent: whose warning it is.
        proof: the name that it has itself among the tables, once it is made. Default: it has none.

    Returns:
        What `declare` returns; None while it waits.
    """

    def decide(names: frozenset[str]) -> T | pulumi.Output[T] | None:
        # What is not known now is a schema that this `up` makes: it has no table yet.
        known = frozenset() if contains_unknowns(names) else names
        missing = {table: maker for table, maker in tables.items() if table.lower() not in known}
        if not missing or (proof is not None and proof.lower() in known):
            return declare()
        for table, maker in sorted(missing.items()):
            pulumi.log.warn(waiting(what, table, maker), parent)
        return None

    return there.apply(cast("Callable[[frozenset[str]], T | None]", decide), run_with_unknowns=True)


def waiting(what: str, table: str, maker: str) -> str:
    """The warning about something that waits for a table."""
    return (
        f"{what} waits for the table {table}, which is not there yet: {maker} makes it. "
        f"Run that, then `pulumi up` again."
    )

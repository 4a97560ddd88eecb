"""The task graph of a job: order, cycles, dependencies on nothing."""

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

from pulumi_databricks_mlops.spelling import suggest


def order(graph: Mapping[str, Iterable[str]], what: str = "task") -> tuple[list[str], list[str]]:
    """Names after all that they depend on, and what is wrong with the graph.

    Args:
        graph: by name, the names that it depends on.
        what: what the names are, for the sentences.

    Returns:
        The names in order (equal ones by name; empty when something is wrong), and sentences.
    """
    problems = [
        f"The {what} {name!r} depends on {other!r}, which is not a {what}{suggest(other, graph)}."
        for name in sorted(graph)
        for other in sorted(set(graph[name]) - set(graph))
    ]
    known = {name: sorted(set(graph[name]) & set(graph)) for name in sorted(graph)}
    try:
        ordered = list(TopologicalSorter(known).static_order())
    except CycleError as error:
        circle = " → ".join(reversed(error.args[1]))
        problems.append(f"The {what}s {circle} depend on each other in a circle: take one dependency out.")
    return ([], problems) if problems else (ordered, [])

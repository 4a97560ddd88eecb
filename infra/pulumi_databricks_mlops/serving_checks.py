"""What can be wrong with an endpoint's arguments."""

from pulumi_databricks_mlops import external_models
from pulumi_databricks_mlops import roles as role
from pulumi_databricks_mlops.gateway_args import RateLimitArgs
from pulumi_databricks_mlops.problems import UC_NAME, UC_RIGHT, Problems
from pulumi_databricks_mlops.serving_args import ServedEntityArgs, ServingEndpointArgs

NAME = r"[a-zA-Z0-9]([\w-]{0,61}[a-zA-Z0-9])?"
NAME_RIGHT = "letters, digits, `_` and `-`, at most 63, a letter or digit first and last"
WORKLOAD_SIZES = ("Small", "Medium", "Large", "X-Large", "2X-Large", "3X-Large", "4X-Large")
LIMIT_KEYS = ("endpoint", "user", "user_group", "service_principal")
PII = ("NONE", "BLOCK", "MASK")
_OWN_COMPUTE = ("workload_size", "workload_type", "scale_to_zero", "min_concurrency", "max_concurrency")
_THROUGHPUT = ("max_tokens_per_second", "model_units")
_MOST_ENTITIES = 10


def check(name: str, args: ServingEndpointArgs) -> None:
    """Find every mistake.

    Raises:
        InputError: there is one or more.
    """
    problems = Problems(f"ServingEndpoint {name}")
    problems.require_name("The endpoint", args["endpoint_name"], NAME, NAME_RIGHT)
    check_shape(args, problems)
    if "inference_table" in args:
        problems.require_name(
            "The inference table's prefix", args["inference_table"]["prefix"], UC_NAME, UC_RIGHT
        )
    for side, guard in sorted(args.get("guardrails", {}).items()):
        problems.require_one(f"pii of the guardrail of the {side}", guard.get("pii"), PII)  # type: ignore[attr-defined]
    role.check(problems, args.get("roles"))
    problems.raise_any()


def check_shape(args: ServingEndpointArgs, problems: Problems) -> None:
    """Add what is wrong with entities, their traffic and rate limits."""
    _check_entities(args, problems)
    for limit in args.get("rate_limits", []):
        _check_limit(limit, problems)


def _check_entities(args: ServingEndpointArgs, problems: Problems) -> None:
    entities = args.get("served_entities", [])
    for number, entity in enumerate(entities, 1):
        _check_entity(f"served entity {entity.get('name', number)}", entity, problems)
    names = [entity["name"] for entity in entities if "name" in entity]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        problems.add(f"Two served entities are called {twice[0]!r}: rename one.")
    if len(entities) > _MOST_ENTITIES:
        problems.add(f"It has {len(entities)} served entities: an endpoint takes {_MOST_ENTITIES} at most.")
    shares = [entity.get("traffic", 100 if len(entities) == 1 else 0) for entity in entities]
    if entities and sum(shares) != 100:
        problems.add(f"The served entities get {sum(shares)} percent of the traffic: make it 100.")
    external = [entity for entity in entities if "external" in entity]
    if args.get("fallback", False) and (len(external) < 2 or len(external) < len(entities)):
        problems.add("fallback goes from one external model to the next: give two or more, and no others.")


def _check_entity(what: str, entity: ServedEntityArgs, problems: Problems) -> None:
    problems.require_name("The served entity", entity.get("name"), NAME, NAME_RIGHT)
    problems.require_one(f"workload_size of the {what}", entity.get("workload_size"), WORKLOAD_SIZES)
    for variable, value in sorted(entity.get("environment_vars", {}).items()):
        if "{{" in value and not external_models.REFERENCE.fullmatch(value):
            problems.add(
                f"{variable} of the {what} is no reference to a secret: write {{{{secrets/SCOPE/KEY}}}}."
            )
    if "external" in entity:
        external_models.check(problems, what, entity["external"])
        not_its = [field for field in (*_OWN_COMPUTE, *_THROUGHPUT, "entity_name") if field in entity]
        if not_its:
            problems.add(f"The {what} is external, and has {', '.join(not_its)}: leave that out.")
        return
    if "entity_name" not in entity:
        problems.add(f"The {what} has neither entity_name nor external: give one of them.")
    elif "entity_version" not in entity:
        problems.add(f"The {what} has no entity_version: give one; it must exist.")
    _check_compute(what, entity, problems)


def _check_compute(what: str, entity: ServedEntityArgs, problems: Problems) -> None:
    ways = [
        way
        for way in ("workload_size", "max_concurrency", "max_tokens_per_second", "model_units")
        if way in entity
    ]
    if len(ways) > 1:
        problems.add(f"The {what} has {' and '.join(ways)}: give one of them.")
    for low, high in (
        ("min_concurrency", "max_concurrency"),
        ("min_tokens_per_second", "max_tokens_per_second"),
    ):
        if low in entity and high not in entity:
            problems.add(f"The {what} has {low}, but no {high}: give both.")
        elif entity.get(low, 0) > entity.get(high, 0):  # type: ignore[operator]
            problems.add(f"The {what} has a {low} above its {high}: swap them.")
    for field in ("min_concurrency", "max_concurrency"):
        if int(entity.get(field, 0)) % 4:  # type: ignore[call-overload]
            problems.add(f"{field} of the {what} is {entity.get(field)}: make it a multiple of 4.")


def _check_limit(limit: RateLimitArgs, problems: Problems) -> None:
    problems.require_one("The key of a rate limit", limit.get("key"), LIMIT_KEYS)
    if not {"calls", "tokens"} & set(limit):
        problems.add("A rate limit has neither calls nor tokens: give one of them, or both.")
    for field in ("calls", "tokens"):
        if limit.get(field, 0) < 0:  # type: ignore[operator]
            problems.add(f"A rate limit has {limit.get(field)} {field}: give 0 or more.")
    named = limit.get("key") in ("user_group", "service_principal")
    if named and "principal" not in limit:
        problems.add(f"A rate limit is for a {limit.get('key')}, and does not say which: give principal.")
    if "principal" in limit and limit.get("key", "endpoint") == "endpoint":
        problems.add("A rate limit of the whole endpoint has a principal: give its key, or leave that out.")

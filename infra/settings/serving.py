"""Settings of a project's endpoint: `serving` in a project.yaml."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from settings.external import ExternalModel
from settings.model import Email, Model

Size = Literal["Small", "Medium", "Large", "X-Large", "2X-Large", "3X-Large", "4X-Large"]
EndpointName = Annotated[str, Field(pattern=r"^[a-zA-Z0-9]([A-Za-z0-9_-]{0,61}[a-zA-Z0-9])?$")]


class RateLimit(Model):
    """How much may be asked in a minute: calls or tokens, or both."""

    calls: Annotated[int, Field(ge=0)] | None = None
    """Calls a minute; 0 for none."""
    tokens: Annotated[int, Field(ge=0)] | None = None
    """Tokens a minute."""
    key: Literal["endpoint", "user", "user_group", "service_principal"] = "endpoint"
    """All together, each user, or whom `principal` names."""
    principal: str | None = None
    """A group, a user's e-mail address, a service principal's application ID."""


class Guardrail(Model):
    """What a text may not hold."""

    safety: bool | None = None
    """True: unsafe and harmful content is blocked."""
    pii: Literal["NONE", "BLOCK", "MASK"] | None = None
    """Personal data."""


class Guardrails(Model):
    """What requests and answers may not hold."""

    input: Guardrail | None = None
    """Of requests."""
    output: Guardrail | None = None
    """Of answers."""


class EndpointNotices(Model):
    """Who hears of the endpoint's updates."""

    on_update_failure: list[Email] | None = None
    """E-mail addresses when an update fails."""
    on_update_success: list[Email] | None = None
    """E-mail addresses when an update succeeds."""


class ServedEntity(Model):
    """What answers, and its share of the traffic: a model of Unity Catalog, or an external one."""

    entity_name: str | None = None
    """The model's full name."""
    entity_version: Annotated[str, Field(pattern=r"^[0-9]+$")] | None = None
    """Its version, in quotes."""
    external: ExternalModel | None = None
    """A model of another provider."""
    name: EndpointName | None = None
    """Its name in the endpoint. Default: `<endpoint>-<number>`."""
    traffic: Annotated[int, Field(ge=0, le=100)] | None = None
    """Percent of the requests; all entities' together are 100. Default: 100 for one entity."""
    workload_size: Size | None = None
    """How many requests at a time. Default: Small."""
    workload_type: str | None = None
    """CPU (default) or a GPU type: GPU_SMALL, GPU_MEDIUM, GPU_LARGE, …"""
    scale_to_zero: bool | None = None
    """Stop when nobody asks. Default: true."""
    min_concurrency: Annotated[int, Field(ge=0, multiple_of=4)] | None = None
    """Requests at a time that are always provided for; in place of `workload_size`."""
    max_concurrency: Annotated[int, Field(ge=4, multiple_of=4)] | None = None
    """Requests at a time that it grows to."""
    min_tokens_per_second: Annotated[int, Field(ge=0)] | None = None
    """Provisioned throughput of a foundation model: at least. Default: 0."""
    max_tokens_per_second: Annotated[int, Field(ge=0)] | None = None
    """Provisioned throughput of a foundation model: at most."""
    model_units: Annotated[int, Field(ge=1)] | None = None
    """Provisioned throughput of a foundation model in model units, in place of tokens per second."""
    burst_scaling: bool | None = None
    """True: it grows beyond what is provisioned, for a while."""
    environment_vars: dict[str, str] | None = None
    """Variables of the scoring process; `{{secrets/${scope}/NAME}}` for secrets."""
    instance_profile_arn: str | None = None
    """AWS: the instance profile that the scoring process reads data with."""


class Serving(Model):
    """The project's endpoint; without served_entities it follows the champion."""

    endpoint: EndpointName | None = None
    """Its name. Default: `<environment>-<project>-<model>`."""
    workload_size: Size = "Small"
    """What the deployment job asks for: `${workload_size}` in job parameters."""
    scale_to_zero: bool = True
    """What the deployment job asks for: `${scale_to_zero}` in job parameters."""
    inference_table: bool = False
    """True: requests and answers are logged in the project's schema."""
    usage_tracking: bool | None = None
    """True: usage is in the system tables."""
    rate_limits: list[RateLimit] | None = None
    """Default: none."""
    guardrails: Guardrails | None = None
    """What requests and answers may not hold. Default: none."""
    fallback: bool | None = None
    """True: what one external model fails to answer, the next is asked."""
    served_entities: list[ServedEntity] | None = None
    """What answers. Default: none, the deployment job decides."""
    notifications: EndpointNotices | None = None
    """Who hears of updates. Default: nobody."""
    route_optimized: bool | None = None
    """True: requests take a shorter way, with an address and a token of their own. Can't be changed."""
    budget_policy_id: str | None = None
    """The budget policy that pays."""
    description: str | None = None
    """What it answers."""

    @model_validator(mode="after")
    def _right(self) -> Serving:
        """What the component would refuse is refused here."""
        from pulumi_databricks_mlops.problems import Problems
        from pulumi_databricks_mlops.serving_checks import check_shape

        given = self.model_dump(exclude_none=True)
        problems = Problems("")
        check_shape(given, problems)  # type: ignore[arg-type]
        if problems.sentences:
            raise ValueError(" ".join(problems.sentences))
        return self

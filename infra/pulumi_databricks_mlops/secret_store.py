"""SecretStore: a secret scope, its secrets and who may read it.

Does not own where values come from: they are handed in as Pulumi secrets, and land encrypted in the state.
Secrets and ACLs are replaced by deleting first: the other order deletes the new value.

Every resource takes options that have no argument here through `transforms` of the component's options.
"""

from collections.abc import Mapping
from typing import NotRequired, TypedDict

import pulumi
import pulumi_databricks as databricks

from pulumi_databricks_mlops import roles as role
from pulumi_databricks_mlops.problems import Problems
from pulumi_databricks_mlops.roles import RolesArgs

_NAME = r"[\w.@-]{1,128}"
_RIGHT = "letters, digits and `_ - . @`, at most 128"


class SecretStoreArgs(TypedDict):
    """What a SecretStore is made of."""

    scope: pulumi.Input[str]
    """The scope's name."""
    secrets: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Value by key; values become Pulumi secrets."""
    roles: NotRequired[RolesArgs]
    """Owners manage the scope, the runner reads it; nobody else sees it."""
    protect: NotRequired[bool]
    """True: `destroy` refuses, and what leaves the program stays in the workspace. Default: false."""


class SecretStore(pulumi.ComponentResource):
    """Scope, secrets, ACLs."""

    scope: pulumi.Output[str]
    """The scope's name."""

    def __init__(self, name: str, args: SecretStoreArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        _check(name, args)
        super().__init__("databricks-mlops:index:SecretStore", name, {}, opts)
        protect = args.get("protect", False)
        scope = databricks.SecretScope(
            f"{name}-scope",
            name=args["scope"],
            opts=pulumi.ResourceOptions(parent=self, protect=protect, retain_on_delete=protect),
        )
        replaced = pulumi.ResourceOptions(parent=self, delete_before_replace=True)
        for key, value in sorted(args.get("secrets", {}).items()):
            databricks.Secret(
                f"{name}-{key}",
                scope=scope.name,
                key=key,
                string_value=pulumi.Output.secret(value),
                opts=replaced,
            )
        for (known, principal), permission in role.levels(role.SCOPE, args.get("roles")):
            databricks.SecretAcl(
                f"{name}-acl-{known}",
                scope=scope.name,
                principal=principal,
                permission=permission,
                opts=replaced,
            )
        self.scope = scope.name
        self.register_outputs({"scope": self.scope})


def _check(name: str, args: SecretStoreArgs) -> None:
    problems = Problems(f"SecretStore {name}")
    problems.require_name("The scope", args["scope"], _NAME, _RIGHT)
    for key, value in args.get("secrets", {}).items():
        problems.require_name("The secret", key, _NAME, _RIGHT)
        if isinstance(value, str) and not value:
            problems.add(f"The secret {key!r} is empty: give it a value, or take it out.")
    role.check(problems, args.get("roles"))
    problems.raise_any()

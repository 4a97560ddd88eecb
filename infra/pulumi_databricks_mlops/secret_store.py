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
from pulumi_databricks_mlops.provided import handed_down
from pulumi_databricks_mlops.roles import RolesArgs

_NAME = r"[\w.@-]{1,128}"
_RIGHT = "letters, digits and `_ - . @`, at most 128"


class KeyVaultArgs(TypedDict):
    """Azure: a Key Vault that holds the secrets; the scope only reads it."""

    resource_id: pulumi.Input[str]
    """The vault's resource ID."""
    dns_name: pulumi.Input[str]
    """Its address: `https://NAME.vault.azure.net/`."""


class SecretStoreArgs(TypedDict):
    """What a SecretStore is made of."""

    scope: pulumi.Input[str]
    """The scope's name."""
    secrets: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Value by key; values become Pulumi secrets."""
    adopt: NotRequired[bool]
    """True: the scope exists already; who may read it, and its deletion, are not ours. Default: false."""
    key_vault: NotRequired[KeyVaultArgs]
    """Azure: read a Key Vault, in place of `secrets`."""
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
        super().__init__("databricks-mlops:index:SecretStore", name, {}, handed_down(opts))
        self._name, self._args = name, args
        # The other order deletes the new value: a replaced secret or ACL is deleted first.
        self._replaced = pulumi.ResourceOptions(parent=self, delete_before_replace=True)
        self.scope = self._make_scope()
        for key, value in sorted(args.get("secrets", {}).items()):
            databricks.Secret(
                f"{name}-{key}",
                scope=self.scope,
                key=key,
                string_value=pulumi.Output.secret(value),
                opts=self._replaced,
            )
        self.register_outputs({"scope": self.scope})

    def _make_scope(self) -> pulumi.Output[str]:
        args, protect = self._args, self._args.get("protect", False)
        if args.get("adopt", False):
            return pulumi.Output.from_input(args["scope"])
        vault = args.get("key_vault")
        scope = databricks.SecretScope(
            f"{self._name}-scope",
            name=args["scope"],
            keyvault_metadata=None
            if vault is None
            else databricks.SecretScopeKeyvaultMetadataArgs(
                resource_id=vault["resource_id"], dns_name=vault["dns_name"]
            ),
            opts=pulumi.ResourceOptions(parent=self, protect=protect, retain_on_delete=protect),
        )
        for (known, principal), permission in role.levels(role.SCOPE, args.get("roles")):
            databricks.SecretAcl(
                f"{self._name}-acl-{known}",
                scope=scope.name,
                principal=principal,
                permission=permission,
                opts=self._replaced,
            )
        return scope.name


def _check(name: str, args: SecretStoreArgs) -> None:
    problems = Problems(f"SecretStore {name}")
    problems.require_name("The scope", args["scope"], _NAME, _RIGHT)
    for key, value in args.get("secrets", {}).items():
        problems.require_name("The secret", key, _NAME, _RIGHT)
        if isinstance(value, str) and not value:
            problems.add(f"The secret {key!r} is empty: give it a value, or take it out.")
    if "key_vault" in args and args.get("secrets"):
        problems.add("It reads a Key Vault and has secrets: write those to the vault, and leave them out.")
    if "key_vault" in args and args.get("adopt", False):
        problems.add("It is adopted, and has a Key Vault: an existing scope is not changed, leave it out.")
    role.check(problems, args.get("roles"))
    problems.raise_any()

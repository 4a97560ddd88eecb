"""The one writer of an object's permissions and of a securable's grants."""

from collections.abc import Mapping

import pulumi
import pulumi_databricks as databricks

from pulumi_databricks_mlops import roles as role


def access_controls(
    matrix: dict[str, str], roles: role.RolesArgs | None, owner: pulumi.Input[str] | None = None
) -> list[databricks.PermissionsAccessControlArgs]:
    """The access rules of an object, sorted; with an owner, exactly one rule is IS_OWNER.

    Without one the provider keeps the caller as the owner.
    """
    held = role.levels(matrix, roles)
    if owner is not None:
        key = owner if isinstance(owner, str) else "runner"
        held = [entry for entry in held if entry[0][0] != key]
        held.append(((key, owner), "IS_OWNER"))
    return [
        databricks.PermissionsAccessControlArgs(
            permission_level=level,
            user_name=role.named(principal, "user_name"),
            group_name=role.named(principal, "group_name"),
            service_principal_name=role.named(principal, "service_principal_name"),
        )
        for (_, principal), level in held
    ]


def grants(
    matrix: Mapping[str, tuple[str, ...]], roles: role.RolesArgs | None
) -> list[databricks.GrantsGrantArgs]:
    """The grants of a securable, sorted by principal."""
    return [
        databricks.GrantsGrantArgs(principal=principal, privileges=list(own))
        for (_, principal), own in role.privileges(matrix, roles)
    ]

"""What statements that define tables ask for, one class for each kind of statement."""

from __future__ import annotations

from dataclasses import dataclass, field

from mlops_sandbox.server.routing import Json

Name = tuple[str, ...]


@dataclass
class CreateTable:
    """`CREATE [OR REPLACE] [EXTERNAL] TABLE [IF NOT EXISTS] …` without a query."""

    name: Name
    replace: bool = False
    if_not_exists: bool = False
    fields: list[Json] = field(default_factory=list)
    form: str = "DELTA"
    partition_by: list[str] = field(default_factory=list)
    cluster_by: list[str] = field(default_factory=list)
    constraints: list[Json] = field(default_factory=list)
    comment: str = ""
    properties: dict[str, str] = field(default_factory=dict)
    location: str = ""


@dataclass
class DropTable:
    """`DROP TABLE [IF EXISTS] …`."""

    name: Name
    if_exists: bool


@dataclass
class CommentOn:
    """`COMMENT ON TABLE | SCHEMA | CATALOG … IS …`; the empty string removes it."""

    kind: str
    name: Name
    comment: str


@dataclass
class AddColumns:
    """`ALTER TABLE … ADD COLUMN …`: each field with where it goes (FIRST, AFTER a column, or last)."""

    name: Name
    added: list[tuple[Json, str, str]]


@dataclass
class DropColumns:
    """`ALTER TABLE … DROP COLUMN …`."""

    name: Name
    columns: list[str]
    if_exists: bool


@dataclass
class RenameColumn:
    """`ALTER TABLE … RENAME COLUMN … TO …`."""

    name: Name
    old: str
    new: str


@dataclass
class AlterColumn:
    """`ALTER TABLE … ALTER COLUMN …`: its comment or whether it may be null."""

    name: Name
    column: str
    comment: str | None = None
    nullable: bool | None = None


@dataclass
class RenameTable:
    """`ALTER TABLE … RENAME TO …`."""

    name: Name
    target: Name


@dataclass
class ChangeProperties:
    """`ALTER TABLE … SET | UNSET TBLPROPERTIES …`."""

    name: Name
    set: dict[str, str] = field(default_factory=dict)
    unset: list[str] = field(default_factory=list)


@dataclass
class SetOwner:
    """`ALTER TABLE … [SET] OWNER TO …`."""

    name: Name
    owner: str


Definition = (
    CreateTable
    | DropTable
    | CommentOn
    | AddColumns
    | DropColumns
    | RenameColumn
    | AlterColumn
    | RenameTable
    | ChangeProperties
    | SetOwner
)

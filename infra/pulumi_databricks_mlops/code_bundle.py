"""CodeBundle: a folder of ML code in the workspace, immutable for each content.

Owns a workspace folder and in it a folder for each content hash. A changed file makes a new folder; the old
one stays for the jobs that still run from it, and goes with the bundle. Does not own who imports the code.

Every resource takes options that have no argument here through `transforms` of the component's options.
"""

import base64
from pathlib import Path
from typing import NotRequired, TypedDict

import pulumi
import pulumi_databricks as databricks

from pulumi_databricks_mlops.code_files import CodeFile, content_hash, read_files
from pulumi_databricks_mlops.problems import Problems
from pulumi_databricks_mlops.provided import handed_down


class CodeBundleArgs(TypedDict):
    """What a CodeBundle is made of."""

    folder: str
    """The folder on this machine."""
    path: pulumi.Input[str]
    """The workspace folder that holds the bundle's versions, absolute; the bundle's alone."""
    include: NotRequired[list[str]]
    """Patterns of files from the folder, `**` for any depth; each must match. Names that begin with a dot
    are left out unless a pattern has one. Default: every file."""


class CodeBundle(pulumi.ComponentResource):
    """The uploaded code."""

    root: pulumi.Output[str]
    """The workspace folder of this content; known once every file is there."""
    content_hash: pulumi.Output[str]
    """16 hexadecimal digits that name the content."""

    def __init__(self, name: str, args: CodeBundleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        problems = Problems(f"CodeBundle {name}")
        problems.require_name(
            "The workspace folder", args["path"], r"/.+[^/]", "absolute, without a `/` at the end"
        )
        files = read_files(Path(args["folder"]), args.get("include", ["**/*"]), problems)
        problems.raise_any()
        super().__init__("databricks-mlops:index:CodeBundle", name, {}, handed_down(opts))
        self._name = name
        directory = databricks.Directory(
            f"{name}-folder",
            path=args["path"],
            delete_recursive=True,
            opts=pulumi.ResourceOptions(parent=self),
        )
        seen = content_hash(files)
        root = pulumi.Output.concat(directory.path, "/", seen)
        uploaded = [self._upload(root, file) for file in files]
        self.root = pulumi.Output.all(root, *uploaded).apply(lambda known: str(known[0]))
        self.content_hash = pulumi.Output.from_input(seen)
        self.register_outputs({"root": self.root, "content_hash": self.content_hash})

    def _upload(self, root: pulumi.Output[str], file: CodeFile) -> pulumi.Output[str]:
        options = pulumi.ResourceOptions(parent=self, retain_on_delete=True)
        path = pulumi.Output.concat(root, "/", file.target)
        content = base64.b64encode(file.content).decode()
        if file.language is None:
            return databricks.WorkspaceFile(
                f"{self._name}-{file.name}", path=path, content_base64=content, opts=options
            ).path
        return databricks.Notebook(
            f"{self._name}-{file.name}",
            path=path,
            content_base64=content,
            language=file.language,
            format="JUPYTER" if file.name.endswith(".ipynb") else "SOURCE",
            opts=options,
        ).path

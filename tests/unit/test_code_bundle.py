"""The bundle's content hash and what it refuses."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_databricks_mlops import CodeBundle
from pulumi_databricks_mlops.code_files import LARGEST, CodeFile, content_hash, read_files
from pulumi_databricks_mlops.problems import Problems
from unit_declared import NOTEBOOK, declare, refused

FILES = st.dictionaries(st.text(min_size=1), st.binary(), max_size=6)


def files_of(contents: dict[str, bytes]) -> list[CodeFile]:
    return [CodeFile(name, content) for name, content in contents.items()]


@given(FILES, st.randoms())
def test_the_hash_does_not_depend_on_the_order(contents: dict[str, bytes], random: st.Random) -> None:  # type: ignore[name-defined]
    files = files_of(contents)
    shuffled = list(files)
    random.shuffle(shuffled)
    assert content_hash(files) == content_hash(shuffled)


@given(FILES, FILES)
def test_other_names_or_bytes_have_another_hash(one: dict[str, bytes], other: dict[str, bytes]) -> None:
    assert (content_hash(files_of(one)) == content_hash(files_of(other))) == (one == other)


def test_notebooks_lose_their_suffix_and_other_files_keep_it(project_folder: Path) -> None:
    estate = declare(lambda: CodeBundle("code", {"folder": str(project_folder), "path": "/Shared/code"}))
    root = estate.of("Notebook")[0].inputs["path"].rsplit("/notebooks", 1)[0]
    assert [each.inputs["path"] for each in estate.of("Notebook")] == [
        f"{root}/notebooks/deploy",
        f"{root}/notebooks/train",
    ]
    assert f"{root}/flights/__init__.py" in [each.inputs["path"] for each in estate.of("WorkspaceFile")]
    assert all(each.request.retainOnDelete for each in [*estate.of("Notebook"), *estate.of("WorkspaceFile")])
    assert estate.one("Directory").inputs == {"path": "/Shared/code", "deleteRecursive": True}


def test_compiled_files_change_nothing(project_folder: Path) -> None:
    def paths() -> set[str]:
        bundle = declare(lambda: CodeBundle("code", {"folder": str(project_folder), "path": "/Shared/code"}))
        return {each.inputs["path"] for each in bundle.values() if "path" in each.inputs}

    before = paths()
    (project_folder / "flights" / "__pycache__").mkdir()
    (project_folder / "flights" / "__pycache__" / "x.pyc").write_bytes(b"1")
    assert paths() == before


def test_every_problem_of_a_folder_is_told_at_once(project_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "outside.py").write_text("x")
    (project_folder / "link.py").symlink_to(tmp_path / "outside.py")
    with (project_folder / "large.py").open("wb") as large:
        large.truncate(LARGEST + 1)
    (project_folder / "notebooks" / "train.sql").write_text(NOTEBOOK.replace("#", "--"))
    include = ["**/*", "nothing/*", "../*"]
    error = refused(
        lambda: CodeBundle(
            "code", {"folder": str(project_folder), "path": "/Shared/code", "include": include}
        )
    )
    for part in (
        "'link.py' is a link to outside",
        "'large.py' has",
        "nothing/*",
        "'../*' leaves",
        "both become",
    ):
        assert part in error


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        (b"a\xe9.txt", b"", "is not a name that the workspace takes"),
        (b"a.ipynb", b"{", "is not a Jupyter notebook"),
        (b"a.py", b"# Databricks notebook source\n\xe9", "is not UTF-8 at byte 29"),
    ],
)
def test_what_the_workspace_would_refuse_is_told(
    project_folder: Path, name: bytes, content: bytes, told: str
) -> None:
    Path(os.fsdecode(os.fsencode(project_folder) + b"/" + name)).write_bytes(content)
    assert told in refused(
        lambda: CodeBundle("code", {"folder": str(project_folder), "path": "/Shared/code"})
    )


@pytest.mark.parametrize(
    ("target", "told"), [("nowhere", "leads nowhere"), ("link", "leads nowhere"), (".", "a link to a folder")]
)
def test_a_link_that_is_no_file_is_told(project_folder: Path, target: str, told: str) -> None:
    (project_folder / "link").symlink_to(target)
    assert told in refused(
        lambda: CodeBundle("code", {"folder": str(project_folder), "path": "/Shared/code"})
    )


def test_hidden_files_stay_unless_they_are_named(project_folder: Path) -> None:
    def names(*include: str) -> set[str]:
        problems = Problems("code")
        found = {each.name for each in read_files(project_folder, list(include), problems)}
        assert not problems.sentences
        return found

    (project_folder / ".env").write_text("KEY=canary")
    assert ".env" not in names("**/*")
    assert names("**/*") == names("**")
    assert names("**/*", ".env") - names("**/*") == {".env"}


@pytest.mark.parametrize("folder", ["missing", "empty"])
def test_a_folder_without_files_is_refused(tmp_path: Path, folder: str) -> None:
    (tmp_path / "empty").mkdir()
    error = refused(lambda: CodeBundle("code", {"folder": str(tmp_path / folder), "path": "/Shared/code"}))
    assert folder in error

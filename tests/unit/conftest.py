"""A project on disk."""

from __future__ import annotations

from pathlib import Path

import pytest
from unit_declared import NOTEBOOK, PROJECT, write_project


@pytest.fixture
def project_folder(tmp_path: Path) -> Path:
    """A folder with a project `ml_code`; its parent is where a stack file would stand."""
    folder = tmp_path / "ml_code"
    for name, text in (
        ("notebooks/train.py", NOTEBOOK),
        ("notebooks/deploy.py", NOTEBOOK),
        ("flights/__init__.py", "x = 1\n"),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    write_project(folder, PROJECT)
    return folder

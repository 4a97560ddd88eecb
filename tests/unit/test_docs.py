"""The documents tell the truth: examples run, links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from unit_declared import declare

ROOT = Path(__file__).parent.parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
EXAMPLES = [
    pytest.param(example, id=f"{page.name}-{number}")
    for page in PAGES
    for number, example in enumerate(re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL), 1)
    # Pulumi's mocks know no transforms: those run on the engine, in tests/lifecycle/test_components.py.
    if "transforms=" not in example
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_examples_declare_resources(example: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    estate = declare(lambda: exec(compile(example, "example", "exec"), {}))
    assert any(each.request.custom for each in estate.values())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files_that_are_there(page: Path) -> None:
    for link in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text()):
        if not link.startswith("https://"):
            assert (page.parent / link).exists(), link


def test_the_list_of_routes_is_current() -> None:
    from mlops_sandbox.coverage import page

    assert (ROOT / "docs" / "sandbox-apis.md").read_text() == page(), (
        "run: python -m mlops_sandbox.coverage > docs/sandbox-apis.md"
    )


def test_every_component_has_an_example() -> None:
    import pulumi
    import pulumi_databricks_mlops as mlops

    text = (ROOT / "docs" / "components.md").read_text()
    for name in mlops.__all__:
        made = getattr(mlops, name)
        if isinstance(made, type) and issubclass(made, pulumi.ComponentResource):
            assert re.search(rf"mlops\.{name}\(", text), name

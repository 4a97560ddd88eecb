"""The texts under the models' fields, for schemas.

Pydantic can read them itself (`use_attribute_docstrings`), but does so at each import, from the source
of every class: a fifth of what settings cost a preview.
"""

from __future__ import annotations

import ast
import inspect
import sys
from typing import Any

from settings.model import Model


def _texts(model: type[Model]) -> dict[str, str]:
    """Field name to the string that stands under it."""
    source = ast.parse(inspect.getsource(sys.modules[model.__module__]))
    (declared,) = (
        node for node in source.body if isinstance(node, ast.ClassDef) and node.name == model.__name__
    )
    texts = {}
    for field, after in zip(declared.body, declared.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            text = getattr(getattr(after, "value", None), "value", None)
            if isinstance(after, ast.Expr) and isinstance(text, str):
                texts[field.target.id] = inspect.cleandoc(text)
    return texts


def _models(model: type[Model]) -> dict[str, type[Model]]:
    found: dict[str, type[Model]] = {}
    waiting = list(model.__subclasses__())
    while waiting:
        each = waiting.pop()
        found[each.__name__] = each
        waiting.extend(each.__subclasses__())
    return found


def described(model: type[Model]) -> dict[str, Any]:
    """A model's JSON Schema, with a description of every field."""
    schema = model.model_json_schema()
    known = _models(Model)
    for name, part in [(model.__name__, schema), *schema.get("$defs", {}).items()]:
        fields = known[name].model_fields
        for base in known[name].__mro__:
            for field, text in _texts(base).items() if issubclass(base, Model) and base is not Model else ():
                key = fields[field].alias or field
                part["properties"][key]["description"] = text
    return schema

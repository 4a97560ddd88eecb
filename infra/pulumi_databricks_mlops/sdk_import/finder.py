"""The import hook: a lazy package, lazy nested modules, and resource modules that find what they mention."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from functools import cached_property
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

from pulumi_databricks_mlops.sdk_import.source import _STAR, NESTED, SdkSource


class SdkFinder(MetaPathFinder):
    """Finds the modules of one SDK package; everything else is left to the finders behind it."""

    def __init__(self, package: str) -> None:
        self.package = package

    @cached_property
    def source(self) -> SdkSource | None:
        """The SDK, looked at when it is first imported; None when it is not what we expect."""
        return SdkSource.find(self.package)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec of the package or of a module directly in it, with a loader of ours."""
        if fullname != self.package and fullname.rpartition(".")[0] != self.package:
            return None
        spec, source = PathFinder.find_spec(fullname, path, target), self.source
        if spec is None or spec.loader is None or source is None:
            return spec
        name = fullname.rpartition(".")[2]
        if fullname == self.package:
            spec.loader = _PackageLoader(source, spec.loader)
        elif name in NESTED:
            spec.loader = _NestedLoader(source, spec.loader, name)
        elif spec.submodule_search_locations is None and name != "_utilities":
            spec.loader = _ResourceLoader(source, spec.loader)
        return spec


class _Loader(Loader):
    def __init__(self, source: SdkSource, real: Any) -> None:
        self.source = source
        self.real = real

    def __getattr__(self, name: str) -> Any:
        # get_source, get_filename, …: for tracebacks and tools, the real file's.
        return getattr(self.real, name)


class _PackageLoader(_Loader):
    """The package: everything of its `__init__` but the star imports, which happen by the name."""

    def exec_module(self, module: ModuleType) -> None:
        """Register the SDK with the runtime, and look exported names up when they are asked for."""
        source = self.source

        def load(name: str) -> Any:
            home = source.exports.get(name)
            if home is None:
                raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
            value = getattr(importlib.import_module(f"{module.__name__}.{home}"), name)
            setattr(module, name, value)
            return value

        module.__dict__["__getattr__"] = load
        module.__dict__["__dir__"] = lambda: sorted({*vars(module), *source.exports})
        text = _STAR.sub("", source.text("__init__"))
        exec(compile(text, str(module.__file__), "exec", dont_inherit=True), module.__dict__)  # noqa: S102
        module.__dict__["__all__"] = sorted(source.exports)


class _NestedLoader(_Loader):
    """`_inputs` or `outputs`: each class when it is first asked for."""

    def __init__(self, source: SdkSource, real: Any, name: str) -> None:
        super().__init__(source, real)
        self.name = name

    def exec_module(self, module: ModuleType) -> None:
        """Execute what stands before the classes."""
        source, name = self.source, self.name
        module.__dict__["__all__"] = []

        def load(wanted: str) -> Any:
            if wanted not in source.spans[name]:
                raise AttributeError(f"module {module.__name__!r} has no attribute {wanted!r}")
            load_classes(source, module, [wanted])
            return vars(module)[wanted]

        module.__dict__["__getattr__"] = load
        module.__dict__["__dir__"] = lambda: sorted({*vars(module), *source.spans[name]})
        preamble = compile(source.preamble(name), str(module.__file__), "exec", dont_inherit=True)
        exec(preamble, module.__dict__)  # noqa: S102


class _ResourceLoader(_Loader):
    """A resource's module: what its annotations mention is there before it star-imports `_inputs`."""

    def exec_module(self, module: ModuleType) -> None:
        """Load the nested classes that the module mentions, then the module itself."""
        inputs = importlib.import_module(f"{self.source.package}._inputs")
        name = module.__name__.rpartition(".")[2]
        mentioned = self.source.mentions(name)
        load_classes(self.source, inputs, mentioned)
        # A star import copies the names of `__all__`: those, and no class that another resource loaded.
        vars(inputs)["__all__"] = mentioned
        self.real.exec_module(module)
        self.source.save()


def load_classes(source: SdkSource, module: ModuleType, names: Sequence[str]) -> None:
    """Execute these classes in their module, with all the classes that they mention in turn."""
    name = module.__name__.rpartition(".")[2]
    waiting = [wanted for wanted in names if wanted not in vars(module)]
    while waiting:
        wanted = waiting.pop()
        if wanted in vars(module):
            continue
        code, mentioned = source.code(name, wanted)
        exec(code, vars(module))  # noqa: S102
        if name == "_inputs":
            waiting.extend(other for other in mentioned if other not in vars(module))

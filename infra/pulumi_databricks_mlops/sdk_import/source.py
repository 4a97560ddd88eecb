"""A generated SDK's files, as an index: which module exports a name, and where each nested class stands."""

from __future__ import annotations

import ast
import marshal
import os
import re
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.machinery import PathFinder
from pathlib import Path
from types import CodeType

#: The modules that hold the nested classes; by far the largest of an SDK.
NESTED = ("_inputs", "outputs")

_ALL = re.compile(r"^__all__ = \[(.*?)\]$", re.MULTILINE | re.DOTALL)
_CLASS = re.compile(r"^(?:@pulumi\.\w+\n)?class (\w+)[(:]", re.MULTILINE)
_STAR = re.compile(r"^from \.(\w+) import \*$", re.MULTILINE)
_NAME = re.compile(r"'(\w+)'")


def _names(text: str) -> list[str]:
    found = _ALL.search(text)
    return list(ast.literal_eval(f"[{found.group(1)}]")) if found else []


def _cache_folder() -> Path:
    """`sdk` beside the sandbox's `engine`, in the one folder that both use."""
    chosen = os.environ.get("MLOPS_CACHE")
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return (Path(chosen) if chosen else base / "pulumi-databricks-mlops") / "sdk"


@dataclass
class SdkSource:
    """One SDK package on disk."""

    package: str
    folder: Path
    exports: dict[str, str] = field(default_factory=dict)
    """Name to the module that defines it."""
    spans: dict[str, dict[str, tuple[int, int, int]]] = field(default_factory=dict)
    """By nested module: class name to start, end (characters) and line."""
    codes: dict[str, dict[str, tuple[CodeType, list[str]]]] = field(default_factory=dict)
    """By nested module: class name to its code and the names of the classes that it mentions."""
    resources: dict[str, list[str]] = field(default_factory=dict)
    """By resource module: the input classes that it mentions."""
    texts: dict[str, str] = field(default_factory=dict)
    unsaved: bool = False

    @classmethod
    def find(cls, package: str) -> SdkSource | None:
        """The index of an installed SDK, from the cache or made now; None when it is not what we expect."""
        spec = PathFinder.find_spec(package)
        if spec is None or spec.origin is None:
            return None
        source = cls(package, Path(spec.origin).parent)
        return source if source.load() or source.scan() else None

    @property
    def cache(self) -> Path:
        """The cache file: its name changes with the SDK's files and with the Python that compiled them."""
        seen = sha256(sys.implementation.cache_tag.encode() if sys.implementation.cache_tag else b"")
        for name in ("__init__", *NESTED):
            stat = (self.folder / f"{name}.py").stat()
            seen.update(f"{self.folder}/{name} {stat.st_size} {stat.st_mtime_ns}".encode())
        return _cache_folder() / f"{self.package}-{seen.hexdigest()[:20]}"

    def load(self) -> bool:
        """Read the cache; False when there is none for these files."""
        try:
            kept = marshal.loads(self.cache.read_bytes())  # noqa: S302 - the user's own cache, as .pyc files are
        except (OSError, ValueError, EOFError, TypeError):
            return False
        self.exports, self.resources = kept["exports"], kept["resources"]
        self.spans, self.codes = kept["spans"], kept["codes"]
        return True

    def save(self) -> None:
        """Write the cache in one step; a folder that can't be written only costs the time again."""
        if not self.unsaved:
            return
        draft = self.cache.with_suffix(f".{os.getpid()}")
        kept = {
            "exports": self.exports,
            "resources": self.resources,
            "spans": self.spans,
            "codes": self.codes,
        }
        try:
            draft.parent.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(marshal.dumps(kept))
            draft.replace(self.cache)
        except OSError:
            with suppress(OSError):
                draft.unlink()
        self.unsaved = False

    def scan(self) -> bool:
        """Index the files; False when they do not have the form that Pulumi generates."""
        try:
            stars = _STAR.findall(self.text("__init__"))
            for module in NESTED:
                self.spans[module] = self._spans(module)
                self.codes[module] = {}
            for module in stars:
                names = self.spans[module] if module in NESTED else _names(self.text(module, 1 << 14))
                self.exports.update(dict.fromkeys(names, module))
        except (OSError, ValueError, SyntaxError):
            return False
        self.unsaved = True
        return bool(stars)

    def _spans(self, module: str) -> dict[str, tuple[int, int, int]]:
        text = self.text(module)
        starts = [(found.start(), found.group(1)) for found in _CLASS.finditer(text)]
        if [name for _, name in starts] and {name for _, name in starts} != set(_names(text)):
            raise ValueError(f"{module}: the classes are not those of __all__")
        ends = [start for start, _ in starts[1:]] + [len(text)]
        spans, line, last = {}, 1, 0
        for (start, name), end in zip(starts, ends, strict=True):
            line, last = line + text.count("\n", last, start), start
            spans[name] = (start, end, line)
        return spans

    def text(self, module: str, most: int = -1) -> str:
        """A module's source, or its first characters."""
        if module in self.texts:
            return self.texts[module]
        with (self.folder / f"{module}.py").open(encoding="utf-8") as file:
            text = file.read(most)
        if module in NESTED:
            self.texts[module] = text
        return text

    def preamble(self, module: str) -> str:
        """What stands before a nested module's first class, without `__all__`."""
        first = min((start for start, _, _ in self.spans[module].values()), default=0)
        with (self.folder / f"{module}.py").open(encoding="utf-8") as file:
            return _ALL.sub("", file.read(first))

    def code(self, module: str, name: str) -> tuple[CodeType, list[str]]:
        """A class's compiled statement, and the nested classes that its annotations mention."""
        known = self.codes[module].get(name)
        if known is None:
            start, end, line = self.spans[module][name]
            statement = self.text(module)[start:end]
            tree = ast.increment_lineno(ast.parse(statement), line - 1)
            compiled = compile(tree, str(self.folder / f"{module}.py"), "exec", dont_inherit=True)
            known = (compiled, self.mentioned(statement))
            self.codes[module][name] = known
            self.unsaved = True
        return known

    def mentions(self, module: str) -> list[str]:
        """The input classes that a resource's module mentions."""
        if module not in self.resources:
            self.resources[module] = self.mentioned(self.text(module))
            self.unsaved = True
        return self.resources[module]

    def mentioned(self, text: str) -> list[str]:
        """The names of input classes that a text mentions in quotes."""
        return sorted(set(_NAME.findall(text)) & self.spans["_inputs"].keys())

"""`python -m mlops_sandbox.engine`: get the engine, say which way was taken; `--folder`: say where it is."""

from __future__ import annotations

import sys

from mlops_sandbox.engine.find import EngineError, engine


def main() -> int:
    """Print one line about the engine, or one message about why there is none."""
    try:
        found = engine(say=lambda line: print(f"engine: {line}", file=sys.stderr, flush=True))
    except EngineError as error:
        print(f"engine: {error}", file=sys.stderr)
        return 1
    if sys.argv[1:] == ["--folder"]:
        print(found.path.parent)
        return 0
    print(f"engine: Pulumi v{found.version}, {found.way}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

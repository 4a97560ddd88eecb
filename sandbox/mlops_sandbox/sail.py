"""The process of the Spark Connect server: Sail on a loopback port that the system chooses.

`python -m mlops_sandbox.sail PORT_FILE [PORT]` writes the port that it got into the file. The catalogs come
from Sail's own environment variables (`SAIL_CATALOG__LIST`).
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from pysail.spark import SparkConnectServer  # type: ignore[import-untyped]


def main(port_file: Path, wanted: int) -> None:
    """Serve until SIGTERM."""
    server = SparkConnectServer("127.0.0.1", wanted)
    server.start(background=True)
    address = server.listening_address
    assert address is not None
    draft = port_file.with_suffix(".new")
    draft.write_text(str(address[1]))
    draft.replace(port_file)
    # Rust's threads serve; ending the process ends them at once, with nothing to save.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pause()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)

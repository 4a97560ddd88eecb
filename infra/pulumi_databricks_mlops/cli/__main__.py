"""`python -m pulumi_databricks_mlops.cli`: the `mlops` command, where its script is not on PATH."""

from __future__ import annotations

import sys

from pulumi_databricks_mlops.cli import main

if __name__ == "__main__":
    sys.exit(main())

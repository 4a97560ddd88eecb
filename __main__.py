"""Hosts the components for programs in other languages; `PulumiPlugin.yaml` leads here."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "infra"))

from pulumi_databricks_mlops.package import host

if __name__ == "__main__":
    host()

"""Import provider SDKs by the class instead of whole.

`import pulumi_databricks` executes 7,400 argument and output classes, 12 MB of source, which takes seconds
and is most of a small preview. :func:`install` makes the import lazy: the package and its modules are the
same, every class is the SDK's own source, executed when it is first needed. Code objects are cached, keyed
by the SDK's files. An SDK whose files do not have the expected form, or that is imported already, is left
alone.

`MLOPS_FULL_SDK_IMPORT=1` turns it off.
"""

from __future__ import annotations

import os
import sys

from pulumi_databricks_mlops.sdk_import.finder import SdkFinder

__all__ = ["install"]


def install(*packages: str) -> None:
    """Make these SDK packages import lazily from now on.

    Args:
        packages: import names, `pulumi_databricks` for example. One that is not installed, is imported
            already or looks different from what Pulumi generates is imported as usual.
    """
    if os.environ.get("MLOPS_FULL_SDK_IMPORT"):
        return
    ours = {finder.package for finder in sys.meta_path if isinstance(finder, SdkFinder)}
    for package in packages:
        if package not in sys.modules and package not in ours:
            sys.meta_path.insert(0, SdkFinder(package))

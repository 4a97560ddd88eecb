"""Says where it runs."""

import sys

if "fail" in sys.argv[1]:
    raise SystemExit("the report was told to fail")
print(f"in {sys.argv[1]}")

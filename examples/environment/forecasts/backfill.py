"""One day of forecasts, again."""

import sys

print("day", sys.argv[1])

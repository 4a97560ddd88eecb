"""Programs that together give every argument of every component."""

from every_argument.arguments import declared_arguments, given
from every_argument.code_hosts import ANSWERS
from every_argument.programs import PROGRAMS, build

__all__ = ["ANSWERS", "PROGRAMS", "build", "declared_arguments", "given"]

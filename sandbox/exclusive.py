"""Run a command while nobody else runs one under the same lock file: `exclusive.py LOCK WHAT -- COMMAND…`.

Standard library only: it also guards the installation of everything else.
"""

import fcntl
import os
import sys
from pathlib import Path

lock, what, _, *command = sys.argv[1:]
Path(lock).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
try:
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    print(f"{what} is running already in this checkout; waiting for it to end", flush=True)
    fcntl.flock(handle, fcntl.LOCK_EX)
# The lock lives as long as the command: it is inherited across exec.
os.set_inheritable(handle, True)
os.execvp(command[0], command)

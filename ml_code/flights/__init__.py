"""The flights project: predict a flight's arrival delay."""

import os

# Read when OpenMP is loaded. Waiting threads that spin make LightGBM ten times slower where cores are shared.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

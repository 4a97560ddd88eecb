"""Batch inference: the champion's prediction for every flight that has none yet, and the truth once known."""

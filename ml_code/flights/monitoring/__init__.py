"""Monitoring: refresh the quality monitor, and find out whether the model has to be trained again."""

"""A classification project in a few lines."""

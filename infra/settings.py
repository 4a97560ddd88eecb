"""The stack settings."""

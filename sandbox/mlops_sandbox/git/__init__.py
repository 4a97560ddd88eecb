"""Bare git repositories, read and written by git itself, and served over its smart HTTP protocol."""

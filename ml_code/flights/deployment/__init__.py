"""Deployment: the endpoint serves a version, then the version is the champion."""

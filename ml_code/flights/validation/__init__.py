"""Validation: may this version become the challenger?"""

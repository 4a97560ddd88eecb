"""Stand-in provider plugins: Pulumi's provider protocol over a declared schema and a table of resource types.

Nothing here knows a vendor. A vendor's package brings its schema, its HTTP client and its resource types.
"""

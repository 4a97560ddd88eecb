"""The HTTP server: routing, security and errors, without a word about any one API."""

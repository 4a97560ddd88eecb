"""Raw tables: flights and weather as they are published, with UTC timestamps and checked keys."""

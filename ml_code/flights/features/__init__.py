"""Features of a flight at its scheduled departure, from what is known strictly before that moment."""

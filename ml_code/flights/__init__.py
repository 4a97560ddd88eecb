"""The flights project: predict a flight's arrival delay."""

"""The way out: one HTTP client, one circuit for each thing that it asks."""

"""The plain surface: the paths that every deployment has."""

"""Everything that can happen, by name, and the trail that is kept of it."""

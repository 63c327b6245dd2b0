"""The real commands as child processes: what an operator types, and what comes of it."""

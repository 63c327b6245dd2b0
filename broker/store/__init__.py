"""Where rows live: SQLite in one file, or PostgreSQL. One file a noun; SQL is written once for both."""

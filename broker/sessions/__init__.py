"""Being signed in on one browser: the row that says so, the token that proves it, the keys that sign it."""

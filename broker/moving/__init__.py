"""Moving in: people, keys and settings of another product, read from its files or its database."""

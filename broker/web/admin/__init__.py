"""The admin address: figures, health, and the admin API behind its keys."""

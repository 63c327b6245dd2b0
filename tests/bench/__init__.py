"""Measured, not claimed: `python -m tests.bench` on loopback, against the real command."""

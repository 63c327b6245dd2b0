"""Hanko's admin API, behind our API keys."""

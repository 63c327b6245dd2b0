"""Telling others what happened: an outbox in the transaction of the change, and a worker that empties it."""

"""What surrounds every request: pure ASGI, one concern a file. `broker/web/stack` puts them in order."""

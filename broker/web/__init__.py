"""HTTP: the faces of the broker over its use cases. Starlette lives here; no SQL, no outbound calls."""

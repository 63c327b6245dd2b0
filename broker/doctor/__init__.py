"""`broker doctor`: everything that would otherwise fail in front of somebody who signs in, tried before they come."""

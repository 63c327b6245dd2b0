"""What things are: frozen dataclasses without behaviour. Points in time are seconds since the epoch (UTC)."""

"""What a provider lets us do in a person's name: its own tokens, kept sealed, renewed, handed out, and asked about."""

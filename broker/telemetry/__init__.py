"""What an operator sees of us: log lines and metrics. Nothing secret passes here."""

"""The command line: one file a command group, which parses arguments, calls, prints.

What a command needs is imported when it runs, so that `broker serve` and `broker --help` are quick.
"""


def main() -> None:
    """The `broker` command."""
    from broker.cli.commands import app

    app()

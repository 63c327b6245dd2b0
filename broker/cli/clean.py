"""`broker clean`: drop what has expired."""

from dataclasses import asdict
from typing import Any

import typer

from broker.cli.commands import DEFAULT_CONFIG, ConfigOption, JsonOption, app
from broker.cli.output import print_json, told


@app.command()
def clean(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Drop expired sessions, codes, consumed states and old audit entries. Example: broker clean"""
    from broker.cli.opened import Opened, with_database
    from broker.foundation import retention_of
    from broker.housekeeping import sweep

    async def work(opened: Opened) -> Any:
        return await sweep(opened.store, opened.clock, retention_of(opened.config))

    with told():
        swept = with_database(config, work)
    if as_json:
        print_json(asdict(swept))
    else:
        typer.echo(
            f"dropped {swept.sign_ins} used sign-ins, {swept.sessions} sessions, {swept.audit_entries} audit entries,"
            f" {swept.provider_tokens} provider tokens, {swept.outbox_events} events of webhooks,"
            f" {swept.refresh_tokens} used refresh tokens"
        )

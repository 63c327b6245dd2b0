"""`broker webhooks`: who is told of what, what they did not take, and telling them once more."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from broker.cli.commands import DEFAULT_CONFIG, ConfigOption, JsonOption, app
from broker.cli.output import moment, moment_or_none, print_json, print_table, told

if TYPE_CHECKING:
    from broker.cli.opened import Opened
    from broker.events.webhooks.deliveries import Deliveries
    from broker.events.webhooks.hooks import Hooks
    from broker.models.webhooks import Delivery, Webhook

commands = typer.Typer(no_args_is_help=True, help="Webhooks: who is told of what happens here.")
app.add_typer(commands, name="webhooks")
HookArgument = Annotated[str, typer.Argument(help="The webhook's id.")]


@commands.command("list")
def list_hooks(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """All webhooks, those of the configuration first. Example: broker webhooks list"""
    from broker.cli.opened import with_database

    async def work(opened: "Opened") -> "list[Webhook]":
        hooks = _hooks(opened)
        return [*hooks.configured, *await hooks.all()]

    with told():
        found = with_database(config, work)
    if as_json:
        print_json([_described(hook) for hook in found])
        return
    print_table(
        ("id", "callback", "events", "state", "failures"),
        [
            (
                hook.id,
                hook.callback,
                ", ".join(each.event or "everything" for each in hook.events),
                _state(hook),
                str(hook.failures),
            )
            for hook in found
        ],
    )


@commands.command()
def deliveries(hook: HookArgument, config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """What a webhook did not take, newest first. Example: broker webhooks deliveries HOOK_ID"""
    from broker.cli.opened import with_database

    async def work(opened: "Opened") -> "list[Delivery]":
        return list(await _deliveries(opened).unsuccessful(hook))

    with told():
        found = with_database(config, work)
    if as_json:
        print_json([_told(each) for each in found])
        return
    print_table(
        ("event", "name", "user", "occurred", "state", "attempts", "last"),
        [
            (
                each.event.id,
                each.event.name,
                each.event.user_id,
                moment(each.event.occurred_at),
                each.state,
                str(each.attempts),
                each.failure or "-",
            )
            for each in found
        ],
    )


@commands.command()
def redeliver(
    hook: HookArgument,
    event: Annotated[str, typer.Argument(help="The event's id.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Send an event again, by the next server that looks. Example: broker webhooks redeliver HOOK_ID EVENT_ID"""
    from broker.cli.opened import with_database

    async def work(opened: "Opened") -> None:
        await _deliveries(opened).redeliver(hook, event)

    with told():
        with_database(config, work)
    typer.echo(f"{event} will be sent again")


def _hooks(opened: "Opened") -> "Hooks":
    from broker.telling import hooks_of

    return hooks_of(opened.config, opened.store, opened.clock)


def _deliveries(opened: "Opened") -> "Deliveries":
    from broker.events.webhooks.deliveries import Deliveries

    return Deliveries(opened.store, _hooks(opened), opened.clock, wake=lambda: None)


def _state(hook: "Webhook") -> str:
    return "configured" if hook.configured else "enabled" if hook.enabled else "disabled"


def _described(hook: "Webhook") -> dict[str, Any]:
    return {
        "id": hook.id,
        "callback": hook.callback,
        "events": [each.event for each in hook.events],
        "state": _state(hook),
        "failures": hook.failures,
        "expires_at": moment_or_none(hook.expires_at),
    }


def _told(delivery: "Delivery") -> dict[str, Any]:
    return {
        "id": delivery.event.id,
        "event": delivery.event.name,
        "user_id": delivery.event.user_id,
        "occurred_at": moment(delivery.event.occurred_at),
        "state": delivery.state,
        "attempts": delivery.attempts,
        "last_status": delivery.status,
        "last_failure": delivery.failure,
    }

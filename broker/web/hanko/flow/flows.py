"""The Flow API as a table: which flow has which states, and which actions each state offers. Read it to learn the API.

A state without actions ends the flow. `preflight` and `thirdparty` are passed by the published SDK on its own; all
others are pages of the components.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from broker.web.hanko import present
from broker.web.hanko.flow.action import Action, Context
from broker.web.hanko.flow.actions.account_delete import ACCOUNT_DELETE
from broker.web.hanko.flow.actions.back import BACK
from broker.web.hanko.flow.actions.capabilities import REGISTER_CLIENT_CAPABILITIES
from broker.web.hanko.flow.actions.connect import CONNECT, EXCHANGE_CONNECTION
from broker.web.hanko.flow.actions.disconnect import DISCONNECT
from broker.web.hanko.flow.actions.emails import EMAIL_DELETE, EMAIL_SET_PRIMARY
from broker.web.hanko.flow.actions.exchange_token import EXCHANGE_TOKEN
from broker.web.hanko.flow.actions.patch_metadata import PATCH_METADATA
from broker.web.hanko.flow.actions.remember_me import REMEMBER_ME
from broker.web.hanko.flow.actions.session_delete import SESSION_DELETE
from broker.web.hanko.flow.actions.thirdparty_oauth import THIRDPARTY_OAUTH

DAY = 24 * 3600


async def _profile(context: Context) -> Mapping[str, Any]:
    return present.profile(
        context.owner,
        context.sessions,
        context.kept,
        current_id=context.session.session.id,
        display_names=context.broker.display_names,
    )


async def _nothing(_context: Context) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True, kw_only=True)
class Flow:
    """`initial` is the page that the flow begins with and goes back to; `lifetime` is in seconds.

    `needs_session`: every request is a signed-in person's own. `first` is the state that a start answers, `page` makes
    the payload of the initial one.
    """

    name: str
    initial: str
    states: Mapping[str, tuple[Action, ...]]
    lifetime: int = DAY
    needs_session: bool = False
    first: str = "preflight"
    page: Callable[[Context], Awaitable[Mapping[str, Any]]] = _nothing

    def action(self, state: str, name: str) -> Action | None:
        """The action of this name in this state."""
        return next((each for each in self.states.get(state, ()) if each.name == name), None)

    def knows(self, name: str) -> bool:
        """Whether any state has an action of this name."""
        return any(each.name == name for actions in self.states.values() for each in actions)


LOGIN = Flow(
    name="login",
    initial="login_init",
    states={
        "preflight": (REGISTER_CLIENT_CAPABILITIES,),
        "login_init": (THIRDPARTY_OAUTH, REMEMBER_ME),
        "thirdparty": (EXCHANGE_TOKEN, BACK),
        "success": (),
    },
)

REGISTRATION = Flow(
    name="registration",
    initial="registration_init",
    states={
        "preflight": (REGISTER_CLIENT_CAPABILITIES,),
        "registration_init": (THIRDPARTY_OAUTH, REMEMBER_ME),
        "thirdparty": (EXCHANGE_TOKEN, BACK),
        "success": (),
    },
)

PROFILE = Flow(
    name="profile",
    initial="profile_init",
    states={
        "preflight": (REGISTER_CLIENT_CAPABILITIES,),
        "profile_init": (
            EMAIL_DELETE,
            EMAIL_SET_PRIMARY,
            CONNECT,
            DISCONNECT,
            SESSION_DELETE,
            PATCH_METADATA,
            ACCOUNT_DELETE,
        ),
        "thirdparty": (EXCHANGE_CONNECTION, BACK),
        "account_deleted": (),
    },
    needs_session=True,
    page=_profile,
)

NOT_OFFERED = "/token_exchange"
"""Where Hanko's clients ask for a sign-in that the provider began; the answer is a refusal, as a flow."""

FLOWS: Mapping[str, Flow] = {flow.name: flow for flow in (LOGIN, REGISTRATION, PROFILE)}

"""The secrets of hooks whose face signs by what both sides know: sealed where they rest, opened to sign."""

from collections.abc import Callable, Mapping

from broker.crypto import SecretKeys, opaque_token
from broker.errors import SealBroken
from broker.models.webhooks import Webhook

_PURPOSE = "webhook"


class HookSecrets:
    """The secrets of all hooks."""

    def __init__(self, secrets: SecretKeys, *, configured: Mapping[str, Callable[[], str]]) -> None:
        """`configured`: what reveals the secret of a hook of the configuration, by the hook's id."""
        self._secrets = secrets
        self._configured = configured

    def fresh(self, hook_id: str) -> str:
        """A new secret for this hook, sealed."""
        return self._secrets.seal(opaque_token().encode(), purpose=_PURPOSE, place=_place(hook_id))

    def of(self, hook: Webhook) -> str:
        """The secret of this hook as it is now. Raises `SealBroken`, also for a hook that has none."""
        if hook.id in self._configured:
            return self._configured[hook.id]()
        if hook.sealed_secret is None:
            raise SealBroken(f"the hook {hook.id} has no secret", secret_id="")
        return self._secrets.open(hook.sealed_secret, purpose=_PURPOSE, place=_place(hook.id)).decode()


def _place(hook_id: str) -> str:
    return f"webhooks:{hook_id}"

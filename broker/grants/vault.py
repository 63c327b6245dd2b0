"""Provider tokens at rest: sealed for their row, opened for whoever needs them in memory, and never anywhere else."""

import json

from broker.clock import Clock
from broker.crypto import SecretKeys
from broker.models.identities import ProviderTokens
from broker.models.provider_tokens import KeptGrant
from broker.store import provider_tokens as rows
from broker.store.base import Connection

_PURPOSE = "provider_tokens"


class Vault:
    """Seals with the newest of the deployment's secrets, opens with any of them: a rotation needs no pass over rows."""

    def __init__(self, secrets: SecretKeys, clock: Clock) -> None:
        self._secrets = secrets
        self._clock = clock

    async def keep(self, connection: Connection, identity_id: str, provider: str, tokens: ProviderTokens) -> None:
        """Keep what a sign-in brought, in its transaction."""
        await rows.put_tokens(
            connection, identity_id, provider, self.sealed(identity_id, tokens), now=self._clock.now()
        )

    def sealed(self, identity_id: str, tokens: ProviderTokens) -> rows.Sealed:
        """The tokens as they rest."""
        content = json.dumps([tokens.access_token, tokens.refresh_token]).encode()
        return rows.Sealed(
            sealed=self._secrets.seal(content, purpose=_PURPOSE, place=_place(identity_id)),
            renewable=tokens.refresh_token is not None,
            scopes=tokens.scopes,
            access_expires_at=tokens.expires_at,
        )

    def sealed_for(self, code_hash: str, tokens: ProviderTokens) -> str:
        """The tokens as they wait for whoever redeems the one-time code."""
        content = json.dumps([tokens.access_token, tokens.refresh_token, tokens.scopes, tokens.expires_at]).encode()
        return self._secrets.seal(content, purpose=_PURPOSE, place=_waiting(code_hash))

    def opened_for(self, code_hash: str, sealed: str) -> ProviderTokens:
        """What waited for them. Raises `SealBroken`."""
        content = self._secrets.open(sealed, purpose=_PURPOSE, place=_waiting(code_hash))
        access_token, refresh_token, scopes, expires_at = json.loads(content)
        return ProviderTokens(
            access_token=access_token, refresh_token=refresh_token, scopes=tuple(scopes), expires_at=expires_at
        )

    def opened(self, grant: KeptGrant) -> ProviderTokens:
        """The tokens themselves. Raises `SealBroken`."""
        content = self._secrets.open(grant.sealed, purpose=_PURPOSE, place=_place(grant.identity_id))
        access_token, refresh_token = json.loads(content)
        return ProviderTokens(
            access_token=access_token,
            refresh_token=refresh_token,
            scopes=grant.scopes,
            expires_at=grant.access_expires_at,
        )


def _waiting(code_hash: str) -> str:
    return f"one_time_codes:{code_hash}"


def _place(identity_id: str) -> str:
    return f"provider_tokens:{identity_id}"

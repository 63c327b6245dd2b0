"""One server whose applications renew their sessions."""

from typing import Final

from broker.crypto import SecretKeys
from broker.models.browsers import Browser
from broker.models.sessions import Session
from broker.models.users import UserProfile
from broker.sessions.refreshing import MOST_USED, Refresh, Refreshed, RefreshTokens
from broker.store import sessions as session_rows
from broker.store import users
from tests.sessions.stage import SECRET, Stage, an_origin

CLIENT: Final = "client_demo"


class Renewing:
    """One server whose applications renew, as `stage` is one."""

    def __init__(self, stage: Stage, secrets: SecretKeys | None = None, *, most_used: int = MOST_USED) -> None:
        self.stage = stage
        keys = secrets or SecretKeys([SECRET])
        self.tokens = RefreshTokens(stage.store, stage.sessions, keys, stage.clock, most_used=most_used)

    async def begun(
        self, profile: UserProfile, *, confidential: bool = False, emulator: bool = False
    ) -> tuple[Session, str]:
        """A new session of an application, and its first token."""
        origin = an_origin(profile, client_id=CLIENT, emulator=emulator)
        async with self.stage.store.transaction() as c:
            await users.lock_user_row(c, profile.user.id)
            session = await self.stage.sessions.issue(c, profile, origin)
            token = await self.tokens.begin(c, session, client_id=CLIENT, confidential=confidential)
        return session, token

    async def renewed(
        self,
        token: str,
        *,
        client_id: str = CLIENT,
        confidential: bool = False,
        request_name: str | None = None,
        organization_id: str | None = None,
    ) -> Refreshed:
        browser = Browser(user_agent="Firefox", ip_address="192.0.2.9", request_id="r-1")
        return await self.tokens.rotate(
            Refresh(
                unverified_token=token,
                client_id=client_id,
                confidential=confidential,
                request_name=request_name,
                organization_id=organization_id,
                browser=browser,
            )
        )

    async def successor(self, token: str) -> str:
        return (await self.renewed(token)).refresh_token

    async def is_alive(self, session: Session) -> bool:
        async with self.stage.store.read() as c:
            return await session_rows.session(c, session.id) is not None

"""Signing out at Microsoft, and being signed out from there.

Going on to Microsoft's sign-out is opt-in, since it ends all of Microsoft's pages in that browser. The other direction
is a frame in Microsoft's own sign-out page that loads our front-channel address; no other page may frame it.
Source: Microsoft's documentation of the sign-out request and of single sign-out.
"""

import asyncio

from broker.config.sections.microsoft import LogoutSection
from broker.errors import UpstreamUnavailable
from broker.protocol.logout import end_session_url
from broker.providers.metadata import ProviderDocuments
from broker.providers.microsoft.clouds import CHINA, GLOBAL, Cloud

PATIENCE_SECONDS = 3
"""How long somebody who signs out here waits for Microsoft's metadata, where there is no copy of it."""
# Its metadata may name the alias; personal accounts are passed on to a host of their own.
_FURTHER_LOGIN_ORIGINS = {CHINA.name: ("https://login.chinacloudapi.cn",)}
_PASSED_ON = {GLOBAL.name: ("https://login.live.com",)}


class SignOut:
    """The sign-out of one app registration."""

    def __init__(
        self, section: LogoutSection, *, cloud: Cloud, client_id: str, return_url: str, documents: ProviderDocuments
    ) -> None:
        """`return_url` is where Microsoft sends the browser afterwards: ours, and registered as a redirect URI."""
        self._client_id = client_id
        self._return_url = return_url
        self._documents = documents
        login = (cloud.authority, *_FURTHER_LOGIN_ORIGINS.get(cloud.name, ()))
        passed_on = _PASSED_ON.get(cloud.name, ())
        # The metadata of a custom cloud may name an endpoint on any of its hosts.
        named = sorted(cloud.origins - {cloud.authority}) if cloud.named_hosts else ()
        self.embedders = login if section.frontchannel else ()
        self.origins = (*login, *passed_on, *named) if section.rp_initiated else ()

    async def url(self, *, logout_hint: str | None, state: str | None) -> str | None:
        """Where the browser goes; `None` where the metadata names no such place. Raises `UpstreamUnavailable`."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                metadata = await self._documents.metadata()
        except TimeoutError as error:
            raise UpstreamUnavailable("sign-out: no metadata in time") from error
        if metadata.end_session_endpoint is None:
            return None
        return end_session_url(
            metadata.end_session_endpoint,
            client_id=self._client_id,
            post_logout_redirect_uri=self._return_url,
            state=state,
            logout_hint=logout_hint,
        )

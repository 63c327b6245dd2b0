"""A browser without a screen: keeps cookies, follows redirects one at a time, and shows each step."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import aiohttp
from yarl import URL


@dataclass(frozen=True, kw_only=True)
class Page:
    """One answer."""

    url: str
    status: int
    headers: Mapping[str, str]
    set_cookies: tuple[str, ...]
    body: bytes
    location: str | None = None

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    @property
    def query(self) -> dict[str, str]:
        """The query of where it points, or of where it is."""
        return dict(parse_qsl(urlsplit(self.location or self.url).query, keep_blank_values=True))


@dataclass
class Browser:
    """Cookies of one person's browser. `url` is the broker's, `reach` where it listens when a proxy stands before it.

    What is sent to `url` then goes to `reach`, with the `Host` of `url`, as from a proxy that speaks TLS for it.
    """

    url: str
    headers: dict[str, str] = field(default_factory=dict)
    reach: str | None = None

    async def __aenter__(self) -> Self:
        secure = [] if self.reach is None else [URL(self.reach)]
        jar = aiohttp.CookieJar(unsafe=True, treat_as_secure_origin=secure)
        self._http = aiohttp.ClientSession(cookie_jar=jar, auto_decompress=True)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.close()

    async def get(self, url: str, **headers: str) -> Page:
        """One page load, no redirect followed."""
        return await self.send("GET", url, headers=headers)

    async def send(self, method: str, url: str, *, headers: Mapping[str, str] | None = None, **options: Any) -> Page:
        """One request of any kind; `url` may be a path of the broker."""
        target = URL(urljoin(self.url, url), encoded=True)
        sent = {**self.headers, **{name.replace("_", "-"): value for name, value in (headers or {}).items()}}
        asked = self._reached(target)
        if asked is not target:
            sent.setdefault("Host", target.raw_authority)
        async with self._http.request(method, asked, allow_redirects=False, headers=sent, **options) as answer:
            location = answer.headers.get("Location")
            return Page(
                url=str(target),
                status=answer.status,
                headers=answer.headers,
                set_cookies=tuple(answer.headers.getall("Set-Cookie", [])),
                body=await answer.read(),
                location=None if location is None else urljoin(str(target), location),
            )

    async def start(self, **parameters: str) -> Page:
        """Begin a sign-in; the answer points to the provider."""
        query = {"provider": "microsoft", "redirect_to": "http://localhost:8888/", **parameters}
        return await self.get(f"/thirdparty/auth?{urlencode(query)}")

    async def at_callback(self, person: str, **parameters: str) -> str:
        """Sign in at the provider; answers the callback URL, not yet opened."""
        page = await self.start(login_hint=f"auto:{person}", **parameters)
        while page.location is not None and not page.location.startswith(self.url + "/thirdparty/callback"):
            page = await self.get(page.location)
        assert page.location is not None, page.text
        return page.location

    async def sign_in(self, person: str, **parameters: str) -> Page:
        """A whole sign-in; the answer is the callback's."""
        return await self.get(await self.at_callback(person, **parameters))

    def cookie(self, name: str) -> str | None:
        """The value of a cookie that the broker set."""
        found = self._http.cookie_jar.filter_cookies(URL(self.reach or self.url)).get(name)
        return None if found is None else found.value

    def cookie_names(self) -> set[str]:
        """The names of all cookies that would be sent to the broker."""
        return set(self._http.cookie_jar.filter_cookies(URL(self.reach or self.url)))

    def drop_cookies(self) -> None:
        """Forget everything, as another browser would."""
        self._http.cookie_jar.clear()

    def _reached(self, target: URL) -> URL:
        text = str(target)
        if self.reach is None or not text.startswith(self.url + "/"):
            return target
        return URL(self.reach + text[len(self.url) :], encoded=True)

"""An application: a program that is registered with us by name, with places of its own that sign-ins may end at."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Application:
    """`client_id` names it to the world, its API keys (kept as hashes) prove it. Lifespans in seconds.

    `redirect_uris`, `sign_out_redirects`: patterns of registered URLs; `default_redirect_uri` is one of the former and
    no pattern. `allowed_origins`: whose scripts may call us for it. `cookie_domain`: what its cookies are set for.
    """

    name: str
    client_id: str
    api_key_hashes: frozenset[str] = field(default=frozenset(), repr=False)
    redirect_uris: tuple[str, ...] = ()
    default_redirect_uri: str | None = None
    sign_out_redirects: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()
    cookie_domain: str | None = None
    sign_in_url: str | None = None
    homepage_url: str | None = None
    return_provider_tokens: bool = False
    refresh_lifespan: int = 30 * 86_400
    access_lifespan: int = 300

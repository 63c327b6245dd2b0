"""What the whole configuration must satisfy before a browser meets us: secrets, cookies, origins, addresses, keys."""

from collections.abc import Iterator

from broker.config.sections import Config
from broker.config.sections.section import Complaint
from broker.config.sections.urls import split_url
from broker.config.suffixes import admits_strangers, is_public_suffix


def reachability(config: Config) -> Iterator[Complaint]:
    """Two things that are allowed, and seldom meant."""
    if config.service.is_production and config.service.is_loopback:
        message = "is on loopback, in production: only browsers on this machine reach it"
        yield Complaint(key="service.public_url", message=message, notice=True)
    if config.emulator_stands_in and not config.server.public.address.is_loopback:
        message = "listens beyond this machine while the emulator stands in, and that signs in whoever asks"
        yield Complaint(key="server.public.address", message=message, notice=True)


def unlisted_proxy(config: Config) -> Iterator[Complaint]:
    """The world comes in through a proxy on this machine; unless we believe that one, all people are one client."""
    address = config.server.public.address
    is_behind_one = address.is_loopback and config.service.is_production and not config.service.is_loopback
    if is_behind_one and not config.server.trusted_proxies:
        proxy = "unix" if address.unix_path is not None else "::1" if ":" in address.host else "127.0.0.1"
        yield Complaint(
            key="server.trusted_proxies",
            message="is empty, and only this machine reaches server.public.address: "
            "what the proxy here says of its clients is not believed",
            hint=f'let it send X-Forwarded-For and list it: ["{proxy}"]',
            notice=True,
        )


def secrets_present(config: Config) -> Iterator[Complaint]:
    """Only staging on the embedded engine may have the server make one."""
    if config.secrets.keys or config.makes_secret_file:
        return
    where = "production" if config.service.is_production else "PostgreSQL"
    yield Complaint(
        key="secrets.keys",
        message=f"is empty: {where} needs a secret of at least 32 characters",
        hint="make one with: openssl rand -base64 32",
        reads=("service.environment",) if config.service.is_production else ("service.environment", "database.url"),
    )


def own_certificate(config: Config) -> Iterator[Complaint]:
    """Who serves https is reached by https."""
    if config.server.public.tls.cert is not None and not config.service.is_https:
        message = "is http, but server.public.tls serves https"
        yield Complaint(key="service.public_url", message=message, reads=("server.public.tls",))


def cross_origin_callers(config: Config) -> Iterator[Complaint]:
    """A pattern below a public suffix admits whoever registers there."""
    lists = {
        "server.public.cors.allow_origins": config.server.public.cors.allow_origins,
        "third_party.providers.microsoft.provider_tokens.origins": (
            config.third_party.providers.microsoft.provider_tokens.origins
        ),
    }
    for key, index, pattern in ((key, *each) for key, patterns in lists.items() for each in enumerate(patterns)):
        if admits_strangers(pattern.partition("://")[2].partition(":")[0]):
            yield Complaint(
                key=f"{key}[{index}]",
                message="admits names that anybody can register: their pages could act as the signed-in person",
                hint="name the origins",
            )


def cookie_domain(config: Config) -> Iterator[Complaint]:
    """A browser drops a cookie whose domain is not ours, or is everybody's (RFC 6265 5.3)."""
    domain, hostname = config.session.cookie.domain, config.service.hostname
    if domain is None:
        return
    if hostname != domain and not hostname.endswith("." + domain):
        yield Complaint(
            key="session.cookie.domain",
            message=f"does not cover public_url's host {hostname}: browsers would drop the cookie",
            hint="a domain above that host, or leave it out",
            reads=("service.public_url",),
        )
    elif is_public_suffix(domain):
        message = "is a public suffix: browsers drop such a cookie"
        yield Complaint(key="session.cookie.domain", message=message, hint="leave it out")


def cookie_prefix(config: Config) -> Iterator[Complaint]:
    """A prefix that demands Secure cannot be met over http."""
    name = config.session.cookie.name
    if not config.service.is_https and name.lower().startswith(("__host-", "__secure-")):
        yield Complaint(
            key="session.cookie.name",
            message="has a prefix that browsers take by https only, and public_url is http",
            hint="a name without prefix, for example hanko",
            reads=("service.public_url",),
        )


def error_page(config: Config) -> Iterator[Complaint]:
    """The page that shows an error is not one that starts the next sign-in."""
    for key in ("error_redirect_url", "default_redirect_url"):
        text = getattr(config.third_party, key)
        url = split_url(text) if text else None
        if url and url.origin == config.service.split.origin and url.path.startswith("/thirdparty"):
            message = "is our own sign-in: the browser would go round in circles"
            yield Complaint(key=f"third_party.{key}", message=message, reads=("service.public_url",))


def emulator_address(config: Config) -> Iterator[Complaint]:
    """Three listeners, three addresses."""
    taken = (config.server.public.address, config.server.admin.address)
    address = config.service.emulator_address
    if config.emulator_stands_in and address.port and address in taken:
        message = "is also an address of the server"
        yield Complaint(
            key="service.emulator_address", message=message, reads=("server.public.address", "server.admin.address")
        )


def applications_read_rsa(config: Config) -> Iterator[Complaint]:
    """What SDKs verify access tokens with: RS256 and nothing else, in Python; and they read RSA keys only."""
    if config.workos.enabled and config.session.jwt.algorithm != "RS256":
        yield Complaint(
            key="session.jwt.algorithm",
            message=f"is {config.session.jwt.algorithm}, which the SDKs that workos.enabled serves do not verify",
            hint="RS256",
            reads=("workos.enabled",),
        )


def lowered_cookie(config: Config) -> dict[str, object]:
    """Keys to lower: over plain http on loopback no cookie is Secure, so that one file serves in development too."""
    cookie = config.session.cookie
    if config.service.is_https or not cookie.secure:
        return {}
    return {"secure": False} | ({"same_site": "lax"} if cookie.same_site == "none" else {})

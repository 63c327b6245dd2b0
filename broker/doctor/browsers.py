"""What browsers will make of the configuration: does the cookie reach those for whom it is, may they come back?

A cookie goes along with a call from a page of the same site; across sites browsers leave out whatever is not
`SameSite=None`, and most leave out that too. Two hosts are one site where they share the name that somebody can
register (RFC 6265bis 5.2).
"""

from collections.abc import AsyncIterator

from broker.config.sections.config import Config
from broker.config.suffixes import registrable_domain
from broker.doctor.examination import Examination
from broker.doctor.finding import Finding, note, ok
from broker.foundation import return_allowlist_of
from broker.signin.redirect_targets import WEB_SCHEMES
from broker.signin.redirects import OriginAllowlist

_FOR_FOREIGN = "session.delivery: token, or session.enable_auth_token_header: true for Hanko's web components"


async def configuration(examination: Examination) -> AsyncIterator[Finding]:
    """What the loader noticed, and what is no mistake."""
    for notice in examination.loaded.notices:
        yield _noticed(notice)
    if examination.config.emulator_stands_in:
        says = "the emulator stands in for Microsoft: whoever asks is signed in as whomever they like"
        yield note(says, "third_party.providers.microsoft: client_id and secret of an app registration")
    yield ok("the configuration has no mistakes")


async def allowlist(examination: Examination) -> AsyncIterator[Finding]:
    """Patterns that admit strangers, or nobody."""
    found = return_allowlist_of(examination.config).warnings()
    for warning in found:
        yield note(warning, "third_party.allowed_redirect_urls: name the hosts; broker redirects explain URL tells")
    if not found:
        yield ok("no redirect pattern admits strangers")


async def cookies(examination: Examination) -> AsyncIterator[Finding]:
    """The session's cookie beside the places where sign-ins end."""
    config = examination.config
    if config.session.enable_auth_token_header:
        yield ok("session.enable_auth_token_header: pages get the token itself, and need no cookie of ours")
        return
    if config.session.delivery == "token":
        yield ok("session.delivery: token; the cookie is for nobody's pages")
        return
    hosts = sorted({host for text in config.third_party.allowed_redirect_urls if (host := _host_of(text)) is not None})
    foreign = [host for host in hosts if not _is_same_site(host, config.service.hostname)]
    cookie = config.session.cookie
    if foreign and cookie.same_site != "none":
        says = f"same_site: {cookie.same_site} keeps the session's cookie from calls by pages on {', '.join(foreign)}"
        yield note(says, f"{_FOR_FOREIGN}, or session.cookie.same_site: none")
    elif foreign:
        says = f"many browsers send no cookie from pages on {', '.join(foreign)}, which are on another site"
        yield note(says, _FOR_FOREIGN)
    outside = [host for host in hosts if host not in foreign and cookie.domain and not _is_below(host, cookie.domain)]
    if outside:
        says = f"session.cookie.domain {cookie.domain} does not cover {', '.join(outside)}"
        yield note(says, "a domain above all of them, if all hosts below it are trusted")
    if not foreign and not outside:
        yield ok("the session's cookie reaches us from every page that a sign-in may end at")


async def scripts(examination: Examination) -> AsyncIterator[Finding]:
    """Pages that a sign-in may end at, and that may not ask who came. Where a backend redeems the code none need to."""
    config = examination.config
    if config.session.delivery == "token":
        return
    ours = config.service.public_url
    origins = {_origin_of(text) for text in config.third_party.allowed_redirect_urls} - {None, ours}
    listed = OriginAllowlist(config.server.public.cors.allow_origins)
    refused = sorted(origin for origin in origins if origin is not None and not listed.admits(origin))
    if refused:
        says = f"sign-ins may end at {', '.join(refused)}, whose scripts may not call us"
        yield note(says, "server.public.cors.allow_origins, where Hanko's web components or your scripts run")
    else:
        yield ok("scripts of the pages that a sign-in may end at may call us")


async def proxies(examination: Examination) -> AsyncIterator[Finding]:
    """Who speaks TLS for us, and whether what they say of their clients is believed."""
    config = examination.config
    if _is_behind_unlisted(config):
        yield note(
            "something in front of us speaks https, and is in no list: all people are one address to us",
            "let it send X-Forwarded-For and X-Forwarded-Proto, and list its address in server.trusted_proxies",
        )
    elif config.server.trusted_proxies:
        yield ok(f"forwarding headers are believed from {', '.join(config.server.trusted_proxies)}")


def _noticed(notice: str) -> Finding:
    """A sentence of the loader's: the key, what is so, and in brackets what was perhaps meant."""
    says, _, hint = notice.removesuffix(")").partition(" (") if notice.endswith(")") else (notice, "", "")
    return note(says, hint or f"nothing, if that is meant; otherwise {notice.partition(':')[0]}")


def _is_behind_unlisted(config: Config) -> bool:
    """Where the loader has not said so already."""
    by_proxy = config.service.is_https and config.server.public.tls.cert is None
    return by_proxy and not config.server.trusted_proxies and not config.server.public.address.is_loopback


def _origin_of(pattern: str) -> str | None:
    """The web origin that a redirect pattern spells out; `None` where it does not."""
    scheme, _, rest = pattern.partition("://")
    host = rest.partition("/")[0]
    return None if scheme not in WEB_SCHEMES or "*" in host or not host else f"{scheme}://{host}".lower()


def _host_of(pattern: str) -> str | None:
    """The host of a redirect pattern, without the labels that may be any; `None` where nothing of it is fixed."""
    host = pattern.partition("://")[2].partition("/")[0].rpartition("@")[2]
    host = host if host.endswith("]") else host.partition(":")[0]
    fixed = host.rpartition("*")[2].partition(".")[2] if "*" in host else host
    return fixed.lower() or None


def _is_same_site(host: str, ours: str) -> bool:
    return host == ours or registrable_domain(host) == registrable_domain(ours)


def _is_below(host: str, domain: str) -> bool:
    return host == domain or host.endswith(f".{domain}")

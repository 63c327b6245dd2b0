"""What is wrong with the URLs that the configuration registers for applications, said with everything else."""

from collections.abc import Iterator

from broker.config.sections.config import Config
from broker.config.sections.section import Complaint
from broker.config.sections.workos import ApplicationSection
from broker.config.suffixes import is_public_suffix
from broker.signin.registered_targets import mistake_in, origin_mistake_in

_READS = ("service.environment", "service.public_url")


def registered_urls(config: Config) -> Iterator[Complaint]:
    """Every entry is named by its own key: codes, sessions and tokens go where these lists say."""
    for index, application in enumerate(config.workos.applications):
        place = f"workos.applications[{index}]"
        for key, text, message in _mistakes(application, config):
            if message is not None:
                yield Complaint(key=f"{place}.{key}", message=_bare(message, text), reads=_READS)


def application_cookies(config: Config) -> Iterator[Complaint]:
    """A browser drops a cookie whose domain is not ours, or is everybody's (RFC 6265 5.3)."""
    hostname = config.service.hostname
    for index, application in enumerate(config.workos.applications):
        domain, key = application.cookie_domain, f"workos.applications[{index}].cookie_domain"
        if domain is None:
            continue
        if hostname != domain and not hostname.endswith("." + domain):
            message = f"does not cover public_url's host {hostname}: browsers would drop the cookie"
            yield Complaint(key=key, message=message, reads=("service.public_url",))
        elif is_public_suffix(domain):
            yield Complaint(key=key, message="is a public suffix: browsers drop such a cookie", hint="leave it out")


def _mistakes(application: ApplicationSection, config: Config) -> Iterator[tuple[str, str, str | None]]:
    production, own_origin = config.service.is_production, config.service.split.origin
    for place, text in enumerate(application.redirect_uris):
        yield f"redirect_uris[{place}]", text, mistake_in(text, production=production, own_origin=own_origin)
    default = application.default_redirect_uri
    if default is not None and mistake_in(default, production=production, own_origin=own_origin) is None:
        yield "default_redirect_uri", default, mistake_in(default, production=production, is_default=True)
    for place, text in enumerate(application.sign_out_redirects):
        message = mistake_in(text, production=production, carries_answers=False, own_origin=own_origin)
        yield f"sign_out_redirects[{place}]", text, message
    for place, text in enumerate(application.allowed_origins):
        yield f"allowed_origins[{place}]", text, origin_mistake_in(text, production=production)


def _bare(message: str, text: str) -> str:
    """Without the entry that it begins with: file, line and key name it."""
    return message.removeprefix(repr(text)).lstrip(": ")

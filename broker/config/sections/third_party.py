"""`third_party`: the providers, our callback, and where a browser may be sent in the end."""

import re
from collections.abc import Iterator
from dataclasses import field
from typing import Annotated, Literal

from pydantic import AfterValidator
from pydantic.dataclasses import dataclass

from broker.config.sections.custom_provider import CustomProviderSection
from broker.config.sections.microsoft import MicrosoftSection
from broker.config.sections.patterns import RedirectPattern
from broker.config.sections.section import SECTION, Complaint, Section, Unfit
from broker.config.sections.urls import WebUrl, split_url

_KEY = re.compile(r"[a-z0-9_]{1,40}", re.ASCII)


def _callback(text: str) -> str:
    """Microsoft's limits of a redirect URI."""
    url = split_url(text)
    if len(text) > 256:
        raise Unfit("is longer than 256 characters, the most that Microsoft takes")
    if url.path in ("", "/"):
        raise Unfit("has no path: Microsoft would add one", "end it in /thirdparty/callback")
    if "?" in text or "#" in text:
        raise Unfit("has a query or fragment: Microsoft refuses it where personal accounts may sign in")
    if re.search(r"[!$'(),;*]", url.path):
        raise Unfit("has a character that Microsoft refuses: one of ! $ ' ( ) , ; *")
    return text


def _provider_key(text: str) -> str:
    if not _KEY.fullmatch(text):
        raise Unfit("is no key of a provider", "a to z, 0 to 9 and _, at most 40")
    return text


CallbackUrl = Annotated[str, AfterValidator(_callback)]
ProviderKey = Annotated[str, AfterValidator(_provider_key)]


@dataclass(frozen=True, kw_only=True, config=SECTION)
class ProvidersSection(Section):
    """The providers that we know by name."""

    microsoft: MicrosoftSection = field(default_factory=MicrosoftSection)


@dataclass(frozen=True, kw_only=True, config=SECTION)
class ThirdPartySection(Section):
    """`redirect_url` unset means `public_url` and `/thirdparty/callback` (see `Config.callback_url`)."""

    redirect_url: CallbackUrl | None = None
    error_redirect_url: WebUrl | None = None
    default_redirect_url: WebUrl | None = None
    allowed_redirect_urls: tuple[RedirectPattern, ...] = ()
    errors_to: Literal["error_redirect_url", "redirect_to"] = "error_redirect_url"
    providers: ProvidersSection = field(default_factory=ProvidersSection)
    custom_providers: dict[ProviderKey, CustomProviderSection] = field(default_factory=dict)

    @property
    def any_enabled(self) -> bool:
        """Whether anybody can sign in at all."""
        custom = any(provider.enabled for provider in self.custom_providers.values())
        return self.providers.microsoft.enabled or custom

    def complaints(self) -> Iterator[Complaint]:
        """A failed sign-in must end somewhere."""
        if self.any_enabled and self.error_redirect_url is None:
            yield Complaint(
                key="error_redirect_url",
                message="is missing: a provider is enabled, and a sign-in that fails must end somewhere",
                hint="the page of your application that shows the error",
                reads=("providers.microsoft.enabled",),
            )

"""A provider that is known by its three endpoints only: plain OAuth 2.0, a person read from a userinfo endpoint.

There is no key to verify an ID token with, so none is looked at. What binds the answer to our request is PKCE, and
TLS to the endpoints that the operator wrote down. What only an ID token could prove (`max_age`, `acr_values`) is
refused rather than believed.
"""

import re
from typing import Any
from urllib.parse import urlsplit

from broker.config.sections.custom_provider import CustomProviderSection
from broker.errors import ConfigError, InvalidRequest, SignInFailed, TokenInvalid
from broker.models.identities import ProviderIdentity
from broker.models.signins import AuthorizationRequest, CodeGrant
from broker.net.client import Answer
from broker.protocol.answers import refuse_no_answer
from broker.protocol.claims import Claims
from broker.protocol.strict_json import JsonInvalid, parse_object
from broker.protocol.token_endpoint import TokenEndpointError, read_answer
from broker.providers.attributes import attributes
from broker.providers.custom import CustomProvider
from broker.providers.refusals import by_error, refused
from broker.providers.setting import Setting

_MAX_BYTES = 262_144
_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]+")
_SUBJECT = re.compile(r"[\x20-\x7e]{1,255}")


class OAuth2Provider(CustomProvider):
    """A custom provider without discovery."""

    def __init__(self, key: str, section: CustomProviderSection, *, setting: Setting) -> None:
        """Raises `ConfigError` for a section that cannot be used."""
        super().__init__(key, section, setting=setting)
        self._authorization_endpoint = self._needed("authorization_endpoint", section.authorization_endpoint)
        self._token_endpoint = self._needed("token_endpoint", section.token_endpoint)
        self._userinfo_endpoint = self._needed("userinfo_endpoint", section.userinfo_endpoint)
        if section.claims_from != "userinfo" or section.acr_values:
            raise ConfigError(f"third_party.custom_providers: {self.id} has no discovery, hence no ID token to go by")
        parts = urlsplit(self._userinfo_endpoint)
        self._namespace = section.issuer or f"{parts.scheme}://{parts.netloc}"

    async def authorization_url(self, request: AuthorizationRequest) -> str:
        """Where the browser is sent. Raises `InvalidRequest` for `max_age`, whose keeping nobody here could prove."""
        if request.options.max_age is not None:
            raise InvalidRequest("max_age cannot be proven by this provider")
        return self._authorization_url(self._authorization_endpoint, request)

    def accepts_issuer(self, unverified_issuer: str | None) -> bool:
        """None, or the configured issuer; without one configured nothing could fit (RFC 9207 section 2.4)."""
        return unverified_issuer is None or unverified_issuer == self._section.issuer

    async def identify(self, grant: CodeGrant) -> ProviderIdentity:
        """Redeem the code, ask who the access token speaks for, say who it is."""
        if grant.max_age is not None:
            raise TokenInvalid("auth_time", "no ID token says when", code="interaction_required")
        answer = await self._redeemer.send(grant, endpoint=self._token_endpoint, methods=())
        headers = {"authorization": f"Bearer {_access_token(answer)}"}
        said = await self._client.get(self._userinfo_endpoint, kind="userinfo", headers=headers)
        claims = _person(said)
        subject = _subject(claims.claims.get(self._section.attribute_mapping.get("sub", "sub")))
        found = attributes(claims, mapping=self._section.attribute_mapping)
        return self._identity(self._namespace, subject, found)


def _access_token(answer: Answer) -> str:
    if answer.status != 200:
        raise _refusal(answer)
    members = _members(answer, "token endpoint")
    if "error" in members:
        raise _refusal(answer)
    token = members.get("access_token")
    # It will stand in a header: a line feed in it would write headers of its own.
    if not isinstance(token, str) or _VISIBLE_ASCII.fullmatch(token) is None:
        raise TokenInvalid("token_answer", "no usable access token")
    return token


def _refusal(answer: Answer) -> SignInFailed:
    error = read_answer(status=answer.status, content_type=answer.content_type, unverified_body=answer.body)
    if not isinstance(error, TokenEndpointError):
        return TokenInvalid("token_answer", f"status {answer.status}")
    return refused(by_error(error.error), unverified_error=error.error, unverified_text=error.description)


def _person(answer: Answer) -> Claims:
    members = _members(answer, "userinfo")
    if answer.status != 200:
        raise TokenInvalid("userinfo", f"status {answer.status}")
    return Claims(claims=members)


def _members(answer: Answer, endpoint: str) -> dict[str, Any]:
    refuse_no_answer(endpoint, status=answer.status, content_type=answer.content_type, unverified_body=answer.body)
    try:
        return parse_object(answer.body, max_bytes=_MAX_BYTES)
    except JsonInvalid as error:
        raise TokenInvalid(endpoint.replace(" ", "_"), str(error)) from None


def _subject(unverified: object) -> str:
    """Who somebody is; a number counts as its digits, for providers older than the standard count their people."""
    if isinstance(unverified, int) and not isinstance(unverified, bool):
        return str(unverified)
    if not isinstance(unverified, str) or _SUBJECT.fullmatch(unverified) is None:
        raise TokenInvalid("sub", "no usable sub")
    return unverified
